"""When Letters first read an edition, and the lock under which its issues are numbered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.tables import edition_state


def load_first_read(c: Connection, edition: str) -> datetime | None:
    """When Letters first read the edition; None when it never did."""
    moment: datetime | None = c.scalar(
        select(edition_state.c.first_read_at).where(edition_state.c.edition == edition)
    )
    return moment


def first_read(c: Connection, edition: str, *, now: datetime) -> datetime:
    """When Letters first read the edition; `now` is recorded if it is being read for the first time.

    Needs a write transaction. The moment never changes again: nothing before the first occurrence after it is due.
    """
    insert_if_absent(c, edition_state, {"edition": edition, "first_read_at": now}, keys=("edition",))
    moment = load_first_read(c, edition)
    assert moment is not None, "it was inserted, or was there"
    return moment


def load_look_back(c: Connection, edition: str) -> datetime | None:
    """The moment before which nothing is ever taken into the edition's issues; None while it is not known."""
    moment: datetime | None = c.scalar(
        select(edition_state.c.looks_back_to).where(edition_state.c.edition == edition)
    )
    return moment


def record_look_back(c: Connection, edition: str, moment: datetime) -> datetime:
    """How far the edition's issues look back; `moment` is recorded if nothing is yet. The edition was read before.

    It is kept, not computed anew, so that a changed schedule brings back nothing old.
    """
    c.execute(
        update(edition_state)
        .where(edition_state.c.edition == edition, edition_state.c.looks_back_to.is_(None))
        .values(looks_back_to=moment)
    )
    stored = load_look_back(c, edition)
    assert stored is not None, f'edition "{edition}" has no row: first_read comes first'
    return stored


def lock_edition(c: Connection, edition: str) -> None:
    """Make other writers of this edition's issues wait until the transaction ends.

    On SQLite a write transaction excludes all others already; on PostgreSQL the edition's row is locked.
    """
    c.execute(
        select(edition_state.c.edition).where(edition_state.c.edition == edition).with_for_update()
    ).all()


def insert_if_absent(c: Connection, table: Table, values: Mapping[str, Any], *, keys: Sequence[str]) -> bool:
    """Insert a row unless one with the same `keys` exists; says whether it did.

    Other constraints still raise: only this one means "done already".
    """
    insert = postgresql.insert if c.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**values).on_conflict_do_nothing(index_elements=keys)
    # A row count is not kept for inserts that mint an id, so the answer is the row itself.
    return c.execute(statement.returning(*table.primary_key)).first() is not None
