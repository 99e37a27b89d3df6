"""Owners of claims: who holds rows of the ledger, who of them is dead, and what becomes of a dead one's rows.

An owner is alive while its lock is held: a lock file beside a SQLite database, an advisory lock in PostgreSQL. Both go with the
process, however it ends, so nobody has to guess by the time.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from letters.deliver.journal import Journal, Record, read_journal
from letters.deliver.ledger import settle
from letters.errors import LockedError
from letters.files import Lock
from letters.store import Store
from letters.store.deliveries import Claim, Outcome, load_claims, owners, record

_NAME = re.compile(r"[a-z0-9-]+")


class Owner:
    """This process as a holder of claims, from entering the block to its end."""

    def __init__(self, store: Store, journals: Path) -> None:
        self.name = f"{_kind(store)}{os.getpid()}-{secrets.token_hex(8)}"
        self.journal = Journal(journals / self.name)
        self._store = store
        self._stack = ExitStack()
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        # The lock first: a journal without a living owner is a dead one's.
        self._connection = self._stack.enter_context(_lock(self._store, self.name))
        self.journal.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack, self._store.read() as c:
            # Claims that could not be settled need the journal still; the next to come settles them.
            if load_claims(c, self.name):
                self.journal.close()
            else:
                self.journal.remove()

    def is_held(self) -> bool:
        """Whether the lock is still ours; a lock in PostgreSQL goes with its connection."""
        if self._connection is None:
            return True
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def fold(self, claims: Sequence[Claim], *, now: datetime) -> list[tuple[Claim, Outcome]]:
        """Bring what the journal says of these claims of ours into the ledger, and free them; says how those ended that were ours."""
        with self._store.write() as c:
            settled = _settle(c, self.name, claims, self.journal.record(), now=now, is_dead=False)
        self.journal.folded((one.id, one.attempt) for one in claims)
        return settled


def settle_dead(store: Store, journals: Path, *, now: datetime) -> list[tuple[Claim, Outcome]]:
    """Settle the claims of every owner that is dead, by its journal."""
    with store.read() as c:
        names = set(owners(c))
    # A death between two batches leaves a journal that nobody's claims name.
    names |= {path.name for path in journals.glob(f"{_kind(store)}*") if _NAME.fullmatch(path.name)}
    settled: list[tuple[Claim, Outcome]] = []
    for name in sorted(names):
        with suppress(LockedError), _lock(store, name):
            # A name that we never made has no journal of ours, and must not become a path.
            journal = Journal(journals / (name if _NAME.fullmatch(name) else "lost"))
            with store.write() as c:
                claims = load_claims(c, name)
                settled += _settle(c, name, claims, read_journal(journal.path), now=now, is_dead=True)
            journal.remove()
    return settled


def _kind(store: Store) -> str:
    return "lite-" if store.is_sqlite else "pg-"


def _settle(
    c: Connection, name: str, claims: Sequence[Claim], said: Record, *, now: datetime, is_dead: bool
) -> list[tuple[Claim, Outcome]]:
    """Write down how an owner's claims ended."""
    outcomes = settle(claims, said, now=now, is_dead=is_dead)
    recorded = record(c, name, outcomes, now=now)
    return [(claim, end) for claim, end in zip(claims, outcomes, strict=True) if claim.id in recorded]


@contextmanager
def _lock(store: Store, name: str) -> Iterator[Connection | None]:
    """An owner's lock; raises `LockedError` while somebody holds it. On PostgreSQL it lives in the connection given."""
    if store.is_sqlite:
        path = _lock_path(store, name)
        with Lock(path):
            yield None
            # Names are never used twice, so nobody can come to lock another file of this name.
            path.unlink(missing_ok=True)
        return
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
            raise LockedError(f'owner "{name}" is alive')
        try:
            yield connection
        finally:
            # The pool would keep the connection, and the lock with it.
            connection.invalidate()


def _lock_path(store: Store, name: str) -> Path:
    database = Path(store.url.database or "letters.db")
    safe = name if _NAME.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()
    return database.with_name(f"{database.name}.owners") / f"{safe}.lock"
