"""Episodes that waited for a card in vain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from letters.errors import Problem
from letters.model import Episode
from letters.text import slug

#: For so long after an episode's wait is over its name is told; from then on it is only counted.
_TOLD_FOR = timedelta(days=1)
#: How many are told by name.
_NAMED = 10


def overdue_episodes(episodes: Sequence[Episode], *, wait: timedelta, now: datetime) -> list[Episode]:
    """Those of the new episodes whose wait is over, the longest waiting first."""
    due = [
        one for one in episodes if one.is_new and one.first_seen is not None and one.first_seen + wait <= now
    ]
    return sorted(due, key=lambda one: (one.first_seen or now, one.id))


def name_overdue(overdue: Sequence[Episode], *, wait: timedelta, now: datetime) -> list[Problem]:
    """A problem for each episode whose wait was over within the last day, at most ten; the rest as a number.

    Told for a day and not only once, because a pass that is killed after writing would otherwise swallow it, and not for
    longer, because nobody reads what every pass repeats.
    """
    fresh = [one for one in overdue if one.first_seen is not None and now - _TOLD_FOR < one.first_seen + wait]
    remedy = 'drop its card into cards/, or set "uncarded" in [pair] to "publish" or "drop"'
    named = [
        Problem(
            is_notice=True,
            where=one.source,
            what=f'"{one.title}" has waited {_days(wait)} for its card',
            remedy=remedy,
        )
        for one in fresh[:_NAMED]
    ]
    if len(fresh) > _NAMED:
        what = f"{len(fresh) - _NAMED} more episodes have waited {_days(wait)} for their cards"
        named.append(Problem(is_notice=True, where="pair", what=what, remedy=remedy))
    return named


def uncarded_address(episode: Episode, taken: Collection[str]) -> str:
    """The address of an episode that is published without a card: its title's slug with the beginning of its id."""
    digits = episode.id.replace("-", "")
    title = slug(episode.title) or "episode"
    addresses = (f"{title}-{digits[:length]}" for length in range(6, len(digits) + 1))
    return next((one for one in addresses if one not in taken), f"{title}-{digits}")


def _days(wait: timedelta) -> str:
    if wait.days:
        return f"{wait.days} day{'s' if wait.days != 1 else ''}"
    return f"{wait.total_seconds() / 3600:g} hours"
