"""The fit finds what made the choices, within its bounds."""

from __future__ import annotations

import math
from random import Random

import pytest

from letters.pair.regression import Case, Option, Prior, fit_choices

TRUE = (-2.0, 3.0, -1.5)


def choices(count: int, seed: int = 7) -> list[Case]:
    """Cases of four options each with a constant and two measures, chosen as TRUE says."""
    random = Random(seed)
    cases = []
    for _ in range(count):
        values = [(1.0, random.random(), random.random()) for _ in range(4)]
        odds = [math.exp(sum(w * v for w, v in zip(TRUE, one, strict=True))) for one in values]
        chosen = random.choices(range(5), [*odds, 1.0])[0]
        cases.append(Case([Option(list(enumerate(one)), at == chosen) for at, one in enumerate(values)]))
    return cases


def test_the_weights_that_made_the_choices_are_found() -> None:
    fitted = fit_choices(choices(6000), [Prior(firmness=1e-6)] * 3)
    assert fitted == pytest.approx(TRUE, abs=0.25)


def test_a_weight_never_leaves_its_bounds() -> None:
    cases = choices(500)
    fitted = fit_choices(cases, [Prior(), Prior(most=1.0), Prior(least=0.0)])
    assert fitted[1] == 1.0
    assert fitted[2] == 0.0


def test_what_no_case_shows_stays_as_expected() -> None:
    fitted = fit_choices(choices(200), [*[Prior()] * 3, Prior(expected=-6.0, most=0.0)])
    assert fitted[3] == -6.0


def test_where_the_fit_starts_does_not_matter() -> None:
    cases, priors = choices(500), [Prior(firmness=0.4)] * 3
    assert fit_choices(cases, priors, [4.0, -4.0, 4.0]) == pytest.approx(fit_choices(cases, priors), abs=0.02)


def test_a_case_counts_as_much_as_it_is_important() -> None:
    cases = choices(200)
    doubled = [Case(case.options, 2.0) for case in cases]
    priors = [Prior()] * 3
    assert fit_choices(doubled, priors) == pytest.approx(fit_choices(cases * 2, priors), abs=1e-3)
