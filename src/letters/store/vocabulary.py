"""Topics and audiences: which ones exist, by key. Rows are never deleted; aliases stand in the settings alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Table, bindparam, case, insert, select, update

from letters.model import Audience, Topic
from letters.store import tables

T = TypeVar("T", Topic, Audience)


def load_topics(c: Connection) -> dict[str, Topic]:
    """All topics by key, in the order of their keys."""
    return _load(c, tables.topic, Topic)


def load_audiences(c: Connection) -> dict[str, Audience]:
    """All audiences by key, in the order of their keys."""
    return _load(c, tables.audience, Audience)


def withdrawn_keys(c: Connection) -> tuple[frozenset[str], frozenset[str]]:
    """Keys of topics, and of audiences, that were declared and are no more."""
    topics, audiences = (
        frozenset(c.execute(select(table.c.key).where(table.c.withdrawn_at.is_not(None))).scalars())
        for table in (tables.topic, tables.audience)
    )
    return topics, audiences


def save_topics(c: Connection, topics: Iterable[Topic], *, now: datetime) -> int:
    """Add new topics and bring names and `declared` up to date; the number of rows that changed."""
    return _save(c, tables.topic, _load(c, tables.topic, Topic), topics, now=now)


def save_audiences(c: Connection, audiences: Iterable[Audience], *, now: datetime) -> int:
    """Add new audiences and bring names and `declared` up to date; the number of rows that changed."""
    return _save(c, tables.audience, _load(c, tables.audience, Audience), audiences, now=now)


def _load(c: Connection, table: Table, make: Callable[..., T]) -> dict[str, T]:
    rows = c.execute(select(table.c.key, table.c.name, table.c.declared).order_by(table.c.key))
    return {row.key: make(key=row.key, name=row.name, declared=row.declared) for row in rows}


def _save(c: Connection, table: Table, stored: dict[str, T], wanted: Iterable[T], *, now: datetime) -> int:
    new, changed = [], []
    for one in wanted:
        before = stored.get(one.key)
        if before is None:
            row = {"key": one.key, "name": one.name, "declared": one.declared, "first_named_at": now}
            new.append(row)
        elif (before.name, before.declared) != (one.name, one.declared):
            changed.append(
                {
                    "a_key": one.key,
                    "a_name": one.name,
                    "is_declared": one.declared,
                    "is_withdrawn": before.declared and not one.declared,
                }
            )
    if new:
        c.execute(insert(table), new)
    if changed:
        c.execute(
            update(table)
            .where(table.c.key == bindparam("a_key"))
            .values(
                name=bindparam("a_name"),
                declared=bindparam("is_declared"),
                # One that was withdrawn before, and only has another name now, stays as it is.
                withdrawn_at=case(
                    (bindparam("is_declared"), None),
                    (bindparam("is_withdrawn"), now),
                    else_=table.c.withdrawn_at,
                ),
            ),
            changed,
        )
    return len(new) + len(changed)
