"""Composing killed at each of its statements: an issue is there whole or not at all, and the next run completes it."""

from __future__ import annotations

import os
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

from composing import make_edition, make_settings, monday
from sqlalchemy import event, func, select

from builders import add_pair, day, make_episode
from letters.compose import complete_renderings, compose
from letters.model import PUBLIC, Subscriber, SubscriberStatus
from letters.settings import Workspace
from letters.store import Store, tables
from letters.store.issues import composed_entries, find_issue, load_issues, load_renderings
from letters.store.subscribers import save_subscribers

BEGIN = day(-1)
SETTINGS = make_settings(make_edition())


def test_killed_at_any_statement_an_issue_is_stored_whole_or_not_at_all(
    sqlite_store: Store, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    reader = Subscriber(
        email="ada@reader.example",
        editions=("weekly",),
        topics=("signals",),
        status=SubscriberStatus.CONFIRMED,
    )
    compose(sqlite_store, SETTINGS, workspace, now=BEGIN)
    with sqlite_store.write() as c:
        save_subscribers(c, [reader], now=BEGIN)
        for number in (1, 2):
            add_pair(c, number, episode=make_episode(number, published=day(0)), ready_at=day(6 + number / 10))
    sqlite_store.engine.dispose()

    kills, at, issues = 0, 1, 0
    while _is_killed(sqlite_store, workspace, at=at, now=monday(1)):
        kills += 1
        stored = len(_check_whole_or_nothing(sqlite_store))
        # What was stored is not stored again, so the next run is another sequence of statements.
        at, issues = (1, stored) if stored > issues else (at + 1, issues)
    assert kills > 15
    # The first Monday was missed, so that both kinds of rows are written.
    assert _check_whole_or_nothing(sqlite_store) == [None, 1]
    assert compose(sqlite_store, SETTINGS, workspace, now=monday(1)).composed == ()
    _check_completed(sqlite_store, workspace)


def _check_completed(store: Store, workspace: Workspace) -> None:
    """What a kill left out of an issue's choices is made up for by what every pass does before it delivers."""
    with store.read() as c:
        issue = find_issue(c, "weekly", 1)
    assert issue is not None
    assert complete_renderings(store, SETTINGS, workspace, issue) == ()
    with store.read() as c:
        assert set(load_renderings(c, issue.id)) == {"", PUBLIC, "topics=signals"}


def _is_killed(store: Store, workspace: Workspace, *, at: int, now: datetime) -> bool:
    """Compose in a child that dies without a word before its `at`-th statement; False if it came to its end."""
    with warnings.catch_warnings():
        # Newer Pythons warn of forking beside threads; the child opens a database of its own and takes no lock of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _compose_and_die(store.url.render_as_string(), workspace, at=at, now=now)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, 9}
    return code == 9


def _compose_and_die(url: str, workspace: Workspace, *, at: int, now: datetime) -> None:
    code = 1
    try:
        store, count = Store(url), 0

        def die(*_: Any) -> None:
            nonlocal count
            count += 1
            if count == at:
                os._exit(9)

        event.listen(store.engine, "before_cursor_execute", die)
        event.listen(store.engine, "commit", die)
        compose(store, SETTINGS, workspace, now=now)
        code = 0
    finally:
        os._exit(code)


def _check_whole_or_nothing(store: Store) -> list[int | None]:
    """The numbers of the stored issues, oldest first; each has all that belongs to it."""
    with store.read() as c:
        found = load_issues(c)[::-1]
        for issue in found:
            renderings = load_renderings(c, issue.id)
            if issue.number is None:
                assert (renderings, composed_entries(c, issue.id)) == ({}, [])
                assert issue.reason
                continue
            assert {"", PUBLIC} <= set(renderings) <= {"", PUBLIC, "topics=signals"}
            assert [one.id for one in composed_entries(c, issue.id)] == list(renderings[""].entries)
            assert len(renderings[""].entries) == 2
            assert all(each.html.endswith("</html>") for each in renderings.values())
        if not any(issue.number for issue in found):
            assert c.scalar(select(func.count()).select_from(tables.issue_entry)) == 0
            assert c.scalar(select(func.count()).select_from(tables.rendering)) == 0
    store.engine.dispose()
    return [issue.number for issue in found]
