"""What the templates of an issue are given: finished words and addresses, nothing to be computed. Pure.

These names are what an operator's own templates rely on (``docs/decisions/070-what-an-issue-template-is-given.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link of a card; `note` is its number in the text part, which changes with what stands before it."""

    label: str
    url: str
    note: int = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A card, or an episode without one, with as much detail as there is room for."""

    title: str
    #: Its page, or the episode when there is no card.
    url: str
    show: str
    #: The address of a picture, which stands beside the title; mostly empty.
    artwork: str
    date: date
    duration: timedelta | None
    #: Paragraphs; empty when shortened.
    summary: tuple[str, ...]
    takeaway: tuple[str, ...]
    #: All of it in one line: the beginning of its takeaway, else of what there is; empty when shortened.
    gist: str
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
    #: "digest", "brief" or "single".
    look: str
    accent: str
    accent_dark: str
    preheader: str
    #: "7 cards on 3 topics, about 5 hours of listening"; of an issue with nothing in it, that there is nothing new.
    contents_line: str
    #: Whether to list the sections at the top.
    has_contents: bool
    sections: tuple[SectionView, ...]
    #: What there was no place for in the sections, as lines: "Also this week".
    also_name: str
    also: tuple[CardView, ...]
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
    def cards(self) -> tuple[CardView, ...]:
        """All that is shown of cards, in the reading order."""
        return (
            *(card for section in self.sections for group in section.groups for card in group.cards),
            *self.also,
        )

    @property
    def is_empty(self) -> bool:
        return not self.sections and not self.left_out
