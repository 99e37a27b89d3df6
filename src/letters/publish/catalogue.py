"""The pages that people choose feeds on: each feed's twin, the home, and the lists of all topics and all audiences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol

from letters.model import Audience, Entry, Feed, Topic
from letters.publish.addresses import FORMATS, Addresses
from letters.publish.clean import clean_line
from letters.publish.content import Surroundings, title_of
from letters.publish.history import page_path
from letters.publish.items import Document, Item
from letters.publish.metadata import Publication
from letters.publish.pages import (
    NEWEST,
    Archive,
    FeedPage,
    IndexPage,
    Letter,
    Line,
    ListPage,
    Pages,
    carries,
    local_date,
    make_line,
    make_place,
    rhythm,
    root_of,
)
from letters.publish.readers import in_podcast_apps, in_readers
from letters.publish.reading import Reading
from letters.publish.selection import ALL, Names, edition_path, heading_of
from letters.publish.shelves import SHORT, Place, Shelf, arrange
from letters.publish.tree import Target
from letters.publish.when import sent_when
from letters.settings import Settings
from letters.store.feeds import StoredFeed


class Feeds(Protocol):
    """What pages show of the feeds."""

    def document(self, stored: StoredFeed) -> Document: ...
    def everything(self) -> Document: ...
    def items(self, path: str) -> Sequence[Item]: ...
    def surroundings(self, root: str) -> Surroundings: ...
    @property
    def feed(self) -> Callable[[str], Feed]: ...


class Catalogue:
    """Makes the pages."""

    def __init__(
        self, reading: Reading, names: Names, settings: Settings, feeds: Feeds, *, pages: Pages
    ) -> None:
        self._reading, self._names, self._feeds, self._pages = reading, names, feeds, pages
        self._editions, self._zone = settings.editions, settings.site.zone
        self._addresses = Addresses.of(settings.site.base_url)
        self._publication = Publication(settings.site)

    def feed_page(self, stored: StoredFeed) -> bytes:
        """A feed's twin."""
        root = root_of(f"{stored.path}/index.html")
        make = self._edition_page if stored.path.startswith(edition_path("")) else self._selection_page
        page = make(stored, self._feeds.feed(stored.path), Addresses.of(root))
        return self._pages.render("feed.html", root=root, page=page)

    def _edition_page(self, stored: StoredFeed, feed: Feed, addresses: Addresses) -> FeedPage:
        key = feed.path.partition("/")[2]
        edition, document = self._names.editions.get(key), self._feeds.document(stored)
        issues, pages = self._reading.issues(key)
        numbers = [issue.number for issue in issues if issue.number]
        urls = {self._addresses.issue(key, number): addresses.issue(key, number) for number in numbers}
        items = self._feeds.items(feed.path)[:NEWEST]
        return FeedPage(
            feed=feed,
            document=document,
            heading=self._names.edition_title(key),
            noun="issue",
            count=len(numbers),
            rhythm="",
            when=sent_when(edition, self._pages.wording) if edition else "",
            newest=[
                Line(
                    title=item.title,
                    url=urls[item.url],
                    date=local_date(item.published, self._zone),
                    text=item.summary,
                )
                for item in items
            ],
            metadata=self._publication.of_feed(document, [(item.title, item.url) for item in items]),
            readers=in_readers(document.addresses["rss"], self._pages.wording),
            archive=self._archive(feed.path, len(pages), max(pages.values(), default=0), addresses),
        )

    def _selection_page(self, stored: StoredFeed, feed: Feed, addresses: Addresses) -> FeedPage:
        held, document = self._reading.current(feed.path), self._feeds.document(stored)
        rss, newest = document.addresses["rss"], held[:NEWEST]
        archived = self._reading.archived(feed.path) if stored.pages else 0
        gettext = self._pages.wording.gettext
        return FeedPage(
            feed=feed,
            document=document,
            heading=heading_of(feed, self._pages.wording),
            noun="card",
            count=stored.held,
            rhythm=rhythm([entry.published for entry in held], self._pages.wording),
            newest=self._lines(newest, addresses),
            metadata=self._publication.of_feed(
                document,
                [(title_of(entry), self._addresses.card(entry.address)) for entry in newest],
                topic=feed.topic,
                audience=feed.audience,
            ),
            readers=in_readers(rss, self._pages.wording),
            apps=in_podcast_apps(rss) if document.has_media else (),
            archive=self._archive(feed.path, archived, stored.pages, addresses),
            narrower=self._narrower(feed, addresses),
            narrower_title=gettext("Only what is best for") if feed.topic else gettext("Only one topic"),
            letters=self._letters(addresses, feed),
        )

    def _archive(self, path: str, count: int, pages: int, addresses: Addresses) -> Archive | None:
        if not pages:
            return None
        oldest = {form: addresses.document(page_path(path, 1), form) for form in FORMATS}
        return Archive(count=count, pages=pages, oldest=oldest)

    def _narrower(self, feed: Feed, addresses: Addresses) -> Shelf | None:
        """Of a topic, its audiences; of an audience, its topics."""
        if bool(feed.topic) == bool(feed.audience):
            return None
        noun = _audience if feed.topic else _topic
        places = self._places(self._reading.narrower(feed.path).values(), noun, addresses)
        return arrange(places) if places else None

    def _places(
        self, feeds: Iterable[StoredFeed], noun: Callable[[Feed], Topic | Audience], addresses: Addresses
    ) -> list[Place]:
        """Feeds that hold something."""
        named = ((stored, noun(self._feeds.feed(stored.path))) for stored in feeds if stored.held)
        return [
            make_place(stored, one.key, clean_line(one.name) or one.key, addresses, zone=self._zone)
            for stored, one in named
        ]

    def _letters(self, addresses: Addresses, feed: Feed | None = None) -> list[Letter]:
        return [
            Letter(
                name=clean_line(edition.title),
                url=addresses.page(edition_path(edition.key)),
                when=sent_when(edition, self._pages.wording),
            )
            for edition in self._editions
            if feed is None or carries(edition, feed)
        ]

    def _lines(self, entries: Sequence[Entry], addresses: Addresses) -> list[Line]:
        return [make_line(entry, addresses, zone=self._zone) for entry in entries]

    # --- the home, and lists ---------------------------------------------------------------------------

    def home(self) -> Iterator[Target]:
        """The home, and lists of all topics and of all audiences, where there are more than it can show.

        By how many there ever were: a list once there stays, and is kept up to date.
        """
        yield Target("index.html", self._index_page)
        paths = self._reading.widest().keys()
        for kind in ("topics", "audiences"):
            if sum(path.startswith(f"{kind}/") for path in paths) > SHORT:
                yield Target(f"{kind}/index.html", partial(self._list_page, kind))

    def _index_page(self) -> bytes:
        addresses, document = Addresses.of("."), self._feeds.everything()
        recent, rss = self._reading.current(ALL), document.addresses["rss"]
        page = IndexPage(
            topics=self._shelf("topics", addresses, recent, url="topics/"),
            audiences=self._shelf("audiences", addresses, recent, url="audiences/"),
            letters=self._letters(addresses),
            newest=self._lines(recent[:NEWEST], addresses),
            document=document,
            url=self._addresses.home,
            metadata=self._publication.of_home(),
            readers=in_readers(rss, self._pages.wording),
            apps=in_podcast_apps(rss) if document.has_media else (),
        )
        return self._pages.render("index.html", root="", page=page)

    def _list_page(self, kind: str) -> bytes:
        shelf = self._shelf(kind, Addresses.of(".."))
        gettext = self._pages.wording.gettext
        title = gettext("All topics") if kind == "topics" else gettext("All audiences")
        url = self._addresses.page(kind)
        listed = [(place.name, self._addresses.page(f"{kind}/{place.key}")) for place in shelf.places]
        page = ListPage(
            title=title, shelf=shelf, url=url, metadata=self._publication.of_list(title, url, listed)
        )
        return self._pages.render("list.html", root="../", page=page)

    def _shelf(
        self, kind: str, addresses: Addresses, recent: Sequence[Entry] = (), *, url: str = ""
    ) -> Shelf:
        noun = _topic if kind == "topics" else _audience
        widest = [stored for path, stored in self._reading.widest().items() if path.startswith(f"{kind}/")]
        used = (
            one.key for entry in recent for one in (entry.topics if kind == "topics" else entry.audiences)
        )
        return arrange(self._places(widest, noun, addresses), used, url=url)


def _topic(feed: Feed) -> Topic:
    assert feed.topic is not None, "asked of a topic's feed"
    return feed.topic


def _audience(feed: Feed) -> Audience:
    assert feed.audience is not None, "asked of an audience's feed"
    return feed.audience
