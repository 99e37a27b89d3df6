"""What a person is asked: the cards that are in review, each with the episodes it may mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from letters.model import Card, Episode, Evidence, Pairing, Progress
from letters.pair.known import read_known
from letters.pair.values import Consideration, Considered
from letters.pair.wording import fold, is_spaceless, words
from letters.settings import Settings
from letters.store import Store

#: Candidates beyond the best one are shown from this share on, and at most so many.
_WORTH_A_LOOK = 0.01
_SHOWN = 6
#: How common words are is learned from about so many episodes, and so much of each.
_SAMPLE = 500
_READ_CHARACTERS = 600
#: Common is what this share of them has, and at least so many.
_COMMON_SHARE = 0.05
_COMMON_FROM = 4
_SHORT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An episode that a card may mean, with its share of what may be true of the card, and why."""

    episode: Episode
    probability: float
    evidence: tuple[Evidence, ...]
    #: The telling words that card and episode both have, as `letters.pair.wording` cuts and folds them.
    shared: frozenset[str] = frozenset()


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
    found = known.inputs().consider(progress=progress)
    cards = {card.id: card for card in known.cards}
    episodes = {episode.id: episode for episode in known.episodes}
    common = common_words(known.episodes)
    questions = [
        Question(
            card=cards[one.pairing.card_id],
            pairing=one.pairing,
            proposals=make_proposals(cards[one.pairing.card_id], one, episodes, common=common),
        )
        for one in found
    ]
    return sorted(questions, key=lambda one: (-one.pairing.probability, one.card.id))


def make_proposals(
    card: Card, considered: Consideration, episodes: Mapping[str, Episode], *, common: Collection[str]
) -> tuple[Proposal, ...]:
    """What is shown of a card's candidates: the one that was decided for, then the others worth a look."""
    pairing = considered.pairing
    ranked = sorted(considered.candidates, key=lambda one: one.episode_id != pairing.episode_id)
    shown = [
        one for one in ranked if one.episode_id == pairing.episode_id or one.probability >= _WORTH_A_LOOK
    ]
    if pairing.episode_id is not None and pairing.episode_id not in {one.episode_id for one in ranked}:
        # Bound by an address that other cards name too: it was not compared.
        shown.insert(0, Considered(pairing.episode_id, pairing.probability, pairing.evidence))
    mine = _words(_text_of(card))
    return tuple(
        Proposal(
            episode=episodes[one.episode_id],
            probability=one.probability,
            evidence=one.evidence,
            shared=frozenset(mine & _words(_text_of(episodes[one.episode_id]))).difference(common),
        )
        for one in shown[:_SHOWN]
    )


def common_words(episodes: Sequence[Episode]) -> frozenset[str]:
    """The words that say little, because many of these episodes have them; very short ones always do."""
    sample = episodes[:: len(episodes) // _SAMPLE + 1]
    counts = Counter(word for one in sample for word in _words(_text_of(one)[:_READ_CHARACTERS]))
    most = max(_COMMON_FROM, len(sample) * _COMMON_SHARE)
    return frozenset(word for word, count in counts.items() if count >= most or _is_short(word))


def _is_short(word: str) -> bool:
    return len(word) < _SHORT and not word.isdigit() and not is_spaceless(word)


def _words(text: str) -> set[str]:
    return set(words(fold(text)))


def _text_of(one: Card | Episode) -> str:
    if isinstance(one, Episode):
        return f"{one.title}\n{one.description}"
    return "\n".join((one.title, one.summary, one.takeaway, *one.topics))
