"""Delivering: settle what earlier runs left, then send each issue that may go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import groupby

from letters.deliver.batch import Transport
from letters.deliver.decisions import named_issue
from letters.deliver.outbox import Outbox
from letters.deliver.owner import Owner, settle_dead
from letters.deliver.relay import Relay
from letters.deliver.report import DeliverReport, messages
from letters.deliver.sending import IssueDelivery, Run
from letters.model import DeliveryState, Issue, IssueState, Progress
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.deliveries import drop_cancelled
from letters.store.issues import load_issue, load_issues


def deliver(
    store: Store,
    settings: Settings,
    workspace: Workspace,
    *,
    now: datetime,
    issue: str | None = None,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> DeliverReport:
    """Hand over what is due of all approved issues, the oldest first, or of one ("EDITION/NUMBER").

    Several processes may do this at once on one database. Whatever moment it is killed at, the next run goes on: nobody is
    missed, and only messages that were handed over without an answer may come twice, with the same Message-ID (R40). Setting
    `stop` ends it after the messages that are under way.
    """
    run = _Deliverer(
        store=store,
        settings=settings,
        workspace=workspace,
        now=now,
        stop=stop or threading.Event(),
        progress=progress,
    )
    wanted = run.find(issue)
    run.settle_dead()
    if wanted:
        run.deliver_all(wanted)
    return run.tally.report()


class _Deliverer(Run):
    """One run, from what it finds to its end."""

    def find(self, name: str | None) -> list[Issue]:
        """The issues to deliver, oldest first."""
        with self.store.read() as c:
            if name is None:
                return load_issues(c, states=(IssueState.APPROVED,))[::-1]
            issue = named_issue(c, name)
        if issue.state in {IssueState.AWAITING, IssueState.HELD}:
            why = f" ({issue.reason})" if issue.reason else ""
            self.tally.problem(
                name, f"the issue is {issue.state}{why}", f'"letters approve {name}" lets it go'
            )
        return [issue] if issue.state is IssueState.APPROVED else []

    def settle_dead(self) -> None:
        """Before anything is claimed: what became of the claims of runs that died."""
        settled = settle_dead(self.store, self.workspace.journal, now=self.now)
        with self.store.write() as c:
            self.tally.dropped(drop_cancelled(c))
        settled.sort(key=lambda one: one[0].issue_id)
        for issue_id, group in groupby(settled, key=lambda one: one[0].issue_id):
            ends = list(group)
            with self.store.read() as c:
                issue = load_issue(c, issue_id)
            assert issue is not None, "issues are never deleted"
            self.tally.settled(issue.name, ends)
            if unknown := sum(end.state is DeliveryState.UNKNOWN for _, end in ends):
                again = "sent again with the same Message-ID" if self.resends else "not sent again"
                self.tally.problem(
                    issue.name,
                    f"{messages(unknown)} handed over by a run that died before the answer; {again} (delivery.unknown)",
                )

    def deliver_all(self, issues: Sequence[Issue]) -> None:
        with ExitStack() as stack:
            owner = stack.enter_context(Owner(self.store, self.workspace.journal))
            transport_of = self._transports(stack)
            for issue in issues:
                if self.stop.is_set():
                    return
                stopped = IssueDelivery(self, issue, owner, transport_of(issue)).run()
                # A relay that cannot be reached, or is busy, is so for the next issue too.
                if stopped is not None and not stopped.hold:
                    return

    def _transports(self, stack: ExitStack) -> Callable[[Issue], Transport]:
        if self.settings.delivery.transport == "outbox":
            return lambda issue: Outbox(self.workspace.outbox / issue.edition / str(issue.number))
        password = self.settings.secrets.smtp_password
        relay = Relay(self.settings.delivery.smtp, password=password.get_secret_value() if password else None)
        stack.callback(relay.close)
        return lambda issue: relay
