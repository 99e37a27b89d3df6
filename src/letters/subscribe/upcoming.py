"""What a reader will get next, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from letters.calendar import occurrences, recipient_due
from letters.model import Edition, Subscriber, SubscriberStatus
from letters.settings import Settings
from letters.store import Store
from letters.store.gathering import Gathering, Received, why_not

_AHEAD = timedelta(days=400)
#: An edition that comes every minute is looked through no further than this.
_MOST = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """The next mail of an edition; `at` is in the reader's zone. It comes if there is something to say then."""

    edition: Edition
    at: datetime


def upcoming(store: Store, settings: Settings, reader: Subscriber, *, now: datetime) -> tuple[Coming, ...]:
    """The next mail of each edition that the reader receives, the soonest first; none for whoever gets nothing."""
    if reader.status is not SubscriberStatus.CONFIRMED:
        return ()
    editions = [edition for edition in settings.editions if edition.key in reader.editions]
    with store.read() as c:
        received = {
            edition.key: last
            for edition in editions
            if (last := Gathering(c, edition.key).last_received([reader]).get(reader.id)) is not None
        }
    return next_mails(reader, editions, received, site_zone=settings.site.zone, now=now)


def next_mails(
    reader: Subscriber,
    editions: list[Edition],
    received: Mapping[str, Received],
    *,
    site_zone: str,
    now: datetime,
) -> tuple[Coming, ...]:
    """The next mail of each of these editions, the soonest first; those of which none comes within a year are left out. Pure."""
    found = []
    for edition in editions:
        at = _next(reader, edition, received.get(edition.key), reader.zone or site_zone, now)
        if at is not None:
            found.append(Coming(edition=edition, at=at.astimezone(ZoneInfo(reader.zone or site_zone))))
    return tuple(sorted(found, key=lambda one: (one.at, one.edition.key)))


def _next(
    reader: Subscriber, edition: Edition, received: Received | None, zone: str, now: datetime
) -> datetime | None:
    # An occurrence whose issue waits for the reader's own hour may lie a day back.
    start = now - timedelta(days=2)
    for occurrence in islice(occurrences(edition, after=start, until=now + _AHEAD), _MOST):
        at = recipient_due(edition, occurrence, zone)
        if at > now and not why_not(reader, received, occurrence.local_date):
            return at
    return None
