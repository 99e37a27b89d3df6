"""The commands that make a pass, or one verb of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from letters import pipeline
from letters.cli.app import app, face_of
from letters.cli.deliver_explain import explain_deliveries
from letters.cli.face import Face, count, parse_now
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.cli.summary import pass_as_json, pass_as_rows
from letters.errors import UsageError
from letters.pipeline import Pass, PassReport, begin_pass

_VERBS = ("watch", "cards", "pair", "publish", "compose", "deliver")


@app.command()
def once(
    context: typer.Context,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make one whole pass: watch, pair, publish, compose what is due, deliver."""
    face = face_of(context)
    with face.house(workspace) as house, face.progress(*_VERBS) as progress:
        report = pipeline.once(house, now=parse_now(now), progress=progress)
    finish_pass(face, report)


@app.command()
def watch(
    context: typer.Context,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at all sources now, but for those that asked to be left alone."""
    run_verb(context, "watch", workspace, now, lambda run: run.watch(everything=True))


@app.command()
def publish(
    context: typer.Context,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the published tree up to date: feeds, pages, the list of feeds. Every document is looked at."""
    run_verb(context, "publish", workspace, now, partial(Pass.publish, everything=True))


@app.command()
def deliver(
    context: typer.Context,
    issue: Annotated[str | None, typer.Argument(metavar="[EDITION/NUMBER]", help="Only this issue.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Send nothing; say who got the issue, who did not, and why.")
    ] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="With --explain: everybody, as CSV.")
    ] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand over what is due, of all issues or of one.

    With --explain: who got an issue, who did not, and why.
    """
    face = face_of(context)
    if explain:
        if issue is None:
            raise UsageError('--explain wants an issue; name it as EDITION/NUMBER, such as "policy-weekly/3"')
        with face.house(workspace) as house:
            explain_deliveries(face, house, issue, csv)
    if csv is not None:
        raise UsageError("--csv is for --explain; add it")
    with face.house(workspace) as house, face.progress("deliver") as progress:
        report = pipeline.deliver(house, now=parse_now(now), issue=issue, progress=progress)
    finish_pass(face, report)


def run_verb(
    context: typer.Context, name: str, workspace: Path | None, now: str | None, act: Callable[[Pass], object]
) -> NoReturn:
    """Make a pass of one verb, and end the command with what it did."""
    face = face_of(context)
    with (
        face.house(workspace) as house,
        face.progress(*_VERBS) as progress,
        begin_pass(house, name, now=parse_now(now), progress=progress) as run,
    ):
        act(run)
    finish_pass(face, run.report)


def finish_pass(face: Face, report: PassReport) -> NoReturn:
    """End the command with what a pass did."""
    if not face.as_json:
        face.print_table(("=verb", "what", ">time"), pass_as_rows(report), empty="nothing was done")
        if report.paired is not None and report.paired.review:
            doubtful = count(report.paired.review, "doubtful card")
            face.out.print(f"\nTo be answered by a person: {doubtful}, with: letters pair review")
    face.finish(pass_as_json(report), report.problems)
