"""The review as a person meets it: in a real terminal, by one key each."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli_kit import CARD, START, Letters, feed
from httpserver import HttpServer

BRIDGE, GLASS = "The long bridge home", "Water under glass"
SENSORS = "Cheap sensors, expensive silence"
_STYLES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CLEAR = "\x1b[H"


class Terminal:
    """A command in a terminal of its own, 80 by 30, and what a person sees of it."""

    def __init__(self, *words: object, columns: int = 80, lines: int = 30) -> None:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environ = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "letters", *map(str, words)],
            stdin=there,
            stdout=there,
            stderr=there,
            env={**environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        self._terminal = there
        self._raw = ""

    def waits_for(self, *words: str, seconds: float = 30) -> str:
        """What is on the screen once any of the words are."""
        until = time.monotonic() + seconds
        while not any(one in self.screen for one in words):
            left = until - time.monotonic()
            assert left > 0, f"{words!r} did not appear:\n{self.screen}"
            if select.select([self._here], [], [], min(left, 0.2))[0]:
                self._raw += os.read(self._here, 65_536).decode(errors="replace")
            else:
                assert self.process.poll() is None, f"it ended without {words!r}:\n{self.screen}"
        return self.screen

    @property
    def screen(self) -> str:
        """What was written since the screen was cleared last, without colours."""
        return _STYLES.sub("", self._raw.rpartition(_CLEAR)[2]).replace("\r", "")

    def press(self, key: str) -> None:
        """Press a key, once all is drawn and keys are offered. What was seen before is no longer waited for."""
        self.waits_for("q quit", "any other key ends")
        self._raw = ""
        os.write(self._here, key.encode())

    def ends(self) -> int:
        return self.process.wait(30)

    def is_as_before(self) -> bool:
        """Whether the terminal gives lines and shows what is typed, as a shell wants it."""
        return termios.tcgetattr(self._terminal)[3] & (termios.ICANON | termios.ECHO) == (
            termios.ICANON | termios.ECHO
        )

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self._here)
        os.close(self._terminal)


@pytest.fixture
def doubtful(workspace: Path, letters: Letters, http_server: HttpServer) -> Path:
    """The workspace after a pass, with two cards that two episodes each fit equally well."""
    http_server.serve("/feed.xml", feed(BRIDGE, BRIDGE, GLASS, GLASS, SENSORS, "Another story"))
    sources = workspace / "config/sources.toml"
    sources.write_text(sources.read_text() + "backfill = 9\n")
    for name, title in (("bridge", BRIDGE), ("glass", GLASS)):
        (workspace / "cards" / f"{name}.txt").write_text(CARD.replace(SENSORS, title))
    assert letters("once", "--json", "--now", START.isoformat(), "-w", workspace).data["pairs"]["review"] == 2
    return workspace


@pytest.fixture
def terminal(doubtful: Path) -> Iterator[Terminal]:
    """A review that was just begun."""
    found = Terminal("pair", "review", "--by", "ada", "-w", doubtful)
    yield found
    found.close()


def order(letters: Letters, workspace: Path) -> list[str]:
    """The titles of the cards that are asked about, in that order."""
    queue = letters("pair", "review", "--json", "-w", workspace).data["review"]
    return [one["card"] for one in queue]


def pairs(letters: Letters, workspace: Path) -> dict[str, dict[str, Any]]:
    rows = letters("pair", "list", "--json", "-w", workspace).data["pairs"]
    return {row["card"]: row for row in rows}


def test_card_and_candidate_stand_side_by_side_in_eighty_columns(
    terminal: Terminal, doubtful: Path, letters: Letters
) -> None:
    first, _ = order(letters, doubtful)
    shown = terminal.waits_for("q quit")
    assert "Review  1 of 2" in shown
    line = next(line for line in shown.splitlines() if line.count(first) == 2)
    assert line.index(first) == 0
    assert line.rindex(first) > 40
    assert "Candidate 1 of 2, likely 0." in shown
    assert "the titles share" in shown
    assert f'Else: "{first}", The Quiet Grid' in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert len(shown.splitlines()) <= 30
    terminal.press("q")
    shown = terminal.waits_for("left.")
    assert "no cards answered, 2 left." in shown
    assert terminal.ends() == 0
    assert terminal.is_as_before()


def test_each_key_is_one_answer_and_stands_at_once(
    terminal: Terminal, doubtful: Path, letters: Letters
) -> None:
    first, second = order(letters, doubtful)
    terminal.waits_for("q quit")
    terminal.press("n")
    terminal.waits_for("Candidate 2 of 2")
    terminal.press("a")
    shown = terminal.waits_for("q quit")
    assert f'Accepted: "{first}" with "{first}".' in shown
    assert "Review  2 of 2" in shown
    assert pairs(letters, doubtful)[first]["confirmed_by"] == "ada"
    terminal.press("x")
    shown = terminal.waits_for("any other key ends")
    assert f'None of these 2: "{second}".' in shown
    terminal.press("q")
    assert "2 cards answered, 0 left." in terminal.waits_for("undo")
    assert terminal.ends() == 0
    assert terminal.is_as_before()
    letters("pair", "-w", doubtful)
    found = pairs(letters, doubtful)
    assert (found[first]["decision"], found[second]["decision"]) == ("paired", "none")


def test_answers_are_undone_one_by_one_and_asked_again(
    terminal: Terminal, doubtful: Path, letters: Letters
) -> None:
    first, second = order(letters, doubtful)
    before = pairs(letters, doubtful)
    terminal.waits_for("q quit")
    terminal.press("a")
    terminal.waits_for("Review  2 of 2")
    terminal.press("x")
    terminal.waits_for("any other key ends")
    terminal.press("u")
    assert f'Taken back: "{second}".' in terminal.waits_for("Review  2 of 2")
    terminal.press("u")
    assert f'Taken back: "{first}".' in terminal.waits_for("Review  1 of 2")
    terminal.press("u")
    terminal.waits_for("No answer is left to take back.")
    terminal.press("\x04")
    assert terminal.ends() == 0
    assert pairs(letters, doubtful) == before
    assert order(letters, doubtful) == [first, second]


def test_killed_in_the_middle_the_answers_so_far_stand(
    terminal: Terminal, doubtful: Path, letters: Letters
) -> None:
    first, second = order(letters, doubtful)
    terminal.waits_for("q quit")
    terminal.press("a")
    terminal.waits_for("Review  2 of 2")
    os.kill(terminal.process.pid, signal.SIGKILL)
    assert terminal.ends() == -signal.SIGKILL
    assert pairs(letters, doubtful)[first]["confirmed_by"] == "ada"
    assert order(letters, doubtful) == [second]


def test_other_keys_say_so_and_arrows_do_nothing(terminal: Terminal) -> None:
    terminal.waits_for("q quit")
    terminal.press("z")
    assert "Review  1 of 2" in terminal.waits_for("No such key.")
    terminal.press("\x1b[Cs")
    assert "Review  2 of 2" in terminal.waits_for("q quit")


def test_what_somebody_else_decided_meanwhile_is_told(
    terminal: Terminal, doubtful: Path, letters: Letters
) -> None:
    terminal.waits_for("q quit")
    for one in letters("pair", "review", "--json", "-w", doubtful).data["review"][0]["candidates"][:1]:
        ran = letters("pair", "confirm", "sensors.txt", one["episode_id"], "-w", doubtful)
        assert ran.code == 0
    terminal.press("a")
    told = " ".join(terminal.waits_for("q quit").split())
    assert f'is confirmed for the card "{SENSORS}"; take that back first' in told
    assert "Review 1 of 2" in told


def test_an_empty_queue_says_what_brings_new_ones(doubtful: Path, letters: Letters) -> None:
    for name in ("bridge", "glass"):
        (doubtful / "cards" / f"{name}.txt").unlink()
    letters("pair", "-w", doubtful)
    terminal = Terminal("pair", "review", "-w", doubtful)
    terminal.waits_for("Nothing is doubtful.")
    assert terminal.ends() == 0
    terminal.close()


def test_a_narrow_and_low_terminal_still_shows_the_keys(doubtful: Path) -> None:
    terminal = Terminal("pair", "review", "-w", doubtful, columns=60, lines=24)
    shown = terminal.waits_for("quit")
    assert max(map(len, shown.splitlines())) <= 60
    assert len(shown.splitlines()) <= 24
    terminal.close()
