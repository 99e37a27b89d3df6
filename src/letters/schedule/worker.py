"""A thread that does one task whenever it is asked to, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from letters.errors import LettersError, LockedError

_FIRST_DELAY, _LONGEST_DELAY = 1.0, 60.0


class Worker:
    """Does a task of time `now`, in a thread of its own.

    Being asked while the task is under way makes one more turn when it is over, however often: a pass does everything
    that is due, so the latest time asked for stands for all. `now` is the real time, but never before the time asked
    for, also when the machine's clock was set back in between.

    Whatever the task raises is logged, and the next turn comes all the same. `LockedError` means that another process
    is at it: the turn is taken again, after a delay that grows to a minute.
    """

    def __init__(self, name: str, task: Callable[[datetime], None], *, stop: threading.Event) -> None:
        self._name = name
        self._task = task
        self._stop = stop
        self._asked = threading.Condition()
        self._wanted: datetime | None = None
        self._closed = False
        # A daemon, so that a second Ctrl-C ends the process even now; every step can be run again.
        self._thread = threading.Thread(target=self._work, name=f"letters-{name}", daemon=True)
        self._log = structlog.get_logger("letters.schedule").bind(task=name)

    def start(self) -> None:
        self._thread.start()

    def ask(self, at: datetime) -> None:
        """Have the task done with a `now` not before `at`. Returns at once."""
        with self._asked:
            self._wanted = max(self._wanted, at) if self._wanted else at
            self._asked.notify()

    def close(self) -> None:
        """Set `stop`, which the running turn looks at, and wait until it is over."""
        self._stop.set()
        with self._asked:
            self._closed = True
            self._asked.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        delay = _FIRST_DELAY
        while (at := self._next()) is not None:
            if self._turn(at):
                delay = _FIRST_DELAY
                continue
            self.ask(at)
            self._stop.wait(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    def _next(self) -> datetime | None:
        with self._asked:
            self._asked.wait_for(lambda: self._closed or self._wanted is not None)
            at, self._wanted = self._wanted, None
            return None if self._closed else at

    def _turn(self, at: datetime) -> bool:
        try:
            self._task(max(at, datetime.now(UTC)))
        except LockedError as error:
            self._log.info("waits for another process", reason=str(error))
            return False
        except LettersError as error:
            self._log.error("stopped by an error", reason=str(error))
        except Exception:  # noqa: BLE001 - the edge of a thread: logged whole, and the next turn comes all the same
            self._log.exception("stopped by a surprise")
        return True
