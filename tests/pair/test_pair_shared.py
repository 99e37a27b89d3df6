"""On the real material: hardly ever a wrong card among those paired without being asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from letters.pair import pair_files


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n") if line]


@pytest.mark.shared
@pytest.mark.parametrize("many", [True, False])
def test_pairs_made_automatically_are_right(shared_data: Path, tmp_path: Path, many: bool) -> None:
    folder = shared_data / "pairing"
    cards = rows(folder / "cards.jsonl")
    if not many:
        chosen = set((folder / "one_each.txt").read_text().split())
        cards = [card for card in cards if card["card_id"] in chosen]
    (tmp_path / "cards").write_text("".join(json.dumps(card) + "\n" for card in cards))
    pair_files(folder / "episodes.jsonl", tmp_path / "cards", tmp_path / "out", many=many)
    truth = {row["card_id"]: row for row in rows(folder / "truth.jsonl")}
    right = {key: {row["episode_id"], *row.get("also_right", ())} - {None} for key, row in truth.items()}
    paired = [row for row in rows(tmp_path / "out") if row["decision"] == "paired"]
    hits = sum(row["episode_id"] in right[row["card_id"]] for row in paired)
    having = sum(bool(right[card["card_id"]]) for card in cards)
    assert hits / len(paired) >= 0.99
    assert hits / having >= 0.84
    if not many:
        assert len({row["episode_id"] for row in paired}) == len(paired)
