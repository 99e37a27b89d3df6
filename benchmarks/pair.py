"""How well cards find their episodes on shows that took no part in learning, beside three baselines, on labelled files.

    python benchmarks/pair.py [FOLDER] [--turn N] [--errors]

FOLDER holds ``episodes.jsonl``, ``cards.jsonl``, ``truth.jsonl`` and ``one_each.txt`` (default: the shared material beside the
checkout). The shows are split into five parts; the cards of each part are judged by coefficients fitted on the other four, with
all episodes as candidates. The thresholds are the shipped ones. ``--turn`` splits the shows otherwise, ``--errors`` lists what
went wrong. Baselines have their cuts chosen on the very cards they are judged by, which flatters them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from letters.pair import CardToPair, EpisodeToPair, match
from letters.pair.fit import LabelledCard, compare_labelled, fit, split_shows
from letters.pair.labels import read_label
from pair_baselines import baselines
from pair_figures import Answer, Material, calibration, figures, read_material

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "pairing"
PARTS = 5


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--turn", type=int, default=0)
    parser.add_argument("--errors", action="store_true")
    asked = parser.parse_args()
    needed = ("episodes.jsonl", "cards.jsonl", "truth.jsonl", "one_each.txt")
    missing = [name for name in needed if not (asked.folder / name).is_file()]
    if missing:
        print(
            f"{asked.folder}: no {', '.join(missing)}, so there is nothing to measure; name a folder that has them",
            file=sys.stderr,
        )
        return 2
    material = read_material(asked.folder)
    settings = {
        "whole files, --many": (material, True),
        "one_each.txt, one to one": (
            material.only((asked.folder / "one_each.txt").read_text().split()),
            False,
        ),
    }
    held_back = cross_validate(material, settings, turn=asked.turn)
    for name, (judged, _) in settings.items():
        report(name, judged, held_back[name])
        if asked.errors:
            list_errors(judged, held_back[name])
    return 0


def cross_validate(
    material: Material, settings: Mapping[str, tuple[Material, bool]], *, turn: int
) -> dict[str, dict[str, Answer]]:
    """By setting, what is said of each card by coefficients that its show had no part in."""
    episodes = [EpisodeToPair.from_row(row) for row in material.episodes]
    cards = [CardToPair.from_row(row) for row in material.cards]
    labels = {card_id: read_label(row) for card_id, row in material.truth.items()}
    started = time.perf_counter()
    labelled = compare_labelled(episodes, cards, labels)
    print(f"compared {len(labelled)} cards in {time.perf_counter() - started:.1f} s")
    answers: dict[str, dict[str, Answer]] = {name: {} for name in settings}
    for part in split_shows(labelled, PARTS, turn=turn):
        answer_part(part, episodes, labelled, settings, answers)
    return answers


def answer_part(
    part: frozenset[str],
    episodes: Sequence[EpisodeToPair],
    labelled: Sequence[LabelledCard],
    settings: Mapping[str, tuple[Material, bool]],
    answers: Mapping[str, dict[str, Answer]],
) -> None:
    started = time.perf_counter()
    learned = fit([one for one in labelled if one.show not in part], episodes=len(episodes), today=date.min)
    fitted = time.perf_counter() - started
    held_back = {one.card_id for one in labelled if one.show in part}
    for name, (judged, many) in settings.items():
        cards = [CardToPair.from_row(row) for row in judged.cards]
        for pairing in match(episodes, cards, many=many, coefficients=learned):
            if pairing.card_id in held_back:
                answers[name][pairing.card_id] = Answer(
                    pairing.episode_id, pairing.decision.value, pairing.probability
                )
    print(f"{len(part)} shows, {len(held_back)} cards held back: fitted in {fitted:.0f} s", flush=True)


def report(name: str, material: Material, ours: Mapping[str, Answer]) -> None:
    print(f"\n== {name}: {len(material.cards)} cards, {len(material.episodes)} episodes ==")
    print(f"{'method':<36}{'prec.':>7}{'recall':>8}{'F1':>7}{'review':>8}{'first':>8}{'wrong on none':>15}")
    for method, given in {"letters, on shows held back": ours, **baselines(material)}.items():
        print(f"{method:<36}{figures(material, given).line()}")
    print(
        f"\n{'kind':<40}{'cards':>6}{'paired right':>14}{'paired wrong':>14}{'review':>8}{'of it right':>13}{'none':>6}"
    )
    by_kind: dict[str, list[str]] = defaultdict(list)
    for row in material.cards:
        by_kind[material.truth[row["card_id"]]["kind"]].append(row["card_id"])
    for kind in sorted(by_kind, key=lambda kind: (-len(by_kind[kind]), kind)):
        print(f"{kind:<40}{count_kind(material, ours, by_kind[kind])}")
    print(f"\n{'told':>12}{'cards':>8}{'predicted':>11}{'seen':>7}")
    for row in calibration(material, ours):
        print(row)


def count_kind(material: Material, answers: Mapping[str, Answer], ids: Sequence[str]) -> str:
    paired = [one for one in ids if answers[one].decision == "paired"]
    review = [one for one in ids if answers[one].decision == "review"]
    right = sum(answers[one].episode in material.right(one) for one in paired)
    asked = sum(answers[one].episode in material.right(one) for one in review)
    none = len(ids) - len(paired) - len(review)
    return f"{len(ids):>6}{right:>14}{len(paired) - right:>14}{len(review):>8}{asked:>13}{none:>6}"


def list_errors(material: Material, answers: Mapping[str, Answer]) -> None:
    """Wrong pairs, the surest first; then cards whose episode is not first, or not shown at all."""
    titles = {row["episode_id"]: row["title"] for row in material.episodes}
    wrong = [
        row
        for row in material.cards
        if answers[row["card_id"]].episode not in (material.right(row["card_id"]) or {None})
    ]
    order = {"paired": 0, "review": 1, "none": 2}
    wrong.sort(
        key=lambda row: (order[answers[row["card_id"]].decision], -answers[row["card_id"]].probability)
    )
    for row in wrong:
        given, right = answers[row["card_id"]], material.right(row["card_id"])
        kind = material.truth[row["card_id"]]["kind"]
        print(f"\n{given.decision} {given.probability:.3f} {kind}: {row['title']} ({row.get('publisher')})")
        print(f"    said: {titles.get(given.episode or '', '-')}")
        print(f"    right: {' / '.join(titles[one] for one in sorted(right)) or '-'}")


if __name__ == "__main__":
    sys.exit(main())
