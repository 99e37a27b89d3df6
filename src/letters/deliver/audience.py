"""Freezing an issue's audience: who gets it, decided once, before the first command to a relay (R39)."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from datetime import datetime
from functools import cache

from sqlalchemy import Connection

from letters.calendar import recipient_due
from letters.deliver.message import message_ids
from letters.errors import LettersError
from letters.model import RECIPIENT_ZONE, Edition, Issue
from letters.settings import Settings
from letters.store.deliveries import NOTHING_TO_SAY
from letters.store.freezing import (
    NewDelivery,
    add_deliveries,
    begin_freeze,
    receivers_of,
    rendered_choices,
)
from letters.store.gathering import Particulars


class NotRenderedError(LettersError):
    """Somebody chose something of which the issue has no rendering yet; nobody was addressed."""

    def __init__(self, issue: str, choice: str) -> None:
        super().__init__(issue, choice)
        self.issue, self.choice = issue, choice

    def __str__(self) -> str:
        return f'{self.issue}: the choice "{self.choice}" was made after the issue was rendered'


def freeze(c: Connection, issue: Issue, edition: Edition, settings: Settings, *, now: datetime) -> bool:
    """Make one row for each confirmed subscriber of the edition; False when that was done before.

    Either all rows are made or none, as the caller's transaction ends. Raises `NotRenderedError`.
    """
    if not begin_freeze(c, issue.id, now=now):
        return False
    with closing(_rows(c, issue, edition, settings, now)) as rows:
        add_deliveries(c, issue.id, rows)
    return True


def list_domain(settings: Settings) -> str:
    """The domain of List-Id and Message-ID."""
    return settings.delivery.list_domain or settings.delivery.sender.domain


def _rows(
    c: Connection, issue: Issue, edition: Edition, settings: Settings, now: datetime
) -> Generator[NewDelivery, None, None]:
    rendered = rendered_choices(c, issue.id)
    message_id = message_ids(issue, list_domain(settings))

    @cache
    def due_at(zone: str) -> datetime:
        try:
            return recipient_due(edition, issue.occurrence, zone)
        except ValueError:
            # A zone that the time zone data does not know (any more) must not cost the reader the issue.
            return recipient_due(edition, issue.occurrence, settings.site.zone)

    particulars = Particulars(c, edition.key, number=issue.number or 0, on=issue.occurrence.local_date)
    with closing(receivers_of(c, edition.key)) as readers:
        for reader in readers:
            particular = particulars.of(reader.id)
            choice = particular.choice.key if particular else reader.choice
            if choice not in rendered:
                raise NotRenderedError(issue.name, choice)
            dropped = particular.dropped if particular else ""
            yield NewDelivery(
                reader.id,
                message_id(reader.uid),
                choice,
                due_at(reader.zone or settings.site.zone) if edition.zone == RECIPIENT_ZONE else now,
                dropped or ("" if rendered[choice] else NOTHING_TO_SAY),
            )
