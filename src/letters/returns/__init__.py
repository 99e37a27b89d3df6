"""Coming back: bounces and complaints come in as mails or events, and those who cannot or will not get mail are suppressed.

In come the bytes of mails (`take_mail`, `take_maildir`), or what a provider reported (`take_reports`); out go rows that exist once however
often they are told, addresses that get no more mail, and rates with alarms. Out-of-office is no bounce.
"""

from letters.returns.edge import (
    ReturnsReport,
    rate_alarms,
    read_rates,
    suppress_reader,
    take_mail,
    take_mails,
    take_reports,
)
from letters.returns.maildir import take_maildir
from letters.returns.reading import read_report
from letters.returns.values import Report, Trace, UnreadableReportError

__all__ = [
    "Report",
    "ReturnsReport",
    "Trace",
    "UnreadableReportError",
    "rate_alarms",
    "read_rates",
    "read_report",
    "suppress_reader",
    "take_mail",
    "take_maildir",
    "take_mails",
    "take_reports",
]
