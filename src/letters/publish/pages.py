"""The pages for people: what each shows, as values for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from letters.model import Edition, Entry, Feed
from letters.publish.addresses import FORMATS, Addresses
from letters.publish.clean import clean_line, language_tag, lines, paragraphs
from letters.publish.content import (
    Reference,
    Surroundings,
    audience_references,
    credit_line,
    original_of,
    related_references,
    shorten,
    show_of,
    summarise,
    title_of,
    topic_references,
    verb_of,
)
from letters.publish.items import Document
from letters.publish.metadata import Metadata
from letters.publish.shelves import Place, Shelf
from letters.settings.types import SiteSettings
from letters.store.feeds import StoredFeed
from letters.text import Wording, Wordings, make_environment, render, strip_controls

_ENGLISH = Wording()
#: How many entries a feed's page shows.
NEWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A newsletter to choose: where its page is and when it is sent."""

    name: str
    url: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry or an issue in a list."""

    title: str
    url: str
    show: str = ""
    duration: timedelta | None = None
    date: date
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The home: what are you interested in, what do you do, feeds and mail."""

    topics: Shelf
    audiences: Shelf
    letters: Sequence[Letter]
    newest: Sequence[Line]
    document: Document
    url: str
    metadata: Metadata
    #: Where its feed can be opened: readers, and podcast apps if it has sound.
    readers: Sequence[Reference] = ()
    apps: Sequence[Reference] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """All topics, or all audiences, by name."""

    title: str
    shelf: Shelf
    url: str
    metadata: Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What a feed holds on full pages of its history: how much, on how many, and the oldest of them by format."""

    count: int
    pages: int
    oldest: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """A feed's twin: what it holds, for whom, how often, the newest, its addresses."""

    feed: Feed
    document: Document
    heading: str
    #: What it holds: "card" or "issue".
    noun: str
    count: int
    rhythm: str
    newest: Sequence[Line]
    metadata: Metadata
    readers: Sequence[Reference] = ()
    apps: Sequence[Reference] = ()
    archive: Archive | None = None
    #: Feeds that hold a part of this one.
    narrower: Shelf | None = None
    narrower_title: str = ""
    #: Newsletters that carry its cards.
    letters: Sequence[Letter] = ()
    #: When it is sent, if it is a newsletter's.
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    """A card, in the order of a mail: where it comes from, what it says, where it leads."""

    title: str
    url: str
    language: str
    show: str
    duration: timedelta | None
    date: date
    original: Reference | None
    description: str
    summary: Sequence[str]
    takeaway: Sequence[str] = ()
    lead: Sequence[str] = ()
    principles: Sequence[str] = ()
    in_practice: Sequence[str] = ()
    topics: Sequence[Reference] = ()
    audiences: Sequence[Reference] = ()
    related: Sequence[Reference] = ()
    related_on: str = ""
    credit: str = ""
    metadata: Metadata
    #: Found by their words, beside those that the editors named.
    similar: Sequence[Line] = ()
    #: The cards that came just before and just after.
    previous: Reference | None = None
    next: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage:
    """What stands beside an issue's mail on its page."""

    title: str
    url: str
    edition: Reference
    description: str
    metadata: Metadata
    #: The issues that came just before and just after.
    previous: Reference | None
    next: Reference | None


class Pages:
    """The page templates of one workspace. A template that cannot be rendered is a `RenderError` with file and line."""

    def __init__(self, overrides: Path, site: SiteSettings, *, sign_up: bool) -> None:
        self._environment = make_environment(overrides)
        self._site = site
        #: What Letters itself says, in the site's language.
        self.wording = Wordings(overrides).of(site.language)
        # Whether people can sign up by themselves.
        self._sign_up = sign_up

    def render(self, name: str, *, root: str, **values: object) -> bytes:
        """The page; `root` is the way from it to the site's root, empty or with a slash at its end."""
        return self.render_part(name, root=root, **values).encode()

    def render_part(self, name: str, *, root: str, **values: object) -> str:
        """What is put into another page."""
        shown = {"site": self._site, "root": root, "formats": FORMATS, "sign_up": self._sign_up, **values}
        page = render(self._environment, f"web/{name}", **shown)
        return strip_controls(page)


def root_of(path: str) -> str:
    """The way to the site's root from a document at `path`."""
    return "../" * path.count("/")


def local_date(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def make_line(entry: Entry, addresses: Addresses, *, zone: str) -> Line:
    takeaway = paragraphs(entry.card.takeaway) if entry.card else []
    return Line(
        title=title_of(entry),
        url=addresses.card(entry.address),
        show=show_of(entry),
        duration=entry.episode.duration,
        date=local_date(entry.published, zone),
        text=shorten(takeaway[0] if takeaway else summarise(entry)),
    )


def make_place(stored: StoredFeed, key: str, name: str, addresses: Addresses, *, zone: str) -> Place:
    return Place(
        key=key,
        name=name,
        url=addresses.page(stored.path),
        count=stored.held,
        newest=local_date(stored.newest_at, zone) if stored.newest_at else None,
    )


def make_card_page(
    entry: Entry,
    around: Surroundings,
    *,
    url: str,
    zone: str,
    metadata: Metadata,
    similar: Sequence[Entry] = (),
    neighbours: tuple[Reference | None, Reference | None] = (None, None),
) -> CardPage:
    """A card's page; `around` decides whether its links are relative, `url` is where the page will be."""
    card, original = entry.card, original_of(entry)
    page = CardPage(
        title=title_of(entry),
        url=url,
        language=language_tag(card.language if card else entry.episode.language),
        show=show_of(entry),
        duration=entry.episode.duration,
        date=local_date(entry.published, zone),
        original=Reference(verb_of(entry), original) if original else None,
        description=shorten(" ".join(summarise(entry).split())),
        summary=paragraphs(card.summary if card else entry.episode.description),
        topics=topic_references(entry, around),
        audiences=audience_references(entry, around),
        metadata=metadata,
        similar=[make_line(one, around.addresses, zone=zone) for one in similar],
        previous=neighbours[0],
        next=neighbours[1],
    )
    return page if card is None else _with_card(page, entry, around)


def _with_card(page: CardPage, entry: Entry, around: Surroundings) -> CardPage:
    card = entry.card
    assert card is not None
    return replace(
        page,
        takeaway=paragraphs(card.takeaway),
        lead=paragraphs(card.insights.lead),
        principles=lines(card.insights.principles),
        in_practice=lines(card.insights.in_practice),
        related=related_references(card, around),
        related_on=clean_line(card.related_on),
        credit=credit_line(card, around.wording),
    )


def carries(edition: Edition, feed: Feed) -> bool:
    """Whether a newsletter carries what the feed holds: neither topic nor audience is shut out."""
    return (not feed.topic or not edition.topics or feed.topic.key in edition.topics) and (
        not feed.audience or not edition.audiences or feed.audience.key in edition.audiences
    )


#: Up to this many days between entries, and what that is called.


def rhythm(dates: Sequence[datetime], wording: Wording = _ENGLISH) -> str:
    """How often something comes, by the dates of the newest; empty when there are too few to tell."""
    newest = sorted(dates)[-10:]
    if len(newest) < 3:
        return ""
    gap = (newest[-1] - newest[0]) / (len(newest) - 1)
    rhythms = {
        0.75: wording.gettext("several a day"),
        1.5: wording.gettext("about one a day"),
        5: wording.gettext("a few a week"),
        10: wording.gettext("about one a week"),
        20: wording.gettext("about two a month"),
        45: wording.gettext("about one a month"),
    }
    return next(
        (words for days, words in rhythms.items() if gap <= timedelta(days=days)),
        wording.gettext("now and then"),
    )
