"""``letters pair fit``: learn from labelled cards how much each comparison counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from letters.cli.app import face_of
from letters.cli.options import JsonOption
from letters.cli.pairing import pair
from letters.pair.fit import fit_files


@pair.command("fit")
def fit_pairing(
    context: typer.Context,
    episodes: Annotated[Path, typer.Option(help="JSON Lines of episodes.", dir_okay=False)],
    cards: Annotated[Path, typer.Option(help="JSON Lines of cards.", dir_okay=False)],
    truth: Annotated[
        Path,
        typer.Option(
            help='JSON Lines: "card_id", and "episode_id" of its episode (null where it has none).',
            dir_okay=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Where the coefficients go, for letters pair --coefficients.", dir_okay=False)
    ],
    as_json: JsonOption = False,
) -> None:
    """Learn from labelled cards how much each comparison counts, and write it as a file that can be read.

    Pairing of files takes it by --coefficients. The coefficients that come with Letters were made by this command.
    """
    face = face_of(context)
    with face.progress("pair") as progress:
        report = fit_files(
            episodes, cards, truth, out, today=datetime.now(UTC).date(), progress=progress.get("pair")
        )
    found = report.coefficients
    if not face.as_json:
        face.out.print(
            f"Learned from {found.cards:,} cards of {found.shows:,} shows: {report.with_episode:,} have an episode, "
            f"{report.compared:,} of them were compared with it"
        )
        face.out.print(f"Written: {out}")
    counts = {"cards": found.cards, "episodes": found.episodes, "shows": found.shows}
    face.finish(
        {"fit": {**counts, "with_episode": report.with_episode, "compared": report.compared}, "out": out},
        report.problems,
    )
