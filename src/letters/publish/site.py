"""The pages for people: which have to be written, and what each shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from letters.model import Entry, Feed, Issue
from letters.publish.addresses import Addresses
from letters.publish.clean import clean_line
from letters.publish.content import Reference, Surroundings, title_of
from letters.publish.items import Document, Item
from letters.publish.pages import (
    NEWEST,
    FeedPage,
    IndexPage,
    Letter,
    Line,
    Pages,
    Place,
    carries,
    local_date,
    make_card_page,
    make_line,
    make_place,
    rhythm,
    root_of,
)
from letters.publish.reading import Reading
from letters.publish.record import Scope
from letters.publish.selection import ALL, Names, audience_name, edition_path, heading_of, topic_name
from letters.publish.tree import Target
from letters.publish.when import sent_when
from letters.settings import Settings
from letters.store.feeds import StoredFeed
from letters.text import strip_controls


class Feeds(Protocol):
    """What pages show of the feeds."""

    def document(self, stored: StoredFeed) -> Document: ...
    def items(self, path: str) -> Sequence[Item]: ...
    def surroundings(self, root: str) -> Surroundings: ...
    @property
    def feed(self) -> Callable[[str], Feed]: ...


class Site:
    """Makes the pages."""

    def __init__(
        self, reading: Reading, names: Names, settings: Settings, feeds: Feeds, *, overrides: Path
    ) -> None:
        self._reading, self._names, self._settings, self._feeds = reading, names, settings, feeds
        self._zone = settings.site.zone
        self._addresses = Addresses.of(settings.site.base_url)
        self._pages = Pages(overrides, settings.site)
        self._all: Document | None = None

    # --- cards ---------------------------------------------------------------------------------------

    def cards(self, scope: Scope) -> Iterator[Target]:
        """The style, and a page for each card."""
        yield Target("style.css", partial(self._pages.render, "style.css", root=""))
        for entry in self._reading.in_parts(sorted(scope.entries)):
            yield Target(f"cards/{entry.address}/index.html", partial(self._card_page, entry))
        for entry in self._reading.retired(scope.retired):
            yield Target(f"cards/{entry.address}/index.html", partial(self._retired_page, entry))

    def _card_page(self, entry: Entry) -> bytes:
        root = "../../"
        around = self._feeds.surroundings(root)
        page = make_card_page(
            entry,
            around,
            url=self._addresses.card(entry.address),
            zone=self._zone,
            neighbours=self._neighbours(entry, around.addresses),
        )
        return self._pages.render("card.html", root=root, page=page, document=self._document_of_all())

    def _neighbours(self, entry: Entry, addresses: Addresses) -> tuple[Reference | None, Reference | None]:
        before, after = (
            Reference(title_of(one), addresses.card(one.address)) if one else None
            for one in self._reading.neighbours(entry.id)
        )
        return before, after

    def _retired_page(self, entry: Entry) -> bytes:
        return self._pages.render("retired.html", root="../../", title=title_of(entry))

    def _document_of_all(self) -> Document:
        if self._all is None:
            (stored,) = self._reading.feeds([ALL]).values()
            self._all = self._feeds.document(stored)
        return self._all

    # --- issues --------------------------------------------------------------------------------------

    def issues(self, scope: Scope) -> Iterator[Target]:
        """A page for each issue."""
        for edition in self._reading.editions(sorted(scope.feeds)):
            for issue in self._reading.issues(edition).issues:
                if issue.id in scope.issues:
                    path = f"issues/{issue.edition}/{issue.number}/index.html"
                    yield Target(path, partial(self._issue_page, issue))

    def _issue_page(self, issue: Issue) -> bytes | None:
        rendering = self._reading.rendering(issue)
        return strip_controls(rendering.html).encode() if rendering and rendering.html else None

    # --- feeds ---------------------------------------------------------------------------------------

    def feed_page(self, stored: StoredFeed) -> bytes:
        """A feed's twin."""
        root = root_of(f"{stored.path}/index.html")
        make = self._edition_page if stored.path.startswith(edition_path("")) else self._selection_page
        page = make(stored, self._feeds.feed(stored.path), Addresses.of(root))
        return self._pages.render("feed.html", root=root, page=page)

    def _edition_page(self, stored: StoredFeed, feed: Feed, addresses: Addresses) -> FeedPage:
        key = feed.path.partition("/")[2]
        edition = self._names.editions.get(key)
        numbers = [issue.number for issue in self._reading.issues(key).issues if issue.number]
        urls = {self._addresses.issue(key, number): addresses.issue(key, number) for number in numbers}
        return FeedPage(
            feed=feed,
            document=self._feeds.document(stored),
            heading=clean_line(edition.title) if edition else key,
            noun="issue",
            count=len(numbers),
            rhythm="",
            when=sent_when(edition) if edition else "",
            newest=[
                Line(
                    title=item.title,
                    url=urls[item.url],
                    date=local_date(item.published, self._zone),
                    text=item.summary,
                )
                for item in self._feeds.items(feed.path)[:NEWEST]
            ],
        )

    def _selection_page(self, stored: StoredFeed, feed: Feed, addresses: Addresses) -> FeedPage:
        held = self._reading.current(feed.path)
        return FeedPage(
            feed=feed,
            document=self._feeds.document(stored),
            heading=heading_of(feed),
            noun="card",
            count=stored.held,
            rhythm=rhythm([entry.published for entry in held]),
            newest=self._lines(held[:NEWEST], addresses),
            narrower=self._narrower(feed, addresses),
            narrower_title="Only what is best for" if feed.topic else "Only one topic",
            letters=self._letters(addresses, feed),
        )

    def _narrower(self, feed: Feed, addresses: Addresses) -> list[Place]:
        """Of a topic, its audiences; of an audience, its topics."""
        if bool(feed.topic) == bool(feed.audience):
            return []
        name = audience_name if feed.topic else topic_name
        return self._places(self._reading.narrower(feed.path).values(), name, addresses)

    def _places(
        self, feeds: Iterable[StoredFeed], name: Callable[[Feed], str], addresses: Addresses
    ) -> list[Place]:
        """Feeds that hold something, by name."""
        places = [
            make_place(stored, name(self._feeds.feed(stored.path)), addresses, zone=self._zone)
            for stored in feeds
            if stored.held
        ]
        return sorted(places, key=lambda place: place.name.casefold())

    def _letters(self, addresses: Addresses, feed: Feed | None = None) -> list[Letter]:
        return [
            Letter(
                name=clean_line(edition.title),
                url=addresses.page(edition_path(edition.key)),
                when=sent_when(edition),
            )
            for edition in self._settings.editions
            if feed is None or carries(edition, feed)
        ]

    def _lines(self, entries: Sequence[Entry], addresses: Addresses) -> list[Line]:
        return [make_line(entry, addresses, zone=self._zone) for entry in entries]

    def index_page(self) -> bytes:
        """The home."""
        addresses, widest = Addresses.of("."), self._reading.widest()
        topics = [stored for path, stored in widest.items() if path.startswith("topics/")]
        audiences = [stored for path, stored in widest.items() if path.startswith("audiences/")]
        page = IndexPage(
            topics=self._places(topics, topic_name, addresses),
            audiences=self._places(audiences, audience_name, addresses),
            letters=self._letters(addresses),
            newest=self._lines(self._reading.current(ALL)[:NEWEST], addresses),
            document=self._document_of_all(),
            url=self._addresses.home,
        )
        return self._pages.render("index.html", root="", page=page)
