"""Subscribers: who asked for mail, which editions they receive, and which they left."""

from __future__ import annotations

import secrets
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import idna
from sqlalchemy import Connection, Row, Select, bindparam, case, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.model import Choice, Frequency, Subscriber, SubscriberStatus
from letters.store.tables import subscriber, subscription

#: Rows per statement: below every database's limit of variables, and beyond which larger gains nothing.
_BATCH = 500


def email_key(address: str) -> str:
    """The form under which an address is one subscriber: NFC, local part casefolded, domain in lower-case A-labels.

    RFC 5321 section 2.4 lets a host tell local parts apart by case; none that people use does, and two rows for one
    person would mean two mails. Raises ValueError when the domain is no domain.
    """
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    return f"{unicodedata.normalize('NFC', local.casefold())}@{domain_key(domain)}"


def domain_key(domain: str) -> str:
    """A domain in lower-case A-labels (RFC 5891). Raises ValueError when it cannot be one."""
    if domain.isascii():
        return domain.lower()
    return idna.encode(domain, uts46=True).decode("ascii")


def make_uid() -> str:
    """A new subscriber's uid: 96 random bits, URL-safe."""
    return secrets.token_urlsafe(12)


# --- reading ---------------------------------------------------------------------------------------------


def find_by_uid(c: Connection, uid: str) -> Subscriber | None:
    """The subscriber of this uid, whatever their status."""
    return _one(c, select(subscriber).where(subscriber.c.uid == uid))


def find_by_email(c: Connection, email: str) -> Subscriber | None:
    """The subscriber of this address in any spelling that `email_key` makes equal."""
    return _one(c, select(subscriber).where(subscriber.c.email_key == email_key(email)))


def find_by_keys(c: Connection, keys: Collection[str]) -> dict[str, Subscriber]:
    """The subscribers of these `email_key`s, by key; keys that nobody has are left out."""
    found: dict[str, Subscriber] = {}
    for batch in batches(keys):
        rows = c.execute(select(subscriber).where(subscriber.c.email_key.in_(batch))).all()
        found.update(zip((row.email_key for row in rows), _subscribers(c, rows), strict=True))
    return found


def load_subscribers(
    c: Connection,
    *,
    edition: str | None = None,
    status: SubscriberStatus | None = None,
    particular: bool = False,
) -> Iterator[Subscriber]:
    """Subscribers in the order in which they came; only receivers of `edition`, and of `status`, when given.

    With `particular`, only those who do not simply want each issue: `letters.store.gathering`.

    Read a page at a time, so that a million of them need no more memory than one page.
    """
    query = select(subscriber).order_by(subscriber.c.id).limit(_BATCH)
    if status is not None:
        query = query.where(subscriber.c.status == status)
    if edition is not None:
        query = query.where(receives(edition))
    if particular:
        wants_less = or_(
            subscriber.c.frequency != Frequency.EACH.value, subscriber.c.paused_until.is_not(None)
        )
        query = query.where(wants_less)
    after = 0
    while rows := c.execute(query.where(subscriber.c.id > after)).all():
        yield from _subscribers(c, rows)
        after = rows[-1].id


def count_subscribers(c: Connection) -> int:
    """How many there are, of every status."""
    return c.execute(select(func.count()).select_from(subscriber)).scalar_one()


def choices_of(c: Connection, edition: str) -> list[Choice]:
    """The distinct choices, other than "everything", of the confirmed subscribers of an edition; by key."""
    query = (
        select(subscriber.c.topics, subscriber.c.audiences, subscriber.c.titles_only)
        .where(subscriber.c.status == SubscriberStatus.CONFIRMED, receives(edition))
        .distinct()
    )
    found = {
        Choice(topics=frozenset(topics), audiences=frozenset(audiences), titles_only=titles_only)
        for topics, audiences, titles_only in c.execute(query)
    }
    return sorted((choice for choice in found if choice.key), key=lambda choice: choice.key)


def left_editions(c: Connection, ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The editions that these subscribers once received and left."""
    return _editions(c, ids, ended=True)


def receives(edition: str) -> Any:
    """The condition that a row of `subscriber` has a running subscription to the edition."""
    return exists().where(
        subscription.c.subscriber_id == subscriber.c.id,
        subscription.c.edition == edition,
        subscription.c.ended_at.is_(None),
    )


# --- writing ---------------------------------------------------------------------------------------------


def save_subscribers(c: Connection, rows: Iterable[Subscriber], *, now: datetime) -> None:
    """Make the store say what the rows say, in bulk.

    A row with an `id` is that subscriber (its address may have changed); any other is whoever has its address, or
    somebody new, who gets a uid. Editions listed are received from now on, even after having been left: whether
    somebody may come back is for the caller to decide. Running subscriptions that are not listed end.
    """
    for batch in batches(rows):
        known = [row for row in batch if row.id]
        if known:
            c.execute(
                update(subscriber).where(subscriber.c.id == bindparam("row_id")),
                [{"row_id": row.id, **_values(row, now)} for row in known],
            )
        if len(known) < len(batch):
            _upsert(c, [row for row in batch if not row.id], now)
        _save_subscriptions(c, batch, now)


def end_subscriptions(c: Connection, left: Iterable[tuple[int, str]], *, now: datetime) -> None:
    """Record that these (subscriber id, edition) were left, also where no subscription was ever running."""
    insert = _insert(c, subscription)
    ended = func.coalesce(subscription.c.ended_at, insert.excluded.ended_at)
    statement = insert.on_conflict_do_update(
        index_elements=["subscriber_id", "edition"], set_={"ended_at": ended}
    )
    for batch in batches(left):
        c.execute(
            statement,
            [
                {"subscriber_id": id_, "edition": edition, "since": now, "ended_at": now}
                for id_, edition in batch
            ],
        )


def batches(items: Iterable[Any], size: int = _BATCH) -> Iterator[list[Any]]:
    """The items in lists of `size`, lazily."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


# --- inside ----------------------------------------------------------------------------------------------


def _one(c: Connection, query: Select[Any]) -> Subscriber | None:
    rows = c.execute(query).all()
    return _subscribers(c, rows)[0] if rows else None


def _subscribers(c: Connection, rows: Sequence[Row[Any]]) -> list[Subscriber]:
    editions = _editions(c, [row.id for row in rows], ended=False)
    return [_subscriber(row, editions.get(row.id, frozenset())) for row in rows]


def _subscriber(row: Row[Any], editions: Collection[str]) -> Subscriber:
    return Subscriber(
        id=row.id,
        uid=row.uid,
        email=row.email,
        name=row.name,
        zone=row.zone,
        language=row.language,
        topics=tuple(row.topics),
        audiences=tuple(row.audiences),
        titles_only=row.titles_only,
        editions=tuple(sorted(editions)),
        status=SubscriberStatus(row.status),
        consent_at=row.consent_at,
        consent_source=row.consent_source,
        consent_wording=row.consent_wording,
        frequency=Frequency(row.frequency),
        paused_until=row.paused_until,
    )


def _editions(c: Connection, ids: Collection[int], *, ended: bool) -> dict[int, frozenset[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    condition = subscription.c.ended_at.is_not(None) if ended else subscription.c.ended_at.is_(None)
    for batch in batches(ids):
        query = select(subscription.c.subscriber_id, subscription.c.edition).where(
            subscription.c.subscriber_id.in_(batch), condition
        )
        for id_, edition in c.execute(query):
            found[id_].add(edition)
    return {id_: frozenset(editions) for id_, editions in found.items()}


def _values(row: Subscriber, now: datetime) -> dict[str, Any]:
    return {
        "email": row.email,
        "email_key": email_key(row.email),
        "name": row.name,
        "zone": row.zone,
        "language": row.language,
        # Sorted, so that equal choices are equal columns.
        "topics": sorted(set(row.topics)),
        "audiences": sorted(set(row.audiences)),
        "titles_only": row.titles_only,
        "status": row.status.value,
        "consent_at": row.consent_at,
        "consent_source": row.consent_source,
        "consent_wording": row.consent_wording,
        "frequency": row.frequency.value,
        "paused_until": row.paused_until,
        "changed_at": now,
    }


def _upsert(c: Connection, rows: Sequence[Subscriber], now: datetime) -> None:
    # One statement may not touch a row twice; of two spellings of one address the last wins, as if saved in turn.
    values = {
        email_key(row.email): {**_values(row, now), "uid": row.uid or make_uid(), "created_at": now}
        for row in rows
    }
    # One row per execution: a statement of many rows is spelt anew for each batch, which was two thirds of an import.
    insert = _insert(c, subscriber)
    kept = {"uid", "email_key", "created_at"}
    changed = {name: insert.excluded[name] for name in next(iter(values.values())) if name not in kept}
    c.execute(insert.on_conflict_do_update(index_elements=["email_key"], set_=changed), list(values.values()))


def _save_subscriptions(c: Connection, rows: Sequence[Subscriber], now: datetime) -> None:
    wanted = {email_key(row.email): frozenset(row.editions) for row in rows}
    query = select(subscriber.c.id, subscriber.c.email_key).where(subscriber.c.email_key.in_(wanted))
    keys = {row.id: row.email_key for row in c.execute(query)}
    running = _editions(c, keys, ended=False)
    start: list[tuple[int, str]] = []
    end: list[tuple[int, str]] = []
    for id_, key in keys.items():
        had = running.get(id_, frozenset())
        start.extend((id_, edition) for edition in sorted(wanted[key] - had))
        end.extend((id_, edition) for edition in sorted(had - wanted[key]))
    _start_subscriptions(c, start, now)
    end_subscriptions(c, end, now=now)


def _start_subscriptions(c: Connection, started: Iterable[tuple[int, str]], now: datetime) -> None:
    insert = _insert(c, subscription)
    ran = subscription.c.ended_at.is_(None)
    since = case((ran, subscription.c.since), else_=insert.excluded.since)
    statement = insert.on_conflict_do_update(
        index_elements=["subscriber_id", "edition"], set_={"since": since, "ended_at": None}
    )
    for batch in batches(started):
        c.execute(
            statement,
            [
                {"subscriber_id": id_, "edition": edition, "since": now, "ended_at": None}
                for id_, edition in batch
            ],
        )


def _insert(c: Connection, table: Any) -> Any:
    return sqlite.insert(table) if c.dialect.name == "sqlite" else postgresql.insert(table)
