"""When the scheduler wakes for an edition: our calendar as a trigger of APScheduler."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger

from letters.calendar import next_occurrence, previous_occurrence
from letters.model import RECIPIENT_ZONE, Edition

# All zones in use differ by whole quarters of an hour, and by 26 hours from first to last; one more for a gap.
_QUARTER = timedelta(minutes=15)
_READERS_SPREAD = timedelta(hours=27)


class CronsimTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """Fires at each occurrence of an edition.

    For zone "recipient" it fires at each occurrence and at each quarter of an hour after it until the last reader's
    clock has reached the hour, because that is when held messages become due.
    """

    def __init__(self, edition: Edition) -> None:
        self.edition = edition

    def __repr__(self) -> str:
        return f'<CronsimTrigger "{self.edition.when}" in {self.edition.zone}>'

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first time after the previous one, which may have passed already; without a previous one, after `now`."""
        return next_wake(self.edition, after=(previous_fire_time or now).astimezone(UTC))


def next_wake(edition: Edition, *, after: datetime) -> datetime | None:
    """When there is next something to compose or to hand over for this edition; None for never."""
    coming = next_occurrence(edition, after=after)
    if coming is None or edition.zone != RECIPIENT_ZONE:
        return coming.at if coming else None
    latest = previous_occurrence(edition, coming)
    if latest is None:
        return coming.at
    quarter = latest.at + ((after - latest.at) // _QUARTER + 1) * _QUARTER
    return min(quarter, coming.at) if quarter <= latest.at + _READERS_SPREAD else coming.at
