"""When an address gets no more mail, and when a rate is alarming; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from letters.errors import Problem
from letters.model import ReturnKind
from letters.store.returns import Rate

#: So many soft bounces without a delivery between suppress (R34).
SOFT_LIMIT = 5
#: Complaints of messages sent, in per mille: Gmail's two thresholds (R37).
WATCH_PER_MILLE, ALARM_PER_MILLE = 1, 3


def streak(fates: Sequence[ReturnKind | None]) -> int:
    """How many soft bounces came in a row, of what came back of each message, newest first (None: nothing).

    A message of which nothing came back was delivered, unless nothing has come back of a later one either: its bounce may be under way.
    Refusals that say nothing of the reader neither count nor break the row.
    """
    count = 0
    for fate in fates:
        if fate is ReturnKind.SOFT:
            count += 1
        elif fate is ReturnKind.DELIVERED or (fate is None and count):
            break
    return count


def is_suppressing(kind: ReturnKind, fates: Sequence[ReturnKind | None]) -> bool:
    """Whether a report of this kind is the end, with what came back of earlier messages (the report's own included)."""
    if kind in {ReturnKind.HARD, ReturnKind.COMPLAINT}:
        return True
    return kind is ReturnKind.SOFT and streak(fates) >= SOFT_LIMIT


def alarms(rates: Iterable[Rate]) -> list[Problem]:
    """What is alarming about these rates, in words."""
    return [one for one in map(_alarm, rates) if one is not None]


def _alarm(rate: Rate) -> Problem | None:
    if not rate.sent or rate.complaints * 1000 < WATCH_PER_MILLE * rate.sent:
        return None
    high = rate.complaints * 1000 >= ALARM_PER_MILLE * rate.sent
    share = rate.complaints / rate.sent
    limit = (
        "0.3 %, from which Gmail refuses or files mail as spam" if high else "0.1 %, which Gmail wants kept"
    )
    return Problem(
        where=rate.of,
        what=f"{rate.complaints:,} of {rate.sent:,} messages were reported as spam ({share:.2%}), wanted less than {limit}",
        remedy="hold what is not sent yet and look at who was added last, and how"
        if high
        else "look at who was added last, and how",
    )
