"""Durations, colours and lines: the small parts that the settings are made of."""

from __future__ import annotations

import contextlib
import re
import tomllib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.settings.colours import (
    DARK_GROUNDS,
    ENOUGH,
    LIGHT_GROUNDS,
    check_contrast,
    contrast,
    nearest_readable,
)
from letters.settings.lines import Lines, read_lines
from letters.settings.types import parse_duration
from letters.settings.values import format_duration


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1s", timedelta(seconds=1)),
        ("14d", timedelta(days=14)),
        ("2w", timedelta(days=14)),
        ("1d12h30m5s", timedelta(days=1, hours=12, minutes=30, seconds=5)),
        ("0s", timedelta()),
    ],
)
def test_a_duration_is_read(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value


@pytest.mark.parametrize("text", ["", "5", "d", "1h1d", "1.5h", "-1h", "1 h", "1H", "٣d", None, 5, True])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r'is no duration; wanted one such as "14d", "12h", "1h30m" or "1s"'):
        parse_duration(text)


@given(
    st.timedeltas(timedelta(), timedelta(days=36_500)).map(
        lambda value: timedelta(seconds=int(value.total_seconds()))
    )
)
def test_a_duration_that_is_written_is_read_as_the_same(value: timedelta) -> None:
    assert parse_duration(format_duration(value)) == value


@given(st.text(max_size=30))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_duration(text) >= timedelta()


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@given(
    st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}"),
    st.sampled_from([LIGHT_GROUNDS, DARK_GROUNDS]),
)
def test_the_colour_that_is_named_passes_and_a_colour_that_passes_is_kept(
    colour: str, grounds: tuple[str, ...]
) -> None:
    named = nearest_readable(colour, grounds)
    assert check_contrast(named, grounds) == named
    if min(contrast(colour, ground) for ground in grounds) >= ENOUGH:
        assert check_contrast(colour, grounds) == colour
    else:
        with pytest.raises(ValueError, match=re.escape(named)):
            check_contrast(colour, grounds)


# --- lines -----------------------------------------------------------------------------------------------

SOURCE = """\
top = 1
[a]
b.c = 2
"d e" = [
  "one",  # a comment is no item
  "two", { f = 3 },
]
[[x]]
key = "first"
[x.sub]
g = 1
[[x]]
key = "second"
[x.sub]
h = 1
[[x.list]]
i = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("a",), 2),
        (("a", "b"), 3),
        (("a", "b", "c"), 3),
        (("a", "d e"), 4),
        (("a", "d e", 0), 5),
        (("a", "d e", 2, "f"), 6),
        (("x",), 8),
        (("x", 0, "key"), 9),
        (("x", 0, "sub", "g"), 11),
        (("x", 1, "key"), 13),
        (("x", 1, "sub", "h"), 15),
        (("x", 1, "list", 0, "i"), 17),
        (("x", 1, "missing"), 12),
        (("a", "missing", "deeper"), 2),
    ],
)
def test_a_value_or_the_table_it_would_stand_in_has_a_line(path: tuple[str | int, ...], line: int) -> None:
    assert read_lines(SOURCE).of(path) == line


def test_what_stands_nowhere_has_no_line() -> None:
    assert read_lines(SOURCE).of(("missing",)) is None
    assert read_lines("") == Lines()


_KEY = st.sampled_from(["a", "b", '"c d"', "'e'", '"\\u0041"', "1", "f-g"])
_VALUE = st.sampled_from(["1", '"x"', "[1, 2]", "{ k = 1 }", "[{ k = [1] }]", "'''\n'''", "1979-05-27"])
_LINES = st.lists(
    st.tuples(st.lists(_KEY, min_size=1, max_size=3).map(".".join), _VALUE).map(" = ".join)
    | st.lists(_KEY, min_size=1, max_size=3).map(lambda keys: f"[{'.'.join(keys)}]")
    | st.lists(_KEY, min_size=1, max_size=3).map(lambda keys: f"[[{'.'.join(keys)}]]")
    | st.just("# comment"),
    max_size=12,
).map("\n".join)


@given(_LINES)
def test_every_value_of_every_file_that_is_toml_has_its_line(source: str) -> None:
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        return
    lines = read_lines(source)
    for path in _paths(data, ()):
        assert path in lines._lines, path


def _paths(value: object, prefix: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, item in pairs:
        nested = _paths(item, (*prefix, key))
        # A table that only exists through its parts ([a.b] makes "a") has no line of its own.
        found += nested or [(*prefix, key)]
    return found
