"""Everything that comes back by mail, from the places that the settings name."""

from __future__ import annotations

from datetime import datetime

from letters.errors import LettersError, Problem
from letters.returns.edge import ReturnsReport
from letters.returns.imap import take_imap
from letters.returns.maildir import take_maildir
from letters.settings import Settings, Workspace
from letters.store import Store


def take_from_places(
    store: Store, settings: Settings, workspace: Workspace, *, now: datetime
) -> ReturnsReport:
    """Take in the maildir and the IMAP folder of ``[returns]``. A place that cannot be read is a problem, and keeps nobody from the other."""
    report = ReturnsReport()
    if settings.returns.maildir:
        try:
            take_maildir(store, settings, workspace.root / settings.returns.maildir, now=now, report=report)
        except (LettersError, OSError) as error:
            report.problems.append(Problem(where="config/letters.toml", what=f"[returns] maildir: {error}"))
    if settings.returns.imap.host:
        take_imap(store, settings, now=now, report=report)
    return report
