"""A whole workspace with a real feed on loopback, and a way to give it commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from httpserver import HttpServer
from letters.cli import main

#: A Saturday; the workspace's weekly edition is due on Mondays.
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)

CARD = """\
Cheap sensors, expensive silence
Summary
What a town learned from two hundred sensors.
Key takeaway
Measure before you build.
Topics
- Open Data
Best for: Policy Maker
Editorial summary, takeaway, and curation by Signal. Original podcast published by The Quiet Grid.
"""


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The one JSON object; fails if anything else was printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Letters = Callable[..., Ran]


@pytest.fixture
def letters(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Letters]:
    """Run a command in this process, as the console script does."""
    for name in ("LETTERS_WORKSPACE", "LETTERS_DATABASE_URL", "LETTERS_SECRET", "LETTERS_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: object) -> Ran:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    yield run
    # A command sends logs to the standard error of its test, which is closed now.
    structlog.reset_defaults()


def feed(*titles: str) -> str:
    """A podcast's feed with one episode a day before `START` for each title."""
    items = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{number}</guid>"
        f"<pubDate>{format_datetime(START - timedelta(days=number))}</pubDate>"
        f"<enclosure url='https://media.example/{number}.mp3' type='audio/mpeg' length='1000'/></item>"
        for number, title in enumerate(titles, 1)
    )
    return (
        "<rss version='2.0'><channel><title>The Quiet Grid</title><link>https://grid.example/</link>"
        f"<description>Cities and their wires</description>{items}</channel></rss>"
    )


@pytest.fixture
def workspace(tmp_path: Path, letters: Letters, http_server: HttpServer) -> Path:
    """A workspace with one source of two episodes, one card, one weekly edition and two subscribers' CSV."""
    root = tmp_path / "signal"
    assert letters("init", root).code == 0
    return fill_workspace(root, http_server)


def run_quietly(*words: object) -> None:
    """Run a command that must go well, for fixtures that many tests share: what it prints is lost."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(out):
        code = main([str(word) for word in words])
    structlog.reset_defaults()
    assert code == 0, out.getvalue()


def fill_workspace(root: Path, http_server: HttpServer) -> Path:
    """Write the files of `workspace` into one that was just made."""
    url = http_server.serve("/feed.xml", feed("Cheap sensors, expensive silence", "Another story"))
    config = root / "config"
    (config / "letters.toml").write_text(
        '[site]\ntitle = "Signal"\nbase_url = "https://signal.example"\n'
        '[delivery]\nfrom = "Signal <news@signal.example>"\n'
        f'[watch]\nallow_private = ["{http_server.place}"]\n'
    )
    (config / "sources.toml").write_text(f'[[source]]\nkey = "grid"\nurl = "{url}"\n')
    (config / "topics.toml").write_text(
        '[[topic]]\nkey = "open-data"\nname = "Open Data"\n[[audience]]\nkey = "policy-maker"\nname = "Policy Maker"\n'
    )
    (config / "schedule.toml").write_text(
        '[[edition]]\nkey = "weekly"\ntitle = "The week"\nwhen = "0 8 * * MON"\n'
    )
    (root / "cards" / "sensors.txt").write_text(CARD)
    (root / "people.csv").write_text(
        "email,name,editions,status,consent_at,consent_source\n"
        "ada@readers.example,Ada,weekly,confirmed,2026-01-05T10:00:00Z,a form\n"
        "grace@readers.example,Grace,weekly,confirmed,2026-01-06T10:00:00Z,a form\n"
    )
    return root
