"""A document is cut where its entries are, in time that grows with its length only; what stands around them gives hints."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watching import NOW, item, rss

from letters.errors import UnreadableFeedError
from letters.model import Source
from letters.watch.parse import ParsedFeed, parse_feed
from letters.watch.parse.split import split
from letters.watch.parse.values import Deleted, Hints

SOURCE = Source(key="show", url="https://feeds.example/feed")


def read(body: str, known: frozenset[str] = frozenset()) -> ParsedFeed:
    return parse_feed(body.encode(), url=SOURCE.url, content_type="", source=SOURCE, now=NOW, known=known)


def test_document_is_cut_at_its_entries() -> None:
    pieces = split(
        "<rss><channel>head<item>1</item>\n<item a='>'>2</item >tail<item>3</item></channel></rss>"
    )
    assert pieces is not None
    assert pieces.entries == ("<item>1</item>", "<item a='>'>2</item >", "<item>3</item>")
    assert pieces.head == "<rss><channel>head<?letters-entries?>tail<?letters-entries?></channel></rss>"
    assert pieces.with_entries(["A", "B"]) == "<rss><channel>headABtail</channel></rss>"


@pytest.mark.parametrize(
    "inside",
    ["<![CDATA[</item><item>]]>", "<!-- </item> -->", "<? </item> ?>", "<items/><itemised/>", "<x:item/>"],
)
def test_what_only_looks_like_a_tag_is_no_border(inside: str) -> None:
    pieces = split(f"<rss><channel>{inside}<item>{inside}</item><item>2</item></channel></rss>")
    assert pieces is not None
    assert pieces.entries == (f"<item>{inside}</item>", "<item>2</item>")


@pytest.mark.parametrize(
    "body",
    ["<item>", "</item>", "<item><item></item></item>", "<item></entry>", "<item>1</item><entry>2</entry>", "<item/>", "<item a='1' />",
     "<item><![CDATA[</item>", "<item><!-- </item>", "<!DOCTYPE x><item></item>", "<item a='></item>", "<item></item x>", "<item></item"],
)  # fmt: skip
def test_irregular_document_is_not_cut(body: str) -> None:
    assert split(f"<rss>{body}") is None


def hostile(text: str) -> st.SearchStrategy[str]:
    parts = [
        "<item>",
        "</item>",
        "<item ",
        "<item a='",
        "<entry>",
        "</entry",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?",
        "?>",
        "<!",
        text,
    ]
    return st.lists(st.sampled_from(parts), max_size=12).map("".join)


@given(hostile("x"))
def test_pieces_are_the_document(text: str) -> None:
    pieces = split(text)
    if pieces is None:
        return
    # Between the entries stood nothing but blanks, of which there are none here.
    assert sum(map(len, pieces.entries)) + len(pieces.with_entries([])) == len(text)
    at = [text.index(one) for one in pieces.entries]
    assert all(before <= after for before, after in pairwise(at))


SLOW = ["<item>", "<item ", "<item a='", "<item a=\"", "</item>", "<entry><", "<![CDATA[", "<!--", "<?x ", "<!", "<item></item>", "<item>\n</item>\n x",
        "<item/>", "<item a/", "<item><![CDATA[", "</item <"]  # fmt: skip


@pytest.mark.parametrize("part", SLOW)
def test_document_made_to_be_slow_is_cut_or_not_in_time(part: str) -> None:
    """A hundred thousand times; quadratic time would be minutes."""
    with suppress(UnreadableFeedError):
        pieces = split("<rss><channel>" + part * 100_000 + "</channel></rss>")
        assert pieces is None or len(pieces.entries) == 100_000


def test_many_entries_of_one_guid_beside_a_known_one_are_read_in_time() -> None:
    """Each of them is looked for among the known ones only while that is the quicker way."""
    first = read(rss(*(item(number, guid="same") for number in range(20))))
    known = frozenset(first.fingerprints[:10])
    body = rss(
        *(item(number % 25, guid="same", description=f"{number}" + "same " * 200) for number in range(300)),
        *(item(number, guid="same") for number in range(20)),
    )
    assert len({entry.identity for entry in read(body, known).entries}) == len(read(body, known).entries)


# --- hints ---

HEAD = """
<ttl>90</ttl><ttl>5</ttl>
<skipHours><hour>0</hour><hour>24</hour><hour>7</hour><hour>x</hour><hour>99</hour></skipHours>
<skipDays><day>Saturday</day><day>sunday</day><day>Caturday</day></skipDays>
<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"> daily </sy:updatePeriod>
<sy:updateFrequency xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">2</sy:updateFrequency>
<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/>
<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="hub" href="javascript:alert(1)"/>
<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="self" href="/canonical"/>
<i:new-feed-url xmlns:i="http://www.itunes.com/DTDs/Podcast-1.0.dtd">https://new.example/feed</i:new-feed-url>
"""
HINTS = Hints(
    ttl=timedelta(minutes=90),
    skip_hours=(0, 7),
    skip_days=(5, 6),
    update_period=timedelta(hours=12),
    hubs=("https://hub.example/",),
    self_url="https://feeds.example/canonical",
    new_feed_url="https://new.example/feed",
)


@pytest.mark.parametrize("title", ["The Show", "R & D"], ids=["quickly", "by feedparser"])
def test_hints_are_read_by_both_readers(title: str) -> None:
    assert read(rss(item(1), title=title, extra=HEAD)).hints == HINTS


@pytest.mark.parametrize(
    "extra",
    ["", "<ttl/>", "<ttl>0</ttl>", "<ttl>-5</ttl>", "<skipHours>5</skipHours>", "<ttl>99999999999</ttl>"],
)
def test_document_without_sensible_hints_gives_none(extra: str) -> None:
    assert read(rss(item(1), extra=extra)).hints == Hints()


def test_hubs_are_no_more_than_ten() -> None:
    links = "".join(
        f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="hub" href="https://{n}.example/"/>'
        for n in range(50)
    )
    assert len(read(rss(item(1), extra=links)).hints.hubs) == 10


def test_json_feed_names_its_hubs_and_itself() -> None:
    body = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [], "feed_url": "/canonical", "expired": true,'
        ' "next_url": "https://feeds.example/2", "hubs": [{"type": "rssCloud", "url": "https://cloud.example/"},'
        ' {"type": "WebSub", "url": "https://hub.example/"}, 5]}'
    )
    assert read(body).hints == Hints(
        hubs=("https://hub.example/",), self_url="https://feeds.example/canonical"
    )


@pytest.mark.parametrize("title", ["The Show", "R & D"], ids=["quickly", "by feedparser"])
def test_notices_of_deleted_entries_are_read(title: str) -> None:
    """R65. RFC 6721 section 3."""
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>{title}</title>
      <at:deleted-entry ref="urn:x:1" when="2026-02-01T10:00:00+01:00"><at:comment>gone</at:comment></at:deleted-entry>
      <at:deleted-entry when="2026-02-01T10:00:00Z"/><at:deleted-entry ref="urn:x:2" when="once"/>
      <entry><id>urn:x:3</id><title>c</title></entry></feed>"""
    assert read(body).deleted == (
        Deleted(ref="urn:x:1", when=datetime(2026, 2, 1, 9, tzinfo=UTC)),
        Deleted(ref="urn:x:2"),
    )
    assert [entry.guid for entry in read(body).entries] == ["urn:x:3"]
