"""Sending one issue: freeze, claim, send, fold; again until nothing is left that is due."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from letters.deliver.audience import NotRenderedError, freeze
from letters.deliver.batch import Batch, News, Stop, Transport
from letters.deliver.desk import Desk, MissingRenderingError
from letters.deliver.encode import HeaderError
from letters.deliver.owner import Owner
from letters.deliver.report import Tally, messages
from letters.model import DeliveryState, Edition, Issue, IssueState, Progress
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.deliveries import (
    OPEN,
    Claim,
    claim,
    count_states,
    drop_late,
    frozen_at,
    is_finished,
    left_readers,
)
from letters.store.issues import load_issue, record_event, set_state

#: RFC 5321 section 4.5.4.1: what is deferred is given up after four to five days; and not before it was really tried.
_GIVE_UP_AFTER = timedelta(days=5)
_GIVE_UP_ATTEMPTS = 12
#: The name under which a hold of our own is recorded.
_ACTOR = "letters"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What the deliveries of one run have in common."""

    store: Store
    settings: Settings
    workspace: Workspace
    now: datetime
    stop: threading.Event
    progress: Progress | None
    tally: Tally = field(default_factory=Tally)

    @property
    def resends(self) -> bool:
        """Whether messages whose fate is unknown go out again; writing a file twice is writing it once."""
        delivery = self.settings.delivery
        return delivery.unknown == "resend" or delivery.transport == "outbox"


class IssueDelivery:
    """One issue's share of a run."""

    def __init__(self, run: Run, issue: Issue, owner: Owner, transport: Transport) -> None:
        self._run, self._issue, self._owner, self._transport = run, issue, owner, transport
        self._store, self._now, self._tally = run.store, run.now, run.tally
        self._total = self._done = 0

    def run(self) -> Stop | None:
        """Deliver all that is due; what stopped it, if something did."""
        edition = self._run.settings.edition(self._issue.edition)
        if edition is None:
            self._tally.problem(
                self._issue.name,
                f'edition "{self._issue.edition}" is not in config/schedule.toml any more, so the issue waits',
                f'put it back, or "letters cancel {self._issue.name}"',
            )
            return None
        if not self._freeze(edition):
            return None
        desk = Desk(self._store, self._run.settings, self._issue, edition, now=self._now)
        stopped: Stop | None = None
        try:
            while stopped is None and not self._run.stop.is_set() and (claims := self._claim()):
                stopped = self._send(claims, desk)
        finally:
            desk.close()
        if stopped is None:
            self._finish()
        else:
            self._report_stop(stopped)
        return stopped

    def _freeze(self, edition: Edition) -> bool:
        """Whether the issue's rows exist now."""
        try:
            with self._store.write() as c:
                if freeze(c, self._issue, edition, self._run.settings, now=self._now):
                    dropped = count_states(c, self._issue.id).get(DeliveryState.DROPPED, 0)
                    self._tally.dropped(dropped)
        except NotRenderedError as error:
            self._tally.problem(self._issue.name, str(error), "the next pass renders it, and sends the issue")
            return False
        with self._store.write() as c:
            frozen = frozen_at(c, self._issue.id)
            if frozen is not None and self._now - frozen > _GIVE_UP_AFTER:
                late = drop_late(c, self._issue.id, min_attempts=_GIVE_UP_ATTEMPTS)
                self._tally.dropped(late)
                if late:
                    self._tally.problem(
                        self._issue.name,
                        f"{messages(late)} given up: deferred for {_GIVE_UP_AFTER.days} days",
                    )
            waiting = count_states(c, self._issue.id)
        self._total = sum(waiting.get(state, 0) for state in OPEN)
        return frozen is not None

    def _claim(self) -> list[Claim]:
        """The next batch; empty when nothing is due."""
        while True:
            with self._store.write() as c:
                claims, dropped = claim(
                    c, self._issue.id, self._owner.name, now=self._now, resend_unknown=self._run.resends
                )
            self._tally.dropped(dropped)
            # A batch of readers who all left is no end.
            if claims or not dropped:
                return claims

    def _send(self, claims: Sequence[Claim], desk: Desk) -> Stop | None:
        """Send a batch, and fold what became of it into the ledger, whatever happens on the way."""
        batch = Batch(
            claims,
            journal=self._owner.journal,
            write=desk.write,
            look=self._look,
            stop=self._run.stop,
            answered=self._answered,
            writers=desk.writers,
        )
        try:
            desk.prepare(claims)
            self._transport.send(batch)
        except (HeaderError, MissingRenderingError) as error:
            batch.end(Stop(reason=str(error), hold=True))
        except OSError as error:
            # The outbox or the journal cannot be written; what was under way is settled like any other.
            batch.end(Stop(reason=str(error), remedy="make room or mend the folder; the next pass goes on"))
        finally:
            batch.close()
            self._tally.settled(self._issue.name, self._owner.fold(now=self._now))
        if batch.is_halted and not self._owner.is_held():
            return Stop(reason="the connection that holds our lock was lost", remedy="the next pass goes on")
        return batch.stopped

    def _look(self, waiting: Sequence[int]) -> News:
        """What was decided elsewhere while this batch is being sent."""
        with self._store.read() as c:
            issue = load_issue(c, self._issue.id)
            left = left_readers(c, waiting)
        approved = issue is not None and issue.state is IssueState.APPROVED
        return News(halt=not approved or not self._owner.is_held(), left=frozenset(left))

    def _answered(self) -> None:
        self._done += 1
        if self._run.progress is not None:
            self._run.progress(self._done, max(self._total, self._done))

    def _finish(self) -> None:
        """Close the issue when no row is left that will be tried again."""
        with self._store.write() as c:
            if is_finished(c, self._issue.id, resend_unknown=self._run.resends):
                set_state(c, self._issue.id, IssueState.SENT, expected=(IssueState.APPROVED,))

    def _report_stop(self, stopped: Stop) -> None:
        """Tell what ended the sending; an issue that the relay refuses is held, for a person to mend."""
        name = self._issue.name
        with self._store.write() as c:
            waiting = sum(count_states(c, self._issue.id).get(state, 0) for state in OPEN)
            if stopped.hold and set_state(
                c, self._issue.id, IssueState.HELD, reason=stopped.reason, expected=(IssueState.APPROVED,)
            ):
                record_event(c, self._issue.id, "hold", _ACTOR, self._now)
        if stopped.hold:
            what, remedy = f"held: {stopped.reason}", f'mend it, then "letters approve {name}"'
        else:
            what, remedy = stopped.reason, stopped.remedy
        self._tally.problem(name, f"{what}; {messages(waiting)} wait", remedy)
