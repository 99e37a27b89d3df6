"""What the deliveries of one run have in common, and what it tells at its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from letters.deliver.owner import settle_dead
from letters.deliver.report import Tally, messages
from letters.model import DeliveryState, Progress
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.deliveries import drop_cancelled
from letters.store.issues import load_issue

#: The longest sleep; after it we look again whether the issue may still go.
_NAP_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of delivering."""

    store: Store
    settings: Settings
    workspace: Workspace
    #: When it began, by the clock of the pass; and what that clock says now, for a run may take hours.
    now: datetime
    clock: Callable[[], datetime]
    stop: threading.Event
    progress: Progress | None
    tally: Tally = field(default_factory=Tally)

    @property
    def resends(self) -> bool:
        """Whether messages whose fate is unknown go out again; writing a file twice is writing it once."""
        delivery = self.settings.delivery
        return delivery.unknown == "resend" or delivery.transport == "outbox"

    def nap(self, until: datetime) -> None:
        """Wait for a moment, or for as long as one may without looking what was decided meanwhile."""
        self.stop.wait(min(_NAP_SECONDS, max(0.0, (until - self.clock()).total_seconds())))

    def settle_dead(self) -> None:
        """What became of the claims of runs that died; before anything is claimed."""
        settled = settle_dead(self.store, self.workspace.journal, now=self.clock())
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
