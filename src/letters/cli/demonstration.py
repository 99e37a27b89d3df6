"""What ``letters demo`` does: the whole job on bundled material, by a clock that runs through one week."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from letters.calendar import next_occurrence
from letters.cli.face import Face, count
from letters.cli.summary import pass_as_json, pass_as_rows
from letters.demo import serve_demo, write_demo_workspace
from letters.errors import Problem, UsageError
from letters.pipeline import House, PassReport, once, open_house
from letters.schedule import run_scheduler
from letters.settings import Settings, Workspace
from letters.store.issues import load_issues
from letters.subscribe import import_csv

_MARK = ".letters-demo"
#: The demo begins this long ago, so that each edition's hour has come once and no clock runs ahead.
_AGO = timedelta(days=8)


def run_demo(face: Face, root: Path | None, *, tree: Path | None, serve: bool) -> None:
    """Make the demo's workspace (or go on in one), make its passes, and say what to open.

    Raises `UsageError` for a folder that holds something else.
    """
    root = root or Path(tempfile.mkdtemp(prefix="letters-demo-"))
    begins = not root.exists() or not any(root.iterdir())
    if not begins and not (root / _MARK).exists():
        raise UsageError(
            f'"{root}" is not empty and no demo; name another folder with --workspace, or a new one'
        )
    now = datetime.now(UTC).replace(microsecond=0)
    start = now - _AGO if begins else datetime.fromisoformat((root / _MARK).read_text())
    root.mkdir(parents=True, exist_ok=True)
    (root / _MARK).write_text(start.isoformat())
    with serve_demo(start) as address:
        write_demo_workspace(
            root, feeds_address=address, now=start, tree=str(tree.resolve()) if tree else None
        )
        house = open_house(Workspace(root), face.environ)
        try:
            reports = _passes(face, house, start=start, now=now, begins=begins)
            problems = _distinct([problem for report in reports for problem in report.problems])
            _say_what_to_open(face, house)
            data = {
                "workspace": house.workspace.root,
                "tree": house.workspace.tree(house.settings),
                "outbox": house.workspace.outbox,
                "passes": [pass_as_json(report) for report in reports],
            }
        finally:
            house.close()
        if serve:
            run_scheduler(house.workspace, face.environ)
    face.finish(data, problems)


def _passes(face: Face, house: House, *, start: datetime, now: datetime, begins: bool) -> list[PassReport]:
    reports = []
    with (house.workspace.root / "subscribers.csv").open(encoding="utf-8", newline="") as file:
        people = import_csv(house.store, house.settings, file, now=start, where="subscribers.csv")
    if not face.as_json:
        face.out.print(f"{count(people.added, 'subscriber')} imported, {people.unchanged} there already\n")
    for moment in demo_moments(house.settings, start=start, now=now) if begins else [now]:
        with face.progress("watch", "cards", "pair", "publish", "compose", "deliver") as progress:
            report = once(house, now=moment, progress=progress)
        reports.append(report)
        if not face.as_json:
            face.out.print(f"[bold]{moment:%A %d %B, %H:%M} UTC[/]")
            face.print_table(("=verb", "what", ">time"), pass_as_rows(report), empty="nothing was done")
            face.out.print()
    return reports


def demo_moments(settings: Settings, *, start: datetime, now: datetime) -> list[datetime]:
    """The first look, then each edition's first hour, then now: the clocks of the demo's passes."""
    hours = {
        occurrence.at
        for edition in settings.editions
        if (occurrence := next_occurrence(edition, after=start)) is not None and occurrence.at <= now
    }
    return sorted({start, *hours, now})


def _say_what_to_open(face: Face, house: House) -> None:
    if face.as_json:
        return
    tree = house.workspace.tree(house.settings)
    with house.store.read() as connection:
        issues = [issue for issue in load_issues(connection) if issue.number is not None]
    face.out.print("[bold]Look at[/]")
    rows = [
        ("the site", tree / "index.html"),
        ("a feed", tree / "all.rss"),
        *(
            (f"an issue of {issue.edition}", tree / "issues" / issue.name / "index.html")
            for issue in issues[:3]
        ),
        ("the mails", house.workspace.outbox),
        ("the configuration", house.workspace.config),
    ]
    for what, path in rows:
        face.out.print(f"  {what:<28} {_from_here(path)}", soft_wrap=True)
    again = (
        f"{_program()} demo --workspace {_from_here(house.workspace.root)} --tree {_from_here(tree)} --serve"
    )
    face.out.print(f"\nServe it: {again}", soft_wrap=True)


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _program() -> str:
    """How this program is called: by name where it is on the PATH, else by where it lies."""
    called = Path(sys.argv[0])
    return called.name if shutil.which(called.name) else str(_from_here(called.resolve()))


def _distinct(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
