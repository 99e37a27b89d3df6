"""Sending one issue: freeze, claim, send, fold; again until nothing is left that is due."""

from __future__ import annotations

from datetime import datetime

from letters.deliver.audience import NotRenderedError, freeze
from letters.deliver.batch import Stop
from letters.deliver.colleagues import Colleagues, Errand, processes_for
from letters.deliver.desk import Desk
from letters.deliver.owner import Owner
from letters.deliver.report import messages
from letters.deliver.rounds import Rounds
from letters.deliver.routes import Routes
from letters.deliver.run import Run
from letters.deliver.window import window_end
from letters.model import DeliveryState, Edition, Issue, IssueState
from letters.store.deliveries import (
    OPEN,
    count_due,
    count_states,
    drop_late,
    is_finished,
    next_due,
)
from letters.store.freezing import frozen_at
from letters.store.issues import load_issue, record_event, set_state

#: The name under which a hold of our own is recorded.
_ACTOR = "letters"


class IssueDelivery:
    """One issue's share of a run. `run` may be called again, once `waits_until` has come."""

    def __init__(self, run: Run, issue: Issue, owner: Owner, routes: Routes) -> None:
        self._run, self._issue, self._owner, self._routes = run, issue, owner, routes
        self._store, self._tally = run.store, run.tally
        self._total = self._done = 0
        self._rounds = Rounds(run, issue, owner, routes, answered=self._answered)
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
        if self._is_over(edition, ends):
            return None
        self.waits_until = self._next_turn()
        if self.waits_until is None:
            self._finish()
        return None

    def assist(self) -> Stop | None:
        """Send beside the process that froze the audience and will close the issue; what stopped it, if something did."""
        edition = self._run.settings.edition(self._issue.edition)
        assert edition is not None, "who sent us has looked"
        return self._rounds.send(
            self._desk(edition), self._alone(), ends=window_end(edition, self._issue.occurrence)
        )

    def _alone(self) -> Colleagues:
        return Colleagues(None, 1, answered=self._answered)

    def _desk(self, edition: Edition) -> Desk:
        return Desk(self._store, self._run.settings, self._issue, edition, now=self._run.now)

    def _send_together(self, edition: Edition, ends: datetime) -> Stop | None:
        """Send with as many processes as the messages that are due are worth."""
        desk, run = self._desk(edition), self._run
        errand = Errand(
            store_url=self._store.url.render_as_string(hide_password=False),
            settings=run.settings,
            workspace=run.workspace,
            now=run.now,
            at=run.clock(),
            issue_id=self._issue.id,
        )
        with Colleagues(errand, self._processes(), answered=self._answered) as others:
            stopped = self._rounds.send(desk, others, ends=ends)
            is_working = True
            while is_working:
                if stopped is not None or run.stop.is_set():
                    others.halt()
                is_working = others.listen()
        stopped = stopped or others.stop
        for one in others.done:
            self._tally.add(one.tally)
        for failure in others.failures:
            self._tally.problem(
                self._issue.name,
                f"a process that sent it beside this one ended by {failure}; what it held is taken over",
            )
        if others.failures:
            run.settle_dead()
            stopped = stopped or self._rounds.send(desk, self._alone(), ends=ends)
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
        if self._rounds.spread_until is None:
            return None
        with self._store.read() as c:
            issue = load_issue(c, self._issue.id)
            due = next_due(c, self._issue.id)
        if issue is None or issue.state is not IssueState.APPROVED or due is None:
            return None
        return due if due <= self._rounds.spread_until else None

    def _is_over(self, edition: Edition, ends: datetime) -> bool:
        """Whether the window has ended (R46): what is left is reported, and not sent."""
        if self._run.clock() <= ends:
            return False
        self._rounds.spread_until = None
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
