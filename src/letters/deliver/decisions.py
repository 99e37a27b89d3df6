"""What an operator decides about an issue: approve, hold, pause, resume, cancel; recorded with who and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from letters.errors import UsageError
from letters.model import Issue, IssueState
from letters.store import Store
from letters.store.deliveries import CANCELLED, drop_for_issue
from letters.store.issues import find_issue, load_issue, record_event, set_state

#: What each action leads to, and the states it may start from.
_ACTIONS = {
    "approve": (IssueState.APPROVED, (IssueState.AWAITING, IssueState.HELD)),
    "hold": (IssueState.HELD, (IssueState.AWAITING, IssueState.APPROVED)),
    "pause": (IssueState.HELD, (IssueState.APPROVED,)),
    "resume": (IssueState.APPROVED, (IssueState.HELD,)),
    "cancel": (IssueState.CANCELLED, (IssueState.AWAITING, IssueState.APPROVED, IssueState.HELD)),
}


def set_issue(store: Store, name: str, action: str, *, actor: str, now: datetime) -> Issue:
    """Approve, hold, pause, resume or cancel the issue "EDITION/NUMBER", and return it as it is then.

    Works in the middle of a send: senders see it within about a second. Cancelling drops all that waits. Doing the same again
    changes nothing. Raises `UsageError` if there is no such issue, or its state does not allow it.
    """
    if action not in _ACTIONS:
        raise UsageError(f'action "{action}" is not known; wanted {", ".join(_ACTIONS)}')
    state, from_states = _ACTIONS[action]
    with store.write() as c:
        issue = named_issue(c, name)
        reason = "" if state is IssueState.APPROVED else f"by {actor}"
        if set_state(c, issue.id, state, reason=reason, expected=from_states):
            record_event(c, issue.id, action, actor, now)
            if state is IssueState.CANCELLED:
                drop_for_issue(c, issue.id, reason=CANCELLED)
        elif issue.state is not state:
            wanted = " or ".join(f'"{each}"' for each in from_states)
            raise UsageError(f'{name}: the issue is "{issue.state}", to {action} it wanted {wanted}')
        found = load_issue(c, issue.id)
    assert found is not None, "issues are never deleted"
    return found


def named_issue(c: Connection, name: str) -> Issue:
    """The issue "EDITION/NUMBER". Raises `UsageError` if there is none."""
    edition, _, number = name.rpartition("/")
    if not edition or not (number.isascii() and number.isdigit()):
        raise UsageError(f'issue "{name}": wanted EDITION/NUMBER, such as "policy-weekly/3"')
    issue = find_issue(c, edition, int(number))
    if issue is None:
        raise UsageError(f'issue "{name}" does not exist; "letters schedule" names the editions')
    return issue
