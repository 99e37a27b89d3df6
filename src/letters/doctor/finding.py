"""What the doctor says about one thing: well, worth knowing, or wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from letters.errors import Problem


class State(StrEnum):
    """How one thing is."""

    WELL = "well"
    #: Nothing fails because of it today, or we could not find out.
    NOTE = "worth knowing"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    #: What was looked at, in a word or two: "SPF", "DKIM letters2026", "database".
    name: str
    state: State
    #: What was found, as a lower-case clause.
    found: str
    #: What would have been well; empty where it is.
    wanted: str = ""
    #: What to do; empty where nothing is to be done.
    remedy: str = ""
    #: The rule behind it: an RFC's section, or what the large receivers demand.
    rule: str = ""
    #: Whether it could not be found out, so that it may be well or wrong.
    is_unknown: bool = False

    @property
    def problem(self) -> Problem:
        """The same as a problem that a command lists at its end."""
        what = f"{self.found}, wanted {self.wanted}" if self.wanted else self.found
        return Problem(
            where=self.name, what=what, remedy=self.remedy, is_notice=self.state is not State.WRONG
        )

    def softened(self) -> Self:
        """The same where it harms nobody yet."""
        return replace(self, state=State.NOTE) if self.state is State.WRONG else self


def well(name: str, found: str, *, rule: str = "") -> Finding:
    """Nothing to mend."""
    return Finding(name=name, state=State.WELL, found=found, rule=rule)


def note(name: str, found: str, *, wanted: str = "", remedy: str = "", rule: str = "") -> Finding:
    """Something worth knowing."""
    return Finding(name=name, state=State.NOTE, found=found, wanted=wanted, remedy=remedy, rule=rule)


def wrong(name: str, found: str, *, wanted: str, remedy: str, rule: str = "") -> Finding:
    """Something to mend."""
    return Finding(name=name, state=State.WRONG, found=found, wanted=wanted, remedy=remedy, rule=rule)


def unknown(name: str, found: str) -> Finding:
    """Something that the DNS did not tell."""
    remedy = "look again later, or ask another server with --resolver"
    return Finding(name=name, state=State.NOTE, found=found, remedy=remedy, is_unknown=True)
