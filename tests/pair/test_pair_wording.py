"""Texts are mended before they are compared, and what is no broken text stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.pair.wording import clean

LETTER = "潮汐与时间的来信，写给灯塔"


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_utf8_that_was_read_as_something_else_is_read_again(encoding: str) -> None:
    text = "Don’t sleep – the tide’s coming"
    assert clean(text.encode().decode(encoding)) == text


@given(st.integers(0, len(LETTER.encode()) - 2))
def test_a_slip_of_the_pen_in_a_broken_text_costs_the_signs_around_it_and_no_more(at: int) -> None:
    broken = LETTER.encode().decode("latin-1")
    slipped = broken[:at] + broken[at + 1] + broken[at] + broken[at + 2 :]
    mended = clean(slipped)
    whole = clean(LETTER)
    assert sum(sign in mended for sign in whole) >= len(whole) - 3


@pytest.mark.parametrize("text", ["Ålesund, Ærø og Øåsen", "«Éœuvres» — ‘Êtes-vous là ?’", "ÄÖÜäöü", "“…”"])
def test_what_only_looks_broken_stays(text: str) -> None:
    assert clean(text) == clean(clean(text))
    assert [sign for sign in clean(text) if sign.isalpha()] == [sign for sign in text if sign.isalpha()]
