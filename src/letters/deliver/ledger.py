"""How claims ended, by their owner's journal; pure. The living fold theirs the same way in which the dead are settled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from letters.deliver.journal import HANDED, Mark, Record
from letters.model import DeliveryState
from letters.store.deliveries import Claim, Outcome

_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(hours=4)

NO_ANSWER = "handed over without an answer"
JOURNAL_LOST = "the journal was lost; it may have been handed over"


def back_off(attempt: int) -> timedelta:
    """How long to wait after the n-th attempt: five minutes, doubled each time, four hours at most."""
    doublings: int = 2 ** min(max(attempt - 1, 0), 16)
    return min(_FIRST_WAIT * doublings, _LONGEST_WAIT)


def settle(claims: Iterable[Claim], record: Record, *, now: datetime, is_dead: bool) -> list[Outcome]:
    """How each claim ended.

    No line means that nothing was handed over: pending again, or unknown if the journal is not whole. Handed over without an
    answer means unknown. What a death left unknown may be tried again in this very pass; all else waits its time.
    """
    return [_settle(claim, record, now=now, is_dead=is_dead) for claim in claims]


def _settle(claim: Claim, record: Record, *, now: datetime, is_dead: bool) -> Outcome:
    mark = record.marks.get((claim.id, claim.attempt))
    if mark is None:
        state = DeliveryState.PENDING if record.is_whole else DeliveryState.UNKNOWN
        return Outcome(id=claim.id, state=state, reason="" if record.is_whole else JOURNAL_LOST)
    state, reason = _read_mark(mark)
    waits = state is DeliveryState.DEFERRED or (state is DeliveryState.UNKNOWN and not is_dead)
    due_at = now + back_off(claim.attempt) if waits else None
    return Outcome(id=claim.id, state=state, reason=reason, due_at=due_at)


def _read_mark(mark: Mark) -> tuple[DeliveryState, str]:
    if mark.word == HANDED:
        return DeliveryState.UNKNOWN, mark.reason or NO_ANSWER
    return DeliveryState(mark.word), mark.reason
