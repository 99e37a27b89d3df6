"""Pairs that stay: confirmed by an operator, or published; and the entries that follow a person's word.

A confirmation counts while its card is there and its episode is not hidden. Then it wins over everything automatic; else it
waits, and what it held is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from letters.model import Decision
from letters.store import tables
from letters.store.entries import add_entry, attach_card, retire_entry
from letters.store.hidden import IS_HIDDEN
from letters.store.pairings import forget_retired_entry

_entry, _card, _episode = tables.entry, tables.card, tables.episode
_confirmation, _pairing = tables.confirmation, tables.pairing

#: A reader saw it: in a document that was written, or in an issue that was composed.
_WAS_PUBLISHED: ColumnElement[bool] = or_(
    _entry.c.digest.is_not(None), _entry.c.id.in_(select(tables.issue_entry.c.entry_id))
)
_HOLDS_A_PAIR = (
    _entry.c.retired_at.is_(None),
    _entry.c.card_id.is_not(None),
    _entry.c.episode_id.is_not(None),
)


def load_confirmed(c: Connection) -> dict[str, str]:
    """By card id, the episode of each confirmation that counts now."""
    joined = _confirmation.join(_card).join(_episode)
    rows = c.execute(
        select(_confirmation.c.card_id, _confirmation.c.episode_id)
        .select_from(joined)
        .where(_card.c.retired_at.is_(None), ~IS_HIDDEN)
        .order_by(_confirmation.c.card_id)
    )
    return {row.card_id: row.episode_id for row in rows}


def load_settled(c: Connection) -> dict[str, str]:
    """By card id, the episode of each pair that stays: all that are confirmed, and those published that contradict none."""
    confirmed = load_confirmed(c)
    taken = set(confirmed.values())
    rows = c.execute(select(_entry.c.card_id, _entry.c.episode_id).where(*_HOLDS_A_PAIR, _WAS_PUBLISHED))
    published = {row.card_id: row.episode_id for row in rows if row.episode_id not in taken}
    return {**published, **confirmed}


def load_unpublished(c: Connection) -> dict[str, str]:
    """By card id, the episode of each automatic pair that has an entry and was not published yet: it may be revised."""
    confirmed = load_confirmed(c)
    rows = c.execute(select(_entry.c.card_id, _entry.c.episode_id).where(*_HOLDS_A_PAIR, ~_WAS_PUBLISHED))
    return {row.card_id: row.episode_id for row in rows if row.card_id not in confirmed}


def load_unheld(c: Connection) -> dict[str, str]:
    """The confirmations that count now and hold nothing yet: their card or their episode was away."""
    held = {
        (row.card_id, row.episode_id)
        for row in c.execute(
            select(_pairing.c.card_id, _pairing.c.episode_id)
            .select_from(_pairing.join(_entry, _entry.c.card_id == _pairing.c.card_id))
            .where(
                _pairing.c.decision == Decision.PAIRED.value,
                _entry.c.episode_id == _pairing.c.episode_id,
                _entry.c.retired_at.is_(None),
            )
        )
    }
    return {card_id: one for card_id, one in load_confirmed(c).items() if (card_id, one) not in held}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A card whose confirmed episode is kept from readers; until that comes back, it is decided about like any other."""

    card_id: str
    #: Its file, relative to ``cards/``.
    path: str
    episode_id: str
    episode_title: str
    #: Since when, and by whom: an operator's name, "publisher", or empty for quarantine.
    hidden_at: datetime
    hidden_by: str


def load_waiting(c: Connection) -> list[Waiting]:
    """The confirmations that wait for their episode, by card id."""
    rows = c.execute(
        select(
            _card.c.id.label("card_id"),
            _card.c.path,
            _episode.c.id.label("episode_id"),
            _episode.c.title,
            _episode.c.removed_at,
            _episode.c.removed_by,
            _episode.c.quarantined_at,
        )
        .select_from(_confirmation.join(_card).join(_episode))
        .where(_card.c.retired_at.is_(None), IS_HIDDEN)
        .order_by(_card.c.id)
    )
    return [
        Waiting(
            card_id=row.card_id,
            path=row.path or "",
            episode_id=row.episode_id,
            episode_title=row.title,
            hidden_at=row.removed_at or row.quarantined_at,
            hidden_by=row.removed_by if row.removed_at else "",
        )
        for row in rows
    ]


def was_published(c: Connection, entry_id: str) -> bool:
    """Whether a reader may have seen the entry."""
    return c.execute(select(_entry.c.id).where(_entry.c.id == entry_id, _WAS_PUBLISHED)).first() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOfCard:
    """A card's live entry."""

    id: str
    address: str
    episode_id: str | None
    ready_at: datetime
    #: Whether a reader may have seen it.
    is_published: bool


def find_entry(c: Connection, card_id: str) -> EntryOfCard | None:
    """The live entry of a card."""
    names = (_entry.c.id, _entry.c.address, _entry.c.episode_id, _entry.c.ready_at)
    row = c.execute(select(*names).where(_entry.c.card_id == card_id, _entry.c.retired_at.is_(None))).first()
    return EntryOfCard(**row._asdict(), is_published=was_published(c, row.id)) if row else None


def withdraw_entry(c: Connection, card_id: str, *, at: datetime) -> None:
    """Part a card from its episode: they do not belong together.

    An entry that was published without the card stays, without it. One that no reader saw leaves no trace. All others are
    retired: their address goes on saying that the card was here.
    """
    entry = find_entry(c, card_id)
    if entry is None:
        return
    if entry.id == entry.episode_id:
        c.execute(update(_entry).where(_entry.c.id == entry.id).values(card_id=None))
    elif entry.is_published:
        retire_entry(c, card_id, at=at)
    else:
        c.execute(delete(_entry).where(_entry.c.id == entry.id))


def settle(c: Connection, card_id: str, episode_id: str, *, at: datetime) -> str | None:
    """Make a card and an episode an entry, whatever held either; does nothing when they are one already.

    A card that has an entry keeps it, with its id and address, and gets another episode in it. Returns the card that let the
    episode go, if one did.
    """
    rows = c.execute(
        select(_entry.c.id, _entry.c.card_id, _entry.c.episode_id).where(
            _entry.c.retired_at.is_(None),
            or_(_entry.c.card_id == card_id, _entry.c.episode_id == episode_id),
        )
    ).all()
    mine = next((row for row in rows if row.card_id == card_id), None)
    holder = next((row for row in rows if row.episode_id == episode_id), None)
    if mine is not None and mine is holder:
        return None
    loser: str | None = holder.card_id if holder is not None else None
    if loser is not None:
        withdraw_entry(c, loser, at=at)
    # An entry without a card: published so at first, or just bereft of it.
    bare = c.execute(
        select(_entry.c.id).where(_entry.c.retired_at.is_(None), _entry.c.episode_id == episode_id)
    ).first()
    if mine is not None:
        if bare is not None:
            _retire_bare(c, bare.id, at=at)
        c.execute(update(_entry).where(_entry.c.id == mine.id).values(episode_id=episode_id))
    elif bare is not None:
        forget_retired_entry(c, card_id)
        attach_card(c, bare.id, card_id)
    else:
        address = c.execute(select(_card.c.address).where(_card.c.id == card_id)).scalar_one()
        add_entry(c, id=card_id, address=address, card_id=card_id, episode_id=episode_id, ready_at=at)
    return loser


def _retire_bare(c: Connection, entry_id: str, *, at: datetime) -> None:
    c.execute(update(_entry).where(_entry.c.id == entry_id).values(retired_at=at, episode_id=None))
