"""An entry as HTML for feed readers, as a plain summary, and as the digest that says whether a reader should look again.

What editors wrote is plain text: everything is escaped here, so no markup but ours can get out. Addresses are absolute.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from urllib.parse import urlsplit

from letters.model import Audience, Card, Entry, RelatedCard, Topic
from letters.publish.addresses import Addresses
from letters.publish.clean import clean_line, lines, paragraphs, web_address
from letters.publish.media import media_type
from letters.text import Wording

_WATCHED_AT = ("youtube.com", "youtu.be", "youtube-nocookie.com", "vimeo.com")
_SUMMARY_LENGTH = 500
UNTITLED = "Untitled"
_ENGLISH = Wording()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an entry's HTML links to besides its episode, and the language of its labels."""

    addresses: Addresses
    #: Paths of the feeds that exist: only those topics and audiences are links.
    paths: frozenset[str]
    #: CARD in the address of published cards, by title, for related cards that are named but not linked.
    cards: Mapping[str, str]
    #: The site's.
    wording: Wording = _ENGLISH


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that may be a link."""

    name: str
    url: str = ""


def digest_entry(entry: Entry) -> str:
    """Of what a reader should look at again: the editor's words, and which episode it is.

    Not of its topics and audiences, so that a card joins another feed with its original dates. Not of addresses, names of topics, durations or our markup: a publisher's new host, a renamed topic or a new version
    of Letters must not bring every old entry back as changed.
    """
    card = entry.card
    seen: object
    if card is None:
        seen = ["episode", entry.episode.title, entry.episode.description]
    else:
        seen = [
            "card",
            [card.title, card.summary, card.takeaway],
            asdict(card.insights),
            [[one.title, one.url] for one in card.related],
            [card.credit.curator, card.credit.publisher],
        ]
    text = json.dumps([seen, entry.episode.id], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def title_of(entry: Entry) -> str:
    """The title as one line, never empty: Atom and most readers want one."""
    return clean_line(entry.title) or UNTITLED


def summarise(entry: Entry) -> str:
    """The card's summary, or what the episode says of itself, as plain paragraphs."""
    if entry.card is not None:
        return "\n\n".join(paragraphs(entry.card.summary or entry.card.takeaway))
    return shorten(" ".join(paragraphs(entry.episode.description)))


def shorten(text: str) -> str:
    """At most some five hundred characters, cut between words."""
    if len(text) <= _SUMMARY_LENGTH:
        return text
    return text[:_SUMMARY_LENGTH].rpartition(" ")[0].rstrip(" ,;:.–-") + " …"


def original_of(entry: Entry) -> str:
    """Where the episode is: its page, else its media file."""
    media = (one.url for one in entry.episode.enclosures)
    return next(filter(None, map(web_address, (entry.episode.link, *media))), "")


def show_of(entry: Entry) -> str:
    """The show's name, as the episode's source gives it, else as the card's credit does."""
    return clean_line(entry.episode.show or (entry.card.credit.publisher if entry.card else ""))


def verb_of(entry: Entry) -> str:
    """What one does with the original, whatever it is called in the site's language: Listen, Watch or Read."""
    kinds = {media_type(one).partition("/")[0].lower() for one in entry.episode.enclosures}
    if "video" in kinds or _is_watched(entry.episode.link):
        return "Watch"
    if "audio" in kinds:
        return "Listen"
    medium = entry.card.credit.medium if entry.card else ""
    return {"video": "Watch", "episode": "Listen", "podcast": "Listen"}.get(medium, "Read")


def say_verb(entry: Entry, wording: Wording) -> str:
    """The same as a label."""
    labels = {
        "Listen": wording.gettext("Listen"),
        "Watch": wording.gettext("Watch"),
        "Read": wording.gettext("Read"),
    }
    return labels[verb_of(entry)]


def _is_watched(link: str) -> bool:
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        return False
    return any(host == site or host.endswith("." + site) for site in _WATCHED_AT)


def topic_references(entry: Entry, around: Surroundings) -> list[Reference]:
    return _references(entry.topics, "topics", around)


def audience_references(entry: Entry, around: Surroundings) -> list[Reference]:
    return _references(entry.audiences, "audiences", around)


def _references(nouns: Iterable[Topic | Audience], kind: str, around: Surroundings) -> list[Reference]:
    # One without a name that can be shown goes by its key.
    paths = [(clean_line(noun.name) or noun.key, f"{kind}/{noun.key}") for noun in nouns]
    return [
        Reference(name, around.addresses.page(path) if path in around.paths else "") for name, path in paths
    ]


def related_references(card: Card, around: Surroundings) -> list[Reference]:
    """The related cards, linked where the card says where to, or where we publish a card of that title."""

    def url(related: RelatedCard) -> str:
        ours = around.cards.get(clean_line(related.title))
        return web_address(related.url) or (around.addresses.card(ours) if ours else "")

    return [Reference(clean_line(one.title), url(one)) for one in card.related if clean_line(one.title)]


def credit_line(card: Card, wording: Wording = _ENGLISH) -> str:
    """Who curated and who published, as one sentence or two; empty when the card says neither."""
    curator, publisher = clean_line(card.credit.curator), clean_line(card.credit.publisher)
    parts = []
    if curator:
        parts.append(
            wording.gettext("Editorial summary, takeaway and curation by %(curator)s.", curator=curator)
        )
    if publisher:
        medium = _medium(clean_line(card.credit.medium) or "article", wording)
        parts.append(
            wording.gettext(
                "Original %(medium)s published by %(publisher)s.", medium=medium, publisher=publisher
            )
        )
    return " ".join(parts)


def _medium(medium: str, wording: Wording) -> str:
    """What kind of thing the original is; a word of the card's own stays as it is."""
    known = {
        "article": wording.gettext("article"),
        "episode": wording.gettext("episode"),
        "podcast": wording.gettext("podcast"),
        "video": wording.gettext("video"),
    }
    return known.get(medium, medium)


def write_content(entry: Entry, around: Surroundings) -> str:
    """The entry as HTML, in the order of a card page: where it comes from, what it says, where it leads."""
    gettext = around.wording.gettext
    parts = [_origin(entry, around.wording)]
    if entry.card is None:
        parts += _paragraphs(entry.episode.description)
    else:
        parts += _card(entry.card, around.wording)
    parts.append(_row(gettext("Topics"), topic_references(entry, around)))
    parts.append(_row(gettext("Best for"), audience_references(entry, around)))
    if entry.card is not None:
        parts += _related(entry.card, around)
        parts.append(_wrap("p", _escape(credit_line(entry.card, around.wording))))
    return "\n".join(filter(None, parts))


def _card(card: Card, wording: Wording) -> list[str]:
    gettext = wording.gettext
    parts = _paragraphs(card.summary)
    if card.takeaway:
        parts += [_wrap("h3", _escape(gettext("Key takeaway"))), *_paragraphs(card.takeaway)]
    if card.insights:
        parts += [_wrap("h3", _escape(gettext("Key insights"))), *_paragraphs(card.insights.lead)]
        parts += _bullets(gettext("Principles"), card.insights.principles)
        parts += _bullets(gettext("In practice"), card.insights.in_practice)
    return parts


def _origin(entry: Entry, wording: Wording) -> str:
    show, url = _escape(show_of(entry)), original_of(entry)
    if not url:
        return _wrap("p", show)
    link = _link(say_verb(entry, wording), url)
    return f"<p>{show} · {link}</p>" if show else f"<p>{link}</p>"


def _related(card: Card, around: Surroundings) -> list[str]:
    references = related_references(card, around)
    if not references:
        return []
    on = clean_line(card.related_on)
    gettext = around.wording.gettext
    heading = gettext("Related on %(place)s", place=on) if on else gettext("Related")
    return [f"<h3>{_escape(heading)}</h3>", _list(map(_reference, references))]


def _bullets(heading: str, items: Iterable[str]) -> list[str]:
    points = [_escape(line) for line in lines(items)]
    return [_wrap("h4", _escape(heading)), _list(points)] if points else []


def _row(label: str, references: list[Reference]) -> str:
    return f"<p>{_escape(label)}: {', '.join(map(_reference, references))}</p>" if references else ""


def _list(items: Iterable[str]) -> str:
    return "<ul>\n" + "".join(f"<li>{item}</li>\n" for item in items) + "</ul>"


def _paragraphs(text: str) -> list[str]:
    return [_wrap("p", _escape(one)) for one in paragraphs(text)]


def _reference(reference: Reference) -> str:
    return _link(reference.name, reference.url) if reference.url else _escape(reference.name)


def _link(name: str, url: str) -> str:
    return f'<a href="{escape(url)}">{_escape(name)}</a>'


def _wrap(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag}>" if inner else ""


def _escape(text: str) -> str:
    # Between tags quotes may stand as they are.
    return escape(text, quote=False)
