"""Titles lose their decoration and keep what they say."""

from __future__ import annotations

import pytest

from letters.pair.titles import read_title

NAMES = {"thelanternhour", "lanternhour", "tlh#"}


@pytest.mark.parametrize(
    ("title", "text", "number"),
    [
        ("#412 – Tides and time", "tides and time", 412),
        ("Ep. 12 - Tides and time", "tides and time", 12),
        ("EP12 Tides and time", "tides and time", 12),
        ("12: Tides and time", "tides and time", 12),
        ("12. Tides and time", "tides and time", 12),
        ("Tides and time | The Lantern Hour #12", "tides and time", 12),
        ("Tides and time | TLH 12", "tides and time", 12),
        ("The Lantern Hour: Tides and time", "tides and time", None),
        ("Tides and time — Lantern Hour", "tides and time", None),
        ("The Lantern Hour 12: Tides and time", "tides and time", 12),
        ("🌊 Tides and time", "tides and time", None),
        ("“Tides” and time [Transcript]", "tides and time", None),
        ("Tides and time (Full Episode)", "tides and time", None),
        ("Watch: #12 – Tides and time", "tides and time", 12),
        ("Tides &amp;amp; time", "tides time", None),
        ("Tídes and tìme", "tides and time", None),
        ("T\u200bides and time", "tides and time", None),
        ("ＴＩＤＥＳ and time", "tides and time", None),
        ("Donâ€™t stop", "dont stop", None),
        ("第12期 潮汐与时间", "潮汐与时间", 12),
        ("E45｜潮汐与时间", "潮汐与时间", 45),
        ("No.12 潮汐与时间", "潮汐与时间", 12),
    ],
)
def test_decoration_comes_off(title: str, text: str, number: int | None) -> None:
    read = read_title(title, NAMES)
    assert (read.text, read.number) == (text, number)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("1984: a rereading", "1984 a rereading"),
        ("100 million lamps", "100 million lamps"),
        ("Why is 8:30 too early?", "why is 8 30 too early"),
        ("The Lantern Hour", "the lantern hour"),
        ("#12", "12"),
        ("The show must go on", "the show must go on"),
        ("Live", "live"),
    ],
)
def test_what_a_title_says_stays(title: str, text: str) -> None:
    read = read_title(title, NAMES)
    assert read.text == text


@pytest.mark.parametrize(
    ("title", "part"),
    [
        ("The flood (Part 2)", 2),
        ("The flood, pt. II", 2),
        ("The flood (2/3)", 2),
        ("The flood, part two", 2),
        ("洪水（下）", 3),
        ("洪水 上篇", 1),
        ("Parting ways", None),
        ("World War II and after", None),
    ],
)
def test_parts_are_told_apart(title: str, part: int | None) -> None:
    assert read_title(title).part == part


def test_a_season_and_a_number_are_both_read() -> None:
    read = read_title("S2E3: The flood")
    assert (read.season, read.number, read.text) == (2, 3, "the flood")


def test_a_title_that_was_cut_off_says_so() -> None:
    assert read_title("The long way to the…").cut_off
    assert read_title("The long way to the...").cut_off
    assert not read_title("The long way to the sea").cut_off


def test_words_that_tell_the_kind_are_noticed() -> None:
    assert read_title("Trailer: The flood").markers == {"trailer"}
    assert read_title("番外 3：洪水").markers == {"bonus"}


def test_scripts_without_spaces_are_cut_into_pairs() -> None:
    assert read_title("潮汐与时间").words == ("潮汐", "汐与", "与时", "时间")
