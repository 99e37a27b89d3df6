"""Why a card is paired as it is: what was decided, by whom and when, and how each candidate fared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from letters.model import Card, Episode, Evidence, Pairing, Progress
from letters.pair.decide import Thresholds
from letters.pair.known import Known, read_known
from letters.pair.values import Consideration
from letters.settings import Settings
from letters.store import Store
from letters.store.answers import Answer, Said, find_confirmation, load_answers, load_rejections
from letters.store.cards import StoredCard
from letters.store.episodes import load_episodes
from letters.store.pairings import DatedPairing, find_pairings
from letters.store.settled import EntryOfCard, find_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An episode that a card was compared with, and what is known of the two besides."""

    episode: Episode
    probability: float
    evidence: tuple[Evidence, ...]
    confirmed: Said | None = None
    rejected: Said | None = None
    #: The title of the other card that has it.
    held_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that is known about one card's pairing."""

    card: Card
    retired_at: datetime | None
    #: As the last pass, or an answer since, left it; None: nothing was decided yet.
    decided: DatedPairing | None
    #: What a pass would decide now if nothing held the card to an episode; None of a retired card.
    thought: Pairing | None
    confirmed: Said | None
    #: Whether the episode it was confirmed with is kept from readers.
    is_hidden: bool
    #: The entry it has now.
    entry: EntryOfCard | None
    #: The likeliest first.
    candidates: tuple[Candidate, ...]
    #: What was said about it, the newest first.
    answers: tuple[Answer, ...]
    #: By id, the titles of the episodes that are spoken of.
    titles: Mapping[str, str]
    thresholds: Thresholds


def explain(
    store: Store, settings: Settings, stored: StoredCard, *, progress: Progress | None = None
) -> Explanation:
    """Explain a card's pairing; the card is compared anew, as a pass would."""
    card = stored.card
    with store.read() as c:
        known = read_known(c, settings)
        confirmed = find_confirmation(c, card_id=card.id)
        rejected = {one.episode_id: one for one in load_rejections(c, card_id=card.id)}
        decided = next(iter(find_pairings(c, card.id)), None)
        entry = find_entry(c, card.id)
        answers = tuple(load_answers(c, card_id=card.id))
        spoken = {one for answer in answers for one in answer.episode_ids} | rejected.keys()
        spoken |= {one.episode_id for one in (confirmed, entry) if one is not None and one.episode_id}
        visible = {one.id: one for one in known.episodes}
        hidden = _load_hidden(c, spoken - visible.keys())
    considered = None
    if stored.retired_at is None:
        considered = _consider(known, card, spoken & visible.keys(), progress)
    return Explanation(
        card=card,
        retired_at=stored.retired_at,
        decided=decided,
        thought=considered.pairing if considered else None,
        confirmed=confirmed,
        is_hidden=confirmed is not None and confirmed.episode_id in hidden,
        entry=entry,
        candidates=_candidates(known, considered, confirmed, rejected) if considered else (),
        answers=answers,
        titles={one.id: one.title for one in (*known.episodes, *hidden.values())},
        thresholds=known.thresholds,
    )


def _candidates(
    known: Known, considered: Consideration, confirmed: Said | None, rejected: Mapping[str, Said]
) -> tuple[Candidate, ...]:
    card_id = considered.pairing.card_id
    episodes = {one.id: one for one in known.episodes}
    titles = {one.id: one.title for one in known.cards}
    holders = {
        episode_id: titles[holder] for holder, episode_id in known.settled.items() if holder != card_id
    }
    return tuple(
        Candidate(
            episode=episodes[one.episode_id],
            probability=one.probability,
            evidence=one.evidence,
            confirmed=confirmed if confirmed and confirmed.episode_id == one.episode_id else None,
            rejected=rejected.get(one.episode_id),
            held_by=holders.get(one.episode_id, ""),
        )
        for one in considered.candidates
    )


def _load_hidden(c: Connection, ids: set[str]) -> Mapping[str, Episode]:
    return {one.id: one for one in load_episodes(c, ids=ids, with_hidden=True)} if ids else {}


def _consider(known: Known, card: Card, shown: set[str], progress: Progress | None) -> Consideration | None:
    # As if it were not settled: what holds it is told, and what speaks for it stands beside.
    found = known.inputs().consider(of={card.id: shown}, progress=progress)
    return found[0] if found else None
