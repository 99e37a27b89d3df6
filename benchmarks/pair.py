"""How well cards find their episodes: precision, recall and abstention, beside two baselines, on labelled files.

    python benchmarks/pair.py [FOLDER]

FOLDER holds ``episodes.jsonl``, ``cards.jsonl``, ``truth.jsonl`` and ``one_each.txt`` (default: the shared material beside the
checkout). The weights and thresholds were chosen on that same material, so its figures flatter; see decision 051.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from letters.pair import pair_files

Row = Mapping[str, Any]
DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "pairing"
#: Of rapidfuzz's ratio within the show, the cut that gives its best F1 here is searched among these.
CUTS = range(60, 101, 2)


@dataclass(frozen=True)
class Answer:
    """What a method says of one card."""

    episode: str | None
    decision: str


@dataclass(frozen=True)
class Material:
    episodes: Sequence[Row]
    cards: Sequence[Row]
    truth: Mapping[str, Row]

    def right(self, card_id: str) -> set[str]:
        row = self.truth[card_id]
        return {one for one in (row["episode_id"], *row.get("also_right", ())) if one}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    folder: Path = parser.parse_args().folder
    needed = ("episodes.jsonl", "cards.jsonl", "truth.jsonl", "one_each.txt")
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        print(
            f"{folder}: no {', '.join(missing)}, so there is nothing to measure; name a folder that has them",
            file=sys.stderr,
        )
        return 2
    material = read(folder)
    measure("whole files, --many", material, many=True)
    chosen = set((folder / "one_each.txt").read_text().split())
    each = Material(
        material.episodes, [row for row in material.cards if row["card_id"] in chosen], material.truth
    )
    measure("one_each.txt, one to one", each, many=False)
    return 0


def read(folder: Path) -> Material:
    def rows(name: str) -> list[Row]:
        # Only at "\n": titles may hold U+2028 and the like, at which `splitlines` cuts too.
        return [json.loads(line) for line in (folder / name).read_text().split("\n") if line]

    hidden = {"other_titles"}
    episodes = [
        {key: value for key, value in row.items() if key not in hidden} for row in rows("episodes.jsonl")
    ]
    return Material(episodes, rows("cards.jsonl"), {row["card_id"]: row for row in rows("truth.jsonl")})


def measure(name: str, material: Material, *, many: bool) -> None:
    print(f"\n== {name}: {len(material.cards)} cards, {len(material.episodes)} episodes ==")
    started = time.perf_counter()
    ours = run_letters(material, many=many)
    seconds = time.perf_counter() - started
    answers = {"letters": ours, "exact normalised title": exact(material), **fuzzy(material)}
    print(f"{'method':<34}{'prec.':>7}{'recall':>8}{'F1':>7}{'review':>8}{'first':>8}{'wrong on none':>15}")
    for method, given in answers.items():
        print(f"{method:<34}{figures(material, given)}")
    print(f"\nby kind (letters), {seconds:.1f} s:")
    print(f"{'kind':<40}{'cards':>6}{'paired right':>14}{'paired wrong':>14}{'review':>8}{'none':>6}")
    by_kind: dict[str, list[str]] = defaultdict(list)
    for row in material.cards:
        by_kind[material.truth[row["card_id"]]["kind"]].append(row["card_id"])
    for kind in sorted(by_kind, key=lambda kind: (-len(by_kind[kind]), kind)):
        print(f"{kind:<40}{count_kind(material, ours, by_kind[kind])}")


def figures(material: Material, answers: Mapping[str, Answer]) -> str:
    ids = [row["card_id"] for row in material.cards]
    with_episode = [one for one in ids if material.right(one)]
    without = [one for one in ids if not material.right(one)]
    paired = [one for one in ids if answers[one].decision == "paired"]
    right = [one for one in paired if answers[one].episode in material.right(one)]
    first = [one for one in with_episode if answers[one].episode in material.right(one)]
    wrong_on_none = [one for one in without if answers[one].decision == "paired"]
    precision = len(right) / max(1, len(paired))
    recall = len(right) / max(1, len(with_episode))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    review = sum(answers[one].decision == "review" for one in ids) / max(1, len(ids))
    return (
        f"{precision:>7.3f}{recall:>8.3f}{f1:>7.3f}{review:>8.3f}{len(first) / max(1, len(with_episode)):>8.3f}"
        f"{len(wrong_on_none) / max(1, len(without)):>15.3f}"
    )


def count_kind(material: Material, answers: Mapping[str, Answer], ids: Sequence[str]) -> str:
    paired = [one for one in ids if answers[one].decision == "paired"]
    right = sum(answers[one].episode in material.right(one) for one in paired)
    review = sum(answers[one].decision == "review" for one in ids)
    none = len(ids) - len(paired) - review
    return f"{len(ids):>6}{right:>14}{len(paired) - right:>14}{review:>8}{none:>6}"


def run_letters(material: Material, *, many: bool) -> dict[str, Answer]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, rows in (("episodes", material.episodes), ("cards", material.cards)):
            (folder / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
        pair_files(folder / "episodes", folder / "cards", folder / "out", many=many)
        out = [json.loads(line) for line in (folder / "out").read_text().split("\n") if line]
    return {row["card_id"]: Answer(row["episode_id"], row["decision"]) for row in out}


def plain(text: str) -> str:
    return " ".join("".join(one if one.isalnum() else " " for one in text.casefold()).split())


def exact(material: Material) -> dict[str, Answer]:
    """The baseline that looks for the one episode with the same title, without case and punctuation."""
    by_title: dict[str, list[str]] = defaultdict(list)
    for episode in material.episodes:
        by_title[plain(episode["title"])].append(episode["episode_id"])
    found = {}
    for card in material.cards:
        same = by_title.get(plain(card["title"]), [])
        found[card["card_id"]] = Answer(same[0], "paired") if len(same) == 1 else Answer(None, "none")
    return found


def fuzzy(material: Material) -> dict[str, dict[str, Answer]]:
    """The baseline that takes the most similar title of the card's show, from a cut on that is chosen for it here."""
    best = nearest(material, fuzz.token_set_ratio)

    def cut_at(cut: int) -> dict[str, Answer]:
        return {
            card: Answer(episode, "paired") if ratio >= cut else Answer(None, "none")
            for card, (episode, ratio) in best.items()
        }

    cut = max(CUTS, key=lambda cut: f1_of(material, cut_at(cut)))
    return {f"token_set_ratio >= {cut} in the show": cut_at(cut)}


def nearest(material: Material, ratio: Callable[[str, str], float]) -> dict[str, tuple[str | None, float]]:
    by_show: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for episode in material.episodes:
        by_show[show_key(episode["show"])].append((episode["episode_id"], plain(episode["title"])))
    everything = [one for some in by_show.values() for one in some]
    found = {}
    for card in material.cards:
        title = plain(card["title"])
        rated = rate(title, by_show.get(show_key(card["publisher"]), everything), ratio)
        found[card["card_id"]] = max(rated, key=lambda pair: pair[1], default=(None, 0.0))
    return found


def rate(
    title: str, episodes: Iterable[tuple[str, str]], ratio: Callable[[str, str], float]
) -> Iterable[tuple[str | None, float]]:
    return ((episode_id, ratio(title, other)) for episode_id, other in episodes)


def show_key(name: str) -> str:
    return "".join(word for word in plain(name).split() if word not in {"the", "podcast", "show", "video"})


def f1_of(material: Material, answers: Mapping[str, Answer]) -> float:
    return float(figures(material, answers)[15:22])


if __name__ == "__main__":
    sys.exit(main())
