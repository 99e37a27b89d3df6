"""The books are kept beside the sending: while a batch is sent, a thread folds the one before and claims the next.

A relay would wait for the ledger otherwise, for a third of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from letters.deliver.batch import Stop
from letters.store.deliveries import Claim

#: By relay.
Claims = Mapping[str, Sequence[Claim]]


@dataclass(frozen=True, slots=True)
class Round:
    """What comes next: claims, or none and the moment to wait for, or neither when nothing is due."""

    claims: Claims = field(default_factory=dict)
    wait_until: datetime | None = None
    stop: Stop | None = None
    #: By `time.monotonic`.
    claimed_at: float = field(default_factory=time.monotonic)


class Books:
    """Claims by `claim`, folds by `fold`; both run in one thread, or in nobody's way. However its block ends, all that was claimed is
    in the ledger again."""

    def __init__(self, claim: Callable[[], Round], fold: Callable[[Claims], None]) -> None:
        self._claim, self._fold = claim, fold
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="letters-ledger")
        self._ahead: Future[Round] | None = None
        self._folding: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._clerk:
            ahead, self._ahead = self._ahead, None
            try:
                self.settle()
            finally:
                if ahead is not None:
                    self._clerk.submit(self._fold, ahead.result().claims).result()

    def next(self) -> Round:
        """What was claimed ahead; if nothing was, what is due once all that was sent is in the ledger."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and (found := ahead.result()).claims:
            return found
        self.settle()
        return self._clerk.submit(self._claim).result()

    def claim_ahead(self) -> None:
        """Begin to claim what `next` will give."""
        self._ahead = self._clerk.submit(self._claim)

    def fold(self, claims: Claims) -> None:
        """Begin to fold a batch that was sent. Raises what folding the one before raised."""
        try:
            self.settle()
        finally:
            self._folding = self._clerk.submit(self._fold, claims)

    def settle(self) -> None:
        """Wait until all that was sent is in the ledger."""
        folding, self._folding = self._folding, None
        if folding is not None:
            folding.result()
