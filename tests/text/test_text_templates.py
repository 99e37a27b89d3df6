"""Templates are found, escaped and complained about; values are put in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from letters.errors import RenderError
from letters.text import (
    count_words,
    date_words,
    duration_words,
    find_shipped,
    make_environment,
    paragraphs,
    render,
    render_line,
)


def render_with(folder: Path, name: str, source: str, **values: object) -> str:
    (folder / name).write_text(source)
    return render(make_environment(folder), name, **values)


# --- templates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.html", "a.mjml", "a.xml"])
def test_values_are_escaped_in_markup(tmp_path: Path, name: str) -> None:
    assert render_with(tmp_path, name, "{{ a }}", a="<b>&") == "&lt;b&gt;&amp;"


def test_values_are_not_escaped_in_text(tmp_path: Path) -> None:
    assert render_with(tmp_path, "a.txt", "{{ a }}\n", a="<b>&") == "<b>&\n"


def test_lines_of_mere_blocks_leave_no_trace(tmp_path: Path) -> None:
    assert render_with(tmp_path, "a.txt", "a\n  {% if true %}\nb\n  {% endif %}\nc\n") == "a\nb\nc\n"


def test_a_workspace_template_wins_over_the_shipped_one(tmp_path: Path) -> None:
    shipped = find_shipped("templates")
    name = next(path.relative_to(shipped).as_posix() for path in shipped.rglob("*.*") if path.is_file())
    environment = make_environment(tmp_path)
    assert environment.loader is not None
    assert environment.loader.get_source(environment, name)[1] == str(shipped / name)
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("mine")
    assert render(environment, name) == "mine"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a\n{{ nope }}", "a.html:2: 'nope' is undefined"),
        ("{{ a.nope }}", "has no attribute 'nope'"),
        ("\n\n{{ 1 / 0 }}", "a.html:3: ZeroDivisionError: division by zero"),
        ("{{ 'x' | date }}", 'a.html:1: TypeError: "x" is no date'),
        ("\n{% if %}", "a.html:2: Expected an expression"),
        ("{{ a | nope }}", "No filter named 'nope'"),
        (
            "{% include 'other.html' %}",
            'no template "other.html", neither in the workspace\'s templates/ nor shipped',
        ),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, source: str, words: str) -> None:
    with pytest.raises(RenderError) as caught:
        render_with(tmp_path, "a.html", source, a=1)
    assert words in str(caught.value)
    assert "a.html" in str(caught.value)


def test_an_error_in_an_included_template_names_that_one(tmp_path: Path) -> None:
    (tmp_path / "part.html").write_text("\n{{ nope }}")
    with pytest.raises(RenderError, match=r"part\.html:2: 'nope' is undefined"):
        render_with(tmp_path, "a.html", "{% include 'part.html' %}")


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r'no template "nope\.html"'):
        render(make_environment(tmp_path), "nope.html")


# --- lines -----------------------------------------------------------------------------------------------


def test_a_line_is_rendered_as_one_line() -> None:
    assert (
        render_line("{{ title }}:\r\n  {{ n | count('card') }}", title="A\nBcc: <x>", n=2)
        == "A Bcc: <x>: 2 cards"
    )


def test_a_value_may_be_called_template_or_name() -> None:
    assert render_line("{{ template }} {{ name }}", template="a", name="b") == "a b"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cards.append(1) }}",
        "{{ nope }}",
        "{% if %}",
        "{% include 'email/issue.mjml' %}",
    ],
)
def test_a_line_that_reaches_beyond_its_values_is_refused_in_its_own_words(template: str) -> None:
    cards: list[int] = []
    with pytest.raises(RenderError) as caught:
        render_line(template, cards=cards)
    assert template in str(caught.value)
    assert cards == []


# --- words -----------------------------------------------------------------------------------------------


def test_dates_in_words() -> None:
    day = date(2026, 11, 3)
    assert date_words(day) == "3 November 2026"
    assert date_words(day, short=True) == "3 Nov"
    assert date_words(day, language="en-US") == "November 3, 2026"
    assert date_words(day, language="en_us", short=True) == "Nov 3"
    assert date_words(None) == ""


def test_a_moment_is_dated_where_the_reader_is() -> None:
    moment = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
    assert date_words(moment) == "3 November 2026"
    assert date_words(moment, zone="Asia/Tokyo") == "4 November 2026"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(2880, "48 min"), (3900, "1 h 5 min"), (7200, "2 h"), (3599, "1 h"), (20, "1 min"), (0, ""), (-5, "")],
)
def test_durations_in_words(seconds: int, words: str) -> None:
    assert duration_words(timedelta(seconds=seconds)) == words


def test_no_duration_is_nothing() -> None:
    assert duration_words(None) == ""


@pytest.mark.parametrize(
    ("value", "noun", "words"),
    [
        (0, "card", "0 cards"),
        (1, "card", "1 card"),
        (4368, "card", "4,368 cards"),
        (["a", "b"], "topic", "2 topics"),
        (2, "category", "2 categories"),
        (2, "day", "2 days"),
        (2, "search", "2 searches"),
    ],
)
def test_counts_in_words(value: int | list[str], noun: str, words: str) -> None:
    assert count_words(value, noun) == words


def test_an_odd_plural_is_given() -> None:
    assert count_words(2, "person", "people") == "2 people"


def test_counts_can_be_called_and_piped(tmp_path: Path) -> None:
    assert (
        render_with(tmp_path, "a.txt", "{{ count(1, 'card') }}, {{ [1, 2] | count('card') }}")
        == "1 card, 2 cards"
    )


def test_paragraphs_are_separated_by_blank_lines() -> None:
    assert paragraphs("a\nb\r\n\r\nc\n \t\n\n d \n") == ["a\nb", "c", "d"]
    assert paragraphs(" \n ") == []


def test_the_url_filter_lets_only_safe_schemes_through(tmp_path: Path) -> None:
    source = "{{ a | url }}|{{ b | url }}"
    assert (
        render_with(tmp_path, "a.html", source, a="javascript:x", b="https://x.example/?a&b")
        == "|https://x.example/?a&amp;b"
    )
