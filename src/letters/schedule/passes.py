"""What the scheduler does when a pass is due: the pipeline's verbs, and what to say about them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from letters import pipeline
from letters.errors import Problem
from letters.pipeline import House, PassReport


class Passes:
    """Passes over the house as it is at the moment, for two workers.

    Delivering has a worker of its own: a send may take hours, and sources are watched and issues composed meanwhile.
    """

    def __init__(self, house: Callable[[], House], *, stop: threading.Event) -> None:
        self._house = house
        self._stop = stop
        self._known: frozenset[Problem] = frozenset()
        self._log = structlog.get_logger("letters.schedule")

    def prepare(self, now: datetime) -> None:
        """Watch, pair, publish, compose what is due, and make ready what is to be delivered."""
        report = pipeline.prepare(self._house(), "run", now=now, stop=self._stop).report
        self._tell_problems(report)
        self._log.info("made a pass", now=_shown(now), **_counts(report))

    def deliver(self, now: datetime) -> None:
        """Hand over what is due."""
        report = pipeline.deliver(self._house(), now=now, stop=self._stop)
        for problem in report.problems:
            self._tell(problem)
        delivered = report.delivered
        if delivered is not None and (delivered.sent or delivered.deferred or delivered.failed):
            self._log.info(
                "delivered", sent=delivered.sent, deferred=delivered.deferred, failed=delivered.failed
            )

    def notify(self, now: datetime) -> None:
        """Send the mails that answer what people did."""
        report = pipeline.notify(self._house(), now=now, stop=self._stop)
        for problem in report.problems:
            self._tell(problem)
        if report.sent or report.deferred or report.failed:
            self._log.info(
                "answered people", sent=report.sent, deferred=report.deferred, failed=report.failed
            )

    def _tell_problems(self, report: PassReport) -> None:
        """Each problem once, not at every pass while it lasts."""
        for problem in report.problems:
            if problem not in self._known:
                self._tell(problem)
        self._known = frozenset(report.problems)

    def _tell(self, problem: Problem) -> None:
        if problem.is_notice:
            self._log.info(str(problem))
        else:
            self._log.warning(str(problem))


def _shown(now: datetime) -> str:
    return now.isoformat(timespec="seconds")


def _counts(report: PassReport) -> dict[str, int]:
    """What changed; nothing for what stayed as it was."""
    counts: dict[str, int] = {}
    if report.watched is not None:
        counts |= {"polled": report.watched.polled, "new": report.watched.new}
    if report.published is not None:
        counts["written"] = report.published.written
    if report.composed is not None:
        counts["composed"] = len(report.composed.composed)
    return counts | {"problems": sum(not problem.is_notice for problem in report.problems)}
