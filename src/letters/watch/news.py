"""Which of the entries that nobody knows are news. Pure.

The rules for dates. An entry without a date is news when it is first listed, and so is one with a date that cannot be
true, which counts as none (see `letters.watch.parse.dates`). A dated one is news unless it is older, by more than a week,
than the newest that was stored before: late publications are let through, drafts and dates of recording are seldom older,
and a publisher who puts his back catalogue on line does not flood anybody. The age is measured by the source's own newest
entry and never by the clock, so that a week in which nobody looked loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from letters.model import Episode
from letters.store.seen import SeenEpisode

_LATE = timedelta(days=7)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def news_among(
    seen: Mapping[str, SeenEpisode], unknown: Mapping[int, Episode], *, is_first: bool, backfill: int
) -> frozenset[int]:
    """The places of those of the unknown entries that are news.

    At a source's first look, the `backfill` newest; at the first look at a changed address, what is dated later than
    everything stored; else by the rules above.
    """
    newest = newest_of(seen.values())
    if not is_first:
        return frozenset(place for place, entry in unknown.items() if not _is_old(entry, newest))
    if seen:
        return frozenset(place for place, entry in unknown.items() if newest and is_later(entry, newest))
    # The sort is stable: among undated entries the document's order counts, newest first as publishers have it.
    by_date = sorted(unknown, key=lambda place: unknown[place].published or _BEGINNING, reverse=True)
    return frozenset(by_date[: max(backfill, 0)])


def newest_of(seen: Iterable[SeenEpisode]) -> datetime | None:
    """The newest date among stored episodes."""
    return max((known.published for known in seen if known.published), default=None)


def is_later(entry: Episode, moment: datetime) -> bool:
    """Whether an entry is dated after a moment."""
    return entry.published is not None and entry.published > moment


def _is_old(entry: Episode, newest: datetime | None) -> bool:
    return entry.published is not None and newest is not None and entry.published < newest - _LATE
