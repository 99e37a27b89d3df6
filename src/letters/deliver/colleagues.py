"""Colleagues: processes that send an issue beside this one, where its readers are so many that one processor is what holds it up.

Each is one more process that delivers, as if it had been started by hand: it claims rows of its own, keeps a journal of its own, and settles
what became of them. Only its report comes over a socket, and the word to stop. When we die they stop after the messages under way; when one of
them dies its rows are settled as any dead run's are.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self, TypeVar

from letters.deliver.batch import Stop
from letters.deliver.report import Tally
from letters.processes import cores, start
from letters.settings import Settings, Workspace
from letters.settings.types import DeliverySettings, SmtpSettings

Relay = TypeVar("Relay", bound=SmtpSettings)

#: Fewer due messages for each are sent sooner than another process has started, which takes half a second of a processor.
WORTH_A_PROCESS = 10_000
#: How long a colleague may go on with what is under way after we were interrupted ourselves.
_GRACE_SECONDS = 10.0
_LISTEN_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a colleague is given."""

    store_url: str
    settings: Settings
    workspace: Workspace
    #: When the run began, and what its clock says as this is handed over.
    now: datetime
    at: datetime
    issue_id: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a colleague says at its end."""

    tally: Tally
    stop: Stop | None = None
    #: What it failed of, if it did.
    failure: str = ""


def processes_for(delivery: DeliverySettings, due: int) -> int:
    """How many processes send an issue of which so many messages are due, this one included.

    Each needs a connection of its own to each relay. Without signatures a message is taken as slowly as it is made: one processor is left
    to the relay, which is often on this machine.
    """
    relays = delivery.relay or (delivery.smtp,)
    usual = cores() if delivery.dkim else cores() - 1
    most = min(delivery.processes or usual, *(one.connections for one in relays))
    return max(1, min(most, due // WORTH_A_PROCESS))


class Colleagues:
    """The others of `processes`, from entering the block to its end. Used by one thread.

    `answered` is told of their messages that came to an end.
    """

    def __init__(self, errand: Errand | None, processes: int, *, answered: Callable[[int], None]) -> None:
        self.processes = processes
        self._errand = errand and _shared(errand, processes)
        self._answered = answered
        self._working: dict[Connection, subprocess.Popen[bytes]] = {}
        self._ended: list[subprocess.Popen[bytes]] = []
        self._is_halted = False
        #: What those said that came to their end.
        self.done: list[Done] = []
        #: Why others did not come to theirs.
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        for _ in range(self.processes - 1):
            try:
                process, connection = start("letters.deliver.sending_process")
            except OSError:
                # Too little memory, or too many processes: we do without.
                break
            self._working[connection] = process
            try:
                connection.send(self._errand)
            except OSError:
                self._end(connection)
        self.processes = 1 + len(self._working) + len(self.failures)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.halt()
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._working and time.monotonic() < deadline:
            self.listen()
        # One that takes longer sees the end of its socket, and ends without us.
        for connection in self._working:
            connection.close()
        for process in self._ended:
            process.wait()

    def halt(self) -> None:
        """Let all of them stop after the messages that are under way."""
        if self._is_halted:
            return
        self._is_halted = True
        for connection in list(self._working):
            try:
                connection.send(None)
            except OSError:
                self._end(connection)

    def listen(self, *, within_seconds: float = _LISTEN_SECONDS) -> bool:
        """Take in what they said, waited for as long; whether any is still at work."""
        ready = wait(list(self._working), timeout=within_seconds) if self._working else []
        for connection in ready:
            assert isinstance(connection, Connection), "we wait for nothing else"
            try:
                said: int | Done = connection.recv()
            except (EOFError, OSError):
                self._end(connection)
                continue
            if isinstance(said, Done):
                self.done.append(said)
                self._end(connection, said)
            else:
                self._answered(said)
        return bool(self._working)

    @property
    def stop(self) -> Stop | None:
        """What ended the sending of one of them."""
        return next((one.stop for one in self.done if one.stop is not None), None)

    def _end(self, connection: Connection, said: Done | None = None) -> None:
        process = self._working.pop(connection)
        connection.close()
        self._ended.append(process)
        if said is None:
            code = process.wait()
            self.failures.append(f"signal {-code}" if code < 0 else f"exit code {code}")
        elif said.failure:
            self.failures.append(said.failure)


def _shared(errand: Errand, processes: int) -> Errand:
    """What each colleague is given: its share of the connections; what is over is ours (`Batch.processes`)."""
    delivery = errand.settings.delivery
    shared = delivery.model_copy(
        update={
            "smtp": _fewer(delivery.smtp, processes),
            "relay": tuple(_fewer(one, processes) for one in delivery.relay),
        }
    )
    return replace(errand, settings=errand.settings.model_copy(update={"delivery": shared}))


def _fewer(relay: Relay, processes: int) -> Relay:
    return relay.model_copy(update={"connections": relay.connections // processes})
