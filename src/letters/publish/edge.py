"""Publishing: the one module of this verb that reads the store and writes the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from letters.errors import Problem
from letters.model import PUBLIC, Entry, Issue, IssueState, Progress, Rendering
from letters.publish.addresses import Addresses, feed_guid
from letters.publish.assemble import whole_seconds
from letters.publish.press import Press, Stock
from letters.publish.selection import Names, holdings, plan_feeds, plan_joining, plan_updates
from letters.publish.tree import write_tree
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.entries import load_digests, load_entries, mark_updated
from letters.store.feeds import (
    StoredFeed,
    add_feeds,
    add_members,
    load_audiences,
    load_feeds,
    load_members,
    load_topics,
    lock_feeds,
)
from letters.store.issues import load_issues, load_rendering

# Once approved, an issue may be read; one that was stopped before that never was to be.
_PUBLIC_STATES = (IssueState.APPROVED, IssueState.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What publishing came to; `written` and `unchanged` count all documents of the tree."""

    written: int
    unchanged: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """What the store says once this pass is recorded."""

    entries: list[Entry]
    feeds: Mapping[str, StoredFeed]
    members: Mapping[str, Sequence[str]]


def publish(
    store: Store,
    settings: Settings,
    workspace: Workspace,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> PublishReport:
    """Bring the published tree to what the store holds. With nothing new it writes nothing.

    First it records which entries changed and which joined which feed, in one transaction; then it writes the documents.
    Killed in between, the next run finds the record and writes what is missing.
    """
    recorded = _record(store, settings, now=whole_seconds(now))
    stock = _take_stock(store, settings, recorded)
    press = Press(stock, settings, overrides=workspace.templates)
    targets = press.targets()
    tally, problems = write_tree(
        workspace.tree(settings), targets, total=len(targets), shown=workspace.shown, progress=progress
    )
    return PublishReport(written=tally.written, unchanged=tally.unchanged, problems=tuple(problems))


def _record(store: Store, settings: Settings, *, now: datetime) -> _Recorded:
    undeclared = settings.publish.undeclared
    with store.write() as c:
        lock_feeds(c)
        entries, digests = load_entries(c), load_digests(c)
        updates = plan_updates(entries, digests, now=now)
        mark_updated(c, updates)
        add_feeds(c, _make_feeds(known=load_feeds(c), entries=entries, settings=settings, now=now))
        add_members(c, plan_joining(entries, load_members(c), undeclared=undeclared), at=now)
        return _Recorded(
            entries=[
                replace(one, updated_at=updates[one.id][1]) if one.id in updates else one for one in entries
            ],
            feeds=load_feeds(c),
            members=load_members(c),
        )


def _make_feeds(
    *, known: Mapping[str, StoredFeed], entries: Sequence[Entry], settings: Settings, now: datetime
) -> list[StoredFeed]:
    addresses = Addresses.of(settings.site.base_url)
    paths = plan_feeds(entries, settings.editions, known, undeclared=settings.publish.undeclared)
    return [
        StoredFeed(path=path, since=now, guid=feed_guid(addresses.document(path, "rss"))) for path in paths
    ]


def _take_stock(store: Store, settings: Settings, recorded: _Recorded) -> Stock:
    """Everything the documents are made of, but for the issues' texts, which are read one at a time."""
    with store.read() as c:
        return Stock(
            feeds=recorded.feeds,
            holdings=holdings(recorded.entries, recorded.members, undeclared=settings.publish.undeclared),
            entries=recorded.entries,
            retired=load_entries(c, retired=True),
            issues=load_issues(c, states=_PUBLIC_STATES),
            names=Names(
                topics=load_topics(c),
                audiences=load_audiences(c),
                editions={edition.key: edition for edition in settings.editions},
            ),
            read_issue=lambda issue: _read_issue(store, issue),
        )


def _read_issue(store: Store, issue: Issue) -> Rendering | None:
    with store.read() as c:
        return load_rendering(c, issue.id, PUBLIC)
