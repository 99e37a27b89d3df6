"""What a person is asked: the cards that are in review, each with the episodes it may mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from letters.model import Card, Episode, Evidence, Pairing, Progress
from letters.pair.known import read_known
from letters.pair.matching import consider
from letters.pair.values import Considered
from letters.settings import Settings
from letters.store import Store

#: Candidates beyond the best one are shown from this share on, and at most so many.
_WORTH_A_LOOK = 0.01
_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An episode that a card may mean, with its share of what may be true of the card, and why."""

    episode: Episode
    probability: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A card in review, and what it may mean, the likeliest first."""

    card: Card
    pairing: Pairing
    proposals: tuple[Proposal, ...]


def review_queue(store: Store, settings: Settings, *, progress: Progress | None = None) -> list[Question]:
    """What there is to ask now, the likeliest first: what a pass would leave for review at this moment.

    It is thought out anew and not read from the last pass, so that answers given since are heeded.
    """
    with store.read() as c:
        known = read_known(c, settings)
    found = consider(
        known.episodes_to_pair(),
        known.cards_to_pair(),
        settled=known.settled,
        rejected=known.rejected,
        progress=progress,
    )
    cards = {card.id: card for card in known.cards}
    episodes = {episode.id: episode for episode in known.episodes}
    questions = [
        Question(
            card=cards[one.pairing.card_id],
            pairing=one.pairing,
            proposals=make_proposals(one.pairing, one.candidates, episodes),
        )
        for one in found
    ]
    return sorted(questions, key=lambda one: (-one.pairing.probability, one.card.id))


def make_proposals(
    pairing: Pairing, candidates: Iterable[Considered], episodes: Mapping[str, Episode]
) -> tuple[Proposal, ...]:
    """What is shown of a card's candidates: the one that was decided for, then the others worth a look."""
    ranked = sorted(candidates, key=lambda one: one.episode_id != pairing.episode_id)
    proposals = [
        Proposal(episode=episodes[one.episode_id], probability=one.probability, evidence=one.evidence)
        for one in ranked
        if one.episode_id == pairing.episode_id or one.probability >= _WORTH_A_LOOK
    ]
    if pairing.episode_id is not None and all(one.episode_id != pairing.episode_id for one in ranked):
        # Bound by an address that other cards name too: it was not compared.
        bound = Proposal(
            episode=episodes[pairing.episode_id], probability=pairing.probability, evidence=pairing.evidence
        )
        proposals.insert(0, bound)
    return tuple(proposals[:_SHOWN])
