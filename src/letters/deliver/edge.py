"""Delivering: settle what earlier runs left, then send each issue that may go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

from pydantic import SecretStr

from letters.deliver.batch import Stop, Transport
from letters.deliver.decisions import named_issue
from letters.deliver.outbox import Outbox
from letters.deliver.owner import Owner
from letters.deliver.pace import Limit, Route
from letters.deliver.relay import Relay
from letters.deliver.report import DeliverReport
from letters.deliver.routes import UNNAMED, Routes, route
from letters.deliver.run import Run
from letters.deliver.sending import IssueDelivery
from letters.garbage import rarely_collected
from letters.model import Issue, IssueState, Progress
from letters.settings import Settings, Workspace
from letters.settings.types import SmtpSettings
from letters.store import Store
from letters.store.issues import load_issues

_SHORTEST_NAP = timedelta(milliseconds=50)


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
    run = Deliverer(
        store=store,
        settings=settings,
        workspace=workspace,
        now=now,
        clock=ticking(now),
        stop=stop or threading.Event(),
        progress=progress,
    )
    wanted = run.find(issue)
    run.settle_dead()
    if wanted:
        with rarely_collected():
            run.deliver_all(wanted)
    return run.tally.report()


class Deliverer(Run):
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

    def assist(self, issue: Issue) -> Stop | None:
        """Send one issue beside the process that will close it; what stopped it, if something did."""
        with ExitStack() as stack:
            owner = stack.enter_context(Owner(self.store, self.workspace.journal))
            return IssueDelivery(self, issue, owner, self._routes(stack)(issue)).assist()

    def deliver_all(self, issues: Sequence[Issue]) -> None:
        """Deliver what is due of these issues; one that waits for a limit lets others go first."""
        with ExitStack() as stack:
            owner = stack.enter_context(Owner(self.store, self.workspace.journal))
            routes_of = self._routes(stack)
            waiting = [IssueDelivery(self, issue, owner, routes_of(issue)) for issue in issues]
            while waiting:
                for one in waiting:
                    if self.stop.is_set():
                        return
                    if one.waits_until is not None and one.waits_until > self.clock():
                        continue
                    stopped = one.run()
                    # A relay that cannot be reached, or is busy, is so for the next issue too.
                    if stopped is not None and not stopped.hold:
                        return
                # What waits for a limit of its destination must not keep other issues waiting.
                waiting = [one for one in waiting if one.waits_until is not None]
                if waiting:
                    # Rows that are due and were not ours are being claimed by somebody else at this moment.
                    soonest = self.clock() + _SHORTEST_NAP
                    turns = [one.waits_until for one in waiting if one.waits_until is not None]
                    self.nap(max(soonest, min(turns)))

    def _routes(self, stack: ExitStack) -> Callable[[Issue], Routes]:
        if self.settings.delivery.transport == "outbox":
            return self._outbox
        delivery, secrets = self.settings.delivery, self.settings.secrets
        ways: list[tuple[Route, SmtpSettings, SecretStr | None]] = [
            (route(one.name, one, weight=one.weight), one, secrets.relay_passwords.get(one.name))
            for one in delivery.relay
        ]
        if not ways:
            ways = [(route(UNNAMED, delivery.smtp), delivery.smtp, secrets.smtp_password)]
        relays: dict[str, Transport] = {}
        for way, settings, password in ways:
            relay = Relay(settings, password=password.get_secret_value() if password else None)
            stack.callback(relay.close)
            relays[way.name] = relay
        routes = Routes([way for way, _, _ in ways], relays.__getitem__)
        return lambda issue: routes

    def _outbox(self, issue: Issue) -> Routes:
        outbox = Outbox(self.workspace.outbox / issue.edition / str(issue.number))
        return Routes([Route(name="outbox", limit=Limit(meter="outbox"))], lambda name: outbox)


def ticking(now: datetime) -> Callable[[], datetime]:
    """The clock of the pass as it goes on: a run may last for hours, and the pace is kept in them."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)
