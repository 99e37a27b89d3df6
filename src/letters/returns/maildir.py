"""Mails from a maildir, each marked as seen once what it says is committed."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from letters.errors import UsageError
from letters.returns.edge import ReturnsReport, take_mail
from letters.returns.mime import SIZE_LIMIT_BYTES
from letters.settings import Settings
from letters.store import Store


def take_maildir(store: Store, settings: Settings, folder: Path, *, now: datetime) -> ReturnsReport:
    """Take in all of ``new/``, and move each mail to ``cur/`` as seen.

    Killed between the two, the mail is read again, and found to have been told before.
    """
    new, cur = folder / "new", folder / "cur"
    if not new.is_dir() or not cur.is_dir():
        raise UsageError(f'"{folder}" is no maildir: it has no folders "new" and "cur"')
    report = ReturnsReport()
    for path in sorted(new.iterdir()):
        # A link may lead anywhere; a maildir holds files.
        if path.is_symlink() or not path.is_file():
            continue
        try:
            with path.open("rb") as file:
                content = file.read(SIZE_LIMIT_BYTES)
        except FileNotFoundError:
            # Another process was faster.
            continue
        take_mail(store, settings, content, where=path.name, now=now, report=report)
        try:
            os.replace(path, cur / f"{path.name.partition(':')[0]}:2,S")
        except FileNotFoundError:
            continue
    return report
