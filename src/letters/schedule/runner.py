"""The running scheduler: asks for a pass at the start, every so often, and at each edition's hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.base import BaseExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from letters.model import Edition
from letters.schedule.trigger import CronsimTrigger


class Runner:
    """Calls `ask` with each time at which a pass is due, from a thread of the scheduler's.

    `ask` returns at once (`Worker.ask`); what it asks for may take long. Times that passed while the process slept are
    asked for once, however many they were and however late it is: whether an issue is too late is for composing to
    say, by the edition's `grace`.
    """

    def __init__(self, ask: Callable[[datetime], None]) -> None:
        self._ask = ask
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": _Asking(ask)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self, editions: Iterable[Edition], *, every: timedelta) -> None:
        """Ask for a pass now, and from now on as planned."""
        self._scheduler.start()
        self.plan(editions, every=every)

    def plan(self, editions: Iterable[Edition], *, every: timedelta) -> None:
        """Replace all plans. Asks for a pass at once, so that an hour that struck in between is not lost."""
        self._scheduler.remove_all_jobs()
        self._scheduler.add_job(
            _nothing, IntervalTrigger(seconds=max(1, int(every.total_seconds()))), id="watch"
        )
        for edition in editions:
            self._scheduler.add_job(_nothing, CronsimTrigger(edition), id=f"edition {edition.key}")
        self._ask(datetime.now(UTC))

    def look_at_the_clock(self) -> None:
        """Let the scheduler see a clock that was set, or a machine that slept; its own timer counts neither."""
        self._scheduler.wakeup()

    def close(self) -> None:
        """Ask for nothing more."""
        if self._scheduler.running:
            self._scheduler.shutdown()


class _Asking(BaseExecutor):  # type: ignore[misc]  # APScheduler 3 has no types
    """Hands each due time on, where APScheduler's own executors would run a function that is not told its time."""

    def __init__(self, ask: Callable[[datetime], None]) -> None:
        super().__init__()
        self._ask = ask

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        self._ask(run_times[-1].astimezone(UTC))
        self._run_job_success(job.id, [])


def _nothing() -> None:
    """A job's function, which `_Asking` never calls."""
