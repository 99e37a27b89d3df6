"""What the scheduler does so that hubs push (WebSub): it keeps subscriptions, and notices what was pushed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from letters.errors import Problem
from letters.pipeline import House
from letters.watch import SubscriptionsReport, keep_subscriptions


class Subscriptions:
    """The subscriptions of the house as it is at the moment, for a worker."""

    def __init__(self, house: Callable[[], House], *, stop: threading.Event) -> None:
        self._house = house
        self._stop = stop
        self._known: frozenset[Problem] = frozenset()
        self._log = structlog.get_logger("letters.schedule")

    def keep(self, now: datetime) -> bool:
        """Ask hubs for what is due; whether more is."""
        house = self._house()
        report = keep_subscriptions(house.store, house.settings, now=now, stop=self._stop)
        self._tell(report)
        return report.has_more and not self._stop.is_set()

    def _tell(self, report: SubscriptionsReport) -> None:
        """What was asked for, and each notice once, not at every turn while it lasts."""
        if report.subscribed or report.unsubscribed:
            self._log.info("asked hubs", to_subscribe=report.subscribed, to_unsubscribe=report.unsubscribed)
        for problem in report.problems:
            if problem not in self._known:
                self._log.info(str(problem))
        self._known = frozenset(report.problems)


class Every:
    """Says when some time has passed since it last said so, by a clock that nobody sets. The first time has passed."""

    def __init__(self, time_between: timedelta) -> None:
        self._seconds = time_between.total_seconds()
        self._last: float | None = None

    def has_passed(self) -> bool:
        now = time.monotonic()
        if self._last is not None and now - self._last < self._seconds:
            return False
        self._last = now
        return True
