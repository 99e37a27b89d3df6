"""A batch of claims on its way through a transport: gives out messages, keeps the journal, knows when to stop."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from letters.deliver.answers import one_line
from letters.deliver.encode import HeaderError
from letters.deliver.journal import Journal
from letters.model import DeliveryState
from letters.store.deliveries import UNSUBSCRIBED, Claim

#: Seconds between two looks at what was decided elsewhere.
_LOOK_EVERY_SECONDS = 1.0
#: How often a message whose connection was lost is tried on another within one batch.
_MAX_CONNECTIONS_LOST = 3


class Outgoing(NamedTuple):
    """A message that is ready to go."""

    claim: Claim
    #: Envelope addresses; the domains are A-labels.
    sender: str
    recipient: str
    content: bytes
    #: Whether it is known that no line of the content begins with a dot, so that nobody has to look.
    is_dotless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why sending stopped. `hold`: the relay refuses the issue itself, so that it must not go on by itself."""

    reason: str
    hold: bool = False
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What was decided elsewhere: whether to halt, and which deliveries' readers have left."""

    halt: bool = False
    left: frozenset[int] = frozenset()


class Transport(Protocol):
    """A way out. Every message that it takes from the batch it either answers for, or puts back, or leaves without a word
    after `Batch.handing_over`: that one is unknown."""

    def send(self, batch: Batch) -> None:
        """Send what the batch gives until it gives nothing more."""


class Batch:
    """The claims of one batch. Used by one thread."""

    def __init__(
        self,
        claims: Sequence[Claim],
        *,
        journal: Journal,
        write: Callable[[Claim], Outgoing],
        look: Callable[[Sequence[int]], News],
        stop: threading.Event,
        answered: Callable[[], None],
        processes: int = 1,
        looked_at: float | None = None,
    ) -> None:
        self._waiting = deque(claims)
        #: Deliveries that were given out ahead of their turn.
        self._promised: set[int] = set()
        self._journal = journal
        self._write = write
        self._look = look
        self._stop = stop
        self._answered = answered
        #: How many processes send beside each other; they share the relay's connections.
        self.processes = processes
        self._lost: Counter[int] = Counter()
        #: A batch that was claimed ahead may have waited for longer than that.
        self._looked_at = time.monotonic() if looked_at is None else looked_at
        self._left: frozenset[int] = frozenset()
        #: Set when something was found that ends the sending.
        self.stopped: Stop | None = None
        self.is_halted = False

    def __len__(self) -> int:
        return len(self._waiting)

    def has_more(self) -> bool:
        """Whether there is something to send, and it may be sent."""
        return bool(self._waiting) and self._may_go_on()

    def next(self) -> Outgoing | None:
        """The next message to send; None when there is none, or no more may be sent.

        What was decided elsewhere (hold, cancel, unsubscribe) is looked up about once a second. A message that cannot be
        written fails alone.
        """
        while self.has_more():
            claim = self._waiting.popleft()
            if claim.id in self._left:
                self._record(claim, DeliveryState.DROPPED, UNSUBSCRIBED)
                continue
            try:
                return self._write(claim)
            except HeaderError as error:
                self._record(claim, DeliveryState.FAILED, str(error))
        return None

    def next_ahead(self) -> Outgoing | None:
        """A message whose turn comes later; ask `still_wants` when it has come."""
        message = self.next()
        if message is not None:
            self._promised.add(message.claim.id)
        return message

    def still_wants(self, message: Outgoing) -> bool:
        """Whether a message that was given out ahead may still go; if not, nothing more is to be said about it."""
        may_go_on = self._may_go_on()
        self._promised.discard(message.claim.id)
        if not may_go_on:
            return False
        if message.claim.id in self._left:
            self._record(message.claim, DeliveryState.DROPPED, UNSUBSCRIBED)
            return False
        return True

    def give_back(self, message: Outgoing) -> None:
        """Give back a message with which nothing was begun, for another connection."""
        self._waiting.appendleft(message.claim)

    def handing_over(self, message: Outgoing) -> None:
        """To be called right before a message's content goes out."""
        self._journal.handing_over(message.claim.id, message.claim.attempt)

    def answer(self, message: Outgoing, state: DeliveryState, reason: str) -> None:
        """Say how a message ended."""
        self._record(message.claim, state, reason)

    def put_back(self, message: Outgoing, reason: str) -> None:
        """Give back a message whose content did not go out, to be tried on another connection.

        One that was lost again and again waits for a later pass: it may be what the connections die of.
        """
        claim = message.claim
        self._lost[claim.id] += 1
        if self._lost[claim.id] > _MAX_CONNECTIONS_LOST:
            self._record(claim, DeliveryState.DEFERRED, reason)
        else:
            self._waiting.append(claim)

    def release(self, message: Outgoing, reason: str) -> None:
        """Say that a message did not go out, for a reason that is not its own."""
        claim = message.claim
        self._journal.answered(claim.id, claim.attempt, DeliveryState.PENDING, one_line(reason))

    def end(self, stop: Stop) -> None:
        """Give out no more; the first reason stays."""
        self.stopped = self.stopped or stop

    def _may_go_on(self) -> bool:
        if not self.is_halted and time.monotonic() - self._looked_at >= _LOOK_EVERY_SECONDS:
            news = self._look([*(claim.id for claim in self._waiting), *self._promised])
            self.is_halted, self._left = news.halt, news.left
            self._looked_at = time.monotonic()
        return not (self.is_halted or self.stopped or self._stop.is_set())

    def _record(self, claim: Claim, state: DeliveryState, reason: str) -> None:
        self._journal.answered(claim.id, claim.attempt, state, one_line(reason))
        self._answered()
