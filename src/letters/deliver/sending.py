"""Sending one issue: freeze, claim, send, fold; again until nothing is left that is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from letters.deliver.audience import NotRenderedError, freeze
from letters.deliver.batch import Batch, News, Stop
from letters.deliver.colleagues import Colleagues, Errand, processes_for
from letters.deliver.desk import Desk, MissingRenderingError
from letters.deliver.encode import HeaderError
from letters.deliver.owner import Owner
from letters.deliver.pace import is_full, next_at, next_day, room
from letters.deliver.report import messages
from letters.deliver.routes import Counted, Routes, send_all
from letters.deliver.run import Run
from letters.deliver.window import window_end
from letters.model import DeliveryState, Edition, Issue, IssueState
from letters.store.deliveries import (
    OPEN,
    Claim,
    claim,
    count_due,
    count_states,
    drop_late,
    is_finished,
    left_readers,
    next_due,
    postpone,
)
from letters.store.freezing import frozen_at
from letters.store.issues import load_issue, record_event, set_state

#: The name under which a hold of our own is recorded.
_ACTOR = "letters"


@dataclass(frozen=True, slots=True)
class Round:
    """What comes next: claims by relay, or none and the moment to wait for, or neither when nothing is due."""

    claims: dict[str, list[Claim]] = field(default_factory=dict)
    wait_until: datetime | None = None
    stop: Stop | None = None


class IssueDelivery:
    """One issue's share of a run. `run` may be called again, once `waits_until` has come."""

    def __init__(self, run: Run, issue: Issue, owner: Owner, routes: Routes) -> None:
        self._run, self._issue, self._owner, self._routes = run, issue, owner, routes
        self._store, self._tally = run.store, run.tally
        self._total = self._done = 0
        self._full: set[str] = set()
        self._others = Colleagues(None, 1, answered=self._answered)
        #: Until when messages that wait for a limit of their destination are spread.
        self._spread_until: datetime | None = None
        #: When the next of them is due; None when none waits.
        self.waits_until: datetime | None = None

    def run(self) -> Stop | None:
        """Deliver all that is due; what stopped it, if something did."""
        self.waits_until = None
        edition = self._run.settings.edition(self._issue.edition)
        if edition is None:
            self._tally.problem(
                self._issue.name,
                f'edition "{self._issue.edition}" is not in config/schedule.toml any more, so the issue waits',
                f'put it back, or "letters cancel {self._issue.name}"',
            )
            return None
        ends = window_end(edition, self._issue.occurrence)
        if self._is_over(edition, ends) or not self._freeze(edition):
            return None
        stopped = self._send_together(edition, ends)
        if stopped is not None:
            self._report_stop(stopped)
            return stopped
        self.waits_until = self._next_turn()
        if self.waits_until is None:
            self._finish()
        return None

    def assist(self) -> Stop | None:
        """Send beside the process that froze the audience and will close the issue; what stopped it, if something did."""
        edition = self._run.settings.edition(self._issue.edition)
        assert edition is not None, "who sent us has looked"
        return self._send_rounds(self._desk(edition), edition, window_end(edition, self._issue.occurrence))

    def _desk(self, edition: Edition) -> Desk:
        return Desk(self._store, self._run.settings, self._issue, edition, now=self._run.now)

    def _send_together(self, edition: Edition, ends: datetime) -> Stop | None:
        """Send with as many processes as the messages that are due are worth."""
        desk = self._desk(edition)
        processes = self._processes()
        if processes == 1:
            return self._send_rounds(desk, edition, ends)
        run = self._run
        errand = Errand(
            store_url=self._store.url.render_as_string(hide_password=False),
            settings=run.settings,
            workspace=run.workspace,
            now=run.now,
            at=run.clock(),
            issue_id=self._issue.id,
        )
        with Colleagues(errand, processes, answered=self._answered) as self._others:
            stopped = self._send_rounds(desk, edition, ends)
            while self._others.listen():
                if stopped is not None or run.stop.is_set():
                    self._others.halt()
        others, self._others = self._others, Colleagues(None, 1, answered=self._answered)
        stopped = stopped or others.stop
        for one in others.done:
            self._tally.add(one.tally)
        if others.died:
            self._tally.problem(
                self._issue.name,
                f"{others.died} of {processes} processes that sent it died; what was theirs is taken over",
                "see the system's log; too little memory is a common reason",
            )
            run.settle_dead()
            stopped = stopped or self._send_rounds(desk, edition, ends)
        return stopped

    def _processes(self) -> int:
        delivery = self._run.settings.delivery
        if delivery.transport != "smtp" or self._routes.are_limited:
            # Files wait for the disk, and a relay with a limit for that.
            return 1
        with self._store.read() as c:
            due = count_due(c, self._issue.id, now=self._run.clock())
        return processes_for(delivery, due)

    def _next_turn(self) -> datetime | None:
        if self._spread_until is None:
            return None
        with self._store.read() as c:
            issue = load_issue(c, self._issue.id)
            due = next_due(c, self._issue.id)
        if issue is None or issue.state is not IssueState.APPROVED or due is None:
            return None
        return due if due <= self._spread_until else None

    def _send_rounds(self, desk: Desk, edition: Edition, ends: datetime) -> Stop | None:
        while not self._run.stop.is_set() and not self._is_over(edition, ends):
            found = self._next_round()
            if found.claims:
                stopped = self._send(found.claims, desk)
            elif found.wait_until is not None:
                self._run.nap(found.wait_until)
                stopped = None
            else:
                return found.stop
            self._others.listen(within_seconds=0)
            if stopped := stopped or self._others.stop:
                return stopped
        return None

    def _is_over(self, edition: Edition, ends: datetime) -> bool:
        """Whether the window has ended (R46): what is left is reported, and not sent."""
        if self._run.clock() <= ends:
            return False
        self._spread_until = None
        name = self._issue.name
        told = f"its window of {edition.window} ended at {ends:%Y-%m-%d %H:%M} UTC"
        with self._store.write() as c:
            if frozen_at(c, self._issue.id) is None:
                reason = f"late: {told}, before it was sent to anybody"
                if set_state(
                    c, self._issue.id, IssueState.HELD, reason=reason, expected=(IssueState.APPROVED,)
                ):
                    record_event(c, self._issue.id, "hold", _ACTOR, self._run.clock())
                    self._tally.problem(
                        name,
                        f"held: {reason}",
                        f'"letters cancel {name}"; or set a longer window for the edition and "letters approve {name}"',
                    )
                return True
            late = drop_late(c, self._issue.id)
        self._tally.dropped(late)
        if late:
            self._tally.problem(
                name,
                f"{messages(late)} not sent: {told}",
                f'"letters deliver --explain {name}" names whose',
            )
        self._finish()
        return True

    def _freeze(self, edition: Edition) -> bool:
        """Whether the issue's rows exist now."""
        try:
            with self._store.write() as c:
                if freeze(c, self._issue, edition, self._run.settings, now=self._run.now):
                    dropped = count_states(c, self._issue.id).get(DeliveryState.DROPPED, 0)
                    self._tally.dropped(dropped)
        except NotRenderedError as error:
            self._tally.problem(self._issue.name, str(error), "the next pass renders it, and sends the issue")
            return False
        with self._store.read() as c:
            is_frozen = frozen_at(c, self._issue.id) is not None
            if self._run.progress is not None and not self._total:
                waiting = count_states(c, self._issue.id)
                self._total = sum(waiting.get(state, 0) for state in OPEN)
        return is_frozen

    def _next_round(self) -> Round:
        """Claim what is due, as much as the relays may be given now."""
        while True:
            now = self._run.clock()
            routes = self._routes.open()
            with self._store.write() as c:
                meters = self._routes.lock(c, now=now)
                rooms = [
                    room(one.limit, meters[one.name], now=now) if one.name in meters else None
                    for one in routes
                ]
                limit = None if None in rooms else sum(left for left in rooms if left is not None)
                if limit == 0:
                    if all(is_full(one.limit, meters[one.name]) for one in routes):
                        return self._full_for_today(now)
                    return Round(
                        wait_until=min(next_at(one.limit, meters[one.name], now=now) for one in routes)
                    )
                claims, dropped = claim(
                    c,
                    self._issue.id,
                    self._owner.name,
                    now=now,
                    resend_unknown=self._run.resends,
                    limit=limit,
                )
                shared = self._routes.share(c, claims, meters, now=now)
                waiting = [(claims[place].id, until) for place, until in shared.waiting]
                postpone(c, self._owner.name, waiting)
            self._tally.dropped(dropped)
            self._note_waiting(waiting, shared.full, now)
            # A batch of readers who all left, or who all have to wait, is no end.
            if shared.given or not (dropped or waiting):
                return Round(
                    {name: [claims[place] for place in places] for name, places in shared.given.items()}
                )

    def _full_for_today(self, now: datetime) -> Round:
        if self._is_done():
            return Round()
        names = " and ".join(f'"{one.name}"' for one in self._routes.open())
        why = f"the day's number of messages is reached for {names} (daily_cap, warm_up)"
        return Round(stop=Stop(reason=why, remedy=f"they go on at {next_day(now):%Y-%m-%d %H:%M} UTC"))

    def _note_waiting(self, waiting: Sequence[tuple[int, datetime]], full: set[str], now: datetime) -> None:
        soon = [until for _, until in waiting if until < next_day(now)]
        if soon:
            self._spread_until = max([*soon, *([self._spread_until] if self._spread_until else [])])
        for meter in sorted(full - self._full):
            self._tally.problem(
                self._issue.name,
                f'the day\'s number of messages is reached for "{meter}"; the rest of its domains waits',
                f"they go on at {next_day(now):%Y-%m-%d %H:%M} UTC",
            )
        self._full |= full

    def _is_done(self) -> bool:
        with self._store.read() as c:
            return is_finished(c, self._issue.id, resend_unknown=self._run.resends)

    def _send(self, claims: dict[str, list[Claim]], desk: Desk) -> Stop | None:
        """Send a batch by each relay, and fold what became of them into the ledger, whatever happens on the way."""
        answered = self._answered if len(claims) == 1 else Counted(self._answered)
        batches = {
            name: Batch(
                share,
                journal=self._owner.journal,
                write=desk.write,
                look=self._look,
                stop=self._run.stop,
                answered=answered,
                processes=self._others.processes,
            )
            for name, share in claims.items()
        }
        try:
            desk.prepare([one for share in claims.values() for one in share])
            send_all([(self._routes.transport(name), batch) for name, batch in batches.items()])
        except (HeaderError, MissingRenderingError) as error:
            _end_all(batches, Stop(reason=str(error), hold=True))
        except OSError as error:
            # The outbox or the journal cannot be written; what was under way is settled like any other.
            _end_all(
                batches, Stop(reason=str(error), remedy="make room or mend the folder; the next pass goes on")
            )
        finally:
            self._fold(claims)
        if any(batch.is_halted for batch in batches.values()) and not self._owner.is_held():
            return Stop(reason="the connection that holds our lock was lost", remedy="the next pass goes on")
        return self._judge({name: batch.stopped for name, batch in batches.items() if batch.stopped})

    def _fold(self, claims: dict[str, list[Claim]]) -> None:
        now = self._run.clock()
        settled = self._owner.fold([one for share in claims.values() for one in share], now=now)
        self._tally.settled(self._issue.name, settled)
        back = {end.id for _, end in settled if end.state is DeliveryState.PENDING}
        if back and self._routes.are_limited:
            with self._store.write() as c:
                for name, share in claims.items():
                    self._routes.give_back(c, name, [one for one in share if one.id in back], now=now)

    def _judge(self, stops: dict[str, Stop]) -> Stop | None:
        """What stops the issue: a refusal of it, or that no relay is left; one that failed leaves its share to the others."""
        for stop in stops.values():
            if stop.hold:
                return stop
        last: Stop | None = None
        for name, stop in stops.items():
            last = self._routes.failed(name, stop)
            if last is None:
                self._tally.problem(f'relay "{name}"', f"{stop.reason}; the others go on", stop.remedy)
        return last

    def _look(self, waiting: Sequence[int]) -> News:
        """What was decided elsewhere while this batch is being sent."""
        with self._store.read() as c:
            issue = load_issue(c, self._issue.id)
            left = left_readers(c, waiting)
        approved = issue is not None and issue.state is IssueState.APPROVED
        return News(halt=not approved or not self._owner.is_held(), left=frozenset(left))

    def _answered(self, messages: int = 1) -> None:
        self._done += messages
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
                record_event(c, self._issue.id, "hold", _ACTOR, self._run.clock())
        if stopped.hold:
            what, remedy = f"held: {stopped.reason}", f'mend it, then "letters approve {name}"'
        else:
            what, remedy = stopped.reason, stopped.remedy
        self._tally.problem(name, f"{what}; {messages(waiting)} wait", remedy)


def _end_all(batches: dict[str, Batch], stop: Stop) -> None:
    for batch in batches.values():
        batch.end(stop)
