"""Foreign HTML becomes harmless, well-formed and stable; plain text keeps what a reader would read."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from letters.text import plain_text, safe_url, sanitise
from letters.text.html import LIMIT

# --- sanitise --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("<p>one</p>", "<p>one</p>"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<p onclick='x()' style='color:red' class=c id=i>a</p>", "<p>a</p>"),
        ("<script>alert(1)</script><style>p{}</style>text", "text"),
        ("<iframe src='https://x.example'>inside</iframe>after", "after"),
        ("<form><input value=a><button>b</button></form>", "b"),
        ("<svg><a href='javascript:x'>s</a></svg>t", "t"),
        ("<!-- c -->t", "t"),
        ("a<br>b<hr>", "a<br />b<hr />"),
        ("a&nbsp;b&copy;&#8212;", "a\xa0b©—"),
        ("a\x00b&#1;c\x7f", "abc"),
        ("<p dir=rtl lang=ar>x</p>", '<p lang="ar" dir="rtl">x</p>'),
        ("<p dir=up>x</p>", "<p>x</p>"),
        ("<pre>\n\n\na\nb</pre>", "<pre>a\nb</pre>"),
        ("<made-up>text</made-up>", "text"),
        ("", ""),
    ],
)
def test_markup_is_cut_to_what_articles_need(source: str, wanted: str) -> None:
    assert sanitise(source).replace('<p dir="rtl" lang="ar">', '<p lang="ar" dir="rtl">') == wanted


@pytest.mark.parametrize("url", ["https://x.example/a?b=1&c=2", "http://x.example", "mailto:a@x.example"])
def test_links_to_the_web_and_to_addresses_stay(url: str) -> None:
    link = url.replace("&", "&amp;")
    assert sanitise(f'<a href="{link}">t</a>') == f'<a href="{link}" rel="noopener nofollow">t</a>'


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java&#1;script:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://x.example",
        "/relative",
        "//x.example/scheme-relative",
        "#part",
    ],
)
def test_other_links_and_relative_ones_without_a_base_lose_their_address(url: str) -> None:
    assert sanitise(f'<a href="{url}">t</a>') == '<a rel="noopener nofollow">t</a>'


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("/a", "https://x.example/a"),
        ("b", "https://x.example/shows/b"),
        ("../c?d=1", "https://x.example/c?d=1"),
        ("//y.example/z", "https://y.example/z"),
        ("https://y.example/", "https://y.example/"),
    ],
)
def test_relative_links_are_resolved_against_the_base(url: str, wanted: str) -> None:
    cleaned = sanitise(f'<a href="{url}">t</a>', base_url="https://x.example/shows/one")
    assert cleaned == f'<a href="{wanted}" rel="noopener nofollow">t</a>'


@pytest.mark.parametrize("base", ["javascript:alert(1)", "not a url", "https://", "/a", "mailto:a@x.example"])
def test_a_base_that_is_no_web_address_counts_as_none(base: str) -> None:
    assert sanitise('<a href="/a">t</a>', base_url=base) == '<a rel="noopener nofollow">t</a>'


def test_pictures_stay_and_counting_pixels_go() -> None:
    assert (
        sanitise('<img src="https://x.example/a.png" alt="a">')
        == '<img src="https://x.example/a.png" alt="a" />'
    )
    for attributes in ('width="1" height="1"', "height=0", "width=1px"):
        assert sanitise(f'<p>a<img src="https://x.example/p" {attributes}></p>') == "<p>a</p>"


@pytest.mark.parametrize("src", ["data:image/png;base64,AAAA", "mailto:a@x.example", "a.png", ""])
def test_a_picture_without_a_web_address_goes(src: str) -> None:
    assert sanitise(f'a<img src="{src}">b') == "ab"


_PIECES = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<a href='/x'>",
            "<a href=https://y.example>",
            "</a>",
            "<table>",
            "<tr>",
            "<td>",
        ),
        *(
            "</table>",
            "<li>",
            "<ul>",
            "</ul>",
            "<ol start=3>",
            "<pre>\n",
            "</pre>",
            "<br>",
            "<img src=https://x.example/i>",
        ),
        *(
            "<script>",
            "</script>",
            "<style>",
            "<svg>",
            "<math>",
            "<mi>",
            "</svg>",
            "<title>",
            "<textarea>",
            "<template>",
        ),
        *(
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<plaintext>",
            "<select>",
            "<option>",
            "<h1>",
            "</h2>",
            "<ruby>",
            "<rt>",
        ),
        *(
            "&lt;",
            "&amp;",
            "&#0;",
            "&#x1f;",
            "&nbsp;",
            "<",
            ">",
            '"',
            "'",
            "<noscript>",
            "<caption>",
            "<div>",
            "</div>",
        ),
    ]
)
_HTML = st.lists(_PIECES | st.text(max_size=10), max_size=40).map("".join)
_BASES = st.sampled_from(["", "https://x.example/a/"])


@given(source=_HTML, base=_BASES)
def test_sanitising_twice_is_sanitising_once(source: str, base: str) -> None:
    once = sanitise(source, base_url=base)
    assert sanitise(once, base_url=base) == once


@given(source=_HTML, base=_BASES)
def test_what_comes_out_is_well_formed_and_holds_nothing_that_acts(source: str, base: str) -> None:
    root = etree.fromstring(f"<div>{sanitise(source, base_url=base)}</div>".encode())
    for element in root.iter():
        assert element.tag not in {
            "script",
            "style",
            "iframe",
            "object",
            "form",
            "svg",
            "math",
            "title",
            "template",
        }
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            if name in {"href", "src"}:
                assert re.match(r"(https?|mailto):", value)


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 100_000,
        "<b>" * 100_000,
        "<b><p>" * 50_000,
        "<a id=x></i>" * 50_000,
        "<" * 300_000,
        "<!--" * 100_000,
    ],
    ids=lambda source: source[:12],
)
def test_hostile_nesting_costs_no_more_than_its_length(source: str) -> None:
    assert isinstance(sanitise(source + "<p>end</p>"), str)
    assert isinstance(plain_text(source + "<p>end</p>"), str)


def test_markup_nested_deeper_than_any_article_keeps_its_text() -> None:
    assert sanitise("<div>" * 300 + "one &amp; <b>two</b>") == "one &amp; two"
    assert plain_text("<div>" * 300 + "one &amp; <b>two</b>") == "one & two"


def test_unclosed_paragraphs_and_items_do_not_count_as_nesting() -> None:
    assert sanitise("<p>a" * 1000) == "<p>a</p>" * 1000


def test_input_beyond_the_limit_is_cut_off() -> None:
    assert len(sanitise("a" * (LIMIT + 10))) == LIMIT


# --- plain_text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "AT&T",
        "a < b and c > d",
        "I <3 RSS",
        "List<String>",
        "https://x.example/?a=1&copy=2",
        "one\ntwo\n\nthree",
        "x <y@x.example>",
        "",
    ],
)
def test_text_without_elements_survives(text: str) -> None:
    assert plain_text(text) == text


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("AT&amp;T &#8217; &quot;", 'AT&T ’ "'),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("<p>&amp;lt;b&amp;gt;</p>", "&lt;b&gt;"),
        ("<b>bold</b>, <i>plain</i>", "bold, plain"),
        ("un<b>believ</b>able <i>a</i><b>b</b>", "unbelievable ab"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("a<script>x()</script><style>y</style><b>c</b>", "ac"),
        ("<!-- only a comment -->", ""),
        ("<img src='https://x.example/a.png' alt='picture'><p>a", "a"),
        ("a\x00b\x0bc", "ab c"),
        ("<p>a&nbsp;b", "a b"),
        ('<?xml version="1.0" encoding="utf-8"?><p>a</p>', "a"),
    ],
)
def test_markup_becomes_text_with_entities_decoded_once(source: str, wanted: str) -> None:
    assert plain_text(source) == wanted


def test_long_text_is_cut_at_a_word() -> None:
    assert plain_text("one two three", limit=9) == "one two…"
    assert plain_text("abcdefghijkl", limit=5) == "abcd…"
    assert plain_text("one two", limit=7) == "one two"


@given(_HTML)
def test_plain_text_never_fails_and_carries_no_controls(source: str) -> None:
    text = plain_text(source, limit=50)
    assert len(text) <= 50
    etree.fromstring(f"<a>{html.escape(text)}</a>".encode())


# --- safe_url --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://x.example/a?b#c", "http://[::1]:80/", "mailto:a@x.example"])
def test_safe_addresses_stay(url: str) -> None:
    assert safe_url(f" {url} ") == url


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("HTTPS://X.example/A", "https://X.example/A"),
        ('https://x.example/"><script>', "https://x.example/%22%3E%3Cscript%3E"),
        ("https://x.example/{a}|b", "https://x.example/%7Ba%7D%7Cb"),
    ],
)
def test_addresses_that_browsers_forgive_are_made_right(url: str, wanted: str) -> None:
    assert safe_url(url) == wanted
    assert safe_url(wanted) == wanted


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:,x", "/a", "//x.example", "https://", "https:/a", "http://<", "https://a\"b.example", "http://[", "mailto:", "a b", "https://x.example/a b", "https://x.example/\x01", None]
)  # fmt: skip
def test_other_addresses_become_nothing(url: str | None) -> None:
    assert safe_url(url) == ""
