"""What the templates of an issue are given: finished words and addresses, nothing to be computed. Pure.

These names are what an operator's own templates rely on (``docs/decisions/070-view-of-an-issue.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from letters.compose import words
from letters.compose.arrange import Group, Section
from letters.compose.size import Detail
from letters.model import RECIPIENT_ZONE, Edition, Entry, GroupBy, PersonalLink
from letters.settings.types import SiteSettings
from letters.text import safe_url

_LONGEST_TITLE = 300
_LONGEST_NAME = 120
_LONGEST_DESCRIPTION = 280
#: A list of contents helps from so many cards on.
_CONTENTS_FROM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link of a card; `note` is its number in the text part."""

    label: str
    url: str
    note: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A card, or an episode without one, with as much detail as there is room for."""

    title: str
    #: Its page, or the episode when there is no card.
    url: str
    show: str
    date: date
    duration: timedelta | None
    #: Paragraphs; empty when shortened.
    summary: tuple[str, ...]
    takeaway: tuple[str, ...]
    insight: str
    principles: tuple[str, ...]
    in_practice: tuple[str, ...]
    #: Names of its topics, but for the one it stands under.
    topics: tuple[str, ...]
    #: What they are beside the heading: "Also" below another topic, "On" below an audience.
    topics_label: str
    links: tuple[LinkView, ...]
    is_lead: bool
    #: Title and show only.
    is_line: bool
    #: Its own language and direction, when they are not the issue's.
    language: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Cards under one heading of the second level; `name` is empty when there is no second level."""

    name: str
    cards: tuple[CardView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section; `name` is empty when an issue without headings has only this one."""

    name: str
    count: int
    groups: tuple[GroupView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """One issue as one choice, or everybody, sees it."""

    site: str
    edition: str
    number: int
    date: date
    language: str
    direction: str
    accent: str
    accent_dark: str
    preheader: str
    #: "7 cards on 3 topics, about 5 hours of listening"; of an issue with nothing in it, that there is nothing new.
    contents_line: str
    #: Whether to list the sections at the top.
    has_contents: bool
    sections: tuple[SectionView, ...]
    #: Cards that found no room; the issue's page has them.
    left_out: int
    issue_url: str
    site_url: str
    feed_url: str
    #: False for the page that everybody sees: no personal footer.
    is_mail: bool
    preferences_url: str
    unsubscribe_url: str
    postal_address: str

    @property
    def is_empty(self) -> bool:
        return not self.sections and not self.left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all renderings of one issue share."""

    site: SiteSettings
    edition: Edition
    number: int
    date: date

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


def find_lead(sections: Sequence[Section]) -> Entry | None:
    """The first card of an issue."""
    return next((entry for section in sections for entry in section.entries), None)


def view_issue(
    frame: Frame, sections: Sequence[Section], details: Mapping[str, Detail], *, is_mail: bool
) -> IssueView:
    """Everything a template shows of an issue arranged in these sections."""
    entries = [entry for section in sections for entry in section.entries]
    lead = find_lead(sections)
    contents = _say_contents(frame, entries, sections)
    cards = _Cards(frame, details, lead)
    views = tuple(view for section in sections if (view := cards.section(section, len(sections))))
    site = frame.site
    return IssueView(
        site=words.clean_line(site.title),
        edition=words.clean_line(frame.edition.title),
        number=frame.number,
        date=frame.date,
        language=frame.language,
        direction=words.direction(frame.language),
        accent=site.accent,
        accent_dark=site.accent_dark,
        preheader=words.say_preheader(lead, contents),
        contents_line=contents,
        has_contents=len(entries) >= _CONTENTS_FROM and len(views) > 1,
        sections=views,
        left_out=sum(detail is Detail.LEFT_OUT for detail in details.values()),
        issue_url=frame.issue_url,
        site_url=frame.base_url,
        feed_url=f"{frame.base_url}editions/{frame.edition.key}.rss",
        is_mail=is_mail,
        preferences_url=PersonalLink.PREFERENCES.value if is_mail else "",
        unsubscribe_url=PersonalLink.UNSUBSCRIBE.value if is_mail else "",
        postal_address=words.clean_line(site.postal_address),
    )


def _say_contents(frame: Frame, entries: Sequence[Entry], sections: Sequence[Section]) -> str:
    if not entries:
        return "There is nothing new this time."
    return words.say_contents(entries, frame.edition, sum(bool(section.key) for section in sections))


class _Cards:
    """Makes the views of cards, and numbers their links through the whole issue."""

    def __init__(self, frame: Frame, details: Mapping[str, Detail], lead: Entry | None) -> None:
        self._frame, self._details, self._lead = frame, details, lead
        self._notes = count(1)

    def section(self, section: Section, sections: int) -> SectionView | None:
        groups = tuple(view for group in section.groups if (view := self._group(group, section.key)))
        if not groups:
            return None
        name = section.name or ("" if sections == 1 else "Also")
        return SectionView(
            name=words.clean_line(name, _LONGEST_NAME),
            count=sum(len(group.cards) for group in groups),
            groups=groups,
        )

    def _group(self, group: Group, section: str) -> GroupView | None:
        cards = tuple(
            self._card(entry, shown_under={section, group.key})
            for entry in group.entries
            if self._detail(entry) < Detail.LEFT_OUT
        )
        return GroupView(name=words.clean_line(group.name, _LONGEST_NAME), cards=cards) if cards else None

    def _detail(self, entry: Entry) -> Detail:
        return self._details.get(entry.id, Detail.FULL)

    def _card(self, entry: Entry, *, shown_under: set[str]) -> CardView:
        card, detail = entry.card, self._detail(entry)
        insights = card.insights if card and detail < Detail.NO_INSIGHTS else None
        language = card.language if card and card.language else self._frame.language
        page = f"{self._frame.base_url}cards/{entry.address}/"
        episode_url = self._episode_url(entry)
        return CardView(
            title=words.clean_line(entry.title, _LONGEST_TITLE) or "Untitled",
            url=page if card else episode_url or page,
            show=words.clean_line(
                entry.episode.show or (card.credit.publisher if card else ""), _LONGEST_NAME
            ),
            date=_local_date(entry.published, self._frame.zone),
            duration=entry.episode.duration,
            summary=_summary(entry) if detail < Detail.NO_SUMMARY else (),
            takeaway=words.clean_paragraphs(card.takeaway) if card and detail < Detail.LINE else (),
            insight=words.clean_line(insights.lead) if insights else "",
            principles=_lines(insights.principles) if insights else (),
            in_practice=_lines(insights.in_practice) if insights else (),
            topics=self._topics(entry, shown_under) if detail < Detail.LINE else (),
            topics_label="On" if self._frame.edition.group_by is GroupBy.AUDIENCE else "Also",
            links=self._links(page, episode_url, entry, detail),
            is_lead=entry is self._lead,
            is_line=detail >= Detail.LINE,
            language="" if language == self._frame.language else language,
            direction=words.direction(language),
        )

    def _episode_url(self, entry: Entry) -> str:
        candidates = [entry.episode.link, *(enclosure.url for enclosure in entry.episode.enclosures)]
        safe = (safe_url(url) for url in candidates if not words.is_mark(url))
        return next((url for url in safe if url), "")

    def _links(self, page: str, episode_url: str, entry: Entry, detail: Detail) -> tuple[LinkView, ...]:
        wanted = [(words.call_to_episode(entry), episode_url), ("Read the card", page if entry.card else "")]
        if detail >= Detail.LINE:
            wanted = wanted[1:] if entry.card else wanted[:1]
        return tuple(LinkView(label=label, url=url, note=next(self._notes)) for label, url in wanted if url)

    def _topics(self, entry: Entry, shown_under: set[str]) -> tuple[str, ...]:
        return tuple(
            words.clean_line(topic.name, _LONGEST_NAME)
            for topic in entry.topics
            if topic.key not in shown_under or self._frame.edition.group_by is GroupBy.AUDIENCE
        )


def _summary(entry: Entry) -> tuple[str, ...]:
    if entry.card:
        return words.clean_paragraphs(entry.card.summary)
    description = words.clean_line(entry.episode.description, _LONGEST_DESCRIPTION)
    return (description,) if description else ()


def _lines(items: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for item in items if (line := words.clean_line(item)))


def _local_date(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:  # year 1 or 9999, at the edge of what a date can be
        return moment.astimezone(UTC).date()
