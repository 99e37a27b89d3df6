"""Which entries an issue takes, and which of them a reader's choice leaves. Pure.

"An issue takes every pair that was ready before its occurrence, fits the edition's filters, and was in no earlier issue
of that edition" (design, What goes where). It is never a window over dates of episodes, which loses what comes late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from letters.model import Choice, Edition, Entry


def select(
    entries: Iterable[Entry],
    edition: Edition,
    *,
    ready_from: datetime,
    ready_before: datetime,
    used: Collection[str] = (),
    news_within: timedelta,
) -> list[Entry]:
    """The entries that the issue takes, in the order given."""
    return [
        entry
        for entry in entries
        if ready_from <= entry.ready_at < ready_before
        and entry.id not in used
        and fits(entry, edition)
        and is_news(entry, news_within)
    ]


def fits(entry: Entry, edition: Edition) -> bool:
    """Whether an edition's filters let an entry in.

    An episode without a card has no topics and no audiences, so it fits only an edition that asks for none.
    """
    if entry.card is None and not edition.uncarded:
        return False
    return Choice(topics=frozenset(edition.topics), audiences=frozenset(edition.audiences)).lets_in(entry)


def is_news(entry: Entry, news_within: timedelta) -> bool:
    """Whether the episode was still young when its pair was ready: older ones are published, not mailed."""
    return entry.published >= entry.ready_at - news_within


def narrow(entries: Iterable[Entry], choice: Choice) -> list[Entry]:
    """What a reader's own choice leaves of an issue; an empty choice leaves everything."""
    return [entry for entry in entries if choice.lets_in(entry)]
