"""Fitting by maximum likelihood, for problems of some dozens of weights and some ten thousands of rows.

Newton's method on the free weights: those that stand at their bound with a slope that leads across it stay there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = 60
#: A step that lowers the loss by less ends the fit.
_ENOUGH = 1e-4
_MOST = 30.0
#: Options less likely than this add nothing to the curvature that would change the way.
_CURVING_FROM = 1e-3


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things that may be true: its measures, as places of weights and values."""

    measures: Sequence[tuple[int, float]]
    is_right: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A choice that was made: one of the options was right, or, where none is marked, none of them."""

    options: Sequence[Option]
    #: How much the case counts.
    importance: float = 1.0


@dataclass(frozen=True, slots=True)
class Prior:
    """What is taken to be true of a weight beforehand: where it lies, how firmly, and its bounds."""

    expected: float = 0.0
    firmness: float = 1.0
    least: float = -math.inf
    most: float = math.inf


def fit_choices(
    cases: Sequence[Case], priors: Sequence[Prior], start: Sequence[float] | None = None
) -> list[float]:
    """The weights under which the choices made were most likely, each kept near its prior.

    An option's probability is its exponential over one (none) plus those of all options of its case.
    """
    weights = [
        _within(value, prior)
        for value, prior in zip(start or [p.expected for p in priors], priors, strict=True)
    ]
    loss = _loss(cases, priors, weights)
    for _ in range(_STEPS):
        slope, curvature = _derive(cases, priors, weights)
        free = [at for at, prior in enumerate(priors) if not _is_held(weights[at], slope[at], prior)]
        step = _solve(
            [[curvature[row][column] for column in free] for row in free], [slope[at] for at in free]
        )
        length, new, new_loss = 1.0, weights, loss
        while length > 1e-4:
            new = list(weights)
            for at, change in zip(free, step, strict=True):
                new[at] = _within(weights[at] - length * change, priors[at])
            new_loss = _loss(cases, priors, new)
            if new_loss < loss:
                break
            length /= 2
        if loss - new_loss < _ENOUGH:
            return new if new_loss < loss else weights
        weights, loss = new, new_loss
    return weights


def _within(value: float, prior: Prior) -> float:
    return max(prior.least, min(prior.most, value))


def _is_held(weight: float, slope: float, prior: Prior) -> bool:
    return (weight <= prior.least and slope > 0) or (weight >= prior.most and slope < 0)


def _odds(option: Option, weights: Sequence[float]) -> float:
    score = 0.0
    for at, value in option.measures:
        score += weights[at] * value
    return math.exp(max(-_MOST, min(_MOST, score)))


def _loss(cases: Sequence[Case], priors: Sequence[Prior], weights: Sequence[float]) -> float:
    loss = 0.0
    for case in cases:
        whole, right = 1.0, 0.0
        for option in case.options:
            odds = _odds(option, weights)
            whole += odds
            if option.is_right:
                right += odds
        loss += case.importance * (math.log(whole) - math.log(right or 1.0))
    for weight, prior in zip(weights, priors, strict=True):
        loss += prior.firmness * (weight - prior.expected) ** 2 / 2
    return loss


def _derive(
    cases: Sequence[Case], priors: Sequence[Prior], weights: Sequence[float]
) -> tuple[list[float], list[list[float]]]:
    """The loss's slope, and its curvature with the choices taken as unknown, which is never negative."""
    size = len(priors)
    slope = [
        prior.firmness * (weight - prior.expected) for weight, prior in zip(weights, priors, strict=True)
    ]
    curvature = [[0.0] * size for _ in range(size)]
    for at, prior in enumerate(priors):
        curvature[at][at] = prior.firmness
    for case in cases:
        odds = [_odds(option, weights) for option in case.options]
        whole = 1.0 + sum(odds)
        right = sum(one for one, option in zip(odds, case.options, strict=True) if option.is_right)
        mean: dict[int, float] = {}
        for one, option in zip(odds, case.options, strict=True):
            likely = one / whole
            wrong = likely - (one / right if option.is_right else 0.0)
            if likely < _CURVING_FROM and abs(wrong) < _CURVING_FROM / 1000:
                continue
            for at, value in option.measures:
                slope[at] += case.importance * wrong * value
            if likely >= _CURVING_FROM:
                for at, value in option.measures:
                    mean[at] = mean.get(at, 0.0) + likely * value
                    row, part = curvature[at], case.importance * likely * value
                    for other, other_value in option.measures:
                        row[other] += part * other_value
        for at, value in mean.items():
            row, part = curvature[at], case.importance * value
            for other, other_value in mean.items():
                row[other] -= part * other_value
    return slope, curvature


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination; the matrix is positive definite, so no pivoting is needed."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at in range(size):
        top = rows[at]
        for below in rows[at + 1 :]:
            factor = below[at] / top[at]
            if factor:
                for column in range(at, size + 1):
                    below[column] -= factor * top[column]
    solved = [0.0] * size
    for at in reversed(range(size)):
        rest = sum(rows[at][column] * solved[column] for column in range(at + 1, size))
        solved[at] = (rows[at][size] - rest) / rows[at][at]
    return solved
