"""``letters compose EDITION``: compose what is due, or look at what would be composed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from letters.cli.app import app, face_of
from letters.cli.compose_explain import explanation_as_json, print_explanation, read_choice
from letters.cli.compose_preview import Wanted, show_preview
from letters.cli.face import Face, parse_now
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.cli.passes import finish_pass
from letters.cli.summary import pass_as_json
from letters.compose import explain as explain_issue
from letters.compose import preview as preview_issue
from letters.errors import UsageError
from letters.files import replace_file
from letters.model import PUBLIC, Choice, ComposedIssue
from letters.pipeline import House, begin_pass


@app.command()
def compose(
    context: typer.Context,
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="The edition's key.")],
    explain: Annotated[
        bool, typer.Option("--explain", help="Compose nothing; say how the next issue comes about.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Compose nothing; show the next issue's mail, and what to mend.")
    ] = False,
    send_test: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Compose nothing; send that preview to this address alone.")
    ] = "",
    topics: Annotated[
        str, typer.Option(metavar="KEYS", help="With these three: as a reader of these topics sees it.")
    ] = "",
    audiences: Annotated[
        str, typer.Option(metavar="KEYS", help="With these three: as a reader of these audiences sees it.")
    ] = "",
    titles_only: Annotated[
        bool, typer.Option("--titles-only", help="With these three: as a reader who wants lines sees it.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --preview: where to; default: var/preview/EDITION."),
    ] = None,
    check_links: Annotated[
        bool, typer.Option("--check-links", help="With --preview: ask each link whether it is there.")
    ] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compose an edition's latest occurrence that is due; when none is, write a preview and store nothing.

    With --explain: each card's points by rule, its heading and why, what was shortened, and what was left out and why.

    With --preview: the mail as it looks on a desk, on a phone, in the dark, without pictures and as text, with pictures where
    there is a Chromium; its size and links, and what mail clients, inboxes and screen readers would make of it.
    """
    face = face_of(context)
    moment = parse_now(now)
    choice = read_choice(topics, audiences, titles_only=titles_only)
    looks = preview or bool(send_test)
    _check_options(
        explain=explain, looks=looks, preview=preview, choice=choice, folder=folder, asks=check_links
    )
    with face.house(workspace) as house:
        _check_edition(house, edition)
        if explain:
            _explain(face, house, edition, choice, now=moment)
        if looks:
            wanted = Wanted(
                views=preview, folder=folder, asks_links=check_links, address=send_test, choice=choice
            )
            show_preview(face, house, edition, wanted, now=moment)
        _compose(face, house, edition, now=moment)


def _check_options(
    *, explain: bool, looks: bool, preview: bool, choice: Choice, folder: Path | None, asks: bool
) -> None:
    """Options that say nothing without another one, or against it."""
    if explain and looks:
        raise UsageError("--explain goes without --preview and --send-test; give them one after the other")
    if choice.key and not (explain or looks):
        raise UsageError(
            "--topics, --audiences and --titles-only are for --explain, --preview and --send-test; add one"
        )
    if (folder or asks) and not preview:
        raise UsageError("--folder and --check-links are for --preview; add it")


def _explain(face: Face, house: House, edition: str, choice: Choice, *, now: datetime) -> NoReturn:
    about = explain_issue(house.store, house.settings, house.workspace, edition, now=now, choice=choice)
    if not face.as_json:
        print_explanation(face, about)
    face.finish(explanation_as_json(about))


def _compose(face: Face, house: House, edition: str, *, now: datetime) -> NoReturn:
    with (
        face.progress("compose") as progress,
        begin_pass(house, "compose", now=now, progress=progress) as run,
    ):
        run.compose(edition)
    done = run.report.composed
    if done is not None and (done.composed or done.skipped):
        finish_pass(face, run.report)
    coming = preview_issue(house.store, house.settings, house.workspace, edition, now=now)
    files = write_preview(house, coming)
    if not face.as_json:
        face.out.print(
            f"Nothing is due for {edition}. A preview of the issue as it stands now, stored nowhere else:"
        )
        for file in files:
            face.out.print(f"  {file}")
    data = {**pass_as_json(run.report), "preview": {"files": files, "entries": len(coming.entries)}}
    face.finish(data, run.report.problems)


def write_preview(house: House, coming: ComposedIssue) -> list[Path]:
    """Write what everybody would see of an issue under ``var/preview/EDITION/``; return the files."""
    folder = house.workspace.var / "preview" / coming.edition.key
    shown = next(one for one in coming.renderings if one.choice == PUBLIC)
    files = {folder / "issue.html": shown.html, folder / "issue.txt": shown.text}
    for file, content in files.items():
        replace_file(file, content)
    return list(files)


def _check_edition(house: House, key: str) -> None:
    if house.settings.edition(key) is None:
        known = ", ".join(f'"{edition.key}"' for edition in house.settings.editions) or "none"
        raise UsageError(f'edition "{key}" is not in config/schedule.toml; the editions there: {known}')
