"""The commands about a workspace as a whole: init, check, demo, db upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from letters.cards import check_cards
from letters.cli.app import app, face_of
from letters.cli.demonstration import run_demo
from letters.cli.face import USAGE, count
from letters.cli.options import JsonOption, WorkspaceOption
from letters.errors import Problem, SettingsError
from letters.settings import init_workspace, load_settings, warnings
from letters.store import Store
from letters.text import check_catalogues

db = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(db, name="db")


@app.command()
def init(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the workspace goes; made if it is not there.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Make a new workspace with explained configuration."""
    face = face_of(context)
    files = init_workspace(folder)
    if not face.as_json:
        face.out.print(f"Made a workspace in {folder}. Next:")
        for step in (
            f"edit {folder}/config/letters.toml: the site's title, its address and the sender",
            f"add sources to {folder}/config/sources.toml and editions to {folder}/config/schedule.toml",
            f"drop cards into {folder}/cards",
            f"letters check --workspace {folder}",
            f"letters run --workspace {folder}",
        ):
            face.out.print(f"  {step}", soft_wrap=True)
    face.finish({"workspace": folder.resolve(), "files": files})


@app.command()
def check(context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Name every problem of the configuration, the cards and the catalogues, with file, line and remedy."""
    face = face_of(context)
    place = face.workspace(workspace)
    problems: list[Problem] = []
    code = None
    try:
        settings = load_settings(place, face.environ)
    except SettingsError as error:
        problems += error.problems
        code = USAGE
    else:
        problems += warnings(settings)
        problems += check_cards(place, settings)
        problems += check_catalogues(place.root, place.templates)
        if not face.as_json:
            face.out.print(
                f"{count(len(settings.sources), 'source')}, {count(len(settings.editions), 'edition')}, "
                f"{count(len(settings.topics), 'topic')}, {count(len(settings.audiences), 'audience')}"
            )
            if not problems:
                face.out.print("nothing to mend")
    face.finish({}, problems, code=code)


@app.command()
def demo(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    tree: Annotated[
        Path | None, typer.Option(help="Publish into this folder; default: the workspace's feeds/.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve the result afterwards, until stopped.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Do the whole job on bundled sources and cards, over real HTTP on loopback."""
    face = face_of(context)
    run_demo(face, workspace or face.workspace_root, tree=tree, serve=serve)


@db.command()
def upgrade(context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Bring the database to this version's tables."""
    face = face_of(context)
    settings = load_settings(face.workspace(workspace), face.environ)
    store = Store(settings.store.url)
    before = store.revision()
    store.upgrade()
    after = store.revision()
    store.close()
    if not face.as_json:
        changed = "was there already" if before == after else f"from {before or 'nothing'}"
        face.out.print(f"the database is at revision {after} ({changed})")
    face.finish({"before": before, "after": after})
