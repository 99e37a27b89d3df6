"""Opening a store, and transactions on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from letters.errors import LettersError, UsageError

_BUSY_TIMEOUT_MS = 30_000


class StoreOutdatedError(LettersError):
    """The database was made by another version of Letters; ``letters db upgrade`` mends it."""

    exit_code = 2


class Store:
    """A database of Letters: SQLite in the workspace, or PostgreSQL.

    Safe to share between threads. Neither kind of transaction may be held open across a network call: SQLite has one
    writer, and everybody else waits for it.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = _with_driver(make_url(url))
        self.engine = _make_engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the data throughout, and is rolled back at the end."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin() as transaction:
                yield connection
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block, or rolled back whole if the block raises."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.execution_options(letters_write=True)
            with connection.begin():
                yield connection

    def revision(self) -> str | None:
        """The migration the database is at; None for an empty one."""
        from letters.store import migrating  # noqa: PLC0415 - a process that only sends never needs it

        with self.engine.connect() as connection:
            return migrating.found_revision(connection)

    def upgrade(self) -> None:
        """Bring the database to this version's tables. Does nothing when it is there already."""
        from letters.store import migrating  # noqa: PLC0415 - a process that only sends never needs it

        if self.revision() != migrating.head_revision():
            with self.write() as connection:
                migrating.migrate(connection)

    def check_current(self) -> None:
        """Raises `StoreOutdatedError` unless the database has this version's tables."""
        from letters.store import migrating  # noqa: PLC0415 - a process that only sends never needs it

        found, wanted = self.revision(), migrating.head_revision()
        if found != wanted:
            raise StoreOutdatedError(
                f'{self.url.render_as_string(hide_password=True)}: the database is at revision "{found}", '
                f'this version needs "{wanted}"; run "letters db upgrade"'
            )

    def close(self) -> None:
        self.engine.dispose()


def _with_driver(url: URL) -> URL:
    backend = url.get_backend_name()
    if backend == "sqlite":
        return url.set(drivername="sqlite+pysqlite")
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(
        f'store url "{url.render_as_string(hide_password=True)}": wanted sqlite:// or postgresql://'
    )


def _write_json(value: object) -> str:
    """As `json` has it; six times as fast where it is Unicode throughout."""
    try:
        return to_json(value).decode()
    except ValueError:
        return json.dumps(value)


def _read_json(text: str | bytes) -> Any:
    """As `json` has it, three times as fast where it is Unicode throughout."""
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


def _make_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url, pool_pre_ping=True, json_serializer=_write_json, json_deserializer=_read_json
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, json_serializer=_write_json, json_deserializer=_read_json)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # Transactions are begun by the listener below, not by the driver, which begins late and never IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # WAL with NORMAL survives the death of a process; a power cut may cost the newest transactions, never the file.
        cursor.execute("PRAGMA synchronous = NORMAL")
        # What a statement of many rows would be taken back by goes to a file otherwise, page by page.
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("letters_write", False)
        # A writer takes its place at once: upgrading a read to a write later can only fail.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
