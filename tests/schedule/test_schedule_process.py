"""The process behind ``letters run``, as a process: started, asked, given bad settings, and stopped by signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from letters.errors import SettingsError, UsageError
from letters.links import Links
from letters.model import Subscriber, SubscriberStatus
from letters.schedule import run_scheduler
from letters.settings import Workspace
from letters.store import Store
from letters.store.subscribers import save_subscribers

#: Nothing waits so long unless it fails.
PATIENCE = 120

CONFIGURATION = {
    "letters.toml": """
[site]
title = "Signal"
base_url = "https://signal.example"
[delivery]
from = "Signal <news@signal.example>"
""",
    "sources.toml": "",
    "topics.toml": "",
    "schedule.toml": """
[[edition]]
key = "weekly"
title = "Weekly"
when = "0 8 * * MON"
""",
}
PROGRAM = """
import os, sys
from pathlib import Path
from letters.schedule import run_scheduler
from letters.settings import Workspace
run_scheduler(Workspace(Path(sys.argv[1])), os.environ, port=0)
"""


class Running:
    """The process, and what it logs."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(root)],
            env={**os.environ, "LETTERS_SECRET": "a key of the test"},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._watchdog = threading.Timer(PATIENCE, self.process.kill)
        self._watchdog.start()

    def wait_for(self, pattern: str) -> str:
        """The next line that has this in it."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError(f"no line with {pattern!r} in:\n{''.join(self.lines)}")

    def end(self) -> int:
        """Wait for the end, and read what is left."""
        assert self.process.stderr is not None
        self.lines += self.process.stderr.readlines()
        return self.process.wait()

    def close(self) -> None:
        self._watchdog.cancel()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "cards").mkdir()
    for name, text in CONFIGURATION.items():
        (tmp_path / "config" / name).write_text(text)
    return tmp_path


@pytest.fixture
def running(root: Path) -> Iterator[Running]:
    one = Running(root)
    yield one
    one.close()


def test_it_makes_a_pass_serves_obeys_changes_and_stops(root: Path, running: Running) -> None:
    (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", running.wait_for("started"))
    assert "problems=0" in running.wait_for("made a pass")
    with urllib.request.urlopen(address) as answer:
        assert b"Signal" in answer.read()

    schedule = root / "config" / "schedule.toml"
    good = schedule.read_text()
    schedule.write_text(good.replace("0 8 * * MON", "0 8 31 2 *"))
    line = running.wait_for("the last good settings stay")
    assert re.search(r"config/schedule\.toml:5: .*31 2", line)

    schedule.write_text(good + good.replace("weekly", "second"))
    assert re.search(r"editions.*2", running.wait_for("read the changed configuration"))
    running.wait_for("made a pass")

    running.process.send_signal(signal.SIGTERM)
    assert running.end() == 0
    assert "stopped" in running.lines[-1]
    assert "Traceback" not in "".join(running.lines)


def test_what_it_prints_holds_no_secret_address(root: Path, running: Running) -> None:
    """R58: while requests for a private feed succeed, fail and break."""
    (address,) = re.findall(r"(http://127\.0\.0\.1:\d+)/", running.wait_for("started"))
    running.wait_for("made a pass")
    store = Store(f"sqlite:///{root}/var/letters.db")
    reader = Subscriber(uid="ada", email="ada@reader.example", status=SubscriberStatus.CONFIRMED)
    with store.write() as c:
        save_subscribers(c, [reader], now=datetime(2026, 11, 3, tzinfo=UTC))
    preferences = Links(["a key of the test"], address).preferences_url("ada")

    def ask(url: str, body: bytes | None = None) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(url, body) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    status, page = ask(f"{preferences}/feed", b"")
    (path,) = re.findall(r"private/<wbr>([\w.-]+\.rss)", page)
    serial = path.split(".")[1]
    statuses = [status, *(ask(f"{address}/private/{one}")[0] for one in (path, path + "x", f"x{path}"))]
    statuses += [ask(f"{address}/private/{path}", b"")[0], ask(f"{address}/other/{path}")[0]]
    statuses.append(ask(f"{preferences}/feed/stop", f"serial={serial}".encode())[0])
    statuses.append(ask(f"{address}/private/{path}")[0])
    with store.write() as c:
        c.exec_driver_sql("ALTER TABLE private_feed RENAME TO away")
    statuses.append(ask(f"{address}/private/{path}")[0])
    store.close()
    running.process.send_signal(signal.SIGTERM)
    running.end()
    assert statuses == [200, 200, 404, 404, 405, 404, 200, 410, 500]
    assert running.process.stdout is not None
    printed = "".join(running.lines) + running.process.stdout.read()
    assert "a private feed was stopped" in printed
    assert "a request broke" in printed
    assert path.split(".")[2] not in printed
    assert serial not in printed
    assert preferences.rpartition(".")[2] not in printed


def test_ctrl_c_stops_it_as_cleanly(running: Running) -> None:
    running.wait_for("started")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 0
    assert "Traceback" not in "".join(running.lines)


def test_settings_that_cannot_be_used_end_it_at_once(root: Path) -> None:
    (root / "config" / "schedule.toml").write_text("[[edition]]\nkey = 1\n")
    with pytest.raises(SettingsError, match=r"config/schedule\.toml"):
        run_scheduler(Workspace(root), {"LETTERS_SECRET": "a key of the test"})


def test_a_port_that_cannot_be_ends_it_at_once(root: Path) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        run_scheduler(Workspace(root), {"LETTERS_SECRET": "a key of the test"}, port=70_000)
