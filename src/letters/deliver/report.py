"""What one run of delivering did, as it is counted and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from letters.errors import Problem
from letters.model import DeliveryState
from letters.store.deliveries import Claim, Outcome

#: Recipients that are named one by one; the rest is counted.
_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverReport:
    """What one run did: messages by how they ended, and what a person has to mend or know."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0
    dropped: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass
class Tally:
    """A report in the making."""

    counts: Counter[DeliveryState] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    _named: Counter[str] = field(default_factory=Counter)

    def problem(self, where: str, what: str, remedy: str = "") -> None:
        self.problems.append(Problem(where=where, what=what, remedy=remedy))

    def dropped(self, rows: int) -> None:
        self.counts[DeliveryState.DROPPED] += rows

    def settled(self, name: str, ends: Iterable[tuple[Claim, Outcome]]) -> None:
        """Count how claims of an issue ended; refused and unknown ones are told by name, up to a number."""
        for claim, end in ends:
            self.counts[end.state] += 1
            if end.state in {DeliveryState.FAILED, DeliveryState.UNKNOWN}:
                self._named[name] += 1
                if self._named[name] <= _NAMED:
                    self.problem(name, f"{claim.email}: {end.state}: {end.reason}")

    def add(self, other: Tally) -> None:
        """Take in what another process counted; what both found is told once."""
        self.counts.update(other.counts)
        self.problems += [one for one in other.problems if one not in self.problems]
        self._named.update(other._named)

    def report(self) -> DeliverReport:
        """The report. Those who were not named are counted."""
        more = [
            Problem(where=name, what=f"{messages(found - _NAMED)} more failed, or ended unknown")
            for name, found in self._named.items()
            if found > _NAMED
        ]
        return DeliverReport(
            sent=self.counts[DeliveryState.SENT],
            deferred=self.counts[DeliveryState.DEFERRED],
            failed=self.counts[DeliveryState.FAILED],
            unknown=self.counts[DeliveryState.UNKNOWN],
            dropped=self.counts[DeliveryState.DROPPED],
            problems=(*self.problems, *more),
        )


def messages(number: int) -> str:
    """ "1 message", "1,200 messages"."""
    return f"{number:,} message{'' if number == 1 else 's'}"
