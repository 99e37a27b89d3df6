"""Entries that their publisher withdrew (R65). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from letters.errors import Problem
from letters.store.seen import SeenEpisode
from letters.watch.parse.values import Deleted


def withdrawn(
    seen: Mapping[str, SeenEpisode], deleted: Sequence[Deleted], *, listed: Mapping[str, datetime | None]
) -> tuple[str, ...]:
    """Ids of stored episodes that notices say are gone (RFC 6721 section 3).

    A notice is about the episodes with its guid. An entry that the same document still lists is gone only if the notice
    is dated after the entry's last edit. What an operator brought back once is left alone.
    """
    notices = {notice.ref: notice.when for notice in deleted}
    return tuple(
        known.id
        for identity, known in seen.items()
        if known.removed_at is None
        and not known.removed_by
        and known.guid in notices
        and (identity not in listed or _is_after(notices[known.guid], listed[identity]))
    )


def _is_after(when: datetime | None, edited: datetime | None) -> bool:
    return when is not None and edited is not None and when > edited


def removed_notice(where: str, key: str, number: int) -> Problem:
    """Episodes that their publisher withdrew."""
    return Problem(
        where=where,
        what=f"its publisher withdrew {number} of its episodes; {'it is' if number == 1 else 'they are'} not published any more",
        remedy=f'see "letters episodes list --removed --source {key}"',
        is_notice=True,
    )
