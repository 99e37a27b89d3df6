"""Rates, and several relays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from letters.settings.relays import password_variable
from letters.settings.values import format_rate, parse_rate


@pytest.mark.parametrize(
    ("written", "spacing"),
    [
        ("10/s", timedelta(milliseconds=100)),
        ("30/m", timedelta(seconds=2)),
        ("1/h", timedelta(hours=1)),
        ("5/d", timedelta(hours=4.8)),
    ],
)
def test_a_rate_says_what_lies_between_two_messages(written: str, spacing: timedelta) -> None:
    assert parse_rate(written) == spacing
    assert parse_rate(format_rate(spacing)) == spacing


@pytest.mark.parametrize("written", ["10", "0/s", "-1/s", "1.5/s", "10/week", 10, "9999999/s"])
def test_what_is_no_rate_is_told(written: object) -> None:
    with pytest.raises(ValueError, match="wanted"):
        parse_rate(written)


def test_no_rate_is_written_as_nothing() -> None:
    assert parse_rate("") is None
    assert format_rate(None) == ""


def test_each_relay_has_a_variable_of_its_own_for_its_password() -> None:
    assert password_variable("first-one") == "LETTERS_SMTP_PASSWORD_FIRST_ONE"
