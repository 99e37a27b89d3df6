"""Pairing applied to the store: the one place here that reads and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from letters.errors import Problem
from letters.model import Card, Decision, Episode, Pairing, Progress
from letters.pair.holding import hold
from letters.pair.inputs import is_kept, seal
from letters.pair.known import load_rejected, read_known
from letters.pair.overdue import name_overdue, overdue_episodes, uncarded_address
from letters.pair.values import PairReport
from letters.pair.waiting import name_waiting
from letters.settings import Settings
from letters.store import Store
from letters.store.entries import add_entry, attach_card, retire_entry
from letters.store.hidden import load_hidden_ids
from letters.store.pairings import (
    delete_pairings,
    forget_retired_entry,
    load_addresses,
    load_held_by_retired,
    load_pairings,
    load_seal,
    load_uncarded,
    lock_pairs,
    save_pairings,
    save_seal,
)
from letters.store.settled import load_settled, load_unheld, load_unpublished, load_waiting, withdraw_entry


def pair(store: Store, settings: Settings, *, now: datetime, progress: Progress | None = None) -> PairReport:
    """Bring the pairings up to date with the cards and episodes in the store; safe to run again at any moment.

    What retired cards held is released. A pair that an operator confirmed holds against everything automatic, one that was
    published stays as it is, one that was rejected is not proposed. All else is decided anew, unless that is known to come out
    as it stands (decision 055), and a new pair becomes an entry, ready at `now`; where its episode was already published without
    a card, that entry gets the card. Then episodes whose wait is over are treated as ``[pair] uncarded`` says.

    Thinking is done between a reading and one writing transaction, so that no other writer waits for it.
    """
    with store.read() as c:
        known = read_known(c, settings)
        kept, sealed = load_pairings(c), load_seal(c)
    inputs = known.inputs()
    digest = inputs.digest()
    is_decided = sealed == seal(digest, kept)
    if is_decided:
        pairings = [one for one in kept if one.card_id not in known.settled]
    else:
        pairings = inputs.match(progress)
    with store.write() as c:
        lock_pairs(c)
        _release_retired(c, now)
        # A card or an episode of a confirmed pair may have been away, and others came meanwhile.
        for card_id, episode_id in load_unheld(c).items():
            hold(c, card_id, episode_id, now=now)
        hidden = load_hidden_ids(c)
        decided, pairings = pairings, _still_free(c, pairings, load_settled(c), hidden)
        new = _revise(c, pairings, now)
        save_pairings(c, new, at=now)
        _make_entries(c, new, known.cards, now)
        episodes_left = [one for one in known.episodes if one.id not in hidden]
        overdue = _treat_overdue(c, settings, episodes_left, pairings, now)
        if not is_decided:
            _seal(c, digest, decided)
        waiting = load_waiting(c)
    counts = Counter(pairing.decision for pairing in pairings)
    settled = sum(card.id in known.settled for card in known.cards)
    return PairReport(
        paired=counts[Decision.PAIRED] + settled,
        review=counts[Decision.REVIEW],
        none=counts[Decision.NONE],
        overdue=len(overdue),
        problems=(*_tell(overdue, settings, now), *name_waiting(waiting, now=now)),
    )


def _release_retired(c: Connection, now: datetime) -> None:
    retired = load_held_by_retired(c)
    delete_pairings(c, retired)
    for card_id in retired:
        retire_entry(c, card_id, at=now)


def _still_free(
    c: Connection, pairings: Sequence[Pairing], settled: Mapping[str, str], hidden: Collection[str]
) -> list[Pairing]:
    """Without what somebody else settled, rejected or removed while we were thinking; the next pass decides about those."""
    taken = {*settled.values(), *hidden}
    rejected = load_rejected(c)
    free = [
        one
        for one in pairings
        if one.card_id not in settled
        and one.episode_id not in taken
        and (one.card_id, one.episode_id) not in rejected
    ]
    delete_pairings(c, {one.card_id for one in pairings} - {one.card_id for one in free} - settled.keys())
    return free


def _revise(c: Connection, pairings: Sequence[Pairing], now: datetime) -> list[Pairing]:
    """Take back the entries that no reader saw, of cards about which was decided otherwise since; returns what is new.

    A pair that was decided for again is not new: it keeps the evidence that it was made on.
    """
    unpublished = load_unpublished(c)
    new = [
        one
        for one in pairings
        if one.decision is not Decision.PAIRED or unpublished.get(one.card_id) != one.episode_id
    ]
    for card_id in [one.card_id for one in new if one.card_id in unpublished]:
        withdraw_entry(c, card_id, at=now)
    return new


def _make_entries(c: Connection, pairings: Sequence[Pairing], cards: Sequence[Card], now: datetime) -> None:
    by_id = {card.id: card for card in cards}
    uncarded = load_uncarded(c)
    for pairing in pairings:
        if pairing.decision is not Decision.PAIRED or pairing.episode_id is None:
            continue
        card = by_id[pairing.card_id]
        if pairing.episode_id in uncarded:
            forget_retired_entry(c, card.id)
            attach_card(c, uncarded[pairing.episode_id], card.id)
        else:
            add_entry(
                c,
                id=card.id,
                address=card.address,
                card_id=card.id,
                episode_id=pairing.episode_id,
                ready_at=now,
            )


def _treat_overdue(
    c: Connection, settings: Settings, episodes: Sequence[Episode], pairings: Sequence[Pairing], now: datetime
) -> list[Episode]:
    """Publish, or return, the episodes that nobody wrote a card about in time."""
    if settings.pair.uncarded == "drop":
        return []
    held = (
        {pairing.episode_id for pairing in pairings} | set(load_settled(c).values()) | set(load_uncarded(c))
    )
    overdue = overdue_episodes(
        [one for one in episodes if one.id not in held], wait=settings.pair.wait, now=now
    )
    if settings.pair.uncarded == "report":
        return overdue
    taken = load_addresses(c) if overdue else set()
    for episode in overdue:
        address = uncarded_address(episode, taken)
        taken.add(address)
        add_entry(c, id=episode.id, address=address, card_id=None, episode_id=episode.id, ready_at=now)
    return []


def _seal(c: Connection, digest: str, decided: Sequence[Pairing]) -> None:
    """Let the next pass know on what was decided, if all that was decided is kept."""
    kept = load_pairings(c)
    if is_kept(decided, kept):
        save_seal(c, seal(digest, kept))


def _tell(overdue: Sequence[Episode], settings: Settings, now: datetime) -> list[Problem]:
    return name_overdue(overdue, wait=settings.pair.wait, now=now)
