"""An answer is taken back: what it changed is as it stood before, as far as nobody else has it since."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, or_, select, update

from letters.store import tables
from letters.store.answers import Answer, Held, as_values, clear_confirmations
from letters.store.hidden import IS_HIDDEN
from letters.store.pairings import delete_pairings, save_pairings, take_pairing
from letters.store.settled import withdraw_entry

_entry, _pairing, _card, _episode = tables.entry, tables.pairing, tables.card, tables.episode


def restore_words(c: Connection, answer: Answer) -> None:
    """Put confirmations and the card's rejections back. The answer must be the newest: nobody spoke since."""
    before = answer.before
    clear_confirmations(
        c,
        card_ids=[answer.card_id, *(one.card_id for one in before.confirmations)],
        episode_ids=[*answer.episode_ids, *(one.episode_id for one in before.confirmations)],
    )
    c.execute(delete(tables.rejection).where(tables.rejection.c.card_id == answer.card_id))
    for table, words in ((tables.confirmation, before.confirmations), (tables.rejection, before.rejections)):
        if words:
            c.execute(insert(table), [as_values(one) for one in words])


def restore_pairings(c: Connection, answer: Answer, *, given_back: Collection[str]) -> None:
    """Put back what was decided before: of cards whose entries were given back in any case, of others where they are free.

    About those that are not free was decided anew since.
    """
    delete_pairings(c, [answer.card_id, *given_back])
    for before in answer.before.pairings:
        one = before.pairing
        if one.card_id in given_back:
            take_pairing(c, one, at=before.decided_at)
            continue
        rows = c.execute(
            select(_pairing.c.card_id).where(
                or_(_pairing.c.card_id == one.card_id, _pairing.c.episode_id == one.episode_id)
            )
        )
        if rows.first() is None:
            save_pairings(c, [one], at=before.decided_at)


def restore_entries(c: Connection, answer: Answer, *, at: datetime) -> list[str]:
    """Put entries back to the cards and episodes they had; returns the cards to which theirs were given back.

    An entry that the answer made is withdrawn. One whose episode somebody else has by now, or that is gone, is retired; so
    is one whose card is.
    """
    known = {held.id for held in answer.before.entries}
    mine = c.execute(
        select(_entry.c.id).where(_entry.c.card_id == answer.card_id, _entry.c.retired_at.is_(None))
    ).first()
    if mine is not None and mine.id not in known:
        withdraw_entry(c, answer.card_id, at=at)
    changed = [held for held in answer.before.entries if _was_changed(c, held, answer.card_id)]
    # All let go before any takes hold: cards and episodes pass between them.
    ids = [held.id for held in changed]
    c.execute(update(_entry).where(_entry.c.id.in_(ids)).values(card_id=None, episode_id=None, retired_at=at))
    given_back = [held.card_id for held in changed if _give_back(c, held)]
    return [one for one in given_back if one is not None]


def _was_changed(c: Connection, held: Held, card_id: str) -> bool:
    """Whether the entry is no longer as it was, and no other card has found its episode in it since."""
    row = c.execute(
        select(_entry.c.card_id, _entry.c.episode_id, _entry.c.retired_at).where(_entry.c.id == held.id)
    ).first()
    if row is None:
        # No reader ever saw it, and the next pass decides about its card.
        return False
    if row.retired_at is not None:
        return True
    return row.card_id in {None, card_id} and (row.card_id, row.episode_id) != (held.card_id, held.episode_id)


def _give_back(c: Connection, held: Held) -> bool:
    if held.card_id is not None and _exists(c, _entry.c.card_id == held.card_id):
        return False
    change = update(_entry).where(_entry.c.id == held.id)
    c.execute(change.values(card_id=held.card_id))
    is_away = _exists(c, (_card.c.id == held.card_id) & _card.c.retired_at.is_not(None))
    is_hidden = _exists(c, (_episode.c.id == held.episode_id) & IS_HIDDEN)
    if is_away or is_hidden or _exists(c, _entry.c.episode_id == held.episode_id):
        return False
    c.execute(change.values(episode_id=held.episode_id, retired_at=None))
    return True


def _exists(c: Connection, condition: ColumnElement[bool]) -> bool:
    return bool(c.scalar(select(exists().where(condition))))
