"""All that a decision about every card depends on, and one digest that says whether it is still the same (decision 055)."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files

import letters
from letters.model import Pairing, Progress
from letters.pair.decide import Thresholds
from letters.pair.matching import consider, match
from letters.pair.values import CardToPair, Consideration, EpisodeToPair

#: Of what is read beside the text of the program, the files with these endings.
_PROGRAM = (".py", ".pyc", ".toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What `match` is given by a pass. Neither the clock nor what was decided before is among it."""

    episodes: Sequence[EpisodeToPair]
    cards: Sequence[CardToPair]
    #: Pairs that stay, by card id.
    settled: Mapping[str, str]
    #: Card and episode of each pair that must not be proposed.
    rejected: AbstractSet[tuple[str, str]]
    thresholds: Thresholds

    def match(self, progress: Progress | None = None) -> list[Pairing]:
        """`letters.pair.match`: a decision about each card that is not settled."""
        return match(
            self.episodes,
            self.cards,
            settled=self.settled,
            rejected=self.rejected,
            thresholds=self.thresholds,
            progress=progress,
        )

    def consider(
        self, *, of: Mapping[str, Collection[str]] | None = None, progress: Progress | None = None
    ) -> list[Consideration]:
        """`matching.consider`; the cards of `of` as if they were not settled."""
        return consider(
            self.episodes,
            self.cards,
            of=of,
            settled={card_id: one for card_id, one in self.settled.items() if card_id not in (of or ())},
            rejected=self.rejected,
            thresholds=self.thresholds,
            progress=progress,
        )

    def digest(self) -> str:
        """Of every field, and of the program that thinks about them: equal digests are equal decisions."""
        whole = blake2b(_program().encode(), digest_size=32)
        for field in fields(self):
            whole.update(f"\n{field.name}\n".encode())
            for item in _listed(getattr(self, field.name)):
                # One line for each: `repr` escapes what would end it, and what no encoding has.
                whole.update(f"{item!r}\n".encode())
        return whole.hexdigest()


def seal(digest: str, kept: Iterable[Pairing]) -> str:
    """One digest of inputs and of the decisions that are kept about them.

    Whoever finds inputs and rows that it fits finds what a pass left that had decided about just these: also after a kill, in
    a restored database, and whatever other version or hand changed either in between. So it never has to be taken back.
    """
    whole = blake2b(digest.encode(), digest_size=32)
    for one in sorted(kept, key=lambda one: one.card_id):
        whole.update(f"{(one.card_id, one.episode_id, one.decision.value, one.probability)!r}\n".encode())
    return whole.hexdigest()


def is_kept(decided: Iterable[Pairing], kept: Iterable[Pairing]) -> bool:
    """Whether what is kept says all that was decided: it does not where somebody else's word came first."""
    outcomes = {one.card_id: (one.decision, one.episode_id) for one in kept}
    return all(outcomes.get(one.card_id) == (one.decision, one.episode_id) for one in decided)


def _listed(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return sorted(value.items())
    if isinstance(value, AbstractSet):
        return sorted(value)
    return value if isinstance(value, Sequence) else (value,)


@cache
def _program() -> str:
    """What decides besides the inputs: our code and weights, and what tells letters and likeness apart for them."""
    whole = blake2b(digest_size=32)
    for used in (letters.__version__, platform.python_version(), version("rapidfuzz")):
        whole.update(f"{used}\n".encode())
    for file in sorted(files("letters.pair").iterdir(), key=lambda file: file.name):
        if file.is_file() and file.name.endswith(_PROGRAM):
            content = file.read_bytes()
            whole.update(f"{file.name} {len(content)}\n".encode() + content)
    return whole.hexdigest()
