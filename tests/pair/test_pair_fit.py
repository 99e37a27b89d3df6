"""Coefficients can be learned again, from files, and then pair cards of shows that were not among them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from letters.errors import UsageError
from letters.model import Decision
from letters.pair import CardToPair, EpisodeToPair, match
from letters.pair.coefficients import read_coefficients
from letters.pair.fit import LabelledCard, fit_files, split_shows
from letters.pair.labels import Label, read_label

TODAY = date(2026, 3, 1)
WHO = ("keeper", "diver", "pilot", "botanist", "ferryman", "weaver", "glazier", "surveyor", "cooper", "smith")
WHAT = ("lantern", "harbour", "glacier", "orchard", "archive", "compass", "meadow", "furnace", "causeway")
WHERE = ("winter", "storm", "dusk", "flood", "drought", "eclipse", "harvest", "monsoon")
SHOWS = ("Tidewater", "Saltmarsh Weekly", "The Lantern Hour", "Beacon Radio", "Night Ferry", "Quay Talk")


def rows(episodes: int = 20) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Shows of which each second episode has a card with its title or one like it, and as many cards without episode."""
    random = Random(11)
    made: list[dict[str, Any]] = []
    cards: list[dict[str, Any]] = []
    truth: list[dict[str, Any]] = []
    for show in SHOWS:
        for number in range(1, episodes + 1):
            who, what, where = random.choice(WHO), random.choice(WHAT), random.choice(WHERE)
            key = f"{show}/{number}"
            title = f"#{number}: The {who} of the {what} in the {where} of {1900 + number}"
            row = {"episode_id": f"e{key}", "show": show, "title": title, "published": f"2026-01-{number:02}"}
            if number % 3:
                made.append(row)
            if number % 2:
                told = title if number % 4 == 1 else f"{who.title()}, {what} and {where}, {1900 + number}"
                card = {"card_id": f"c{key}", "title": told, "publisher": show}
                cards.append(card | {"summary": f"On {what} and {where}, by a {who}."})
                right = row["episode_id"] if number % 3 else None
                truth.append({"card_id": card["card_id"], "episode_id": right, "show": show})
    return made, cards, truth


def write(path: Path, written: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in written))
    return path


def test_what_is_fitted_on_files_pairs_other_shows(tmp_path: Path) -> None:
    episodes, cards, truth = rows()
    out = tmp_path / "model.toml"
    report = fit_files(
        write(tmp_path / "episodes", episodes),
        write(tmp_path / "cards", cards),
        write(tmp_path / "truth", truth),
        out,
        today=TODAY,
    )
    assert read_coefficients(out) == report.coefficients
    assert (report.coefficients.cards, report.coefficients.shows) == (len(cards), len(SHOWS))
    assert report.compared == report.with_episode == sum(row["episode_id"] is not None for row in truth)
    assert report.problems == ()
    wanted = EpisodeToPair(
        id="e", show="Reed", names=("Reed",), title="The wreckers of the northern shoals (Part 1)"
    )
    sibling = EpisodeToPair(
        id="f", show="Reed", names=("Reed",), title="The wreckers of the northern shoals (Part 2)"
    )
    card = CardToPair(id="c", publisher="Reed", title="The Wreckers of the Northern Shoals, part one")
    (pairing,) = match([wanted, sibling], [card], coefficients=report.coefficients)
    assert pairing.episode_id == wanted.id
    assert pairing.decision is not Decision.NONE


def test_fitting_again_gives_the_same_file(tmp_path: Path) -> None:
    files = [write(tmp_path / str(at), one) for at, one in enumerate(rows())]
    random = Random(3)
    shuffled = [random.sample(one, len(one)) for one in rows()]
    again = [write(tmp_path / f"again-{at}", one) for at, one in enumerate(shuffled)]
    for folder, (episodes, cards, truth) in (("a", files), ("b", again)):
        fit_files(episodes, cards, truth, tmp_path / folder, today=TODAY)
    first, second = (read_coefficients(tmp_path / folder) for folder in ("a", "b"))
    assert first.weights == pytest.approx(second.weights, abs=0.01)


def test_cards_without_a_label_are_left_out_and_told(tmp_path: Path) -> None:
    episodes, cards, truth = rows()
    files = [write(tmp_path / str(at), one) for at, one in enumerate((episodes, cards, truth[:-5]))]
    report = fit_files(*files, tmp_path / "model.toml", today=TODAY)
    (problem,) = report.problems
    assert problem.what.startswith("5 cards have no label")
    assert report.coefficients.cards == len(cards) - 5


def test_too_few_labels_are_refused(tmp_path: Path) -> None:
    episodes, cards, truth = rows()
    files = [write(tmp_path / str(at), one) for at, one in enumerate((episodes, cards, truth[:10]))]
    with pytest.raises(UsageError, match="labels 10 of the cards, wanted at least 50"):
        fit_files(*files, tmp_path / "model.toml", today=TODAY)
    assert not (tmp_path / "model.toml").exists()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"episode_id": "e"}, "card_id"),
        ({"card_id": "c", "episode_id": 3}, "episode_id"),
        ({"card_id": "c", "also_right": "e"}, "also_right"),
        ({"card_id": "c", "show": 3}, "show"),
    ],
)
def test_a_label_that_cannot_be_read_says_why(row: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=f'"{field}" is'):
        read_label(row)


def test_all_that_is_right_is_read() -> None:
    label = read_label({"card_id": "c", "episode_id": "e", "also_right": ["f"]})
    assert label == Label("c", frozenset({"e", "f"}))
    assert read_label({"card_id": "c", "episode_id": None}).right == frozenset()


def test_no_show_is_split_between_parts() -> None:
    cards = [
        LabelledCard(card_id=f"{show}{number}", show=show, label=Label("", frozenset()), candidates={})
        for show, count in (("a", 30), ("b", 10), ("c", 9), ("d", 8), ("e", 3))
        for number in range(count)
    ]
    for turn in range(3):
        parts = split_shows(cards, 3, turn=turn)
        assert sorted(show for part in parts for show in part) == ["a", "b", "c", "d", "e"]
        assert {"a"} in parts
