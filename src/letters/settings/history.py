"""What the configuration was before Letters edited it: under ``var/history``, so that any edit can be taken back.

A copy of each file as it stood before an edit, and a line per edit in ``edits.jsonl``: when, who, which file, what was done,
and the copy's name.
"""

from __future__ import annotations

import getpass
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from letters.files import append_line, replace_file
from letters.settings.types import Workspace

#: Copies that are kept of each file; the lines stay.
KEPT = 100

LOG = "edits.jsonl"


def remember_edit(
    workspace: Workspace, path: Path, before: bytes | None, *, what: str, now: datetime
) -> None:
    """Keep what a file held, and say what is about to be done to it; None: there was no file.

    Called before the edit: one that is killed leaves a line about nothing, never an edit that nobody knows of.
    """
    copy = None
    if before is not None:
        # The digest keeps two edits of one second apart.
        digest = hashlib.sha256(before).hexdigest()[:8]
        copy = workspace.history / f"{path.stem}.{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.{digest}{path.suffix}"
        replace_file(copy, before)
    line = {
        "at": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "by": _user(),
        "file": workspace.shown(path),
        "what": what,
        "before": copy.name if copy is not None else None,
    }
    append_line(workspace.history / LOG, json.dumps(line, ensure_ascii=False))
    _forget_oldest(workspace.history, path)


def _forget_oldest(folder: Path, path: Path) -> None:
    for old in sorted(folder.glob(f"{path.stem}.*{path.suffix}"))[:-KEPT]:
        old.unlink(missing_ok=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user often has no name
        return ""
