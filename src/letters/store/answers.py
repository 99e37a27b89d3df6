"""What operators said about pairs: confirmations, rejections, and the journal by which an answer is taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from letters.store import tables
from letters.store.codec import dump, load
from letters.store.pairings import DatedPairing, find_pairings

_confirmation, _rejection, _answer = tables.confirmation, tables.rejection, tables.answer
_entry = tables.entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A card and an episode, and who said when that they belong together, or that they do not."""

    card_id: str
    episode_id: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A live entry, and what it held."""

    id: str
    card_id: str | None
    episode_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that an answer about a card and some episodes may change, as it stood before."""

    confirmations: tuple[Said, ...] = ()
    #: The card's.
    rejections: tuple[Said, ...] = ()
    pairings: tuple[DatedPairing, ...] = ()
    entries: tuple[Held, ...] = ()
    #: The issues that the card's entry was in.
    issue_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of an operator, as the journal keeps it."""

    id: int
    #: "confirm" or "reject".
    action: str
    card_id: str
    episode_ids: tuple[str, ...]
    actor: str
    at: datetime
    before: Standing
    undone_at: datetime | None = None
    undone_by: str | None = None


def load_confirmations(c: Connection) -> dict[str, Said]:
    """By card id, all confirmations: those that wait for their card or episode to come back, too."""
    rows = c.execute(select(_confirmation).order_by(_confirmation.c.card_id))
    return {row.card_id: _said(row) for row in rows}


def find_confirmation(c: Connection, *, card_id: str = "", episode_id: str = "") -> Said | None:
    """The confirmation of a card, or of an episode."""
    wanted = _confirmation.c.card_id == card_id if card_id else _confirmation.c.episode_id == episode_id
    row = c.execute(select(_confirmation).where(wanted)).first()
    return _said(row) if row else None


def set_confirmation(c: Connection, said: Said) -> None:
    """Confirm a pair, in place of what was confirmed of its card or its episode, or rejected of both."""
    clear_confirmations(c, card_ids=[said.card_id], episode_ids=[said.episode_id])
    c.execute(delete(_rejection).where(_of_pair(said.card_id, said.episode_id)))
    c.execute(insert(_confirmation).values(as_values(said)))


def load_rejections(c: Connection, *, card_id: str | None = None) -> list[Said]:
    """All rejections, or those of one card, by card and episode."""
    query = select(_rejection).order_by(_rejection.c.card_id, _rejection.c.episode_id)
    rows = c.execute(query if card_id is None else query.where(_rejection.c.card_id == card_id))
    return [_said(row) for row in rows]


def add_rejection(c: Connection, said: Said) -> bool:
    """Reject a pair, and take back its confirmation if it has one; False when it was rejected already."""
    c.execute(
        delete(_confirmation).where(
            _confirmation.c.card_id == said.card_id, _confirmation.c.episode_id == said.episode_id
        )
    )
    if c.execute(select(_rejection.c.card_id).where(_of_pair(said.card_id, said.episode_id))).first():
        return False
    c.execute(insert(_rejection).values(as_values(said)))
    return True


def standing_of(c: Connection, card_id: str, episode_ids: Sequence[str]) -> Standing:
    """What an answer about this card and these episodes may change, as it stands now."""
    confirmations = c.execute(
        select(_confirmation)
        .where(or_(_confirmation.c.card_id == card_id, _confirmation.c.episode_id.in_(episode_ids)))
        .order_by(_confirmation.c.card_id)
    )
    entries = c.execute(
        select(_entry.c.id, _entry.c.card_id, _entry.c.episode_id)
        .where(
            _entry.c.retired_at.is_(None),
            or_(_entry.c.card_id == card_id, _entry.c.episode_id.in_(episode_ids)),
        )
        .order_by(_entry.c.id)
    )
    return Standing(
        confirmations=tuple(_said(row) for row in confirmations),
        rejections=tuple(load_rejections(c, card_id=card_id)),
        pairings=tuple(find_pairings(c, card_id, episode_ids=episode_ids)),
        entries=tuple(Held(id=row.id, card_id=row.card_id, episode_id=row.episode_id) for row in entries),
        issue_ids=tuple(issues_of(c, card_id)),
    )


def issues_of(c: Connection, card_id: str) -> list[int]:
    """Ids of the issues that the card's entry is in, but for those that were cancelled."""
    issue, inside = tables.issue, tables.issue_entry
    query = (
        select(issue.c.id)
        .select_from(inside.join(issue).join(_entry, _entry.c.id == inside.c.entry_id))
        .where(_entry.c.card_id == card_id, issue.c.state != "cancelled")
        .order_by(issue.c.id)
    )
    return list(c.scalars(query))


def record_answer(
    c: Connection,
    action: str,
    card_id: str,
    episode_ids: Sequence[str],
    *,
    actor: str,
    at: datetime,
    before: Standing,
) -> Answer:
    """Write an answer into the journal."""
    values: dict[str, Any] = {
        "action": action,
        "card_id": card_id,
        "episode_ids": list(episode_ids),
        "actor": actor,
        "at": at,
        "before": dump(before),
    }
    (new_id,) = c.execute(insert(_answer).values(values)).inserted_primary_key or (0,)
    return Answer(
        id=new_id,
        action=action,
        card_id=card_id,
        episode_ids=tuple(episode_ids),
        actor=actor,
        at=at,
        before=before,
    )


def load_answers(c: Connection, *, card_id: str | None = None) -> list[Answer]:
    """The journal, the newest answer first; answers that were taken back too."""
    query = select(_answer).order_by(_answer.c.id.desc())
    return [
        _read(row)
        for row in c.execute(query if card_id is None else query.where(_answer.c.card_id == card_id))
    ]


def newest_answer(c: Connection) -> Answer | None:
    """The newest answer that was not taken back."""
    row = c.execute(
        select(_answer).where(_answer.c.undone_at.is_(None)).order_by(_answer.c.id.desc()).limit(1)
    ).first()
    return _read(row) if row else None


def mark_undone(c: Connection, answer_id: int, *, actor: str, at: datetime) -> None:
    c.execute(update(_answer).where(_answer.c.id == answer_id).values(undone_at=at, undone_by=actor))


def clear_confirmations(c: Connection, *, card_ids: Collection[str], episode_ids: Collection[str]) -> None:
    """Forget what was confirmed of these cards and of these episodes."""
    c.execute(
        delete(_confirmation).where(
            or_(_confirmation.c.card_id.in_(card_ids), _confirmation.c.episode_id.in_(episode_ids))
        )
    )


def _of_pair(card_id: str, episode_id: str) -> Any:
    return (_rejection.c.card_id == card_id) & (_rejection.c.episode_id == episode_id)


def as_values(said: Said) -> dict[str, Any]:
    return {"card_id": said.card_id, "episode_id": said.episode_id, "actor": said.actor, "at": said.at}


def _said(row: Row[*tuple[Any, ...]]) -> Said:
    return Said(card_id=row.card_id, episode_id=row.episode_id, actor=row.actor, at=row.at)


def _read(row: Row[*tuple[Any, ...]]) -> Answer:
    return Answer(
        id=row.id,
        action=row.action,
        card_id=row.card_id,
        episode_ids=tuple(row.episode_ids),
        actor=row.actor,
        at=row.at,
        before=load(Standing, row.before),
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )
