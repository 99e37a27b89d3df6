"""The quick reader beside feedparser, which stays the authority: whatever both read, they read alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.errors import UnreadableFeedError
from letters.model import Episode
from letters.watch.parse.document import Kind, decode, kind_of
from letters.watch.parse.entities import without_prolog
from letters.watch.parse.values import OddError, Origin, ParsedFeed
from letters.watch.parse.xmldocument import open_xml
from letters.watch.parse.xmlfeed import parse_xml
from thorough import tries

ORIGIN = Origin(source="show", show="", url="https://feeds.example/a/feed")
CORPUS = Path(__file__).parent / "corpus"


# --- where they may differ ---


def feedparser_gives_nothing(ours: object, theirs: object, _document: str) -> bool:
    """It reads no text of an element that bears an attribute it does not know."""
    return theirs in {None, ""} and bool(ours)


def a_base_outlives_its_element(_ours: object, _theirs: object, document: str) -> bool:
    """feedparser goes on resolving against the ``xml:base`` of an element that has ended, if nothing around it states one."""
    root, _sign, inside = document.partition(">")
    return "xml:base" in inside and "xml:base" not in root


def a_second_summary_of_the_channel_counts_for_its_first_entry(
    _ours: object, _theirs: object, document: str
) -> bool:
    """feedparser takes it for content, and then the first entry's second summary for the summary itself."""
    head = re.split("<item|<entry", document)[0]
    return (
        len(re.findall("<(?:[a-z]+:)?(?:summary|description|content|encoded)[ >]", head)) > 1
        or "<content" in head
    )


RULES: dict[str, tuple[Callable[[object, object, str], bool], ...]] = {
    "title": (feedparser_gives_nothing,),
    "description": (a_second_summary_of_the_channel_counts_for_its_first_entry,),
    "duration": (feedparser_gives_nothing,),
    "season": (feedparser_gives_nothing,),
    "number": (feedparser_gives_nothing,),
    "link": (a_base_outlives_its_element,),
    "guid": (a_base_outlives_its_element,),
}


def quick(text: str) -> ParsedFeed:
    document = open_xml(text, ORIGIN)
    entries = document.read(range(len(document.texts)), quickly=True)
    return ParsedFeed(
        title=document.title,
        language=document.language,
        entries=tuple(entries),
        hints=document.hints,
        deleted=document.deleted,
    )


def differences(document: str, ours: ParsedFeed, theirs: ParsedFeed) -> list[str]:
    """What both read otherwise and no rule allows."""
    around = differing(document, ours, theirs, ("title", "language", "hints", "deleted"))
    pairs = zip(ours.entries, theirs.entries, strict=True)
    names = tuple(field.name for field in fields(Episode))
    return around + [words for mine, other in pairs for words in differing(document, mine, other, names)]


def differing(document: str, ours: object, theirs: object, names: tuple[str, ...]) -> list[str]:
    values = ((name, getattr(ours, name), getattr(theirs, name)) for name in names)
    return [
        f"{name}: {mine!r} is not {other!r}"
        for name, mine, other in values
        if mine != other and not any(rule(mine, other, document) for rule in RULES.get(name, ()))
    ]


# --- real documents ---


@pytest.mark.shared
@pytest.mark.slow
def test_real_documents_are_read_alike_and_nearly_all_quickly(shared_data: Path) -> None:
    paths = sorted((shared_data / "feeds").rglob("*.xml"))[:: tries(3, thorough=1)]
    bodies = {path.name: path.read_bytes() for path in paths}
    texts = {name: without_prolog(decode(body)) for name, body in bodies.items() if kind_of(body) is Kind.XML}
    found, odd = {}, {}
    for name, text in texts.items():
        try:
            ours = quick(text)
        except OddError as error:
            odd[name] = str(error)
        else:
            found[name] = differences(text, ours, parse_xml(text, ORIGIN))
    assert {name: words for name, words in found.items() if words} == {}
    assert len(odd) <= len(texts) // 20, odd


# --- the corpus and made documents ---


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.xml")), ids=lambda path: path.stem)
def test_corpus_is_read_alike(path: Path) -> None:
    text = without_prolog(decode(path.read_bytes()))
    try:
        ours = quick(text)
    except OddError:
        return
    assert differences(text, ours, parse_xml(text, ORIGIN)) == []


NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:x="https://x.example/unknown" '
    'xmlns:thr="http://purl.org/syndication/thread/1.0"'
)
WORDS = (
    "", " ", "Tides", " Tides &amp; time ", "a < b", "AT&T", "<p>One</p><p>Two</p>", "<b>x</b> & <i>y</i>", "&lt;b&gt;",
    "&amp;lt;", "Ã©tÃ©", "caf\x92s", "漢字", "1", "007", "12:30", "1:02:03", "PT5M", "true", "yes", "a\n\n b\t c", "é", "&#zz;",
    "Tue, 03 Feb 2026 06:30:00 EST", "Tue, 03 Feb 2026 06:30:00 +0230", "3 Feb 26 6:30 GMT", "2026-02-03", "Feb 31 2026",
    "2026-02-03T04:05:06Z", "2026-02-03T04:05:06.789+02:30", "2026-02-03 04:05:06", "2026-02-30T00:00:00Z", "soon",
    "2026년 02월 03일 04:05:06", "Κυρ, 12 Ιούλ 2026 17:18:19 EST", "2026-július-13T9:15-05:00", "Mon Feb 02 04:05:06 2026",
    "https://a.example/1?a=1&b=2", "https://a.example/?a=1&amp;b=2", "/relative/é?x=y z", "../up", "//b.example/x", "mailto:a@b.example",
    "javascript:alert(1)", "https:////a.example/x", "urn:uuid:1", "a@b.example (Ada Quill)", "Ada Quill <a@b.example>",
    "a@b.example", "Ada Quill", "text/html", "image/png", "audio/mpeg", "x" * 300,
)  # fmt: skip
words = st.sampled_from(WORDS)
TEXTS = [
    "title",
    "dc:title",
    "media:title",
    "itunes:title",
    "description",
    "dc:description",
    "media:description",
    "summary",
    "itunes:summary",
    "content:encoded",
    "content",
    "itunes:subtitle",
    "guid",
    "id",
    "link",
    "pubDate",
    "published",
    "issued",
    "updated",
    "modified",
    "dc:date",
    "created",
    "dcterms:created",
    "dcterms:issued",
    "dcterms:modified",
    "itunes:duration",
    "itunes:season",
    "itunes:episode",
    "author",
    "dc:creator",
    "itunes:author",
    "managingEditor",
    "podcast:season",
    "podcast:episode",
    "podcast:person",
    "category",
    "comments",
    "itunes:explicit",
    "x:unknown",
    "dc:publisher",
    "thr:total",
    "itunes:image",
    "media:thumbnail",
]
ATTRIBUTES = [
    "rel",
    "type",
    "href",
    "url",
    "length",
    "isPermaLink",
    "role",
    "img",
    "duration",
    "medium",
    "fileSize",
    "language",
    "xml:lang",
    "x:y",
]
ATTRIBUTE_VALUES = (
    "alternate", "self", "enclosure", "hub", "text/html", "html", "text", "image/png", "audio/mpeg", "true", "false", "de",
    "de_AT", "https://a.example/a.mp3", "/b.png", "12", "", "host",
)  # fmt: skip
attributes = st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(ATTRIBUTE_VALUES), max_size=3)


def tag(start: str, stated: dict[str, str], inside: str) -> str:
    """An element; what stands in `start` behind its name are further attributes."""
    more = "".join(f' {key}="{escape(value)}"' for key, value in stated.items())
    return f"<{start}{more}>{inside}</{start.split(maxsplit=1)[0]}>"


def written(text: str, *, is_cdata: bool) -> str:
    return f"<![CDATA[{text}]]>" if is_cdata else escape(text, quote=False)


element = st.builds(
    lambda name, stated, text, is_cdata: tag(name, stated, written(text, is_cdata=is_cdata)),
    st.sampled_from(TEXTS),
    st.just({}) | attributes,
    words,
    st.booleans(),
)
links = st.builds(
    lambda name, stated: tag(name, stated, ""),
    st.sampled_from(
        ["link", "enclosure", "media:content", "media:thumbnail", "itunes:image", "podcast:transcript"]
    ),
    attributes,
)
author = st.builds(
    lambda parts: tag(
        "author", {}, "".join(tag(name, {}, escape(text, quote=False)) for name, text in parts)
    ),
    st.lists(st.tuples(st.sampled_from(["name", "uri", "email"]), words), max_size=3),
)
holders = st.builds(
    lambda name, inside: tag(name, {}, "".join(inside)),
    st.sampled_from(["media:group", "media:content", "source", "contributor", "x:box"]),
    st.lists(element | links, max_size=3),
)
entries = st.lists(element | links | author | holders, max_size=12).map("".join)
heads = st.lists(
    element | st.sampled_from([
        "<title>The Show</title>", "<language>de_AT</language>", "<image><title>I</title><url>x</url></image>",
        "<ttl>60</ttl>", "<lastBuildDate>x</lastBuildDate>", "<skipHours><hour>1</hour><hour>24</hour></skipHours>",
        "<itunes:owner><itunes:name>O</itunes:name></itunes:owner>", "<sy:updatePeriod>daily</sy:updatePeriod>",
        "<podcast:person>Ada Quill</podcast:person>", '<link rel="hub" href="https://hub.example/"/>',
    ]),
    max_size=5,
).map("".join)  # fmt: skip


def document(kind: str, head: str, inside: list[str], root: dict[str, str]) -> str:
    match kind:
        case "rss":
            items = "".join(f"<item>{one}</item>" for one in inside)
            return tag("rss " + NAMESPACES, {"version": "2.0"} | root, tag("channel", {}, head + items))
        case "rdf":
            names = f'xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {NAMESPACES}'
            items = "".join(
                f'<item rdf:about="urn:x:{place}">{one}</item>' for place, one in enumerate(inside)
            )
            return tag("rdf:RDF " + names, {}, tag("channel", {}, head) + items)
        case _:
            items = "\n".join(f"<entry>{one}</entry>" for one in inside)
            names = f'feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}'
            return tag(names, root, head + items)


documents = st.builds(
    document,
    st.sampled_from(["rss", "rdf", "atom"]),
    heads,
    st.lists(entries, min_size=1, max_size=3),
    st.sampled_from([{}, {}, {"xml:lang": "fr"}, {"xml:base": "https://base.example/x/"}, {"lang": "it_IT"}]),
)


@given(documents)
@settings(max_examples=tries(100, thorough=2_000), deadline=None)
def test_made_documents_are_read_alike(text: str) -> None:
    try:
        ours = quick(text)
    except OddError:
        return
    assert differences(text, ours, parse_xml(text, ORIGIN)) == []


@pytest.mark.parametrize("kind", ["rss", "rdf", "atom"])
def test_made_documents_of_each_kind_are_read_quickly(kind: str) -> None:
    """Else the test above would compare nothing."""
    text = document(kind, "<title>The Show</title>", ["<title>A</title><link>x</link>"], {})
    assert [entry.title for entry in quick(text).entries] == ["A"]


ODD: dict[str, Any] = {
    "markup that is not escaped": "<rss><channel><title>x</title><item><description><p>a</p></description></item></channel></rss>",
    "XHTML": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="xhtml"><div>a</div></title></entry></feed>',
    "a prefix that nothing declares": "<rss><channel><item><itunes:title>a</itunes:title></item></channel></rss>",
    "an entity of HTML": "<rss><channel><item><title>a&nbsp;b</title></item></channel></rss>",
    "an entry in an entry": "<rss><channel><item><item>a</item></item></channel></rss>",
    "an entry that does not end": "<rss><channel><item><title>a</title></channel></rss>",
    "an entry without content": "<rss><channel><item/></channel></rss>",
    "entries of two kinds": "<rss><channel><item>a</item><entry>b</entry></channel></rss>",
    "two titles": "<rss><channel><title>a</title><item><title>x</title></item><title>b</title></channel></rss>",
    "another root": "<Channel><item><title>x</title></item></Channel>",
    "a reference to no character": "<rss><channel><item><title><![CDATA[&#;]]></title></item></channel></rss>",
    "base64": '<feed xmlns="http://purl.org/atom/ns#"><entry><content mode="base64">YQ==</content></entry></feed>',
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_document_is_left_to_feedparser(name: str) -> None:
    with pytest.raises(OddError):
        quick(ODD[name])


@given(st.text(alphabet="<>/!-[]CDATA? itemrsx&;\"'=", max_size=60))
def test_whatever_the_quick_reader_takes_feedparser_takes_too(text: str) -> None:
    around = f"<rss><channel><item><title>{text}</title></item></channel></rss>"
    try:
        ours = quick(around)
    except OddError:
        return
    try:
        theirs = parse_xml(around, ORIGIN)
    except UnreadableFeedError:
        pytest.fail("feedparser refuses it")
    assert differences(around, ours, theirs) == []
