"""The quick ways to plain words and addresses give what the thorough ones give."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from letters.text import one_line, plain_text, strip_controls
from letters.watch.parse.document import decode
from letters.watch.parse.markup import text_of_markup
from letters.watch.parse.words import body_text, line, title_text, web_url
from thorough import tries

TAGS = ("p", "br", "br/", "div", "ul", "li", "ol", "h2", "a href='x'", "b", "em", "span class=\"y\"", "blockquote", "hr", "img src=x",
        "pre", "figure", "figcaption", "article", "section", "table", "td", "code", "script", "font")  # fmt: skip
PIECES = ("tides", " ", "\n\n", "a b", ".", "&amp;", "&lt;b&gt;", "&nbsp;", "\xa0", "&copy", "&#8217;", "&#150;", "&#0;", "&am", "p;",
          "é", "<", ">", "a < b", "\x0b", "\u200d", "\x7f", "(", "<!-- c -->", "&notanentity;")  # fmt: skip
pieces = st.sampled_from(PIECES)


def nested(tag: str, inside: list[str]) -> str:
    name = tag.split(maxsplit=1)[0]
    return f"<{tag}>" + ("" if name in {"br", "br/", "hr", "img"} else f"{''.join(inside)}</{name}>")


well_nested = st.recursive(
    pieces, lambda inner: st.builds(nested, st.sampled_from(TAGS), st.lists(inner, max_size=4)), max_leaves=14
)
markup = st.lists(well_nested, max_size=6).map("".join)
broken = st.lists(
    pieces | st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag.split()[0]}>" for tag in TAGS]),
    max_size=12,
).map("".join)


@given(markup | broken)
@example("tides <article>tides</article>")
@example("<section>tides</section> tides")
@settings(max_examples=tries(150, thorough=2_000), deadline=None)
def test_text_of_simple_markup_is_what_a_parser_makes_of_it(source: str) -> None:
    quick = text_of_markup(source)
    assert quick is None or quick == plain_text(source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("No markup at all.", "No markup at all."),
        ("<p>One</p>\n<p>Two <b>bo</b>ld</p>", "One\n\nTwo bold"),
        ("One<br>Two<br/><br />Three", "One\nTwo\nThree"),
        ("<p>See:</p><ul><li><a href='/x?a=1&amp;b=2'>One &amp; all</a></li><li>Two</li></ul><p>End</p>", "See:\n\nOne & all\nTwo\n\nEnd"),
        ("<div>One</div><div>It’s&nbsp;two</div>", "One\nIt’s two"),
        ("<h2>Head</h2><blockquote><p>Said</p></blockquote>", "Head\n\nSaid"),
    ],
)  # fmt: skip
def test_what_show_notes_are_made_of_needs_no_parser(source: str, text: str) -> None:
    assert text_of_markup(source) == text == plain_text(source)


@pytest.mark.parametrize(
    "source",
    ["<p>One<p>Two", "<p>One<div>Two</div></p>", "<ul>x<li>a</li></ul>", "<script>x</script>", "a<div>b</div>", "<b>a", "a < b <i>c</i>",
     "<table><tr><td>a</td></tr></table>", "<p>&#150;</p>", "</p>a", "<p/>a", "<a><a>b</a></a>"],
)  # fmt: skip
def test_what_needs_html_s_rules_is_left_to_a_parser(source: str) -> None:
    assert text_of_markup(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "<p" * 20_000,
        "<a " * 16_000,
        "<a b=" * 9_000,
        "<a b='" * 8_000,
        "<p>" * 16_000,
        "<a x" + " y" * 20_000,
        "&#" * 24_000,
    ],
)
def test_markup_made_to_be_slow_is_left_to_a_parser(source: str) -> None:
    """A pattern that tries again at each blank would take minutes here."""
    assert text_of_markup(source) is None


@given(st.text() | st.text(alphabet="a\x85\x0b\x7f\x9f\xa0\ud800\ufdd0\ufffe\U0001ffffé漢\n"))
def test_stripping_leaves_what_the_patterns_leave(text: str) -> None:
    separators, unwanted = (
        "[\x0b\x0c\x1c-\x1f\x85]",
        r"[\x00-\x08\x0e-\x1b\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef]",
    )
    wanted = re.sub(unwanted, "", re.sub(separators, " ", text))
    assert strip_controls(text) == "".join(one for one in wanted if ord(one) & 0xFFFE != 0xFFFE)


@given(st.text(alphabet="a\x00\x0b\x1f\x7f\x85é漢\ufffe\uffff\n🌊"))
def test_decoding_leaves_out_what_no_feed_may_hold(text: str) -> None:
    wanted = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
    assert decode(b"<r>" + text.encode()) == "<r>" + wanted


@given(st.text(alphabet=" \xa0\ta\u3000é\x0b\u200b") | st.text(), st.integers(1, 20))
def test_line_is_one_line(text: str, longest: int) -> None:
    assert line(text, longest=longest) == one_line(text)[:longest].rstrip()


def thorough_url(text: str, base: str) -> str:
    try:
        joined = urljoin(base, text.strip())
        parts = urlsplit(joined)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return quote(joined, safe="!#$%&'()*+,/:;=?@[]~", encoding="utf-8") if usable and text.strip() else ""


ADDRESS_PARTS = ("https://", "http://", "HTTP://", "a.example", "A.Example", ":80", ":", "/", "//", ".", "..", "/../", "?", "#", "a=1&b=2", ";",
                 ";p=1", "%20", "%zz", "é", " ", "@", "user@", "[::1]", "~x", "\\", "'", '"', "x")  # fmt: skip


@given(st.lists(st.sampled_from(ADDRESS_PARTS), max_size=8).map("".join))
@settings(max_examples=tries(150, thorough=2_000))
def test_plain_address_stays_what_joining_and_quoting_make_of_it(text: str) -> None:
    for base in ("https://base.example/a/b", "http://base.example"):
        assert web_url(text, base=base) == thorough_url(text, base)


def test_text_without_markup_keeps_its_lines() -> None:
    assert body_text("One\nTwo\xa0three ", is_html=True) == "One\nTwo three"
    assert title_text("a\xa0 b", is_html=True) == "a b"
