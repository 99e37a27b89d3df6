"""Pairing applied to the store: the one place here that reads and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from letters.errors import Problem
from letters.model import Card, Decision, Episode, Pairing, Progress
from letters.pair.decide import Thresholds
from letters.pair.matching import match
from letters.pair.overdue import name_overdue, overdue_episodes, uncarded_address
from letters.pair.values import CardToPair, EpisodeToPair, PairReport
from letters.settings import Settings
from letters.store import Store
from letters.store.cards import load_cards
from letters.store.entries import add_entry, attach_card, retire_entry
from letters.store.episodes import load_episodes
from letters.store.hidden import load_hidden_ids
from letters.store.pairings import (
    delete_pairings,
    forget_retired_entry,
    load_addresses,
    load_feed_titles,
    load_held_by_retired,
    load_settled,
    load_uncarded,
    save_pairings,
)


def pair(store: Store, settings: Settings, *, now: datetime, progress: Progress | None = None) -> PairReport:
    """Bring the pairings up to date with the cards and episodes in the store; safe to run again at any moment.

    What retired cards held is released. A pair that is published stays as it is. All else is decided anew, and a new pair
    becomes an entry, ready at `now`; where its episode was already published without a card, that entry gets the card.
    Then episodes whose wait is over are treated as ``[pair] uncarded`` says.

    Thinking is done between a reading and one writing transaction, so that no other writer waits for it.
    """
    with store.read() as c:
        known = _read(c)
    names = _names(settings, known)
    episodes = [EpisodeToPair.from_episode(one, names.get(one.source, ())) for one in known.episodes]
    cards = [CardToPair.from_card(card) for card in known.cards]
    thresholds = Thresholds(paired_from=settings.pair.paired_from, review_from=settings.pair.review_from)
    pairings = match(episodes, cards, settled=known.settled, thresholds=thresholds, progress=progress)
    with store.write() as c:
        _release_retired(c, now)
        hidden = load_hidden_ids(c)
        pairings = _still_free(pairings, load_settled(c), hidden)
        save_pairings(c, pairings, at=now)
        _make_entries(c, pairings, known.cards, now)
        episodes_left = [one for one in known.episodes if one.id not in hidden]
        overdue = _treat_overdue(c, settings, episodes_left, pairings, now)
    counts = Counter(pairing.decision for pairing in pairings)
    settled = sum(card.id in known.settled for card in known.cards)
    return PairReport(
        paired=counts[Decision.PAIRED] + settled,
        review=counts[Decision.REVIEW],
        none=counts[Decision.NONE],
        overdue=len(overdue),
        problems=tuple(_tell(overdue, settings, now)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    episodes: Sequence[Episode]
    cards: Sequence[Card]
    #: Pairs of live cards that are published, by card id.
    settled: Mapping[str, str]
    feed_titles: Mapping[str, str]


def _read(c: Connection) -> _Known:
    cards = [stored.card for stored in load_cards(c)]
    live = {card.id for card in cards}
    return _Known(
        episodes=load_episodes(c),
        cards=cards,
        settled={card_id: one for card_id, one in load_settled(c).items() if card_id in live},
        feed_titles=load_feed_titles(c),
    )


def _names(settings: Settings, known: _Known) -> dict[str, tuple[str, ...]]:
    """By source, all that its show is or was called."""
    configured = {source.key: (source.show, *source.names) for source in settings.sources}
    keys = configured.keys() | known.feed_titles.keys()
    return {key: (*configured.get(key, ()), known.feed_titles.get(key, "")) for key in keys}


def _release_retired(c: Connection, now: datetime) -> None:
    retired = load_held_by_retired(c)
    delete_pairings(c, retired)
    for card_id in retired:
        retire_entry(c, card_id, at=now)


def _still_free(
    pairings: Sequence[Pairing], settled: Mapping[str, str], hidden: Collection[str]
) -> list[Pairing]:
    """Without what somebody else settled, or removed, while we were thinking."""
    taken = {*settled.values(), *hidden}
    return [one for one in pairings if one.card_id not in settled and one.episode_id not in taken]


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


def _tell(overdue: Sequence[Episode], settings: Settings, now: datetime) -> list[Problem]:
    return name_overdue(overdue, wait=settings.pair.wait, now=now)
