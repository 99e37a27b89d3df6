"""``letters sources import`` and ``export``: lists of feeds as OPML, from and for other readers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from letters.cli.app import face_of
from letters.cli.face import count, parse_now
from letters.cli.options import JsonOption, WorkspaceOption
from letters.cli.sources import sources
from letters.errors import Problem, UsageError
from letters.files import replace_file
from letters.pipeline import House
from letters.settings import load_settings
from letters.settings.edit import Addition, add_sources
from letters.settings.headings import read_folders
from letters.store.sources import load_states
from letters.watch.intake import Intake, take_in
from letters.watch.opml import LIMIT_BYTES, Subscription, SubscriptionList, read_opml, write_opml
from letters.watch.problems import without_password

_PRIVATE = 0o600


@sources.command("import")
def import_sources(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="OPML", help="The list; - reads standard input.", allow_dash=True)
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the feeds of an OPML list to config/sources.toml, in one edit."""
    face = face_of(context)
    place = face.workspace(workspace)
    settings = load_settings(place, face.environ)
    where = "standard input" if str(file) == "-" else str(file)
    listed = read_opml(_read(file), where=where)
    intake = take_in(listed.subscriptions, settings.sources, where=where)
    if intake.additions and not dry_run:
        what = f"sources import {where}: {count(len(intake.additions), 'source')}"
        add_sources(place, face.environ, intake.additions, what=what, now=parse_now(None))
    if not face.as_json:
        would = "would be " if dry_run else ""
        face.out.print(
            f"{count(len(intake.additions), 'source')} {would}added, {len(intake.already):,} there already, "
            f"{len(intake.repeated):,} in the list twice, {len(intake.invalid):,} invalid"
        )
    face.finish(_intake_as_json(intake, dry_run=dry_run), _problems(listed, intake, where))


@sources.command("export")
def export_sources(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="OPML", help="The file; - writes standard output.", allow_dash=True)
    ] = Path("-"),
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the sources as an OPML list, which other readers take and which imports again as it is."""
    face = face_of(context)
    if str(file) == "-" and face.as_json:
        raise UsageError("--json and a list on standard output exclude each other; name a file")
    with face.house(workspace) as house:
        subscriptions = _subscriptions(house)
        content = write_opml(subscriptions, title=house.settings.site.title)
    notices = _secrets_told(subscriptions)
    if str(file) == "-":
        sys.stdout.write(content.decode())
        for notice in notices:
            face.err.print(str(notice), markup=False, soft_wrap=True)
        raise typer.Exit
    replace_file(file, content, mode=_PRIVATE if notices else None)
    if not face.as_json:
        face.out.print(
            f"{count(len(subscriptions), 'source')} written to {file}", markup=False, soft_wrap=True
        )
    face.finish({"written": len(subscriptions), "file": file}, notices)


def _read(file: Path) -> bytes:
    """At most a byte more than may be read, so that a list beyond the limit is told as one."""
    if str(file) == "-":
        return sys.stdin.buffer.read(LIMIT_BYTES + 1)
    with file.open("rb") as stream:
        return stream.read(LIMIT_BYTES + 1)


def _subscriptions(house: House) -> list[Subscription]:
    """The configured sources as a list, under the names that people know them by."""
    with house.store.read() as connection:
        states = load_states(connection)
    titles = {key: state.feed_title for key, state in states.items()}
    text = (house.workspace.config / "sources.toml").read_text(encoding="utf-8-sig")
    return [
        Subscription(
            url=source.url,
            title=source.show or titles.get(source.key, "") or source.key,
            folder=folder,
            source=source,
        )
        for source, folder in zip(house.settings.sources, read_folders(text), strict=True)
    ]


def _secrets_told(subscriptions: list[Subscription]) -> list[Problem]:
    secret = sum(1 for one in subscriptions if without_password(one.url) != one.url)
    if not secret:
        return []
    what = f"{count(secret, 'address')} in the list {'holds' if secret == 1 else 'hold'} a name and password"
    return [Problem(what=what, remedy="give it only to those they are meant for", is_notice=True)]


def _problems(listed: SubscriptionList, intake: Intake, where: str) -> list[Problem]:
    """What is wrong with the list first, then what was passed over and why."""
    return [
        *intake.invalid,
        *(problem for problem in listed.problems if not problem.is_notice),
        *(_notice(where, one, f"stands in line {first.line} already") for one, first in intake.repeated),
        *(_notice(where, one, f'is source "{key}" already') for one, key in intake.already),
        *(problem for problem in listed.problems if problem.is_notice),
    ]


def _notice(where: str, one: Subscription, what: str) -> Problem:
    return Problem(where=where, line=one.line, what=f"{_name(one)} {what}", is_notice=True)


def _name(one: Subscription) -> str:
    return f'"{one.title}"' if one.title else without_password(one.url)


def _intake_as_json(intake: Intake, *, dry_run: bool) -> dict[str, Any]:
    return {
        "added": [_addition_as_json(addition) for addition in intake.additions],
        "already": [{"url": without_password(one.url), "key": key} for one, key in intake.already],
        "repeated": [
            {"url": without_password(one.url), "line": one.line, "first_line": first.line}
            for one, first in intake.repeated
        ],
        "invalid": len(intake.invalid),
        "dry_run": dry_run,
    }


def _addition_as_json(addition: Addition) -> dict[str, Any]:
    source = addition.source
    return {
        "key": source.key,
        "url": without_password(source.url),
        "show": source.show,
        "folder": addition.folder,
    }
