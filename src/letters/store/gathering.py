"""How often a reader wants mail: which issue comes to them, and what was kept for it.

A rule, which is pure, and what it needs to know of a reader: the issue of an edition that came to them last. Whoever wants at most one mail
in a week or month gets the first issue of the edition in each, with all that was in the issues since the last one they got
(``docs/decisions/122-gathered.md``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from letters.model import Choice, DeliveryState, Frequency, IssueState, Subscriber, SubscriberStatus
from letters.store.subscribers import batches, load_subscribers
from letters.store.tables import delivery, issue, issue_entry, subscription

#: Why an issue does not come to a reader, as the ledger says it.
PAUSED = "paused"
WAITS = {Frequency.WEEKLY: "had this week's mail", Frequency.MONTHLY: "had this month's mail"}
# A row of the ledger that ended so brought nothing to anybody.
_NOTHING = (DeliveryState.DROPPED.value, DeliveryState.FAILED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The last issue of an edition that came to a reader, or, with no date, the last one before they came."""

    number: int
    local_date: date | None = None


_NEVER = Received(number=0)


def why_not(reader: Subscriber, received: Received | None, on: date) -> str:
    """Why an issue of that local date does not come to the reader; empty when it does."""
    if reader.paused_until is not None and on < reader.paused_until:
        return PAUSED
    last = received.local_date if received else None
    if last is not None and _period(reader.frequency, last) == _period(reader.frequency, on):
        return WAITS.get(reader.frequency, "")
    return ""


def gathered_choice(reader: Subscriber, received: Received | None, number: int) -> Choice:
    """What the reader wants of the issue of that number, with what was kept for them since the last one they got."""
    choice = reader.choice
    if reader.frequency is Frequency.EACH or received is None or received.number >= number - 1:
        return choice
    return choice.gathered_since(received.number)


def _period(frequency: Frequency, day: date) -> tuple[int, ...]:
    if frequency is Frequency.WEEKLY:
        return day.isocalendar()[:2]
    if frequency is Frequency.MONTHLY:
        return day.year, day.month
    # Each issue is a period of its own: of two on one day the second does not wait.
    return ()


class Gathering:
    """What came last of one edition, asked for many readers; its issues are read once."""

    def __init__(self, c: Connection, edition: str) -> None:
        self._c, self._edition = c, edition
        self._issues = _issues(c, edition)
        self._composed = [one.composed_at for one in self._issues]
        self._days = {one.number: one.local_date for one in self._issues}

    def last_received(self, readers: Collection[Subscriber]) -> dict[int, Received]:
        """By subscriber id, what came last; only of readers who do not want each issue."""
        ids = [one.id for one in readers if one.frequency is not Frequency.EACH]
        if not ids:
            return {}
        found = {
            id_: Received(number=self._last_before(joined))
            for id_, joined in _joined(self._c, self._edition, ids).items()
        }
        for batch in batches(ids):
            query = (
                select(delivery.c.subscriber_id, func.max(issue.c.number).label("number"))
                .join(issue, issue.c.id == delivery.c.issue_id)
                .where(
                    issue.c.edition == self._edition,
                    delivery.c.subscriber_id.in_(batch),
                    delivery.c.state.not_in(_NOTHING),
                )
                .group_by(delivery.c.subscriber_id)
            )
            for row in self._c.execute(query):
                if row.number >= found.get(row.subscriber_id, _NEVER).number:
                    found[row.subscriber_id] = Received(number=row.number, local_date=self._days[row.number])
        return found

    def _last_before(self, joined: datetime) -> int:
        """The last issue that was composed when somebody came: nothing from before is kept for them."""
        place = bisect_right(self._composed, joined)
        return self._issues[place - 1].number if place else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Particular:
    """What an issue is to a reader who does not simply get each one."""

    subscriber_id: int
    choice: Choice
    #: Why it does not come to them; empty when it does.
    dropped: str


class Particulars:
    """What an issue is to each reader who does not simply get each one; in memory are those of one page."""

    def __init__(self, c: Connection, edition: str, *, number: int, on: date) -> None:
        self._all = _particulars(c, edition, number, on)
        self._next = next(self._all, None)

    def of(self, subscriber_id: int) -> Particular | None:
        """To one reader; None for most. To be asked in the order of ids, in which readers are stored."""
        while self._next is not None and self._next.subscriber_id < subscriber_id:
            self._next = next(self._all, None)
        found = self._next
        return found if found is not None and found.subscriber_id == subscriber_id else None


def gathered_choices(c: Connection, edition: str, *, number: int, on: date) -> list[Choice]:
    """The choices of confirmed readers for whom something was kept until the issue of that number and local date; by key."""
    found = {
        one.choice
        for one in _particulars(c, edition, number, on)
        if not one.dropped and one.choice.since is not None
    }
    return sorted(found, key=lambda choice: choice.key)


def _particulars(c: Connection, edition: str, number: int, on: date) -> Iterator[Particular]:
    """In the order of ids."""
    gathering = Gathering(c, edition)
    readers = load_subscribers(c, edition=edition, status=SubscriberStatus.CONFIRMED, particular=True)
    for batch in batches(readers):
        received = gathering.last_received(batch)
        for reader in batch:
            last = received.get(reader.id)
            dropped = why_not(reader, last, on)
            choice = reader.choice if dropped else gathered_choice(reader, last, number)
            yield Particular(subscriber_id=reader.id, choice=choice, dropped=dropped)


def entries_between(c: Connection, edition: str, *, after: int, before: int) -> list[str]:
    """Ids of the entries that were in the edition's issues between two numbers, in the order of the issues."""
    query = (
        select(issue_entry.c.entry_id)
        .join(issue, issue.c.id == issue_entry.c.issue_id)
        .where(
            issue.c.edition == edition,
            issue.c.number > after,
            issue.c.number < before,
            # What an operator holds back, or has cancelled, does not get out this way.
            issue.c.state.in_([IssueState.APPROVED.value, IssueState.SENT.value]),
        )
        .order_by(issue.c.number, issue_entry.c.position)
    )
    return list(c.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class _Composed:
    number: int
    local_date: date
    composed_at: datetime


def _issues(c: Connection, edition: str) -> Sequence[_Composed]:
    query = select(issue.c.number, issue.c.local_date, issue.c.composed_at, issue.c.occurs_at).where(
        issue.c.edition == edition, issue.c.number.is_not(None)
    )
    rows = c.execute(query.order_by(issue.c.number)).all()
    return [_Composed(row.number, row.local_date, row.composed_at or row.occurs_at) for row in rows]


def _joined(c: Connection, edition: str, ids: Sequence[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for batch in batches(ids):
        query = select(subscription.c.subscriber_id, subscription.c.since).where(
            subscription.c.edition == edition, subscription.c.subscriber_id.in_(batch)
        )
        found.update((row.subscriber_id, row.since) for row in c.execute(query))
    return found
