"""Writing then reading gives the same card, and reading never loses a word, however hostile the text."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from letters.cards import normalise_card, read_card, write_card
from letters.cards.reading import Form
from letters.errors import CardError
from letters.model import Card, Credit, Insights, RelatedCard, Section

FORMS: tuple[Form, ...] = ("text", "markdown", "json")

# What an editor, a word processor or a mischief-maker may put where plain prose is expected.
_TRAPS = [
    "Summary",
    "summary:",
    "SUMMARY: of the year",
    "**Summary**",
    "# Summary",
    "## Notes ##",
    "#",
    "#1 of 3",
    "Key takeaway",
    "Takeaways: three",
    "Principles",
    "In practice",
    "in practice",
    "Topics: one, two",
    "Best for: nobody",
    "**Best for:** somebody",
    "Related",
    "Related on Friday",
    "Related on Friday: more",
    "A Short Line",
    "Quotes:",
    "- an item",
    "* another",
    "• dot",
    "1. first",
    "12) twelfth",
    "– a dash",
    "-",
    "---",
    "===",
    "* * *",
    "...",
    "\\",
    "\\Summary",
    "\\\\# twice",
    "\\textbf",
    "Editorial summary, takeaway, and curation by Somebody.",
    "Original video published by Somebody Else.",
    "Editorial summary, takeaway, and curation by A. Original article published by B.",
    "Original sin",
    "Editorial",
    "[a](https://a.example/)",
    "[a]()",
    "Title - https://a.example/x",
    "https://a.example/(x)",
    "and more",
    "one, two; three",
    "“Smart” quotes’",
    "日本語の見出し",
    "第一段落。",
    "🦊 fox",
    "key: value",
    "'quoted': \"both\"",
    "no",
    "~",
    "012",
    "12:30",
    "&alias *star !tag",
    "{json}",
    "<b>bold</b> &amp; more",
    "After the credit",
    "a\u2028b",
    "a\x85b",
    "nul\x00 bell\x07",
    "\ud800 lone",
    "\ufeffmark",
    "no\u00a0break",
    "line\r\nends\rhere",
    " padded ",
    "tab\tbed",
    "",
]
_trap = st.sampled_from(_TRAPS)
_line = st.one_of(_trap, st.text(max_size=20), st.tuples(_trap, _trap).map(" ".join))
_text = st.lists(_line, max_size=6).flatmap(
    lambda lines: st.sampled_from(["\n", "\n\n", " ", "\r\n"]).map(lambda end: end.join(lines))
)
_names = st.lists(_line, max_size=4).map(tuple)
_credit = st.builds(Credit, curator=_line, publisher=_line, medium=_line | st.just("article"))

_cards = st.builds(
    Card,
    id=st.just("") | st.uuids().map(str),
    title=_line.filter(lambda text: normalise_card(Card(title=text)).title),
    summary=_text,
    takeaway=_text,
    insights=st.builds(Insights, lead=_text, principles=_names, in_practice=_names),
    topics=_names,
    audiences=_names,
    related_on=_line,
    related=st.lists(st.builds(RelatedCard, title=_line, url=_line), max_size=3).map(tuple),
    credit=_credit,
    sections=st.lists(st.builds(Section, heading=_line, text=_text), max_size=3).map(tuple),
    link=_line,
    guid=_line,
    language=st.sampled_from(["", "en", "no", "zh-Hant"]),
    date=st.none() | st.dates(min_value=date(1000, 1, 1)),
    weight=st.integers(-9, 9),
    pinned=st.booleans(),
)


@pytest.mark.parametrize("form", FORMS)
@given(card=_cards)
@example(card=Card(title="A", sections=(Section(heading="Summary::", text="x"),)))
@example(card=Card(title="A", sections=(Section(heading="C #", text="Alpha\nBeta\n\nGamma"),)))
@example(card=Card(title="A", related_on="X: #", credit=Credit(publisher="Acme Inc.", medium="video")))
@example(card=Card(title="Summary", summary="A new dawn\n\nA Short Line\n\nmore text"))
def test_a_written_card_reads_back_the_same(form: Form, card: Card) -> None:
    assert read_card(write_card(card, form=form), form=form, where="card").card == normalise_card(card)


@given(card=_cards)
def test_a_normal_card_is_normal(card: Card) -> None:
    normal = normalise_card(card)
    assert normalise_card(normal) == normal


@pytest.mark.parametrize("form", FORMS)
@given(card=_cards)
def test_writing_again_what_was_read_gives_the_same_file(form: Form, card: Card) -> None:
    first = write_card(card, form=form)
    assert write_card(read_card(first, form=form, where="card").card, form=form) == first


# Soup: lines as an editor might throw them together, with words that can be found again.
_word = st.integers(min_value=0, max_value=9999).map(lambda number: f"w{number:04d}")
_prose = st.lists(_word, min_size=1, max_size=8).map(" ".join)
_soup_line = st.one_of(
    st.sampled_from(_TRAPS),
    _prose,
    _prose.map("{}.".format),
    _prose.map("- {}".format),
    _prose.map("• {}".format),
    _prose.map("{}, w1, w2 and w3".format),
    _prose.map("## {}".format),
    _prose.map(str.title),
    _prose.map("Best for: {}".format),
    _prose.map("Related on {}".format),
    _prose.map("Editorial summary, takeaway, and curation by {}.".format),
    _prose.map("Original podcast published by {}.".format),
    _prose.map("  indented {}".format),
    st.just(""),
)
_front = st.lists(
    st.tuples(
        st.sampled_from(
            ["id", "title", "topics", "mood", "date", "publisher", "best_for", "link", "nonsense"]
        ),
        _prose | _trap,
    ).map(": ".join),
    max_size=4,
).map(lambda lines: ["---", *lines, "---"] if lines else [])


def _words(text: str) -> set[str]:
    return set(re.findall(r"w\d{4}", text.casefold()))


@given(
    front=_front,
    title=_prose,
    lines=st.lists(_soup_line, max_size=25),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_reading_never_loses_a_word(front: list[str], title: str, lines: list[str], end: str) -> None:
    text = end.join([*front, title, *lines])
    read = read_card(text, form="text", where="card")
    kept = repr(asdict(read.card)) + " ".join(map(str, read.problems))
    assert _words(text) <= _words(kept)


@given(text=st.text() | st.lists(_soup_line).map("\n".join), form=st.sampled_from(FORMS))
def test_reading_anything_gives_a_card_or_says_why_not(text: str, form: Form) -> None:
    try:
        card = read_card(text, form=form, where="card").card
    except CardError:
        return
    assert normalise_card(card) == card
