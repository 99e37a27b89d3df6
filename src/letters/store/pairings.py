"""Pairings: what pairing decided about each card, and what it needs to know to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, text, update

from letters.model import Decision, Evidence, Pairing
from letters.store import tables
from letters.store.codec import dump, load

_pairing, _entry, _card, _seal = tables.pairing, tables.entry, tables.card, tables.pairing_seal

# PostgreSQL takes at most 65,535 parameters in a statement, SQLite 32,766.
_IDS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedPairing:
    """What was decided about a card, and when."""

    pairing: Pairing
    decided_at: datetime


def lock_pairs(c: Connection) -> None:
    """Make other writers of pairs wait until the transaction ends: a pass decides while a person answers.

    On SQLite a write transaction excludes all others already.
    """
    if c.dialect.name == "postgresql":
        c.execute(text("LOCK TABLE pairing IN SHARE ROW EXCLUSIVE MODE"))


def load_pairings(c: Connection) -> list[Pairing]:
    """What was decided about each card, by card id."""
    rows = c.execute(select(_pairing).order_by(_pairing.c.card_id))
    return [_read(row) for row in rows]


def find_pairings(c: Connection, card_id: str, *, episode_ids: Collection[str] = ()) -> list[DatedPairing]:
    """What was decided about a card, and about those that hold these episodes; by card id."""
    query = select(_pairing).where(or_(_pairing.c.card_id == card_id, _pairing.c.episode_id.in_(episode_ids)))
    return [
        DatedPairing(pairing=_read(row), decided_at=row.decided_at)
        for row in c.execute(query.order_by(_pairing.c.card_id))
    ]


def _read(row: Row[*tuple[Any, ...]]) -> Pairing:
    return Pairing(
        card_id=row.card_id,
        episode_id=row.episode_id,
        decision=Decision(row.decision),
        probability=row.probability,
        evidence=tuple(load(Evidence, item) for item in row.evidence),
    )


def save_pairings(c: Connection, pairings: Sequence[Pairing], *, at: datetime) -> int:
    """Make these the decisions about their cards; returns how many differ from what was there. Others stay.

    A decision that is the same keeps its row, and the time at which it was made.
    """
    known = {one.card_id: one for one in load_pairings(c)}
    changed = [one for one in pairings if known.get(one.card_id) != one]
    # An episode may pass from one card to another within this set: all let go before any takes hold.
    _release(c, [one.card_id for one in changed if one.card_id in known])
    old = [_as_row(one, at) for one in changed if one.card_id in known]
    if old:
        names = ("episode_id", "decision", "probability", "evidence", "decided_at")
        change = update(_pairing).where(_pairing.c.card_id == bindparam("of_card"))
        c.execute(
            change.values({name: bindparam(f"new_{name}") for name in names}),
            [{"of_card": row["card_id"], **{f"new_{name}": row[name] for name in names}} for row in old],
        )
    new = [_as_row(one, at) for one in changed if one.card_id not in known]
    if new:
        c.execute(insert(_pairing), new)
    return len(changed)


def delete_pairings(c: Connection, card_ids: Iterable[str]) -> None:
    """Forget what was decided about these cards; their episodes are free again."""
    for some in _portions(sorted(set(card_ids))):
        c.execute(delete(_pairing).where(_pairing.c.card_id.in_(some)))


def take_pairing(c: Connection, pairing: Pairing, *, at: datetime) -> None:
    """Make this the decision about its card, whoever held the episode before: nothing is decided about that card then."""
    if pairing.episode_id is not None:
        c.execute(
            delete(_pairing).where(
                _pairing.c.episode_id == pairing.episode_id, _pairing.c.card_id != pairing.card_id
            )
        )
    if [one.pairing for one in find_pairings(c, pairing.card_id)] != [pairing]:
        delete_pairings(c, [pairing.card_id])
        c.execute(insert(_pairing).values(_as_row(pairing, at)))


def load_seal(c: Connection) -> str | None:
    """The digest of what the decisions were last made on, and of these themselves; None before the first."""
    found: str | None = c.execute(select(_seal.c.digest)).scalar()
    return found


def save_seal(c: Connection, digest: str) -> None:
    """Remember it instead of the last one."""
    if not c.execute(update(_seal).values(digest=digest)).rowcount:
        c.execute(insert(_seal).values(id=1, digest=digest))


def load_uncarded(c: Connection) -> dict[str, str]:
    """By episode id, the entry of each episode that is published without a card."""
    rows = c.execute(
        select(_entry.c.episode_id, _entry.c.id).where(
            _entry.c.retired_at.is_(None), _entry.c.card_id.is_(None), _entry.c.episode_id.is_not(None)
        )
    )
    return {row.episode_id: row.id for row in rows}


def load_held_by_retired(c: Connection) -> list[str]:
    """Ids of retired cards that still hold a pairing or an entry."""
    holds = (
        select(_pairing.c.card_id)
        .where(_pairing.c.card_id == _card.c.id)
        .union_all(
            select(_entry.c.card_id).where(_entry.c.card_id == _card.c.id, _entry.c.retired_at.is_(None))
        )
    )
    rows = c.execute(
        select(_card.c.id).where(_card.c.retired_at.is_not(None), holds.exists()).order_by(_card.c.id)
    )
    return [row.id for row in rows]


def forget_retired_entry(c: Connection, card_id: str) -> None:
    """Take a card that came back off its retired entry, so that another entry may bear it."""
    c.execute(
        update(_entry)
        .where(_entry.c.card_id == card_id, _entry.c.retired_at.is_not(None))
        .values(card_id=None)
    )


def load_feed_titles(c: Connection) -> dict[str, str]:
    """By source, the title its feed gives itself."""
    rows = c.execute(select(tables.source_state.c.source, tables.source_state.c.feed_title))
    return {row.source: row.feed_title for row in rows}


def load_addresses(c: Connection) -> set[str]:
    """The addresses of all entries and cards, retired ones too: none may be given again."""
    entries = c.execute(select(_entry.c.address)).scalars()
    return {*entries, *c.execute(select(_card.c.address)).scalars()}


def _release(c: Connection, card_ids: Sequence[str]) -> None:
    for some in _portions(card_ids):
        c.execute(update(_pairing).where(_pairing.c.card_id.in_(some)).values(episode_id=None))


def _portions(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))


def _as_row(pairing: Pairing, at: datetime) -> Mapping[str, Any]:
    return {
        "card_id": pairing.card_id,
        "episode_id": pairing.episode_id,
        "decision": pairing.decision.value,
        "probability": pairing.probability,
        "evidence": [dump(item) for item in pairing.evidence],
        "decided_at": at,
    }
