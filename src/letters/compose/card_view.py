"""The view of one card, with as much detail as there is room for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from letters.compose import words
from letters.compose.size import Detail
from letters.compose.view import CardView, LinkView
from letters.model import RECIPIENT_ZONE, Edition, Entry, GroupBy
from letters.settings.types import SiteSettings
from letters.text import Wording, safe_url

LONGEST_NAME = 120
_LONGEST_TITLE = 300
_LONGEST_DESCRIPTION = 280
_LONGEST_GIST = 160
#: What an element costs beside its text, with its styles: a paragraph, a list with its label, an item. Guessed by looking.
_PARAGRAPH_BYTES, _LIST_BYTES, _ITEM_BYTES = 40, 370, 9
#: And what else goes with the last of a card: its tags and links, then the rest of it.
_LINKS_BYTES, _LINE_BYTES = 500, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all renderings of one issue share."""

    site: SiteSettings
    edition: Edition
    number: int
    date: date
    #: From one issue of the edition to the next; None when nobody can say.
    interval: timedelta | None = None
    #: What Letters itself says, in the issue's language.
    wording: Wording = words.ENGLISH

    @property
    def language(self) -> str:
        return self.edition.language or self.site.language

    @property
    def base_url(self) -> str:
        return self.site.base_url.rstrip("/") + "/"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which dates of episodes are shown."""
        return ZoneInfo(self.site.zone if self.edition.zone == RECIPIENT_ZONE else self.edition.zone)

    @property
    def issue_url(self) -> str:
        return f"{self.base_url}issues/{self.edition.key}/{self.number}/"

    @property
    def also_name(self) -> str:
        """The heading of what is only listed."""
        return words.say_also(self.interval, self.wording)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """What is shown of an entry, cleaned."""

    title: str
    url: str
    show: str
    date: date
    summary: tuple[str, ...]
    takeaway: tuple[str, ...]
    gist: str
    insight: str
    principles: tuple[str, ...]
    in_practice: tuple[str, ...]
    #: Key and name.
    topics: tuple[tuple[str, str], ...]
    #: Label and address, the episode first.
    links: tuple[tuple[str, str], ...]
    language: str
    direction: str


class CardViews:
    """Makes the views of the cards of one issue. A card's texts are cleaned once, however many choices see it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._texts: dict[str, _Texts] = {}
        self._saves: dict[tuple[str, Detail], int] = {}
        # Asked for with every card.
        self._zone, self._language, self._base_url = frame.zone, frame.language, frame.base_url
        self._shows_all_topics = frame.edition.group_by is GroupBy.AUDIENCE
        # "On: economics" below an audience, "Also: economics" below another topic.
        on, also = frame.wording.pgettext("topics", "On"), frame.wording.pgettext("topics", "Also")
        self._topics_label = on if self._shows_all_topics else also

    def view(
        self,
        entry: Entry,
        detail: Detail,
        *,
        shown_under: frozenset[str],
        is_lead: bool,
        notes: Iterator[int],
    ) -> CardView:
        """A card below the headings of these keys; `notes` gives the numbers of its links."""
        texts = self._of(entry)
        has_texts, has_insights = detail < Detail.LINE, detail < Detail.NO_INSIGHTS
        return CardView(
            title=texts.title,
            url=texts.url,
            show=texts.show,
            date=texts.date,
            duration=entry.episode.duration,
            summary=texts.summary if detail < Detail.NO_SUMMARY else (),
            takeaway=texts.takeaway if has_texts else (),
            gist=texts.gist if has_texts else "",
            insight=texts.insight if has_insights else "",
            principles=texts.principles if has_insights else (),
            in_practice=texts.in_practice if has_insights else (),
            topics=self._other_topics(texts, shown_under) if has_texts else (),
            topics_label=self._topics_label,
            links=tuple(
                LinkView(label=label, url=url, note=next(notes))
                for label, url in (texts.links if has_texts else texts.links[-1:])
            ),
            is_lead=is_lead,
            is_line=not has_texts,
            language=texts.language,
            direction=texts.direction,
        )

    def saves(self, entry: Entry, detail: Detail) -> int:
        """About how many bytes the step to this detail takes from a mail."""
        key = entry.id, detail
        if key not in self._saves:
            self._saves[key] = self._guess(entry, detail)
        return self._saves[key]

    def _guess(self, entry: Entry, detail: Detail) -> int:
        texts = self._of(entry)
        if detail is Detail.NO_INSIGHTS:
            lead = (texts.insight,) if texts.insight else ()
            lists = [items for items in (texts.principles, texts.in_practice) if items]
            return _bytes(lead, _PARAGRAPH_BYTES) + sum(
                _LIST_BYTES + _bytes(items, _ITEM_BYTES) for items in lists
            )
        if detail is Detail.NO_SUMMARY:
            return _bytes(texts.summary, _PARAGRAPH_BYTES)
        if detail is Detail.LINE:
            return _bytes(texts.takeaway, _PARAGRAPH_BYTES) + _LINKS_BYTES
        return _bytes((texts.title, texts.show), 0) + _LINE_BYTES

    def _other_topics(self, texts: _Texts, shown_under: frozenset[str]) -> tuple[str, ...]:
        return tuple(name for key, name in texts.topics if self._shows_all_topics or key not in shown_under)

    def _of(self, entry: Entry) -> _Texts:
        texts = self._texts.get(entry.id)
        if texts is None:
            texts = self._texts[entry.id] = self._clean(entry)
        return texts

    def _clean(self, entry: Entry) -> _Texts:
        card = entry.card
        insights = card.insights if card else None
        language = card.language if card and card.language else self._language
        summary = _summary(entry)
        takeaway = words.clean_paragraphs(card.takeaway) if card else ()
        insight = words.clean_line(insights.lead) if insights else ""
        page = f"{self._base_url}cards/{entry.address}/"
        episode_url = _episode_url(entry)
        wording = self.frame.wording
        links = (
            (words.call_to_episode(entry, wording), episode_url),
            (wording.gettext("Read the card"), page if card else ""),
        )
        return _Texts(
            title=words.clean_line(entry.title, _LONGEST_TITLE) or wording.gettext("Untitled"),
            url=page if card else episode_url or page,
            show=words.clean_line(
                entry.episode.show or (card.credit.publisher if card else ""), LONGEST_NAME
            ),
            date=_local_date(entry.published, self._zone),
            summary=summary,
            takeaway=takeaway,
            gist=_gist(takeaway, (insight,), summary),
            insight=insight,
            principles=_lines(insights.principles) if insights else (),
            in_practice=_lines(insights.in_practice) if insights else (),
            topics=tuple((topic.key, words.clean_line(topic.name, LONGEST_NAME)) for topic in entry.topics),
            links=tuple(link for link in links if link[1]),
            language="" if language == self._language else language,
            direction=words.direction(language),
        )


def _bytes(texts: Sequence[str], each: int) -> int:
    return sum(len(escape(text).encode(errors="replace")) + each for text in texts)


def _episode_url(entry: Entry) -> str:
    candidates = [entry.episode.link, *(enclosure.url for enclosure in entry.episode.enclosures)]
    safe = (safe_url(url) for url in candidates if not words.is_mark(url))
    return next((url for url in safe if url), "")


def _summary(entry: Entry) -> tuple[str, ...]:
    if entry.card:
        return words.clean_paragraphs(entry.card.summary)
    description = words.clean_line(entry.episode.description, _LONGEST_DESCRIPTION)
    return (description,) if description else ()


def _gist(*texts: Sequence[str]) -> str:
    return words.cut(next((line for text in texts for line in text if line), ""), _LONGEST_GIST)


def _lines(items: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for item in items if (line := words.clean_line(item)))


def _local_date(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:  # year 1 or 9999, at the edge of what a date can be
        return moment.astimezone(UTC).date()
