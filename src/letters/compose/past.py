"""What is remembered of an edition, and what it has not mailed yet. Reads; writes only when an edition is first read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from letters.compose.due import look_back
from letters.compose.select import select
from letters.model import Edition, Entry, Occurrence
from letters.settings import Settings
from letters.store import Store
from letters.store.editions import first_read, load_first_read, load_look_back, record_look_back
from letters.store.entries import load_entries
from letters.store.issues import newest_occurrence, occurrences_done, skipped_after, unused_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is remembered of an edition."""

    first_read: datetime
    looks_back_to: datetime
    newest: datetime | None = None
    done: frozenset[tuple[date, int]] = frozenset()


def begin_past(store: Store, edition: Edition, *, now: datetime) -> Past:
    """The edition's past, which begins `now` if Letters reads it for the first time."""
    with store.read() as c:
        past = load_past(c, edition)
    if past is None:
        with store.write() as c:
            read_at = first_read(c, edition.key, now=now)
            record_look_back(c, edition.key, look_back(edition, first_read=read_at))
            past = load_past(c, edition)
    assert past is not None, "it was recorded"
    return past


def imagine_past(edition: Edition, *, now: datetime) -> Past:
    """The past that the edition would have, were it read for the first time `now`."""
    return Past(first_read=now, looks_back_to=look_back(edition, first_read=now))


def load_past(c: Connection, edition: Edition) -> Past | None:
    """None for an edition that was never read, or not yet composed."""
    read_at, looks_back_to = load_first_read(c, edition.key), load_look_back(c, edition.key)
    if read_at is None or looks_back_to is None:
        return None
    return Past(
        first_read=read_at,
        looks_back_to=looks_back_to,
        newest=newest_occurrence(c, edition.key),
        done=occurrences_done(c, edition.key),
    )


def load_candidates(c: Connection, edition: Edition, past: Past, *, ready_before: datetime) -> list[Entry]:
    """What was ready since the edition began to look, and was in none of its issues; whether it fits or not."""
    ready = unused_entries(c, edition.key, ready_from=past.looks_back_to, ready_before=ready_before)
    return load_entries(c, ids=ready)


def select_ready(
    c: Connection, settings: Settings, edition: Edition, occurrence: Occurrence, past: Past
) -> list[Entry]:
    """What the issue of that occurrence takes, if it is not put off."""
    return select(
        load_candidates(c, edition, past, ready_before=occurrence.at),
        edition,
        ready_from=past.looks_back_to,
        ready_before=occurrence.at,
        news_within=settings.pair.news_within,
    )


def count_waited(c: Connection, edition: Edition, entries: Sequence[Entry]) -> int:
    """Through how many skipped occurrences the one of these entries that is ready the longest has waited."""
    oldest = min((entry.ready_at for entry in entries), default=None)
    return skipped_after(c, edition.key, oldest) if oldest else 0
