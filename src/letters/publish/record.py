"""What changed since the tree was written, recorded in one transaction: dates, who joined which feed, pages of history.

An entry that changed is on its own page and in the documents of its feeds; so it is with those whose cards name its title as
related, when that is another one now. Its neighbours' pages link to it, and the pages that list it as similar. Nothing else has to be
looked at.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from letters.model import Entry, Issue, IssueState
from letters.publish.addresses import Addresses, feed_guid
from letters.publish.clean import clean_line
from letters.publish.content import title_of
from letters.publish.moments import set_apart
from letters.publish.relating import relate
from letters.publish.selection import ALL, Moves, edition_path, plan_moves, plan_updates
from letters.settings import Settings
from letters.store.entries import (
    live_ids,
    load_digests,
    load_entries,
    load_moments,
    mark_updated,
    retired_ids,
    set_titles,
)
from letters.store.feeds import (
    StoredFeed,
    add_feeds,
    add_members,
    count_again,
    cut_pages,
    load_feeds,
    load_memberships,
    lock_feeds,
    neighbours,
    pages_of,
    set_present,
    show_again,
)
from letters.store.issues import load_issue, load_issue_pages, load_issues, set_issue_page
from letters.store.similar import listing
from letters.store.unpublished import (
    Kind,
    Mark,
    load_marks,
    load_titles,
    mark,
    mentioning,
    set_mentions,
)

#: Once approved, an issue may be read; one that was stopped before that never was to be.
PUBLIC_STATES = (IssueState.APPROVED, IssueState.SENT)
#: How many entries are looked at together: some ten megabytes of them.
_AT_ONCE = 1_000
#: How far back entries that came together may have been set apart.
_ROOM = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Scope:
    """Which documents have to be written, and what is published with them."""

    #: Whether these are all there are.
    everything: bool
    marks: Sequence[Mark] = ()
    #: Ids of entries whose page is to be written, and of retired ones whose page says so.
    entries: set[str] = field(default_factory=set)
    retired: set[str] = field(default_factory=set)
    #: Paths of feeds whose documents are to be written.
    feeds: set[str] = field(default_factory=set)
    #: Full pages of feeds' histories, as path and number, that must be written even if they stand already.
    pages: set[tuple[str, int]] = field(default_factory=set)
    issues: set[int] = field(default_factory=set)
    #: Whether there are other feeds than before.
    has_new_feeds: bool = False

    def __bool__(self) -> bool:
        return bool(self.everything or self.entries or self.retired or self.feeds or self.issues)


def record(c: Connection, settings: Settings, *, now: datetime, everything: bool) -> Scope:
    """Record what changed; all is looked at, or what is marked as changed. Run again, it records nothing more."""
    lock_feeds(c)
    marks = load_marks(c)
    scope = Scope(everything=everything, marks=marks)
    if not everything and not marks:
        return scope
    _Recording(c, settings, scope, now=now).run()
    return scope


class _Recording:
    def __init__(self, c: Connection, settings: Settings, scope: Scope, *, now: datetime) -> None:
        self._c, self._settings, self._scope, self._now = c, settings, scope, now
        self._size = settings.publish.entries
        self._marked = self._keys("entry")
        #: By id, digest and date of what changed; who of all was published before; and the order of all in feeds.
        self._updates: dict[str, tuple[str, datetime]] = {}
        self._edited: set[str] = set()
        self._order: list[tuple[datetime, datetime, str]] = []
        #: Entries of which nothing changed but what they link to.
        self._linking: set[str] = set()

    def _keys(self, kind: Kind) -> list[str]:
        """Of what is marked."""
        return [one.key for one in self._scope.marks if one.kind == kind]

    def _take_up(self) -> None:
        """What an earlier run recorded and did not come to write."""
        scope = self._scope
        scope.entries.update(self._keys("page"))
        scope.feeds.update(self._keys("feed"))
        scope.pages.update((path, int(number)) for path, number in map(str.split, self._keys("history")))
        scope.has_new_feeds = bool(self._keys("list"))

    def _keep(self) -> None:
        """Mark what has to be written, so that a run that is killed leaves it to the next."""
        scope = self._scope
        left: dict[Kind, set[str]] = {"history": {f"{path} {number}" for path, number in scope.pages}}
        if not scope.everything:
            left |= {"page": set(scope.entries), "feed": set(scope.feeds)}
            left["list"] = {"feeds"} if scope.has_new_feeds else set()
        new = [one for kind, keys in left.items() for one in mark(self._c, kind, keys - {*self._keys(kind)})]
        scope.marks = [*scope.marks, *new]

    def run(self) -> None:
        c, scope = self._c, self._scope
        self._take_up()
        gone = retired_ids(c, self._marked)
        scope.retired.update(retired_ids(c) if scope.everything else gone)
        self._add_feeds({ALL, *(edition_path(edition.key) for edition in self._settings.editions)})
        for part in _parts(live_ids(c) if scope.everything else self._marked):
            self._record_entries(part)
        self._record_updates()
        self._record_retired(gone)
        if scope.everything:
            scope.feeds.update(load_feeds(c))
        else:
            linked = load_memberships(c, self._linking)
            scope.feeds.update(path for one in linked.values() for path, present in one.items() if present)
            scope.entries.update(self._neighbours({*scope.entries, *gone}))
        scope.entries |= self._linking
        self._relate()
        scope.pages.update(pages_of(c, gone))
        scope.pages.update(cut_pages(c, scope.feeds, size=self._size))
        count_again(c, scope.feeds, shown=self._size)
        self._record_issues()
        scope.entries.difference_update(retired_ids(c, scope.entries))
        self._keep()

    # --- entries -------------------------------------------------------------------------------------

    def _record_entries(self, ids: Sequence[str]) -> None:
        c, scope = self._c, self._scope
        entries = load_entries(c, ids=ids)
        digests = load_digests(c, ids)
        self._updates |= plan_updates(entries, digests, now=self._now)
        self._edited.update(one for one, digest in digests.items() if digest is not None)
        self._order += [(entry.ready_at, entry.published, entry.id) for entry in entries]
        memberships = load_memberships(c, ids)
        moves = plan_moves(entries, (), memberships, undeclared=self._settings.publish.undeclared)
        self._move(moves)
        self._record_titles(entries)
        scope.entries.update(entry.id for entry in entries)
        if not scope.everything:
            scope.feeds.update(moves.joining)
            scope.feeds.update(path for path, _ in moves.returning)
            known = (memberships.get(entry.id, {}) for entry in entries)
            scope.feeds.update(path for one in known for path, present in one.items() if present)

    def _record_updates(self) -> None:
        """All at once, so that each has a moment of its own."""
        order = [entry_id for *_, entry_id in sorted(self._order) if entry_id in self._updates]
        if not order:
            return
        moments = [moment for _, moment in self._updates.values()]
        earliest = min(moments) - timedelta(seconds=len(order) + 1) - _ROOM
        taken = load_moments(self._c, earliest, max(moments), but=self._updates)
        mark_updated(self._c, set_apart(self._updates, order, taken=taken))
        show_again(self._c, self._edited & self._updates.keys(), at=self._now)

    def _record_titles(self, entries: Sequence[Entry]) -> None:
        """Whoever names a title that came, went or changed, links otherwise now."""
        before = load_titles(self._c, [entry.id for entry in entries])
        now = {entry.id: title_of(entry) for entry in entries if entry.card}
        changed = {one: title for one, title in now.items() if before.get(one) != title}
        set_titles(self._c, changed)
        set_mentions(
            self._c,
            {
                entry.id: [clean_line(one.title) for one in entry.card.related if clean_line(one.title)]
                for entry in entries
                if entry.card
            },
        )
        self._link({*changed.values(), *(before[one] for one in changed if one in before)})

    def _record_retired(self, gone: Sequence[str]) -> None:
        memberships = load_memberships(self._c, gone)
        moves = plan_moves((), gone, memberships, undeclared=self._settings.publish.undeclared)
        self._move(moves)
        self._scope.feeds.update(path for path, _ in moves.leaving)
        # The pages of its history may still show it, though it left the feed long before.
        self._scope.feeds.update(path for path, _ in pages_of(self._c, gone))
        titles = load_titles(self._c, gone)
        self._link(set(titles.values()))
        # Should it come back, its title is a new one.
        set_titles(self._c, dict.fromkeys(titles))

    def _relate(self) -> None:
        """Pages whose list of similar entries moved, or names an entry that changed."""
        c, scope = self._c, self._scope
        scope.entries |= relate(c, self._marked) | listing(c, self._marked)

    def _link(self, titles: set[str]) -> None:
        if titles and not self._scope.everything:
            self._linking |= mentioning(self._c, titles)

    def _neighbours(self, ids: Collection[str]) -> Iterator[str]:
        for pair in neighbours(self._c, ALL, ids).values():
            yield from filter(None, pair)

    # --- feeds ---------------------------------------------------------------------------------------

    def _move(self, moves: Moves) -> None:
        self._add_feeds(moves.joining)
        add_members(self._c, moves.joining, at=self._now)
        set_present(self._c, moves.leaving, present=False)
        set_present(self._c, moves.returning, present=True)

    def _add_feeds(self, paths: Iterable[str]) -> None:
        wanted = set(paths)
        new = sorted(wanted - load_feeds(self._c, wanted).keys())
        addresses = Addresses.of(self._settings.site.base_url)
        add_feeds(
            self._c,
            [
                StoredFeed(path=path, since=self._now, guid=feed_guid(addresses.document(path, "rss")))
                for path in new
            ],
        )
        self._scope.feeds.update(new)
        self._scope.has_new_feeds |= bool(new)

    # --- issues --------------------------------------------------------------------------------------

    def _record_issues(self) -> None:
        c, scope = self._c, self._scope
        if scope.everything:
            touched = load_issues(c, states=PUBLIC_STATES)
        else:
            marked = (load_issue(c, int(key)) for key in self._keys("issue"))
            touched = [issue for issue in marked if issue and issue.number]
        scope.issues.update(issue.id for issue in touched if issue.state in PUBLIC_STATES)
        for edition in sorted({issue.edition for issue in touched}):
            ours = [issue for issue in touched if issue.edition == edition]
            self._record_edition(edition, {issue.id for issue in ours if issue.state not in PUBLIC_STATES})
            if not scope.everything:
                scope.issues.update(self._beside(edition, ours))

    def _record_edition(self, edition: str, withdrawn: Collection[int]) -> None:
        path, pages = edition_path(edition), load_issue_pages(self._c, edition)
        if path in self._scope.feeds or load_feeds(self._c, [path]):
            self._scope.feeds.add(path)
        elif any(load_issues(self._c, edition=edition, states=PUBLIC_STATES)):
            self._add_feeds([path])
        self._scope.pages.update((path, page) for issue, page in pages.items() if issue in withdrawn)
        self._scope.pages.update((path, page) for page in self._cut_issues(edition))

    def _beside(self, edition: str, touched: Iterable[Issue]) -> Iterator[int]:
        """The public issues just before and just after, whose pages lead to these, or did."""
        issues = load_issues(self._c, edition=edition, states=PUBLIC_STATES)
        public = sorted((issue.number, issue.id) for issue in issues if issue.number)
        for issue in touched:
            place = bisect_left(public, (issue.number or 0, issue.id))
            yield from (one for _, one in public[max(place - 1, 0) : place + 2])

    def _cut_issues(self, edition: str) -> Iterator[int]:
        """Cut full pages of an edition's issues, as `cut_pages` does of entries."""
        pages = load_issue_pages(self._c, edition)
        public = load_issues(self._c, edition=edition, states=PUBLIC_STATES)
        loose = [issue.id for issue in reversed(public) if issue.id not in pages]
        last = max(pages.values(), default=0)
        for start in range(0, len(loose) - self._size + 1, self._size):
            last += 1
            set_issue_page(self._c, loose[start : start + self._size], last)
            yield last


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
