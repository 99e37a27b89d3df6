"""Transactions, times and migrations, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from letters.errors import UsageError
from letters.store import Store, StoreOutdatedError
from letters.store.tables import metadata, passes

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_block_that_raises_writes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        connection.execute(insert(passes).values(at=NOON, command="once"))
        1 / 0  # noqa: B018
    with store.read() as connection:
        assert connection.execute(select(passes)).all() == []


def test_times_come_back_in_utc_whatever_their_zone_was(store: Store) -> None:
    abroad = NOON.astimezone(timezone(timedelta(hours=-5)))
    with store.write() as connection:
        connection.execute(insert(passes).values(at=abroad, command="once"))
    with store.read() as connection:
        found = connection.execute(select(passes.c.at)).scalar_one()
    assert found == NOON
    assert found.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="naive time"), store.write() as connection:
        connection.execute(insert(passes).values(at=NOON.replace(tzinfo=None), command="once"))


def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    store.upgrade()
    store.check_current()


def test_an_empty_database_is_told_apart_with_the_remedy(tmp_path) -> None:
    store = Store(f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(StoreOutdatedError, match="letters db upgrade"):
        store.check_current()
    store.close()


def test_another_database_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="wanted sqlite:// or postgresql://"):
        Store("mysql://user:secret@localhost/letters")


def test_sqlite_enforces_foreign_keys_in_wal_mode(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
