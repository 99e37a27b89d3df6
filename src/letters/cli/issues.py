"""The commands by which an operator decides about an issue: approve, hold, pause, resume, cancel."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from letters.cli.app import app, face_of
from letters.cli.face import parse_now
from letters.cli.options import IssueArgument, JsonOption, NowOption, WorkspaceOption
from letters.deliver import set_issue

ActorOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who decides; default: the name of the account.")
]


@app.command()
def approve(
    context: typer.Context,
    issue: IssueArgument,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an issue go out that waits for approval or was held."""
    _decide(context, "approve", issue, by, now, workspace)


@app.command()
def hold(
    context: typer.Context,
    issue: IssueArgument,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop an issue for now, in the middle of its sending too; approve lets it go on."""
    _decide(context, "hold", issue, by, now, workspace)


@app.command()
def pause(
    context: typer.Context,
    issue: IssueArgument,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop an issue that is being sent; resume lets it go on where it stopped."""
    _decide(context, "pause", issue, by, now, workspace)


@app.command()
def resume(
    context: typer.Context,
    issue: IssueArgument,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an issue go on that was paused or held; nobody gets it twice."""
    _decide(context, "resume", issue, by, now, workspace)


@app.command()
def cancel(
    context: typer.Context,
    issue: IssueArgument,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop an issue for good, in the middle of its sending too."""
    _decide(context, "cancel", issue, by, now, workspace)


def _decide(
    context: typer.Context, action: str, name: str, by: str | None, now: str | None, workspace: Path | None
) -> None:
    face = face_of(context)
    actor = by or getpass.getuser()
    with face.house(workspace) as house:
        issue = set_issue(house.store, name, action, actor=actor, now=parse_now(now))
    if not face.as_json:
        face.out.print(f"{issue.name} is {issue.state.value}, by {actor}")
    face.finish({"issue": issue.name, "state": issue.state.value, "by": actor})
