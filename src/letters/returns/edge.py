"""Taking in what came back: one transaction per mail or event, in which it is written down and acted on, or neither."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from letters.errors import LinkError, Problem
from letters.links import Links, Purpose
from letters.model import ReturnKind, Subscriber, SubscriberStatus
from letters.returns.reading import read_report
from letters.returns.rules import SOFT_LIMIT, alarms, is_suppressing
from letters.returns.values import Report, UnreadableReportError
from letters.settings import Settings
from letters.store import Store
from letters.store.deliveries import drop_for_reader
from letters.store.returns import (
    Addressed,
    Rate,
    Returned,
    add_returned,
    fates,
    find_addressed,
    latest_delivery,
    rates_by_day,
    rates_by_issue,
)
from letters.store.subscribers import domain_key, email_key, find_by_email, find_by_uid, save_subscribers
from letters.store.suppression import SuppressionReason, address_digest, suppress

SUPPRESSED = "suppressed"
#: A report without a Message-ID is about what was sent within this time: relays give up sooner.
_UNDER_WAY = timedelta(days=7)
_RATES_OF = timedelta(days=30)
_ALARM_DAYS = 2
#: Enough to see a row of soft bounces among refusals that do not count.
_LOOK_BACK = SOFT_LIMIT * 4


@dataclass
class ReturnsReport:
    """What was taken in. `repeated` counts what had been told before."""

    kinds: dict[ReturnKind, int] = field(default_factory=dict)
    suppressed: int = 0
    dropped: int = 0
    repeated: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def read(self) -> int:
        return sum(self.kinds.values())


def take_mail(
    store: Store,
    settings: Settings,
    content: bytes,
    *,
    where: str,
    now: datetime,
    report: ReturnsReport | None = None,
) -> ReturnsReport:
    """Take in one mail. The same mail again changes nothing. One that cannot be read is a problem of `where`, and no error."""
    report = report or ReturnsReport()
    try:
        found = read_report(content, return_address=settings.delivery.return_path)
    except UnreadableReportError as error:
        report.problems.append(Problem(where=where, what=str(error), is_notice=True))
        return report
    event = f"mail:{hashlib.sha256(content).hexdigest()}"
    return take_reports(store, settings, found, event=event, is_trusted=False, now=now, report=report)


def take_reports(
    store: Store,
    settings: Settings,
    found: Sequence[Report],
    *,
    event: str,
    is_trusted: bool,
    now: datetime,
    report: ReturnsReport | None = None,
) -> ReturnsReport:
    """Take in what one event says.

    `is_trusted`: its origin is proved, as that of a signed webhook is. Of a mail, anybody's, an address alone suppresses nobody: it must
    show a token or Message-ID of the message it is about (``docs/decisions/110-who-may-say-so.md``).
    """
    report = report or ReturnsReport()
    work = _Taking(settings, event, is_trusted, now, report)
    with store.write() as c:
        for part, one in enumerate(found):
            work.take(c, part, one)
    return report


@dataclass
class _Taking:
    settings: Settings
    event: str
    is_trusted: bool
    now: datetime
    report: ReturnsReport

    def take(self, c: Connection, part: int, one: Report) -> None:
        about, is_proved = self._about(c, one)
        reader = self._reader(c, one, about)
        key = email_key(reader.email) if reader else _key(one.address) if self.is_trusted else ""
        row = Returned(
            event=self.event,
            part=part,
            kind=one.kind,
            status=one.status,
            delivery_id=about.delivery_id if about else None,
            issue_id=about.issue_id if about else None,
            digest=address_digest(key) if key else "",
        )
        if not add_returned(c, row, now=self.now):
            self.report.repeated += 1
            return
        self.report.kinds[one.kind] = self.report.kinds.get(one.kind, 0) + 1
        history = fates(c, reader.id, limit=_LOOK_BACK) if reader else ()
        if key and (is_proved or self.is_trusted) and is_suppressing(one.kind, history):
            self._suppress(c, key, reader, one.kind)

    def _about(self, c: Connection, one: Report) -> tuple[Addressed | None, bool]:
        """The delivery that a report is about, and whether the report proves that it saw the message."""
        delivery = self.settings.delivery
        domain = delivery.list_domain or domain_key(delivery.sender.domain)
        ids = [*(f"<{token}@{domain}>" for token in one.trace.tokens), *one.trace.message_ids]
        found = find_addressed(c, ids) if ids else None
        if found is not None:
            return found, True
        keys = [key.get_secret_value() for key in self.settings.secrets.link_keys]
        links = Links(keys, self.settings.site.base_url)
        since = self.now - _UNDER_WAY
        for token in one.trace.unsubscribe_tokens:
            try:
                said = links.read(Purpose.UNSUBSCRIBE, token)
            except LinkError:
                continue
            if find_by_uid(c, said.uid) is not None:
                latest = latest_delivery(c, said.uid, edition=said.edition, since=since)
                return latest or Addressed(delivery_id=None, issue_id=None, uid=said.uid), True
        if self.is_trusted and _key(one.address):
            reader = find_by_email(c, one.address)
            if reader is not None:
                return latest_delivery(c, reader.uid, edition=None, since=since), False
        return None, False

    def _reader(self, c: Connection, one: Report, about: Addressed | None) -> Subscriber | None:
        if about is not None:
            return find_by_uid(c, about.uid)
        return find_by_email(c, one.address) if self.is_trusted and _key(one.address) else None

    def _suppress(self, c: Connection, key: str, reader: Subscriber | None, kind: ReturnKind) -> None:
        reason = SuppressionReason.COMPLAINED if kind is ReturnKind.COMPLAINT else SuppressionReason.BOUNCED
        self.report.dropped += suppress_reader(c, key, reader, reason, now=self.now)
        self.report.suppressed += 1


def suppress_reader(
    c: Connection, key: str, reader: Subscriber | None, reason: SuppressionReason, *, now: datetime
) -> int:
    """Put an address on the list and end its subscriptions; how many messages that waited were dropped."""
    suppress(c, key, reason, now=now)
    if reader is None:
        return 0
    if reader.status is not SubscriberStatus.UNSUBSCRIBED:
        save_subscribers(c, [replace(reader, status=SubscriberStatus.UNSUBSCRIBED, editions=())], now=now)
    return drop_for_reader(c, reader.id, None, reason=SUPPRESSED)


def read_rates(store: Store, *, now: datetime) -> tuple[list[Rate], list[Rate]]:
    """Rates by issue, of those composed in the last 30 days, and by day, today's and yesterday's (UTC)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [(midnight - timedelta(days=back)).date() for back in range(_ALARM_DAYS)]
    with store.read() as c:
        return rates_by_issue(c, since=now - _RATES_OF), rates_by_day(c, days=days, midnight=midnight)


def rate_alarms(store: Store, *, now: datetime) -> list[Problem]:
    """What is alarming about the rates, for a pass and for the doctor."""
    by_issue, by_day = read_rates(store, now=now)
    return alarms([*by_issue, *by_day])


def take_mails(
    store: Store, settings: Settings, mails: Iterable[tuple[str, bytes]], *, now: datetime
) -> ReturnsReport:
    """Take in several mails, each by its place and its bytes."""
    report = ReturnsReport()
    for where, content in mails:
        take_mail(store, settings, content, where=where, now=now, report=report)
    return report


def _key(address: str) -> str:
    """The address's `email_key`; empty when it cannot be one."""
    try:
        return email_key(address) if "@" in address else ""
    except ValueError:
        return ""
