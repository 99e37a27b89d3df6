"""The words of an issue that are computed: how much there is, why to open it, how long it takes. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

from letters.model import MARK_HOST, Edition, Entry, GroupBy
from letters.text import Wording, count_words, one_line, paragraphs, strip_controls

#: Longer subjects are cut; inboxes show far less.
SUBJECT_LENGTH = 200
#: The longest lead in a subject, so that what follows it is not cut off.
LEAD_LENGTH = 150
#: Inboxes show some 40 to 140 characters after the subject; more is never seen.
PREHEADER_LENGTH = 140

ENGLISH = Wording()

_MARK_HOST_ANYHOW = re.compile(re.escape(MARK_HOST), re.IGNORECASE)
#: To the first sign that ends a sentence, in any script, after so many letters that it is one.
_SENTENCE = re.compile(r".{30,}?(?:[.!?؟۔।][\"'”’»)]*(?=\s|$)|[。！？][」』）]*)")
_VIDEO = re.compile(
    r"https?://(?:[a-z0-9-]+\.)*(?:youtube\.com|youtu\.be|vimeo\.com)(?=[/?#:]|$)", re.IGNORECASE
)
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


def clean_text(text: str) -> str:
    """Foreign text without control characters, and without the stand-ins that are spliced into personal links.

    The stand-ins' host is reserved (RFC 2606), so no honest text loses anything by it.
    """
    return _MARK_HOST_ANYHOW.sub("(no link)", strip_controls(text))


def clean_line(text: str, limit: int | None = None) -> str:
    """Clean text on one line, cut after `limit` characters at a word."""
    text = clean_text(one_line(text))
    return cut(text, limit) if limit else text


def clean_paragraphs(text: str) -> tuple[str, ...]:
    """Clean text as paragraphs of one line each."""
    return tuple(line for part in paragraphs(text) if (line := clean_line(part)))


def first_sentence(text: str, limit: int) -> str:
    """The text up to the end of its first sentence, where one ends within that length; else all of it.

    What ends very early is rather an abbreviation or a call, and goes on.
    """
    found = _SENTENCE.match(text)
    return found[0] if found and len(found[0]) <= limit else text


def cut(text: str, limit: int) -> str:
    """The text if it is short enough, else its beginning up to a word's end and an ellipsis; at most `limit` characters."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head.rsplit(" ", 1)[0]
    # A text without spaces (Chinese, or a hostile one) is cut anywhere.
    head = at_word if len(at_word) > limit // 2 else head
    while head and unicodedata.combining(text[len(head)]):
        head = head[:-1]
    return head.rstrip(" ,;:.–—-") + "…"


def is_mark(url: str) -> bool:
    """Whether a foreign address names the host of the stand-ins for personal links."""
    return _MARK_HOST_ANYHOW.search(url) is not None


def direction(language: str) -> str:
    """The value of ``dir`` for a BCP 47 language tag: by its script if it names one, else by its language."""
    parts = language.lower().replace("_", "-").split("-")
    scripts = [part for part in parts[1:] if len(part) == 4 and part.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in {"arab", "hebr", "thaa", "syrc", "nkoo", "adlm", "rohg"} else "ltr"
    return "rtl" if parts[0] in _RIGHT_TO_LEFT else "ltr"


def say_span(span: timedelta) -> str:
    """A span of time by its two largest units: "2 days 3 hours", "14 hours", "10 minutes"."""
    minutes = int(span.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    units = [(days, "day"), (rest // 60, "hour"), (rest % 60, "minute")]
    said = [count_words(number, unit) for number, unit in units if number]
    return " ".join(said[:2]) or "less than a minute"


def say_also(interval: timedelta | None, wording: Wording = ENGLISH) -> str:
    """The heading of what an issue only lists, by how often there is one; with room for a clock that is put forward."""
    hour = timedelta(hours=1)
    if interval is None or interval > timedelta(days=31) + hour:
        return wording.gettext("Also")
    if interval <= timedelta(days=1) + hour:
        return wording.gettext("Also today")
    if interval <= timedelta(days=7) + hour:
        return wording.gettext("Also this week")
    return wording.gettext("Also this month")


def say_contents(
    entries: Sequence[Entry], edition: Edition, sections: int, *, also: int = 0, wording: Wording = ENGLISH
) -> str:
    """ "7 cards on 3 topics, about 5 hours of listening; 12 more in short": the line below the issue's title."""
    said = _say_how_many(entries, wording)
    if sections > 1 and edition.group_by is GroupBy.TOPIC:
        said = wording.ngettext(
            "%(cards)s on %(num)s topic", "%(cards)s on %(num)s topics", sections, cards=said
        )
    elif sections > 1:
        said = wording.ngettext(
            "%(cards)s for %(num)s audience", "%(cards)s for %(num)s audiences", sections, cards=said
        )
    if listening := say_listening(entries, wording):
        said = wording.gettext("%(cards)s, %(listening)s", cards=said, listening=listening)
    if not also:
        return said
    return wording.ngettext(
        "%(contents)s; %(num)s more in short", "%(contents)s; %(num)s more in short", also, contents=said
    )


def _say_how_many(entries: Sequence[Entry], wording: Wording) -> str:
    cards = sum(entry.card is not None for entry in entries)
    episodes = len(entries) - cards
    said = wording.ngettext("%(num)s card", "%(num)s cards", cards)
    if not episodes:
        return said
    if not cards:
        return wording.ngettext("%(num)s episode", "%(num)s episodes", episodes)
    return wording.ngettext(
        "%(cards)s and %(num)s more episode", "%(cards)s and %(num)s more episodes", episodes, cards=said
    )


def say_listening(entries: Sequence[Entry], wording: Wording = ENGLISH) -> str:
    """How long it all takes to hear, roughly; empty unless every episode tells its duration."""
    known = [entry.episode.duration for entry in entries if entry.episode.duration]
    if not known or len(known) < len(entries):
        return ""
    minutes = sum(known, timedelta()).total_seconds() / 60
    if minutes < 90:
        return wording.ngettext(
            "about %(num)s minute of listening",
            "about %(num)s minutes of listening",
            max(1, round(minutes)),
        )
    return wording.ngettext(
        "about %(num)s hour of listening", "about %(num)s hours of listening", round(minutes / 60)
    )


def say_takeaway(lead: Entry | None) -> str:
    """The lead card's takeaway on one line, or what comes nearest to it; never its title again."""
    texts: tuple[str, ...] = ()
    if lead and lead.card:
        texts = (lead.card.takeaway, lead.card.insights.lead, lead.card.summary)
    elif lead:
        texts = (lead.episode.description,)
    return next((line for text in texts if (line := clean_line(text))), "")


def say_preheader(lead: Entry | None, otherwise: str) -> str:
    """What the inbox shows after the subject when the edition has no template for it."""
    return cut(say_takeaway(lead) or otherwise, PREHEADER_LENGTH)


def call_to_episode(entry: Entry, wording: Wording = ENGLISH) -> str:
    """ "Watch", "Listen" or "Read the original": what the link to the episode is for."""
    types = [enclosure.type for enclosure in entry.episode.enclosures]
    medium = entry.card.credit.medium if entry.card else ""
    is_video = any(kind.startswith("video/") for kind in types) or medium == "video"
    if is_video or _VIDEO.match(entry.episode.link.strip()):
        return wording.gettext("Watch")
    if types or entry.episode.duration or medium in {"episode", "podcast"}:
        return wording.gettext("Listen")
    return wording.gettext("Read the original")
