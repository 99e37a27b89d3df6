"""Cards: what is known of each card file, and on which topics and for which audiences it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, insert, or_, select, update

from letters.model import Card
from letters.store import tables
from letters.store.codec import dump, load

_card = tables.card
# PostgreSQL takes at most 65,535 parameters in a statement, SQLite 32,766.
_IDS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCard:
    """A card with its id and address, and its file."""

    card: Card
    #: Relative to ``cards/``; None once retired.
    path: str | None
    #: Of the file as it was last read; what `letters.cards` notes about that reading may follow it.
    digest: str
    first_read_at: datetime
    #: When what the card says last changed.
    changed_at: datetime
    retired_at: datetime | None = None


def load_cards(c: Connection, *, retired: bool = False) -> list[StoredCard]:
    """All current cards in the order in which they were first read; with `retired`, the retired ones too."""
    query = select(_card).order_by(_card.c.first_read_at, _card.c.id)
    rows = c.execute(query if retired else query.where(_card.c.retired_at.is_(None)))
    return [_read(row) for row in rows]


def find_card(c: Connection, id_or_address_or_path: str) -> StoredCard | None:
    """The card with this id, address or path below ``cards/`` (which may stand before it); retired ones too."""
    wanted = id_or_address_or_path
    names = {wanted, wanted.removeprefix("cards/"), wanted.lower()}
    row = c.execute(
        select(_card)
        .where(or_(_card.c.id.in_(names), _card.c.address.in_(names), _card.c.path.in_(names)))
        .order_by(_card.c.id)
        .limit(1)
    ).first()
    return _read(row) if row else None


def add_cards(c: Connection, cards: Sequence[StoredCard]) -> None:
    """Add cards that are new."""
    if cards:
        c.execute(insert(_card), [{"id": one.card.id, **_columns(one)} for one in cards])


def update_cards(c: Connection, cards: Sequence[StoredCard]) -> None:
    """Bring known cards up to date; `first_read_at` and address stay as they are.

    Paths may move between the cards of one call.
    """
    if not cards:
        return
    _free_paths(c, (one.card.id for one in cards))
    rows = [{f"new_{name}": value for name, value in _columns(one).items()} for one in cards]
    columns = [name for name in _columns(cards[0]) if name not in {"first_read_at", "address"}]
    c.execute(
        update(_card)
        .where(_card.c.id == bindparam("card_id"))
        .values({name: bindparam(f"new_{name}") for name in columns}),
        [
            {"card_id": one.card.id, **{f"new_{name}": row[f"new_{name}"] for name in columns}}
            for one, row in zip(cards, rows, strict=True)
        ],
    )


def retire_cards(c: Connection, ids: Iterable[str], *, at: datetime) -> None:
    """Mark cards as gone; their paths are free for others."""
    rows = [{"card_id": one} for one in ids]
    if rows:
        c.execute(
            update(_card).where(_card.c.id == bindparam("card_id")).values(path=None, retired_at=at), rows
        )


def _free_paths(c: Connection, ids: Iterable[str]) -> None:
    """Take the paths of these cards away, so that they may be given anew (a path belongs to one card)."""
    rows = [{"card_id": one} for one in ids]
    if rows:
        c.execute(update(_card).where(_card.c.id == bindparam("card_id")).values(path=None), rows)


def load_card_topics(c: Connection) -> dict[str, tuple[str, ...]]:
    """By card id, the keys of its topics in the card's order."""
    return _load_links(c, tables.card_topic, "topic")


def load_card_audiences(c: Connection) -> dict[str, tuple[str, ...]]:
    """By card id, the keys of its audiences in the card's order."""
    return _load_links(c, tables.card_audience, "audience")


def set_card_topics(c: Connection, topics: Mapping[str, Sequence[str]]) -> None:
    """Replace the topics of the cards named."""
    _set_links(c, tables.card_topic, "topic", topics)


def set_card_audiences(c: Connection, audiences: Mapping[str, Sequence[str]]) -> None:
    """Replace the audiences of the cards named."""
    _set_links(c, tables.card_audience, "audience", audiences)


def _columns(one: StoredCard) -> dict[str, Any]:
    return {
        "path": one.path,
        "digest": one.digest,
        "title": one.card.title,
        "publisher": one.card.credit.publisher,
        "address": one.card.address,
        "first_read_at": one.first_read_at,
        "changed_at": one.changed_at,
        "retired_at": one.retired_at,
        "data": dump(one.card),
    }


def _read(row: Row[*tuple[Any, ...]]) -> StoredCard:
    return StoredCard(
        card=replace(load(Card, row.data), id=row.id, address=row.address),
        path=row.path,
        digest=row.digest,
        first_read_at=row.first_read_at,
        changed_at=row.changed_at,
        retired_at=row.retired_at,
    )


def _load_links(c: Connection, table: Table, noun: str) -> dict[str, tuple[str, ...]]:
    rows = c.execute(select(table.c.card_id, table.c[noun]).order_by(table.c.card_id, table.c.position))
    found: dict[str, list[str]] = {}
    for card_id, key in rows:
        found.setdefault(card_id, []).append(key)
    return {card_id: tuple(keys) for card_id, keys in found.items()}


def _set_links(c: Connection, table: Table, noun: str, wanted: Mapping[str, Sequence[str]]) -> None:
    ids = sorted(wanted)
    for start in range(0, len(ids), _IDS_AT_ONCE):
        c.execute(delete(table).where(table.c.card_id.in_(ids[start : start + _IDS_AT_ONCE])))
    rows = [
        {"card_id": card_id, noun: key, "position": position}
        for card_id in ids
        for position, key in enumerate(wanted[card_id])
    ]
    if rows:
        c.execute(insert(table), rows)
