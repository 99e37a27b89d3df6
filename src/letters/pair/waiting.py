"""Confirmed pairs whose episode was taken away from readers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from letters.errors import Problem
from letters.store.settled import Waiting

#: For so long after an episode was hidden it is told; nobody reads what every pass repeats.
_TOLD_FOR = timedelta(days=1)


def name_waiting(waiting: Sequence[Waiting], *, now: datetime) -> list[Problem]:
    """A notice for each card whose confirmed episode was hidden within the last day."""
    return [_name(one) for one in waiting if now - _TOLD_FOR < one.hidden_at]


def _name(one: Waiting) -> Problem:
    how = f"was removed by {one.hidden_by}" if one.hidden_by else "is in quarantine"
    verb = "restore" if one.hidden_by else "release"
    return Problem(
        is_notice=True,
        where=f"cards/{one.path}",
        what=f'its confirmed episode, "{one.episode_title}", {how}, so the card is free for another',
        remedy=f'bring the episode back with "letters episodes {verb} {one.episode_id[:8]}"',
    )
