"""What was learned from labelled cards: how much each measure counts, kept as a readable file."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from letters.errors import UsageError
from letters.pair.measures import MEASURES, Measure

#: The file that comes with Letters.
_SHIPPED = "model.toml"
#: Farther from even odds than this, a probability says nothing more.
_MOST_LOGIT = 20.0


@dataclass(frozen=True, slots=True)
class Trust:
    """How shares of what may be true compare with how often such candidates were right."""

    base: float
    slope: float

    def calibrate(self, share: float) -> float:
        """The probability that is told, from a candidate's share: their logits lie on a line."""
        return 1 / (1 + math.exp(-(self.base + self.slope * logit(share))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """The fitted numbers, and what they were fitted on."""

    fitted: date
    cards: int
    episodes: int
    shows: int
    #: By measure, in logits.
    weights: Mapping[str, float]
    #: How far shares are to be trusted where an episode has one card, and where it may have several.
    one_to_one: Trust
    many: Trust


def logit(probability: float) -> float:
    """The logarithm of the odds, kept within what floats can tell apart."""
    if probability <= 0:
        return -_MOST_LOGIT
    if probability >= 1:
        return _MOST_LOGIT
    return max(-_MOST_LOGIT, min(_MOST_LOGIT, math.log(probability / (1 - probability))))


@cache
def shipped_coefficients() -> Coefficients:
    """Those that come with Letters."""
    text = files("letters.pair").joinpath(_SHIPPED).read_text(encoding="utf-8")
    return parse_coefficients(text, where=_SHIPPED)


def read_coefficients(path: Path) -> Coefficients:
    """Those of a file that `letters pair fit` wrote. Raises `UsageError` that says what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f'"{path}" cannot be read: {error}; wanted a file that "letters pair fit" wrote'
        ) from error
    return parse_coefficients(text, where=str(path))


def parse_coefficients(text: str, *, where: str) -> Coefficients:
    """Raises `UsageError` where a number is missing, unknown, or counts the wrong way."""
    try:
        rows = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: {error}; fit it again") from error
    weights = _numbers(rows, "weights", where)
    unknown = sorted(weights.keys() - MEASURES.keys())
    missing = sorted(MEASURES.keys() - weights.keys())
    if unknown or missing:
        what = f'measure "{unknown[0]}" is unknown' if unknown else f'measure "{missing[0]}" has no weight'
        raise UsageError(f"{where}: {what}; the file is of another version of Letters, fit it again")
    for name, weight in weights.items():
        if not _counts_rightly(MEASURES[name], weight):
            raise UsageError(
                f'{where}: weight of "{name}" is {weight}, but it can only count {MEASURES[name].counts} a pair; fit it again'
            )
    calibration = rows.get("calibration", {})
    one_to_one, many = (_read_trust(calibration, name, where) for name in ("one-to-one", "many"))
    data = rows.get("data", {})
    try:
        return Coefficients(
            fitted=date.fromisoformat(str(data["fitted"])),
            cards=int(data["cards"]),
            episodes=int(data["episodes"]),
            shows=int(data["shows"]),
            weights=weights,
            one_to_one=one_to_one,
            many=many,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{where}: [data] is not whole: {error}; fit it again") from error


def write_coefficients(one: Coefficients) -> str:
    """The file's text, with what each measure means."""
    lines = [
        '# Written by "letters pair fit". The weights are logits: what each measure adds to the odds that a card was written',
        "# about an episode, per unit of the measure. A probability's logit is base + slope * (the sum of weights and rivals).",
        "",
        "[data]",
        f"fitted = {one.fitted.isoformat()}",
        f"cards = {one.cards}",
        f"episodes = {one.episodes}",
        f"shows = {one.shows}",
        "",
        *_trust_lines("one-to-one", one.one_to_one),
        *_trust_lines("many", one.many),
        "[weights]",
    ]
    lines += [f'# {MEASURES[name].means}\n"{name}" = {one.weights[name]:.3f}' for name in MEASURES]
    return "\n".join(lines) + "\n"


def _trust_lines(name: str, trust: Trust) -> list[str]:
    return [f"[calibration.{name}]", f"base = {trust.base:.3f}", f"slope = {trust.slope:.3f}", ""]


def _read_trust(calibration: object, name: str, where: str) -> Trust:
    found = _numbers(calibration if isinstance(calibration, dict) else {}, name, where)
    if found.keys() != {"base", "slope"} or found["slope"] <= 0:
        raise UsageError(f'{where}: [calibration.{name}] wants "base" and a positive "slope"; fit it again')
    return Trust(found["base"], found["slope"])


def _counts_rightly(measure: Measure, weight: float) -> bool:
    return {"for": weight >= 0, "against": weight <= 0, "either": True}[measure.counts] and math.isfinite(
        weight
    )


def _numbers(rows: Mapping[str, Any], table: str, where: str) -> dict[str, float]:
    found = rows.get(table)
    if not isinstance(found, dict) or not all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in found.values()
    ):
        raise UsageError(f"{where}: [{table}] is not a table of numbers; fit it again")
    return {name: float(value) for name, value in found.items()}
