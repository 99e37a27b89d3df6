"""Rows of the ledger, made of an audience that is still being read."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import islice

import pytest
from sqlalchemy import Connection, func, select

from letters.model import IssueState, Occurrence, Subscriber, SubscriberStatus
from letters.store import Store
from letters.store.freezing import NewDelivery, add_deliveries, receivers_of
from letters.store.issues import add_issue
from letters.store.subscribers import save_subscribers
from letters.store.tables import delivery

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
# More than are read, and written, at once.
_READERS = 1_200


def _issue_for_readers(c: Connection) -> int:
    readers = [
        Subscriber(
            email=f"r{number}@reader.example",
            editions=("weekly",) if number % 3 else ("other",),
            topics=("rail", "ports") if number % 2 else (),
            titles_only=number % 5 == 0,
            status=SubscriberStatus.CONFIRMED,
            uid=f"uid-{number}",
        )
        for number in range(_READERS)
    ]
    save_subscribers(c, readers, now=_NOW)
    issue = add_issue(
        c,
        edition="weekly",
        occurrence=Occurrence(at=_NOW, local_date=date(2026, 11, 23)),
        number=1,
        state=IssueState.APPROVED,
        composed_at=_NOW,
        renderings=[],
    )
    assert issue is not None
    return issue.id


def _rows(c: Connection) -> Generator[NewDelivery, None, None]:
    with closing(receivers_of(c, "weekly")) as readers:
        for reader in readers:
            reason = "" if reader.id % 7 else "paused"
            yield NewDelivery(reader.id, f"<{reader.uid}@signal.example>", reader.choice, _NOW, reason)


def test_rows_are_made_of_readers_while_these_are_read(store: Store) -> None:
    with store.write() as c:
        issue_id = _issue_for_readers(c)
        add_deliveries(c, issue_id, _rows(c))
    with store.read() as c:
        found = c.execute(select(delivery).order_by(delivery.c.id)).all()
        wanted = list(receivers_of(c, "weekly"))
    assert [(row.subscriber_id, row.message_id, row.choice) for row in found] == [
        (one.id, f"<{one.uid}@signal.example>", one.choice) for one in wanted
    ]
    assert [one.uid for one in wanted] == [f"uid-{number}" for number in range(_READERS) if number % 3]
    assert len({one.choice for one in wanted}) == 4
    assert {(row.state, row.reason) for row in found} == {("pending", ""), ("dropped", "paused")}
    assert {(row.issue_id, row.due_at, row.attempts, row.unknowns, row.owner) for row in found} == {
        (issue_id, _NOW, 0, 0, None)
    }


def test_no_row_is_left_and_the_cache_is_as_before_when_a_reader_cannot_be_addressed(
    store: Store,
) -> None:
    def first_page() -> Iterator[NewDelivery]:
        with closing(_rows(c)) as rows:
            yield from islice(rows, 600)
        raise LookupError("no rendering")

    with store.write() as c:
        issue_id = _issue_for_readers(c)
    cache_sizes = []
    with pytest.raises(LookupError, match="no rendering"), store.write() as c:
        if store.is_sqlite:
            cache_sizes.append(c.exec_driver_sql("PRAGMA cache_size").scalar_one())
        try:
            add_deliveries(c, issue_id, first_page())
        finally:
            if store.is_sqlite:
                cache_sizes.append(c.exec_driver_sql("PRAGMA cache_size").scalar_one())
    assert len(set(cache_sizes)) == (1 if store.is_sqlite else 0)
    with store.read() as c:
        assert c.scalar(select(func.count()).select_from(delivery)) == 0
