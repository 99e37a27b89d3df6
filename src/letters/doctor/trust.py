"""Whether an issue to many readers may leave: not while the sender's domain fails, where ``[delivery] unauthenticated`` is "hold"."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from letters.doctor.examine import Sender, examine_domain
from letters.doctor.finding import Finding, State
from letters.doctor.resolver import Resolver
from letters.errors import Problem
from letters.files import replace_file
from letters.model import Issue, IssueState
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.deliveries import OPEN, count_states
from letters.store.freezing import frozen_at
from letters.store.issues import load_issues, record_event, set_state
from letters.store.subscribers import count_readers

#: How long a good answer is believed. A bad one never is, so that what was mended is seen at once.
_BELIEVED = timedelta(hours=1)
#: The name under which a hold of our own is recorded.
_ACTOR = "letters"


def hold_unauthenticated(
    store: Store,
    settings: Settings,
    workspace: Workspace,
    sender: Sender,
    *,
    resolver: Callable[[], Resolver],
    now: datetime,
    issue: str | None = None,
) -> list[Problem]:
    """Hold the approved issues that many readers would get, if the domain fails; all of them, or one ("EDITION/NUMBER").

    The DNS is asked only if there are such issues, and at most once an hour while all is well. Where it gives no answer nothing
    is held, for then nobody knows that something fails. Killed between two issues, the next run holds the other.
    """
    if settings.delivery.unauthenticated == "send" or settings.delivery.transport == "outbox":
        return []
    large = [one for one in _large(store, settings) if issue in {None, one.name}]
    if not large:
        return []
    failing = _failing(workspace.var / "doctor.json", sender, resolver=resolver, now=now)
    return [_hold(store, one, failing, now=now) for one in large] if failing else []


def failing_of(findings: list[Finding]) -> list[Finding]:
    """The findings for which large receivers refuse or hide mails; pure."""
    return [finding for finding in findings if finding.state is State.WRONG]


def _large(store: Store, settings: Settings) -> list[Issue]:
    with store.read() as c:
        return [
            issue
            for issue in load_issues(c, states=(IssueState.APPROVED,))
            if _readers(c, issue) > settings.delivery.many
        ]


def _readers(c: Connection, issue: Issue) -> int:
    """How many mails are to come."""
    if frozen_at(c, issue.id) is None:
        return count_readers(c, issue.edition)
    states = count_states(c, issue.id)
    return sum(states.get(state, 0) for state in OPEN)


def _failing(
    memory: Path, sender: Sender, *, resolver: Callable[[], Resolver], now: datetime
) -> list[Finding]:
    seal = hashlib.sha256(repr(sender).encode()).hexdigest()
    if _is_believed(memory, seal, now=now):
        return []
    findings = examine_domain(resolver(), sender)
    failing = failing_of(findings)
    if not failing and not any(finding.is_unknown for finding in findings):
        replace_file(memory, json.dumps({"sender": seal, "well_at": now.isoformat()}))
    return failing


def _is_believed(memory: Path, seal: str, *, now: datetime) -> bool:
    """Whether this very sender was found well a short while ago."""
    try:
        remembered = json.loads(memory.read_text(encoding="utf-8"))
        well_at = datetime.fromisoformat(remembered["well_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return remembered.get("sender") == seal and timedelta() <= now - well_at < _BELIEVED


def _hold(store: Store, issue: Issue, failing: list[Finding], *, now: datetime) -> Problem:
    names = ", ".join(finding.name for finding in failing)
    reason = f"{names} of the sender's domain fails: {failing[0].problem.what}"
    with store.write() as c:
        if set_state(c, issue.id, IssueState.HELD, reason=reason, expected=(IssueState.APPROVED,)):
            record_event(c, issue.id, "hold", _ACTOR, now)
    return Problem(
        where=issue.name,
        what=f'held: {reason} (delivery.unauthenticated = "hold")',
        remedy=f'"letters doctor" says how to mend it; then "letters approve {issue.name}"',
    )
