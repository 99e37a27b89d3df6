"""Delivering: approved issues go out, to files or to a relay, and the ledger knows who got what.

In come the store with its approved issues and their renderings, the settings, and `now`; out goes a report. Whatever moment a run
is killed at, the next one goes on: nobody is missed, nobody gets an issue twice but where a relay left us without an answer.
"""

from letters.deliver.decisions import named_issue, set_issue
from letters.deliver.edge import deliver
from letters.deliver.notices import Notices
from letters.deliver.report import DeliverReport
from letters.deliver.trial import TrialAnswer, check_trial_address, send_trial

__all__ = [
    "DeliverReport",
    "Notices",
    "TrialAnswer",
    "check_trial_address",
    "deliver",
    "named_issue",
    "send_trial",
    "set_issue",
]
