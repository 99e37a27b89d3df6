"""Reading CSS as far as a proof needs it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.compose.proof.css import Declaration, Rule, read_declarations, read_sheet


def pairs(text: str) -> list[tuple[str, str]]:
    return [(one.name, one.value) for one in read_declarations(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("color: red; MARGIN:0 1px", [("color", "red"), ("margin", "0 1px")]),
        ("color:red;;  ; x", [("color", "red")]),
        ("font-family: 'A; b: c', serif; top: 0", [("font-family", '"", serif'), ("top", "0")]),
        ('content: "\\"; color: red"; top: 0', [("content", '""'), ("top", "0")]),
        ("background: url(data:image/png;base64,AA); top: 0", [("background", "url()"), ("top", "0")]),
        ("/* color: red; */ top: 0 /* never closed; left: 0", [("top", "0")]),
        ("--ink: #000", [("--ink", "#000")]),
        ("", []),
    ],
)
def test_declarations_are_read_whatever_stands_in_strings(text: str, wanted: list[tuple[str, str]]) -> None:
    assert pairs(text) == wanted


def test_an_important_declaration_says_so() -> None:
    assert read_declarations("color: red !IMPORTANT; top: 0") == (
        Declaration("color", "red", is_important=True),
        Declaration("top", "0"),
    )


def test_rules_know_what_is_around_them() -> None:
    sheet = """
        @import url(else.css);
        a:hover, .b { color: red }
        @media (max-width: 9px) { @supports (gap: 0) { p { gap: 1px } } h1 { top: 0 } }
        @font-face { font-family: "{;}"; }
        i { left: 0
    """
    top = Declaration("top", "0")
    assert list(read_sheet(sheet)) == [
        Rule("@import url()", ()),
        Rule("a:hover, .b", (Declaration("color", "red"),)),
        Rule("@media (max-width: 9px)", ()),
        Rule("@supports (gap: 0)", (), ("@media (max-width: 9px)",)),
        Rule("p", (Declaration("gap", "1px"),), ("@media (max-width: 9px)", "@supports (gap: 0)")),
        Rule("h1", (top,), ("@media (max-width: 9px)",)),
        Rule("@font-face", (Declaration("font-family", '""'),)),
        Rule("i", (Declaration("left", "0"),)),
    ]


def test_a_block_within_a_rule_declares_nothing_of_that_rule() -> None:
    assert list(read_sheet("a { top: 0; b { left: 0; { right: 0 } } bottom: 0 } p { top: 0 }")) == [
        Rule("a", (Declaration("top", "0"), Declaration("bottom", "0"))),
        Rule("p", (Declaration("top", "0"),)),
    ]


@given(st.text(alphabet="ab:;{}()\"'\\/*@ \n-!u<>", max_size=80))
def test_whatever_comes_in_something_comes_out(text: str) -> None:
    for rule in read_sheet(text):
        assert all(one.name for one in rule.declarations)
    for declaration in read_declarations(text):
        assert declaration.name == declaration.name.strip().lower()


@given(
    st.lists(
        st.tuples(st.text(alphabet="abcz", min_size=1, max_size=6), st.sampled_from(["0", "red", '"x;}"']))
    )
)
def test_what_is_written_is_read(declared: list[tuple[str, str]]) -> None:
    body = ";".join(f"{name}:{value}" for name, value in declared)
    rules = [rule for rule in read_sheet(f"p {{{body}}} b {{}}") if rule.prelude == "p"]
    wanted = [(name, '""' if value.startswith('"') else value) for name, value in declared]
    assert [[(one.name, one.value) for one in rule.declarations] for rule in rules] == [wanted]
