"""What the documents are made of, read from the store when a document needs it, and kept as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from letters.model import PUBLIC, Entry, Issue, Rendering
from letters.publish.asking import with_known_files
from letters.publish.clean import clean_line
from letters.publish.record import PUBLIC_STATES
from letters.publish.selection import ALL, edition_path
from letters.store import Store
from letters.store.entries import live_ids, load_entries
from letters.store.feeds import (
    StoredFeed,
    count_archived,
    current_members,
    load_feeds,
    load_narrower,
    load_widest,
    loose_members,
    neighbours,
    page_members,
)
from letters.store.issues import load_issue_pages, load_issues, load_rendering
from letters.store.similar import load_lists
from letters.store.unpublished import addresses_by_title

#: Some hundred megabytes.
_KEPT_ENTRIES = 20_000
#: Entries that are read together for their pages.
_AT_ONCE = 500


class EditionIssues(NamedTuple):
    """The public issues of an edition, the newest first, and on which full page of its history those stand that are on one."""

    issues: Sequence[Issue]
    pages: Mapping[int, int]


class Reading:
    """The store as one publishing reads it, a short transaction at a time: no long one keeps others waiting."""

    def __init__(self, store: Store, *, size: int) -> None:
        self._store, self._size = store, size
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        # Of the entries that are read for pages just now, ids of those that their pages link to.
        self._neighbours: Mapping[str, tuple[str | None, str | None]] = {}
        self._similar: Mapping[str, Sequence[str]] = {}
        #: By title, the address of our card of that title; for all titles that kept entries name as related.
        self.addresses: dict[str, str] = {}
        self.issues = cache(self._load_issues)
        # A feed's documents and its page are made one after another.
        self.current = lru_cache(8)(self._load_current)

    # --- entries -------------------------------------------------------------------------------------

    def entries(self, ids: Sequence[str]) -> list[Entry]:
        """Live entries in the order of their ids; those that were retired meanwhile are left out."""
        missing = [one for one in ids if one not in self._entries]
        if missing:
            self._load(missing)
        found = [self._entries[one] for one in ids if one in self._entries]
        for one in found:
            self._entries.move_to_end(one.id)
        while len(self._entries) > max(_KEPT_ENTRIES, len(ids)):
            self._entries.popitem(last=False)
        return found

    def _load(self, ids: Sequence[str]) -> None:
        with self._store.read() as c:
            loaded = with_known_files(c, load_entries(c, ids=ids))
            named = {clean_line(one.title) for entry in loaded if entry.card for one in entry.card.related}
            named -= self.addresses.keys()
            if named:
                self.addresses |= addresses_by_title(c, named)
        self._entries |= {entry.id: entry for entry in loaded}

    def for_pages(self, ids: Collection[str]) -> Iterator[Entry]:
        """Live entries one by one, with all that their pages link to at hand."""
        if len(ids) > _AT_ONCE:
            # Neighbours are then mostly among those that were read just before.
            with self._store.read() as c:
                listed = [one for one in live_ids(c) if one in ids]
        else:
            listed = sorted(ids)
        for start in range(0, len(listed), _AT_ONCE):
            part = listed[start : start + _AT_ONCE]
            self._load_links(part)
            yield from self.entries(part)

    def _load_links(self, ids: Sequence[str]) -> None:
        with self._store.read() as c:
            self._neighbours = neighbours(c, ALL, ids)
            lists = load_lists(c, ids)
        self._similar = {one: [other for other, _ in listed] for one, listed in lists.items()}
        linked = {other for pair in self._neighbours.values() for other in pair if other}
        linked.update(other for listed in self._similar.values() for other in listed)
        self.entries([*ids, *sorted(linked.difference(ids))])

    def retired(self, ids: Iterable[str]) -> list[Entry]:
        with self._store.read() as c:
            return load_entries(c, ids=ids, retired=True)

    def neighbours(self, entry_id: str) -> tuple[Entry | None, Entry | None]:
        """The entries that came just before and just after one of those that are read `for_pages`."""
        before, after = self._neighbours.get(entry_id, (None, None))
        return self._entry(before), self._entry(after)

    def similar(self, entry_id: str) -> list[Entry]:
        """Those that its page lists as similar, the nearest first; of an entry that is read `for_pages`."""
        return self.entries(self._similar.get(entry_id, ()))

    def _entry(self, entry_id: str | None) -> Entry | None:
        return next(iter(self.entries([entry_id])), None) if entry_id else None

    # --- feeds ---------------------------------------------------------------------------------------

    def feeds(self, paths: Iterable[str] | None = None) -> dict[str, StoredFeed]:
        with self._store.read() as c:
            return load_feeds(c, None if paths is None else list(paths))

    def widest(self) -> dict[str, StoredFeed]:
        with self._store.read() as c:
            return load_widest(c)

    def narrower(self, path: str) -> dict[str, StoredFeed]:
        with self._store.read() as c:
            return load_narrower(c, path)

    def _load_current(self, path: str) -> list[Entry]:
        """What a feed's document shows."""
        with self._store.read() as c:
            ids = current_members(c, path, size=self._size)
        return self.entries(ids)

    def archived(self, path: str) -> int:
        """How many entries stand on full pages of a feed's history."""
        with self._store.read() as c:
            return count_archived(c, path)

    def page(self, path: str, number: int) -> list[Entry]:
        """What a full page of a feed's history shows."""
        with self._store.read() as c:
            ids = page_members(c, path, number)
        return self.entries(ids)

    def loose(self, path: str) -> list[Entry]:
        """What of a feed stands on no full page yet."""
        with self._store.read() as c:
            ids = loose_members(c, path)
        return self.entries(ids)

    # --- issues --------------------------------------------------------------------------------------

    def _load_issues(self, edition: str) -> EditionIssues:
        with self._store.read() as c:
            return EditionIssues(
                load_issues(c, edition=edition, states=PUBLIC_STATES), load_issue_pages(c, edition)
            )

    def rendering(self, issue: Issue) -> Rendering | None:
        """An issue for everybody's eyes, if it has that."""
        with self._store.read() as c:
            return load_rendering(c, issue.id, PUBLIC)

    def editions(self, paths: Iterable[str]) -> list[str]:
        """The keys of the editions whose feeds are among `paths`."""
        return [path.partition("/")[2] for path in paths if path.startswith(edition_path(""))]
