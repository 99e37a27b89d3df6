"""All documents of the tree: which there are, and how each is made. Pure but for issues' texts, which it is told how to read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from letters.model import Entry, Feed, Issue, Rendering
from letters.publish import atom, jsonfeed, opml, rss
from letters.publish.addresses import FORMATS, Addresses
from letters.publish.assemble import make_document, make_issue_item, make_item
from letters.publish.clean import clean_line
from letters.publish.content import Surroundings, shorten, title_of
from letters.publish.issues import issue_content
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
from letters.publish.selection import (
    ALL,
    GROUPS,
    Names,
    audience_name,
    describe,
    edition_path,
    group_of,
    heading_of,
    topic_name,
)
from letters.publish.tree import Target
from letters.publish.when import sent_when
from letters.settings import Settings
from letters.store.feeds import StoredFeed
from letters.text import plain_text, strip_controls


class _Format(NamedTuple):
    render_item: Callable[[Item], Any]
    write: Callable[[Document, Any], bytes]


_WRITERS = {
    "rss": _Format(rss.render_item, rss.write),
    "atom": _Format(atom.render_item, atom.write),
    "json": _Format(jsonfeed.render_item, jsonfeed.write),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Everything the documents are made of."""

    feeds: Mapping[str, StoredFeed]
    #: By path, what a feed holds, the one that joined last first.
    holdings: Mapping[str, Sequence[Entry]]
    entries: Sequence[Entry]
    retired: Sequence[Entry]
    #: Public issues, the newest first.
    issues: Sequence[Issue]
    names: Names
    #: An issue for everybody's eyes, if it has that.
    read_issue: Callable[[Issue], Rendering | None]


class Press:
    """Makes the documents. An entry is rendered once per format, however many documents hold it."""

    def __init__(self, stock: Stock, settings: Settings, *, overrides: Path) -> None:
        self._stock, self._settings, self._site = stock, settings, settings.site
        self._publication = clean_line(settings.site.title)
        self._addresses = Addresses.of(settings.site.base_url)
        self._pages = Pages(overrides, settings.site)
        self._cards = {title_of(entry): entry.address for entry in stock.entries if entry.card}
        self._around = self._surroundings(self._addresses)
        self._by_id = {entry.id: entry for entry in stock.entries}
        # Shared between the documents of one press, and gone with it.
        self._item = cache(self._make_item)
        self._written = cache(self._write_item)
        self._feed = cache(self._describe)
        self._document = cache(self._make_document)
        self._issue_items = cache(self._make_issue_items)

    def targets(self) -> list[Target]:
        """Every document: what feeds link to before the feeds, so that no reader follows a link too early."""
        return [
            Target("style.css", partial(self._pages.render, "style.css", root="")),
            *self._cards_and_issues(),
            *(target for path in sorted(self._stock.feeds) for target in self._feed_targets(path)),
            Target("index.html", self._index_page),
            Target("index.opml", self._opml),
        ]

    # --- cards and issues ----------------------------------------------------------------------------

    def _cards_and_issues(self) -> Iterator[Target]:
        for entry in self._stock.entries:
            yield Target(f"cards/{entry.address}/index.html", partial(self._card_page, entry))
        for entry in self._stock.retired:
            yield Target(f"cards/{entry.address}/index.html", partial(self._retired_page, entry))
        for issue in self._stock.issues:
            path = f"issues/{issue.edition}/{issue.number}/index.html"
            yield Target(path, partial(self._issue_page, issue))

    def _card_page(self, entry: Entry) -> bytes:
        root = "../../"
        around = self._surroundings(_relative(root))
        page = make_card_page(entry, around, url=self._addresses.card(entry.address), zone=self._site.zone)
        return self._pages.render("card.html", root=root, page=page, document=self._document(ALL))

    def _retired_page(self, entry: Entry) -> bytes:
        return self._pages.render("retired.html", root="../../", title=title_of(entry))

    def _issue_page(self, issue: Issue) -> bytes | None:
        rendering = self._stock.read_issue(issue)
        return strip_controls(rendering.html).encode() if rendering and rendering.html else None

    def _surroundings(self, addresses: Addresses) -> Surroundings:
        return Surroundings(addresses=addresses, paths=frozenset(self._stock.feeds), cards=self._cards)

    # --- feeds ---------------------------------------------------------------------------------------

    def _feed_targets(self, path: str) -> Iterator[Target]:
        for form in FORMATS:
            yield Target(f"{path}.{form}", partial(self._feed_document, path, form))
        yield Target(f"{path}/index.html", partial(self._feed_page, path))

    def _feed_document(self, path: str, form: str) -> bytes:
        items = [self._written(form, item) for item in self._items(path)]
        return _WRITERS[form].write(self._document(path), items)

    def _items(self, path: str) -> Sequence[Item]:
        if path.startswith("editions/"):
            return self._issue_items(path)
        held = self._stock.holdings.get(path, ())
        return [self._item(entry.id) for entry in held[: self._settings.publish.entries]]

    def _make_item(self, entry_id: str) -> Item:
        return make_item(self._by_id[entry_id], self._around, publication=self._publication)

    def _write_item(self, form: str, item: Item) -> Any:
        return _WRITERS[form].render_item(item)

    def _make_issue_items(self, path: str) -> Sequence[Item]:
        issues = [issue for issue in self._stock.issues if edition_path(issue.edition) == path]
        items = (self._issue_item(issue, path) for issue in issues[: self._settings.publish.entries])
        return [item for item in items if item]

    def _issue_item(self, issue: Issue, path: str) -> Item | None:
        rendering = self._stock.read_issue(issue)
        content = issue_content(rendering.html, base_url=self._addresses.home) if rendering else ""
        if not rendering or not content:
            return None
        words = clean_line(rendering.preheader or plain_text(content))
        return make_issue_item(
            issue,
            guid=self._stock.feeds[path].guid,
            content_html=content,
            summary=shorten(words),
            addresses=self._addresses,
            publication=self._publication,
        )

    def _make_document(self, path: str) -> Document:
        return make_document(
            self._feed(path),
            self._stock.feeds[path],
            self._items(path),
            addresses=self._addresses,
            publication=self._publication,
            language=self._site.language,
        )

    def _describe(self, path: str) -> Feed:
        return describe(
            path, self._stock.names, publication=self._publication, about=clean_line(self._site.description)
        )

    # --- pages ---------------------------------------------------------------------------------------

    def _feed_page(self, path: str) -> bytes:
        target = f"{path}/index.html"
        addresses = _relative(root_of(target))
        feed = self._feed(path)
        make = self._edition_page if path.startswith("editions/") else self._selection_page
        return self._pages.render("feed.html", root=root_of(target), page=make(feed, addresses))

    def _edition_page(self, feed: Feed, addresses: Addresses) -> FeedPage:
        key = feed.path.partition("/")[2]
        edition = self._stock.names.editions.get(key)
        items = self._items(feed.path)
        numbers = [issue.number for issue in self._stock.issues if issue.edition == key]
        urls = {self._addresses.issue(key, n): addresses.issue(key, n) for n in numbers if n}
        return FeedPage(
            feed=feed,
            document=self._document(feed.path),
            heading=clean_line(edition.title) if edition else key,
            noun="issue",
            count=len(numbers),
            rhythm="",
            when=sent_when(edition) if edition else "",
            newest=[
                Line(
                    title=item.title,
                    url=urls[item.url],
                    date=local_date(item.published, self._site.zone),
                    text=item.summary,
                )
                for item in items[:NEWEST]
            ],
        )

    def _selection_page(self, feed: Feed, addresses: Addresses) -> FeedPage:
        held = self._stock.holdings.get(feed.path, ())
        narrower = self._narrower(feed, addresses)
        return FeedPage(
            feed=feed,
            document=self._document(feed.path),
            heading=heading_of(feed),
            noun="card",
            count=len(held),
            rhythm=rhythm([entry.published for entry in held]),
            newest=self._lines(held[:NEWEST], addresses),
            narrower=narrower,
            narrower_title="Only what is best for" if feed.topic else "Only one topic",
            letters=self._letters(addresses, feed),
        )

    def _narrower(self, feed: Feed, addresses: Addresses) -> list[Place]:
        """Of a topic, its audiences; of an audience, its topics."""
        if feed.topic and not feed.audience:
            return self._places(self._pairs_of[feed.topic.key, ""], audience_name, addresses)
        if feed.audience and not feed.topic:
            return self._places(self._pairs_of["", feed.audience.key], topic_name, addresses)
        return []

    @cached_property
    def _pairs_of(self) -> Mapping[tuple[str, str], list[Feed]]:
        """The feeds of a topic for an audience, by either."""
        pairs: defaultdict[tuple[str, str], list[Feed]] = defaultdict(list)
        for feed in map(self._feed, self._stock.holdings):
            if feed.topic and feed.audience:
                pairs[feed.topic.key, ""].append(feed)
                pairs["", feed.audience.key].append(feed)
        return pairs

    def _places(
        self, feeds: Iterable[Feed], name: Callable[[Feed], str], addresses: Addresses
    ) -> list[Place]:
        """Feeds that hold something, by name."""
        held = ((feed, self._stock.holdings[feed.path]) for feed in feeds)
        places = [
            make_place(feed, name(feed), entries, addresses, zone=self._site.zone)
            for feed, entries in held
            if entries
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
        return [make_line(entry, addresses, zone=self._site.zone) for entry in entries]

    def _index_page(self) -> bytes:
        addresses = _relative("")
        feeds = [self._feed(path) for path in self._stock.holdings]
        topics = [feed for feed in feeds if feed.topic and not feed.audience]
        audiences = [feed for feed in feeds if feed.audience and not feed.topic]
        page = IndexPage(
            topics=self._places(topics, topic_name, addresses),
            audiences=self._places(audiences, audience_name, addresses),
            letters=self._letters(addresses),
            newest=self._lines(self._stock.holdings.get(ALL, ())[:NEWEST], addresses),
            document=self._document(ALL),
            url=self._addresses.home,
        )
        return self._pages.render("index.html", root="", page=page)

    def _opml(self) -> bytes:
        groups: dict[str, list[opml.Listed]] = {name: [] for name in GROUPS}
        for path in sorted(self._stock.feeds):
            feed = self._feed(path)
            groups[group_of(feed)].append(opml.Listed(heading_of(feed), self._document(path)))
        updated = max(self._document(path).updated for path in self._stock.feeds)
        return opml.write(f"{self._publication}: all feeds", groups, updated=updated)


def _relative(root: str) -> Addresses:
    """Addresses for links inside the tree, seen from a page at `root`."""
    return Addresses.of(root or ".")
