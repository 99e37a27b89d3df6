"""``letters bounces`` killed at random moments: no mail is lost, none counts twice.

``LETTERS_KILL_ROUNDS`` asks for more rounds.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from letters.settings import init_workspace
from letters.store import Store, tables

ROUNDS = max(2, int(os.environ.get("LETTERS_KILL_ROUNDS", "2")) // 10)
MAILS = 100 * ROUNDS
LONGEST_SECONDS = 0.1


def run(root: Path, *, kill_after: float | None) -> int:
    """The exit code. Killed so many seconds after the first mail that this run moved."""
    command = [sys.executable, "-m", "letters", "bounces", "--workspace", str(root), "back"]
    cur = root / "back" / "cur"
    before = len(os.listdir(cur))
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if kill_after is not None:
        while process.poll() is None and len(os.listdir(cur)) == before:
            time.sleep(0.01)
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    return process.wait(timeout=120)


def fill(root: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (root / "back" / name).mkdir(parents=True)
    for number in range(MAILS):
        mail = (
            f"From: MAILER-DAEMON@mx.example\nX-Failed-Recipients: r{number}@x.example\n\n550 5.1.1 nobody\n"
        )
        (root / "back" / "new" / f"{number:04}.host").write_text(mail)


def count(store: Store) -> tuple[int, int]:
    """Rows, and mails that they are of."""
    with store.read() as c:
        query = select(func.count(), func.count(tables.returned.c.event.distinct()))
        rows, events = c.execute(query).one()
    return rows, events


def test_killed_while_a_maildir_is_taken_in(tmp_path: Path) -> None:
    """R38."""
    init_workspace(tmp_path, {})
    store = Store(f"sqlite:///{tmp_path}/var/letters.db")
    store.upgrade()
    fill(tmp_path)
    chance, killed = random.Random(13), 0
    for _ in range(ROUNDS):
        killed += run(tmp_path, kill_after=chance.uniform(0, LONGEST_SECONDS)) == -signal.SIGKILL
        rows, events = count(store)
        moved = len(os.listdir(tmp_path / "back" / "cur"))
        # What was moved is stored; of what is stored one mail, at most, was not moved yet.
        assert rows == events
        assert moved <= rows <= moved + 1
    assert killed
    assert run(tmp_path, kill_after=None) == 0
    assert count(store) == (MAILS, MAILS)
    assert os.listdir(tmp_path / "back" / "new") == []
