"""Pairing applied to the store: the one place here that reads and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from letters.errors import Problem
from letters.model import Card, Decision, Episode, Pairing, Progress
from letters.pair.candidates import Catalogue
from letters.pair.matching import match
from letters.pair.overdue import name_overdue, overdue_episodes, uncarded_address
from letters.pair.twins import Twins
from letters.pair.unchanged import digest_held, digest_matter
from letters.pair.values import CardToPair, EpisodeToPair, PairReport
from letters.settings import Settings
from letters.store import Store
from letters.store.cards import load_cards
from letters.store.entries import add_entry, attach_card, retire_entry
from letters.store.episodes import load_episodes
from letters.store.pairings import (
    PairingState,
    delete_pairings,
    forget_retired_entry,
    load_addresses,
    load_decisions,
    load_feed_titles,
    load_held_by_retired,
    load_pairing_state,
    load_settled,
    load_uncarded,
    load_waiting_since,
    save_pairing_state,
    save_pairings,
)


def pair(store: Store, settings: Settings, *, now: datetime, progress: Progress | None = None) -> PairReport:
    """Bring the pairings up to date with the cards and episodes in the store; safe to run again at any moment.

    What retired cards held is released. A pair that is published stays as it is. All else is decided anew, and a new pair
    becomes an entry, ready at `now`; where its episode was already published without a card, that entry gets the card.
    Then episodes whose wait is over are treated as ``[pair] uncarded`` says.

    Where nothing changed since the last decision, it holds, and is not made again. Of an episode's twins in other sources
    (`letters.pair.twins`) one at most is paired, told as overdue or published.

    Thinking is done between a reading and one writing transaction, so that no other writer waits for it.
    """
    with store.read() as c:
        known = _read(c, settings)
    thought = None if known.remembered else _think(known, progress)
    with store.write() as c:
        held_still = digest_held(c) == known.held_digest
        _release_retired(c, now)
        twins = known.remembered or Twins()
        if thought:
            twins = thought.twins
            pairings = _still_free(c, thought)
            save_pairings(c, pairings, at=now)
            _make_entries(c, pairings, known.cards, now)
        overdue = _treat_overdue(c, settings, twins, now)
        if thought:
            # What somebody else settled while we were thinking is thought over at the next pass.
            digest = f"{known.matter_digest} {digest_held(c)}" if held_still else ""
            save_pairing_state(c, PairingState(digest, twins.groups), at=now)
        counts = _count(c)
    return PairReport(
        paired=counts[Decision.PAIRED],
        review=counts[Decision.REVIEW],
        none=counts[Decision.NONE],
        overdue=len(overdue),
        problems=tuple(_tell(overdue, settings, now)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the store held when we looked."""

    matter_digest: str
    held_digest: str
    #: The recordings as they were at the last decision, where that holds; the rest is then not read.
    remembered: Twins | None = None
    names: Mapping[str, tuple[str, ...]]
    episodes: Sequence[Episode] = ()
    cards: Sequence[Card] = ()
    #: Pairs of live cards that are published, by card id.
    settled: Mapping[str, str]
    #: Episodes that are published without a card.
    uncarded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Thought:
    pairings: Sequence[Pairing]
    twins: Twins


def _read(c: Connection, settings: Settings) -> _Known:
    names = _names(settings, load_feed_titles(c))
    matter, held = digest_matter(c, names), digest_held(c)
    state = load_pairing_state(c)
    if state and state.digest == f"{matter} {held}":
        return _Known(
            matter_digest=matter, held_digest=held, remembered=Twins(state.twins), names=names, settled={}
        )
    cards = [stored.card for stored in load_cards(c)]
    live = {card.id for card in cards}
    return _Known(
        matter_digest=matter,
        held_digest=held,
        names=names,
        episodes=load_episodes(c),
        cards=cards,
        settled={card_id: one for card_id, one in load_settled(c).items() if card_id in live},
        uncarded=frozenset(load_uncarded(c)),
    )


def _names(settings: Settings, feed_titles: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By source, all that its show is or was called."""
    configured = {source.key: (source.show, *source.names) for source in settings.sources}
    keys = configured.keys() | feed_titles.keys()
    return {key: (*configured.get(key, ()), feed_titles.get(key, "")) for key in keys}


def _think(known: _Known, progress: Progress | None) -> _Thought:
    episodes = [EpisodeToPair.from_episode(one, known.names.get(one.source, ())) for one in known.episodes]
    cards = [CardToPair.from_card(card) for card in known.cards]
    catalogue = Catalogue(episodes)
    pairings = match(
        episodes,
        cards,
        settled=known.settled,
        published=known.uncarded,
        catalogue=catalogue,
        progress=progress,
    )
    return _Thought(pairings, catalogue.twins)


def _release_retired(c: Connection, now: datetime) -> None:
    retired = load_held_by_retired(c)
    delete_pairings(c, retired)
    for card_id in retired:
        retire_entry(c, card_id, at=now)


def _still_free(c: Connection, thought: _Thought) -> list[Pairing]:
    """Without what somebody else settled, or published under a twin, while we were thinking."""
    settled, uncarded, twins = load_settled(c), load_uncarded(c), thought.twins
    taken = twins.spread(settled.values()) | (twins.spread(uncarded) - uncarded.keys())
    return [one for one in thought.pairings if one.card_id not in settled and one.episode_id not in taken]


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


def _treat_overdue(c: Connection, settings: Settings, twins: Twins, now: datetime) -> list[Episode]:
    """Publish, or return, the episodes that nobody wrote a card about in time."""
    if settings.pair.uncarded == "drop":
        return []
    waiting = load_waiting_since(c, now - settings.pair.wait)
    held = {episode_id for _, episode_id in load_decisions(c).values() if episode_id}
    held |= set(load_settled(c).values()) | load_uncarded(c).keys()
    recordings = _as_recordings(c, waiting - twins.spread(held), twins)
    overdue = overdue_episodes(recordings, wait=settings.pair.wait, now=now)
    if settings.pair.uncarded == "report":
        return overdue
    taken = load_addresses(c) if overdue else set()
    for episode in overdue:
        address = uncarded_address(episode, taken)
        taken.add(address)
        add_entry(c, id=episode.id, address=address, card_id=None, episode_id=episode.id, ready_at=now)
    return []


def _as_recordings(c: Connection, episode_ids: set[str], twins: Twins) -> list[Episode]:
    """The episodes, of twins only the one that stands for them; it is as new as the one that we saw first."""
    if not episode_ids:
        return []
    by_id = {one.id: one for one in load_episodes(c, ids=twins.spread(episode_ids))}
    found = []
    for episode_id in sorted({twins.recording(one) for one in episode_ids}):
        known = [by_id[one] for one in twins.of(episode_id) if one in by_id]
        first = min(known, key=lambda one: (one.first_seen is None, one.first_seen, one.id))
        found.append(replace(known[0], first_seen=first.first_seen, is_new=first.is_new))
    return found


def _count(c: Connection) -> Counter[Decision]:
    """How the cards stand; one whose pair is published is paired, whatever it says by now."""
    settled = load_settled(c)
    standing = {card_id: decision for card_id, (decision, _) in load_decisions(c).items()}
    return Counter({**standing, **dict.fromkeys(settled, Decision.PAIRED)}.values())


def _tell(overdue: Sequence[Episode], settings: Settings, now: datetime) -> list[Problem]:
    return name_overdue(overdue, wait=settings.pair.wait, now=now)
