"""The documents of the tree: which have to be written, and how each is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from letters.model import Entry, Feed, Issue
from letters.publish import atom, history, jsonfeed, opml, rss
from letters.publish.addresses import FORMATS, Addresses
from letters.publish.assemble import make_document, make_issue_item, make_item, whole_seconds
from letters.publish.catalogue import Catalogue
from letters.publish.clean import clean_line
from letters.publish.content import Surroundings, shorten
from letters.publish.gone import NAME as GONE
from letters.publish.gone import write_gone
from letters.publish.imprint import Imprint
from letters.publish.issues import issue_content
from letters.publish.items import Document, Item
from letters.publish.pages import Pages
from letters.publish.reading import Reading
from letters.publish.record import Scope
from letters.publish.selection import (
    ALL,
    GROUPS,
    Names,
    describe,
    edition_path,
    group_heading,
    group_of,
    heading_of,
)
from letters.publish.site import Site
from letters.publish.tree import Target
from letters.settings import Settings
from letters.store.feeds import StoredFeed
from letters.text import plain_text

#: Entries whose three renderings are kept for the documents to come: some two hundred megabytes.
_KEPT_ITEMS = 20_000


class _Format(NamedTuple):
    render_item: Callable[[Item], Any]
    write: Callable[[Document, Any], bytes]


#: By format, how an item and a document are written.
WRITERS = {
    "rss": _Format(rss.render_item, rss.write),
    "atom": _Format(atom.render_item, atom.write),
    "json": _Format(jsonfeed.render_item, jsonfeed.write),
}


class Press:
    """Makes the documents. An entry is rendered once per format, however many documents hold it."""

    def __init__(self, reading: Reading, names: Names, settings: Settings, *, overrides: Path) -> None:
        self._reading, self._names, self._settings = reading, names, settings
        self._publication = clean_line(settings.site.title)
        self._imprint = Imprint.of(settings)
        self._addresses = Addresses.of(settings.site.base_url)
        self._linked = names.linked(undeclared=settings.publish.undeclared)
        pages = Pages(overrides, settings.site, sign_up=settings.subscribe.open)
        self._wording = pages.wording
        self._around = self._surroundings(self._addresses)
        self._site = Site(reading, names, settings, self, pages=pages)
        self._catalogue = Catalogue(reading, names, settings, self, pages=pages)
        #: Of the feeds' documents that were made, by path.
        self.digests: dict[str, str] = {}
        # Shared between the documents of one press, and gone with it.
        self._gone = self._find_gone()
        self._item = lru_cache(_KEPT_ITEMS)(self._make_item)
        self._written = lru_cache(_KEPT_ITEMS * len(FORMATS))(self._write_item)
        self._feed_items = lru_cache(8)(self._list_items)
        self._issue_item = cache(self._make_issue_item)
        self.feed = lru_cache(_KEPT_ITEMS)(self._describe)
        self.everything = cache(self._document_of_all)

    def groups(self, scope: Scope, *, stands: Callable[[str], bool]) -> Iterator[Iterable[Target]]:
        """The documents in groups: what others link to comes before them, so that no reader follows a link too early.

        `stands` says whether a document, by its path, is there already and may be left alone.
        """
        yield self._site.cards(scope)
        yield self._site.issues(scope)
        yield self._history(scope, stands)
        yield self._feeds(scope)
        yield self._lists(scope)

    # --- feeds ---------------------------------------------------------------------------------------

    def _feeds(self, scope: Scope) -> Iterator[Target]:
        for stored in self._stored(scope.feeds):
            for form in FORMATS:
                yield Target(f"{stored.path}.{form}", partial(self.feed_document, stored, form))
            yield Target(f"{stored.path}/index.html", partial(self._catalogue.feed_page, stored))

    def feed_document(self, stored: StoredFeed, form: str) -> bytes:
        content = self.write(form, self.document(stored), self._feed_items(stored.path))
        self.digests[f"{stored.path}.{form}"] = hashlib.sha256(content).hexdigest()
        return content

    def document(self, stored: StoredFeed) -> Document:
        """A feed's own document, without its items."""
        links = history.current_links(stored.path, pages=self._pages_of(stored), addresses=self._addresses)
        return self._document(stored, self._feed_items(stored.path), links)

    def _document_of_all(self) -> Document:
        (stored,) = self._reading.feeds([ALL]).values()
        return self.document(stored)

    def items(self, path: str) -> Sequence[Item]:
        """What a feed's document shows."""
        return self._feed_items(path)

    def _list_items(self, path: str) -> Sequence[Item]:
        if not path.startswith(edition_path("")):
            return self._items(self._reading.current(path))
        issues, pages = self._reading.issues(path.partition("/")[2])
        # As with entries: those on no full page, and then the newest of the others.
        chosen = sorted(issues, key=lambda issue: issue.id in pages)[: self._settings.publish.entries]
        return self._issue_items(path, [issue for issue in issues if issue in chosen])

    def _items(self, entries: Iterable[Entry]) -> list[Item]:
        return [self._item(entry.id) for entry in entries]

    def _make_item(self, entry_id: str) -> Item:
        (entry,) = self._reading.entries([entry_id])
        return make_item(entry, self._around, publication=self._publication, imprint=self._imprint)

    def write(self, form: str, document: Document, items: Iterable[Item]) -> bytes:
        """A document in one of the `FORMATS`."""
        return WRITERS[form].write(document, [self._written(form, item) for item in items])

    def _write_item(self, form: str, item: Item) -> Any:
        return WRITERS[form].render_item(item)

    def _document(self, stored: StoredFeed, items: Sequence[Item], links: history.Links) -> Document:
        document = make_document(
            self.feed(stored.path),
            stored,
            items,
            addresses=self._addresses,
            publication=self._publication,
            language=self._settings.site.language,
            imprint=self._imprint,
        )
        return replace(
            document,
            archive=links.archive,
            current=links.current,
            prev_archive=links.prev_archive,
            next_archive=links.next_archive,
        )

    def _describe(self, path: str) -> Feed:
        about = clean_line(self._settings.site.description)
        return describe(path, self._names, publication=self._publication, about=about, wording=self._wording)

    def _surroundings(self, addresses: Addresses) -> Surroundings:
        return Surroundings(
            addresses=addresses, paths=self._linked, cards=self._reading.addresses, wording=self._wording
        )

    def surroundings(self, root: str) -> Surroundings:
        """For links inside the tree, from a page at `root`."""
        return self._surroundings(Addresses.of(root or "."))

    def _stored(self, paths: Iterable[str]) -> Iterator[StoredFeed]:
        found = self._reading.feeds(paths)
        yield from (found[path] for path in sorted(found) if path not in self._gone)

    # --- feeds that are no more ------------------------------------------------------------------------

    def _find_gone(self) -> dict[str, StoredFeed]:
        """Feeds about topics and audiences that are no more, as soon as they hold nothing."""
        gone = self._names.gone
        if not gone.topics and not gone.audiences:
            return {}
        return {
            path: stored for path, stored in self._reading.feeds().items() if path in gone and not stored.held
        }

    def removed(self) -> Iterator[str]:
        """The documents of feeds that are no more, and the list of them when there is none."""
        if not self._gone:
            yield GONE
        for path, stored in self._gone.items():
            yield f"{path}/index.html"
            pages = [history.page_path(path, number) for number in range(1, stored.pages + 2)]
            yield from (f"{one}.{form}" for one in (path, *pages) for form in FORMATS)

    # --- history -------------------------------------------------------------------------------------

    def _history(self, scope: Scope, stands: Callable[[str], bool]) -> Iterator[Target]:
        """Full pages that have to be written, and the open page behind them.

        A full page that stands is left alone unless a card on it was retired, or the site moved.
        """
        for stored in self._stored(scope.feeds):
            pages = self._pages_of(stored)
            for number in range(1, pages + 1):
                for form in FORMATS:
                    path = f"{history.page_path(stored.path, number)}.{form}"
                    if (stored.path, number) in scope.pages or (scope.everything and not stands(path)):
                        yield Target(path, partial(self._page_document, stored, number, form))
            if pages:
                for form in FORMATS:
                    path = f"{history.page_path(stored.path, pages + 1)}.{form}"
                    yield Target(path, partial(self._page_document, stored, pages + 1, form))

    def _page_document(self, stored: StoredFeed, number: int, form: str) -> bytes:
        pages = self._pages_of(stored)
        items = self._page_items(stored.path, number, is_open=number > pages)
        links = history.page_links(stored.path, number, pages=pages, addresses=self._addresses)
        document = self._document(stored, items, links)
        own = {one: self._addresses.document(history.page_path(stored.path, number), one) for one in FORMATS}
        return self.write(form, replace(document, addresses=own), items)

    def _page_items(self, path: str, number: int, *, is_open: bool) -> Sequence[Item]:
        if path.startswith(edition_path("")):
            issues, pages = self._reading.issues(path.partition("/")[2])
            wanted = None if is_open else number
            return self._issue_items(path, [one for one in issues if pages.get(one.id) == wanted])
        return self._items(self._reading.loose(path) if is_open else self._reading.page(path, number))

    def _pages_of(self, stored: StoredFeed) -> int:
        if stored.path.startswith(edition_path("")):
            return max(self._reading.issues(stored.path.partition("/")[2]).pages.values(), default=0)
        return stored.pages

    # --- issues as entries of their edition's feed -----------------------------------------------------

    def _issue_items(self, path: str, issues: Iterable[Issue]) -> list[Item]:
        items = (self._issue_item(issue, path) for issue in issues)
        return [item for item in items if item]

    def _make_issue_item(self, issue: Issue, path: str) -> Item | None:
        rendering = self._reading.rendering(issue)
        content = issue_content(rendering.html, base_url=self._addresses.home) if rendering else ""
        if not rendering or not content:
            return None
        words = clean_line(rendering.preheader or plain_text(content))
        (stored,) = self._reading.feeds([path]).values()
        return make_issue_item(
            issue,
            guid=stored.guid,
            content_html=content,
            summary=shorten(words),
            addresses=self._addresses,
            publication=self._publication,
            language=self._settings.site.language,
            imprint=self._imprint,
        )

    # --- lists of all feeds ----------------------------------------------------------------------------

    def _lists(self, scope: Scope) -> Iterator[Target]:
        yield from self._catalogue.home()
        if self._gone:
            yield Target(GONE, self._gone_document)
        if scope.everything or scope.has_new_feeds:
            yield Target("index.opml", self._opml)

    def _gone_document(self) -> bytes:
        existing = self._reading.feeds().keys() - self._gone.keys()
        return write_gone(self._names.gone, self._gone, existing=existing)

    def _opml(self) -> bytes:
        groups: dict[str, list[opml.Listed]] = {name: [] for name in GROUPS}
        feeds = self._reading.feeds()
        for path, stored in feeds.items():
            if path in self._gone:
                continue
            feed = self.feed(path)
            listed = opml.Listed(heading_of(feed, self._wording), self._document(stored, (), history.Links()))
            groups[group_of(feed)].append(listed)
        # The list changes when a feed is added, not with what the feeds hold.
        updated = max(whole_seconds(stored.since) for stored in feeds.values())
        title = self._wording.gettext("%(publication)s: all feeds", publication=self._publication)
        headed = [(group_heading(group, self._wording), listed) for group, listed in groups.items()]
        return opml.write(title, headed, updated=updated)
