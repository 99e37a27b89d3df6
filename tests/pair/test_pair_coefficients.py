"""The file of coefficients: whole, readable, and never the wrong way round."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from letters.errors import UsageError
from letters.pair.coefficients import (
    parse_coefficients,
    read_coefficients,
    shipped_coefficients,
    write_coefficients,
)
from letters.pair.measures import MEASURES


def shipped_text() -> str:
    return write_coefficients(shipped_coefficients())


def test_what_was_written_reads_back_the_same() -> None:
    assert parse_coefficients(shipped_text(), where="a") == shipped_coefficients()


def test_what_ships_says_on_what_it_was_fitted_and_what_each_measure_means() -> None:
    text = shipped_text()
    assert shipped_coefficients().cards > 1000
    assert all(measure.means in text for measure in MEASURES.values())


def test_a_contradiction_outweighs_equal_titles_in_what_ships() -> None:
    weights = shipped_coefficients().weights
    for contradiction in ("part: other", "number: other"):
        assert weights[contradiction] < -(weights["title: equal"] + weights["title: equal alone"])


def test_more_evidence_is_never_told_as_less_probable() -> None:
    for trust in (shipped_coefficients().one_to_one, shipped_coefficients().many):
        told = [trust.calibrate(share / 100) for share in range(101)]
        assert told == sorted(told)
        assert 0 < told[0] < told[-1] < 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("number: same", "number: new"), 'measure "number: new" is unknown'),
        (('"number: same" = ', '"number: same" = -'), "can only count for a pair"),
        (("[calibration.many]", "[calibration.some]"), "[many] is not a table of numbers"),
        (("slope = ", "slope = -"), '[calibration.one-to-one] wants "base" and a positive "slope"'),
        (("fitted = ", "fitted = 1#"), "[data] is not whole"),
        (("[weights]", "[weights"), "fit it again"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused(change: tuple[str, str], complaint: str) -> None:
    text = shipped_text().replace(*change)
    assert text != shipped_text()
    with pytest.raises(UsageError, match=re.escape(complaint)) as raised:
        parse_coefficients(text, where="own.toml")
    assert "own.toml" in str(raised.value)


def test_a_weight_that_is_missing_is_named() -> None:
    text = re.sub(r'"number: same" = .*\n', "", shipped_text())
    with pytest.raises(UsageError, match='measure "number: same" has no weight'):
        parse_coefficients(text, where="own.toml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="letters pair fit"):
        read_coefficients(tmp_path / "own.toml")
