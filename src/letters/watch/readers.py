"""Reading documents on all cores, each within a time limit: worker processes, started when there is work for them.

feedparser needs seconds for some real documents, and a hostile one can keep any parser busy; a thread cannot be ended
when it takes too long, a process can.
"""

from __future__ import annotations

import queue
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from letters.errors import UnreadableFeedError
from letters.processes import cores, start
from letters.watch.values import ReadingBroke, ReadingJob, ReadingResult


class Readers:
    """As many worker processes as there are cores. `read` may be called from any thread; a context manager."""

    def __init__(self, *, limit: timedelta) -> None:
        self._limit = limit
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for _ in range(cores()):
            self._idle.put(_Worker())
        #: Threads that wait for workers, for callers with an event loop.
        self.threads = ThreadPoolExecutor(cores(), thread_name_prefix="letters-read")

    def read(self, job: ReadingJob) -> ReadingResult:
        """What the document holds, once a worker is free and has read it; `UnreadableFeedError` past the time limit."""
        worker = self._idle.get()
        try:
            return worker.read(job, self._limit)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Wait for what is being read, and end the processes."""
        self.threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Worker:
    """One process, which lives from its first document on; one that failed is replaced."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def read(self, job: ReadingJob, limit: timedelta) -> ReadingResult:
        try:
            connection = self._connection or self._start()
        except OSError as error:
            return ReadingBroke(f"its reader cannot be started: {(error.strerror or str(error)).lower()}")
        try:
            connection.send(job)
            if connection.poll(limit.total_seconds()):
                result: ReadingResult = connection.recv()
                return result
        except (EOFError, OSError):
            # Killed by the system, for its memory as a rule: whoever reads the document next would fare no better.
            self.end()
            return ReadingBroke("its reader died, most likely for lack of memory")
        self.end()
        return UnreadableFeedError(f"still being read after {limit.total_seconds():g} seconds; given up")

    def _start(self) -> Connection:
        self._process, self._connection = start("letters.watch.reading_process")
        return self._connection

    def end(self) -> None:
        """Close the connection, on which an idle process ends by itself; a busy one is killed."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._connection = None
