"""The passes that were made, by the clock they were given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from letters.store.tables import passes


def last_pass(connection: Connection) -> datetime | None:
    """The latest moment that any pass was given as its `now`."""
    latest: datetime | None = connection.execute(select(func.max(passes.c.at))).scalar()
    return latest


def record_pass(connection: Connection, *, at: datetime, command: str) -> None:
    """Remember that `command` ran with `at` as its clock."""
    connection.execute(insert(passes).values(at=at, command=command))
