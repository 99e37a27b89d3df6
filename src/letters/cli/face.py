"""How every command speaks: tables and problems on a terminal, or one JSON object; exit codes by the contract."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from letters.errors import Problem, UsageError
from letters.model import Progress
from letters.pipeline import House, open_house
from letters.settings import Workspace

ACCENT = "dark_cyan"
#: Work that is over sooner needs no progress bar, in seconds.
_PATIENCE = 0.5

_ENDLESS = 10_000

DONE, PROBLEMS, USAGE, NOTHING = 0, 1, 2, 3


def _console() -> Console:
    """Standard output: as wide as the terminal; elsewhere a row stays a line, for what reads it."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_ENDLESS)


@dataclass
class Face:
    """One command's way to its user, and to its workspace."""

    as_json: bool = False
    workspace_root: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    out: Console = field(default_factory=_console)
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def workspace(self, given: Path | None = None) -> Workspace:
        """The workspace that was named: after the command, before it, by LETTERS_WORKSPACE, else the current folder."""
        named = given or self.workspace_root or Path(self.environ.get("LETTERS_WORKSPACE") or ".")
        return Workspace(named)

    @contextmanager
    def house(self, given: Path | None = None) -> Iterator[House]:
        """The workspace, open."""
        house = open_house(self.workspace(given), self.environ)
        try:
            yield house
        finally:
            house.close()

    @contextmanager
    def progress(self, *verbs: str) -> Iterator[Mapping[str, Progress]]:
        """A progress bar per verb, on a terminal only, and only for work that takes a while."""
        if self.as_json or not self.err.is_terminal:
            yield {}
            return
        with ExitStack() as stack:
            bars = Bars(
                TextColumn(f"[{ACCENT}]{{task.description}}"),
                BarColumn(complete_style=ACCENT),
                MofNCompleteColumn(),
                console=self.err,
                transient=True,
            )
            yield {verb: _LateBar(bars, verb, stack) for verb in verbs}

    def finish(
        self, data: Mapping[str, Any], problems: Sequence[Problem] = (), *, code: int | None = None
    ) -> NoReturn:
        """End the command: print the JSON object if one was asked for, list the problems if not, and set the exit code."""
        if self.as_json:
            self.print_json({**data, "problems": [problem_as_json(problem) for problem in problems]})
        else:
            self.print_problems(problems)
        wrong = any(not problem.is_notice for problem in problems)
        raise typer.Exit(code if code is not None else PROBLEMS if wrong else DONE)

    def print_json(self, data: Mapping[str, Any]) -> None:
        """The one JSON object, on standard output."""
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=_as_json) + "\n")

    def print_problems(self, problems: Sequence[Problem]) -> None:
        """What needs a person, then what is merely worth knowing."""
        wrong = [problem for problem in problems if not problem.is_notice]
        notices = [problem for problem in problems if problem.is_notice]
        if wrong:
            self.out.print(f"\n[bold]{count(len(wrong), 'problem')}[/]")
            for problem in wrong:
                self.out.print(Text(f"  {problem}"), soft_wrap=True)
        if notices:
            self.out.print(f"\n[dim]{count(len(notices), 'note')}[/]")
            for problem in notices:
                self.out.print(Text(f"  {problem}", style="dim"), soft_wrap=True)

    def print_table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
        """A table without boxes. Without rows: what to do next.

        Columns named ">so" are aligned right, columns named "=so" are never wrapped; the others give way first.
        """
        if not rows:
            self.out.print(empty)
            return
        table = Table(box=None, pad_edge=False, header_style=ACCENT, padding=(0, 3, 0, 0))
        for column in columns:
            right, whole = column.startswith(">"), column.startswith("=")
            table.add_column(
                column.lstrip(">="),
                justify="right" if right else "left",
                overflow="fold",
                no_wrap=right or whole,
            )
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        self.out.print(table)


class _LateBar:
    """Starts to show itself once its work has taken a while."""

    def __init__(self, bars: Bars, verb: str, stack: ExitStack) -> None:
        self._bars, self._verb, self._stack = bars, verb, stack
        self._task: Any = None
        self._since = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if self._task is None:
            if done == 0:
                self._since = time.monotonic()
            if time.monotonic() - self._since < _PATIENCE:
                return
            if not self._bars.live.is_started:
                self._stack.enter_context(self._bars)
            self._task = self._bars.add_task(self._verb, total=total)
        self._bars.update(self._task, completed=done, total=total)


def count(number: int, noun: str) -> str:
    """``3 cards``, ``1 card``, ``no cards``; thousands are set apart."""
    plural = noun if number == 1 else noun.removesuffix("y") + "ies" if noun.endswith("ry") else noun + "s"
    return f"{number:,} {plural}" if number else f"no {plural}"


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """A problem's parts, and the whole as text."""
    return {
        "text": str(problem),
        "where": problem.where,
        "line": problem.line,
        "what": problem.what,
        "remedy": problem.remedy,
        "notice": problem.is_notice,
    }


def parse_now(value: str | None) -> datetime:
    """The clock of a pass: an ISO 8601 time with an offset (without one: UTC), else the real time."""
    if value is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise UsageError(f'--now "{value}": wanted an ISO 8601 time such as "2026-11-23T08:00:00Z"') from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _as_json(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
