"""From evidence to decisions, for the whole set at once: one to one, and never a coin toss."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from letters.model import Decision
from letters.pair.weights import PAIRED_FROM, REVIEW_BEST_FROM, REVIEW_FROM

# Beyond this, a logit changes nothing but the risk of overflow.
_MOST = 30.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card and an episode that may belong together, with the sum of their evidence as a logit."""

    card_id: str
    episode_id: str
    score: float
    odds: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "odds", math.exp(max(-_MOST, min(_MOST, self.score))))


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a card, and its best candidate at that moment."""

    decision: Decision
    probability: float
    best: Candidate | None = None
    #: The card's candidate that comes next.
    next_best: Candidate | None = None
    #: Other cards that may mean the same episode take more from it than other episodes do.
    contested: bool = False


def decide(candidates: Iterable[Candidate], *, many: bool) -> dict[str, Decided]:
    """Decide about each card that has candidates. Unless `many`, an episode gets at most one card.

    A candidate's probability is its share of all that may be true of its card and its episode: it, any of their other
    candidates, or none of them. So two that are nearly equal both stay below one half. What is sure is fixed first, its
    rivals are struck out, and the rest is weighed again until nothing more becomes sure; then each card that is left asks
    for review of its most probable candidate. The order of input changes nothing.
    """
    field = _Field(candidates, many=many)
    decided = {}
    waiting = field.all()
    while waiting:
        sure = [one for one in waiting if field.probability(one) >= PAIRED_FROM]
        for one in sure:
            decided[one.card_id] = field.describe(Decision.PAIRED, one)
        waiting = field.strike(sure)
    asked = _ask(field)
    for card_id in field.cards():
        best = asked.get(card_id) or field.best(card_id)
        decision = Decision.REVIEW if card_id in asked else Decision.NONE
        decided[card_id] = field.describe(decision, best)
    return decided


class _Field:
    """The candidates that are still open, by card and by episode."""

    def __init__(self, candidates: Iterable[Candidate], *, many: bool) -> None:
        self.many = many
        self._of_card: dict[str, set[Candidate]] = defaultdict(set)
        self._of_episode: dict[str, set[Candidate]] = defaultdict(set)
        for one in candidates:
            self._of_card[one.card_id].add(one)
            self._of_episode[one.episode_id].add(one)

    def all(self) -> list[Candidate]:
        return [one for row in self._of_card.values() for one in row]

    def cards(self) -> list[str]:
        return list(self._of_card)

    def probability(self, one: Candidate) -> float:
        # Exact sums, since sets have no order that could be kept from run to run.
        rivals = [rival.odds for rival in self._of_card[one.card_id]]
        if not self.many:
            rivals += [rival.odds for rival in self._of_episode[one.episode_id] if rival is not one]
        return one.odds / (1 + math.fsum(rivals))

    def some(self, card_id: str) -> float:
        """The probability that any of the card's candidates is right."""
        odds = math.fsum(one.odds for one in self._of_card[card_id])
        return odds / (1 + odds)

    def best(self, card_id: str) -> Candidate | None:
        return min(self._of_card[card_id], key=_rank, default=None)

    def describe(self, decision: Decision, best: Candidate | None) -> Decided:
        if best is None:
            return Decided(decision, 0.0)
        episodes = self._of_card[best.card_id] - {best}
        cards = set() if self.many else self._of_episode[best.episode_id] - {best}
        return Decided(
            decision,
            self.probability(best),
            best,
            min(episodes, key=_rank, default=None),
            contested=math.fsum(one.odds for one in cards) > math.fsum(one.odds for one in episodes),
        )

    def strike(self, sure: Sequence[Candidate]) -> list[Candidate]:
        """Take sure cards, and unless `many` their episodes, out of the field; returns what may be sure by now."""
        touched_cards: set[str] = set()
        touched_episodes: set[str] = set()
        for one in sure:
            gone = self._of_card.pop(one.card_id)
            if not self.many:
                gone = gone | self._of_episode.pop(one.episode_id)
            for rival in gone:
                self._of_card.get(rival.card_id, set()).discard(rival)
                self._of_episode.get(rival.episode_id, set()).discard(rival)
                touched_cards.add(rival.card_id)
                touched_episodes.add(rival.episode_id)
        rows = [self._of_card.get(card_id, set()) for card_id in touched_cards]
        columns = [] if self.many else [self._of_episode.get(one, set()) for one in touched_episodes]
        return list({one for some in (*rows, *columns) for one in some})


def _ask(field: _Field) -> dict[str, Candidate]:
    """By card, the candidate a person should look at. Unless `many`, each episode is reserved for one card."""
    ranked = sorted(
        ((field.probability(one), one) for one in field.all()), key=lambda pair: (-pair[0], _rank(pair[1]))
    )
    asked: dict[str, Candidate] = {}
    reserved: set[str] = set()
    for probability, one in ranked:
        if probability < REVIEW_BEST_FROM:
            break
        free = one.card_id not in asked and (field.many or one.episode_id not in reserved)
        if free and field.some(one.card_id) >= REVIEW_FROM:
            asked[one.card_id] = one
            reserved.add(one.episode_id)
    return asked


def _rank(one: Candidate) -> tuple[float, str, str]:
    return (-one.score, one.card_id, one.episode_id)
