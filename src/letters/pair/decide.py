"""From evidence to decisions, for the whole set at once: one to one, and never a coin toss."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from letters.model import Decision
from letters.pair.coefficients import Coefficients, Trust
from letters.pair.sharing import Candidate, Field
from letters.settings.types import PairSettings

_USUAL = PairSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where decisions are cut; how the usual values were chosen says decision 051."""

    #: From this probability on, a card is paired without anybody looking,
    paired_from: float = _USUAL.paired_from
    #: and from this one on a person is asked.
    review_from: float = _USUAL.review_from


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a card, and its best candidate at that moment."""

    decision: Decision
    #: How probable the best candidate is by experience,
    probability: float
    #: and by the sums of weights alone.
    share: float = 0.0
    best: Candidate | None = None
    #: The card's candidate that comes next.
    next_best: Candidate | None = None
    #: Other cards that may mean the same episode take more from it than other episodes do.
    contested: bool = False


def decide(
    candidates: Iterable[Candidate],
    *,
    many: bool,
    coefficients: Coefficients,
    thresholds: Thresholds,
) -> dict[str, Decided]:
    """Decide about each card that has candidates. Unless `many`, an episode gets at most one card.

    What is sure is fixed first, its rivals are struck out, and the rest is weighed again until nothing more becomes sure;
    then each card that is left asks for review of its most probable candidate. A candidate that contradicts its card is never
    sure. The order of input changes nothing.
    """
    field = Field(candidates, many=many)
    judge = _Judge(field, coefficients.many if many else coefficients.one_to_one, thresholds)
    decided: dict[str, Decided] = {}
    waiting: Collection[str] = field.cards()
    while waiting:
        sure = judge.sure(waiting)
        for one in sure:
            decided[one.card_id] = judge.describe(Decision.PAIRED, one)
        waiting = field.strike(sure)
    asked = judge.ask()
    for card_id in field.cards():
        best = asked.get(card_id) or field.best(card_id)
        decision = Decision.REVIEW if card_id in asked else Decision.NONE
        decided[card_id] = judge.describe(decision, best)
    return decided


@dataclass(frozen=True, slots=True)
class _Judge:
    field: Field
    trust: Trust
    thresholds: Thresholds

    def probability(self, one: Candidate) -> float:
        return self.trust.calibrate(self.field.share(one))

    def sure(self, card_ids: Collection[str]) -> list[Candidate]:
        """What can be paired without asking, at most one for a card and, unless many, for an episode."""
        likely = []
        for card_id in card_ids:
            best = self.field.best(card_id)
            if best and self._is_sure(best):
                likely.append(best)
        chosen: dict[str, Candidate] = {}
        for one in sorted(likely, key=self.field.rank):
            chosen.setdefault(one.card_id if self.field.many else one.episode_id, one)
        return list(chosen.values())

    def _is_sure(self, best: Candidate) -> bool:
        # More than half of its card, so that no rival can be as sure.
        enough = self.field.share(best) > 0.5 and self.probability(best) >= self.thresholds.paired_from
        return enough and not best.contradicts

    def ask(self) -> dict[str, Candidate]:
        """By card, the candidate a person should look at. Unless many, each episode is reserved for one card."""
        asked: dict[str, Candidate] = {}
        reserved: set[str] = set()
        for one in sorted(self.field.candidates(), key=self.field.rank):
            if self.probability(one) < self.thresholds.review_from:
                break
            if one.card_id not in asked and (self.field.many or one.episode_id not in reserved):
                asked[one.card_id] = one
                reserved.add(one.episode_id)
        return asked

    def describe(self, decision: Decision, best: Candidate | None) -> Decided:
        if best is None:
            return Decided(decision, 0.0)
        return Decided(
            decision,
            self.probability(best),
            self.field.share(best),
            best,
            self.field.next_best(best),
            contested=self.field.is_contested(best),
        )
