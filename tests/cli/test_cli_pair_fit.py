"""Coefficients learned from labelled files by a command, and used by the one that pairs files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cli_kit import Letters

SHOWS = ("Tidewater", "Beacon Radio", "Night Ferry")
WHAT = ("lantern", "glacier", "orchard", "archive", "compass", "furnace", "causeway", "meadow")


def write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def labelled(folder: Path) -> list[str]:
    """The options that name the files: of each show's titles every other has its episode."""
    episodes, cards, truth = [], [], []
    for show in SHOWS:
        for number in range(1, 25):
            key, title = f"{show}-{number}", f"The {WHAT[number % 8]} of {1900 + number}"
            if number % 2:
                episodes.append({"episode_id": f"e-{key}", "show": show, "title": f"#{number}: {title}"})
            cards.append({"card_id": f"c-{key}", "title": title, "publisher": show})
            right = f"e-{key}" if number % 2 else None
            truth.append({"card_id": f"c-{key}", "episode_id": right, "show": show})
    files = {"episodes": episodes, "cards": cards, "truth": truth}
    return [word for name, rows in files.items() for word in (f"--{name}", str(write(folder / name, rows)))]


def test_what_was_fitted_is_what_files_are_paired_by(letters: Letters, tmp_path: Path) -> None:
    files, fitted = labelled(tmp_path), tmp_path / "fitted.toml"
    ran = letters("pair", "fit", *files, "--out", fitted)
    assert ran.code == 0
    assert "Learned from 72 cards of 3 shows: 36 have an episode, 36 of them were compared with it" in ran.out
    data = letters("pair", "fit", *files, "--out", fitted, "--json").data
    assert data["fit"] == {"cards": 72, "episodes": 36, "shows": 3, "with_episode": 36, "compared": 36}
    out = tmp_path / "out"
    ran = letters("pair", *files[:4], "--out", out, "--coefficients", fitted)
    assert ran.code == 0
    # As if a weight had been changed by hand: the file that is named is the one that counts.
    weights = fitted.read_text().splitlines()
    fitted.write_text(
        "\n".join('"title: equal" = 0.0' if '"title: equal" =' in line else line for line in weights)
    )
    before = out.read_text()
    assert letters("pair", *files[:4], "--out", out, "--coefficients", fitted).code == 0
    assert out.read_text() != before


def test_what_cannot_be_used_is_named(letters: Letters, tmp_path: Path) -> None:
    files, nonsense = labelled(tmp_path), tmp_path / "nonsense.toml"
    nonsense.write_text("[weights]\n")
    ran = letters("pair", *files[:4], "--out", tmp_path / "out", "--coefficients", nonsense)
    assert ran.code == 2
    assert "nonsense.toml" in ran.err
    assert "fit it again" in ran.err
    ran = letters("pair", "--coefficients", nonsense)
    assert ran.code == 2
    assert "--coefficients is for pairing files" in ran.err
    (tmp_path / "truth").write_text("")
    ran = letters("pair", "fit", *files, "--out", nonsense)
    assert ran.code == 2
    assert "labels 0 of the cards, wanted at least 50" in ran.err
    assert nonsense.read_text() == "[weights]\n"
