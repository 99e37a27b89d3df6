"""The options that many commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace", "-w", help="The workspace; default: LETTERS_WORKSPACE, else the current folder."
    ),
]
# `main` looks for this word itself, so that a usage error is told as JSON too; commands read `Face.as_json`.
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
NowOption = Annotated[
    str | None, typer.Option("--now", metavar="ISO", help="The clock of this pass; default: the real time.")
]
IssueArgument = Annotated[
    str, typer.Argument(metavar="EDITION/NUMBER", help="The issue, such as policy-weekly/12.")
]
