"""The figures of `benchmarks/pair.py`: what is counted, and how."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
#: Bins with fewer cards say nothing.
JUDGED_FROM = 50


@dataclass(frozen=True)
class Answer:
    """What a method says of one card."""

    episode: str | None
    decision: str
    #: Of the best candidate, also where none was taken.
    probability: float = 0.0


@dataclass(frozen=True)
class Material:
    episodes: Sequence[Row]
    cards: Sequence[Row]
    truth: Mapping[str, Row]

    def right(self, card_id: str) -> set[str]:
        row = self.truth[card_id]
        return {one for one in (row["episode_id"], *row.get("also_right", ())) if one}

    def only(self, card_ids: Collection[str]) -> Material:
        chosen = set(card_ids)
        return Material(self.episodes, [row for row in self.cards if row["card_id"] in chosen], self.truth)


@dataclass(frozen=True)
class Figures:
    """All of them shares, from 0 to 1."""

    #: Of the cards paired without asking, those with a right episode.
    precision: float
    #: Of the cards that have an episode, those paired with it without asking.
    recall: float
    #: Of all cards, those for review.
    review: float
    #: Of the cards that have an episode, those paired with it or shown it in review.
    first: float
    #: Of the cards that have none, those paired.
    wrong_on_none: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)

    def line(self) -> str:
        return (
            f"{self.precision:>7.3f}{self.recall:>8.3f}{self.f1:>7.3f}{self.review:>8.3f}{self.first:>8.3f}"
            f"{self.wrong_on_none:>15.3f}"
        )


def read_material(folder: Path) -> Material:
    def rows(name: str) -> list[Row]:
        # Only at "\n": titles may hold U+2028 and the like, at which `splitlines` cuts too.
        return [json.loads(line) for line in (folder / name).read_text().split("\n") if line]

    hidden = {"other_titles"}
    episodes = [
        {key: value for key, value in row.items() if key not in hidden} for row in rows("episodes.jsonl")
    ]
    return Material(episodes, rows("cards.jsonl"), {row["card_id"]: row for row in rows("truth.jsonl")})


def figures(material: Material, answers: Mapping[str, Answer]) -> Figures:
    ids = [row["card_id"] for row in material.cards]
    having = [one for one in ids if material.right(one)]
    lacking = [one for one in ids if not material.right(one)]
    paired = [one for one in ids if answers[one].decision == "paired"]
    right = [one for one in paired if answers[one].episode in material.right(one)]
    return Figures(
        precision=len(right) / max(1, len(paired)),
        recall=len(right) / max(1, len(having)),
        review=sum(answers[one].decision == "review" for one in ids) / max(1, len(ids)),
        first=sum(answers[one].episode in material.right(one) for one in having) / max(1, len(having)),
        wrong_on_none=sum(answers[one].decision == "paired" for one in lacking) / max(1, len(lacking)),
    )


def calibration(material: Material, answers: Mapping[str, Answer]) -> Iterable[str]:
    """Of the candidates that were paired or shown, in ten bins: how probable they were told to be, and how many were right."""
    told = [
        (
            answers[row["card_id"]].probability,
            answers[row["card_id"]].episode in material.right(row["card_id"]),
        )
        for row in material.cards
        if answers[row["card_id"]].episode
    ]
    for at in range(10):
        inside = [(told_, right) for told_, right in told if min(9, int(told_ * 10)) == at]
        if inside:
            predicted = sum(told_ for told_, _ in inside) / len(inside)
            seen = sum(right for _, right in inside) / len(inside)
            judged = "" if len(inside) >= JUDGED_FROM else "   (too few to judge)"
            yield f"{f'{at / 10:.1f} to {(at + 1) / 10:.1f}':>12}{len(inside):>8}{predicted:>11.3f}{seen:>7.3f}{judged}"
