"""Which cards matter most: the lead, who keeps detail when space is short, and who becomes a line. Pure.

Pinned cards come first, episodes without a card last. In between, points decide, and each rule that gives some is one
function here (``docs/decisions/074-which-card-comes-first.md``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from letters.model import Choice, Edition, Entry

#: Points for each step of an editor's weight: one step outdoes every other rule at its most.
WEIGHT_STEP = 25.0
#: Points of a card that is for nobody but the audiences that were asked for.
AUDIENCE_MOST = 10.0
#: Points of an episode of this very moment; after `HALF_LIFE` it is half of them, and so on.
FRESHNESS_MOST = 10.0
HALF_LIFE = timedelta(days=7)
#: Points that a card loses for each one of its show before it, but for no more than so many.
SHOW_REPEATED = -1.5
SHOW_REPEATED_AT_MOST = 3


class Tier(IntEnum):
    """What no points can change."""

    PINNED = 0
    CARD = 1
    #: An episode without a card.
    EPISODE = 2


class Points(NamedTuple):
    """What each rule gives a card."""

    weight: float = 0.0
    audience: float = 0.0
    freshness: float = 0.0
    variety: float = 0.0

    @property
    def total(self) -> float:
        return sum(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """An entry at its place, and why it has it."""

    entry: Entry
    tier: Tier
    points: Points


def rank(
    entries: Iterable[Entry], edition: Edition, choice: Choice | None = None, *, at: datetime
) -> list[Ranked]:
    """The entries, the most important first; `at` is the issue's occurrence.

    Where points are equal the newer episode comes first, and ids settle what is left: the same entries, in whatever
    order they are given, always come in the same one.
    """
    wanted = frozenset((choice and choice.audiences) or edition.audiences)
    standing = [
        Ranked(
            entry=entry,
            tier=tier_of(entry),
            points=Points(
                weight=weight_points(entry),
                audience=audience_points(entry, wanted),
                freshness=freshness_points(entry, at),
            ),
        )
        for entry in entries
    ]
    return _vary(sorted(standing, key=_order))


def tier_of(entry: Entry) -> Tier:
    """Pinned, a card, or an episode without one."""
    if entry.card is None:
        return Tier.EPISODE
    return Tier.PINNED if entry.card.pinned else Tier.CARD


def weight_points(entry: Entry) -> float:
    """What the editor said in the card's front matter, from -9 to 9."""
    return WEIGHT_STEP * entry.card.weight if entry.card else 0.0


def audience_points(entry: Entry, wanted: frozenset[str]) -> float:
    """How specifically the card is for those who asked: the share of its audiences that are wanted.

    Best for policy makers alone is for them; best for seven audiences is for everybody. Where nobody in particular is
    wanted, nothing is told by it.
    """
    if not wanted or not entry.audiences:
        return 0.0
    meant = sum(audience.key in wanted for audience in entry.audiences)
    return AUDIENCE_MOST * meant / len(entry.audiences)


def freshness_points(entry: Entry, at: datetime) -> float:
    """Halves with every week of the episode's age."""
    age = max(at - entry.published, timedelta(0))
    # A date of a hundred years ago is as stale as can be; the power would underflow anyhow.
    return FRESHNESS_MOST * math.exp2(-min(age / HALF_LIFE, 1000.0))


def variety_points(earlier: int) -> float:
    """What a card loses when so many of its show stand before it."""
    return SHOW_REPEATED * min(earlier, SHOW_REPEATED_AT_MOST) if earlier else 0.0


def _vary(standing: Iterable[Ranked]) -> list[Ranked]:
    """Take the best again and again, each show's next one with what it loses for those of its show already taken.

    Cards of one show keep their order among themselves, so only the first that is left of each show is looked at.
    """
    queues: dict[str, list[Ranked]] = defaultdict(list)
    for one in standing:
        queues[show_of(one.entry)].append(one)
    for queue in queues.values():
        queue.reverse()
    taken: dict[str, int] = defaultdict(int)
    result: list[Ranked] = []
    while queues:
        show, best = min(
            ((show, _varied(queue[-1], taken[show])) for show, queue in queues.items()),
            key=lambda pair: _order(pair[1]),
        )
        result.append(best)
        taken[show] += 1
        queues[show].pop()
        if not queues[show]:
            del queues[show]
    return result


def show_of(entry: Entry) -> str:
    """What counts as one show: the source, whatever its title is called now."""
    return entry.episode.source or entry.episode.show


def _varied(one: Ranked, earlier: int) -> Ranked:
    return Ranked(entry=one.entry, tier=one.tier, points=one.points._replace(variety=variety_points(earlier)))


def _order(one: Ranked) -> tuple[object, ...]:
    return (one.tier, -one.points.total, -one.entry.published.timestamp(), one.entry.id)


def positions(ranked: Iterable[Ranked]) -> Mapping[str, int]:
    """By entry id, its place from 0."""
    return {one.entry.id: place for place, one in enumerate(ranked)}
