"""Documents that mean harm, or are no feeds at all: one clear line each, in bounded time and memory."""

from __future__ import annotations

import gzip
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from watching import NOW, episodes, item, make_settings, rss

from httpserver import HttpServer, Reply
from letters.errors import UnreadableFeedError
from letters.model import Source
from letters.store import Store
from letters.watch import watch
from letters.watch.parse import ParsedFeed, parse_feed
from letters.watch.parse.document import decode
from thorough import tries

URL = "https://feeds.example/feed"
CORPUS = Path(__file__).parent / "corpus"


def read(body: bytes | str, content_type: str = "") -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(data, url=URL, content_type=content_type, source=Source(key="x", url=URL), now=NOW)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
BOMBS = {
    "a billion laughs": f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>',
    "laughs hidden in character references": '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY l8 "&#38;a;&#x26;a;">]>',
    "an external entity": '<!DOCTYPE rss [<!ENTITY l8 SYSTEM "file:///etc/passwd">]>',
    "a public external entity": '<!DOCTYPE rss [<!ENTITY l8 PUBLIC "x" "http://127.0.0.1/">]>',
    "an external parameter entity": '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]>',
    "a nested parameter entity": "<!DOCTYPE rss [<!ENTITY % p '<!ENTITY l8 SYSTEM \"file:///etc/passwd\">'> %p;]>",
    "one long entity used often": f'<!DOCTYPE rss [<!ENTITY l8 "{"x" * 30_000}">]>',
    "an entity after a comment": '<!-- x --><?y?><!DOCTYPE rss [ <!-- ]> --> <!ENTITY l8 SYSTEM "http://127.0.0.1/">]>',
    "a declaration without an end": "<!DOCTYPE rss [" + "<!ENTITY a 'b'>" * 10_000,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32"])
def test_dangerous_entities_are_refused(name: str, encoding: str) -> None:
    """R66: in whatever encoding they come."""
    body = '<?xml version="1.0"?>' + BOMBS[name] + rss(item(1, title="&l8;" * 40)).partition("?>")[2]
    with pytest.raises(UnreadableFeedError, match="refused"):
        read(body.encode(encoding))


def test_external_document_type_is_not_fetched(sqlite_store: Store, http_server: HttpServer) -> None:
    """R66: a document type of elsewhere is common in old feeds, and harmless as long as nobody asks for it."""
    doctype = f'<!DOCTYPE rss SYSTEM "{http_server.url("/rss.dtd")}">'
    http_server.serve("/feed", doctype + rss(item(1)).partition("?>")[2])
    source = Source(key="show", url=http_server.url("/feed"))
    assert watch(sqlite_store, make_settings(source), now=NOW).stored == 1
    assert [request.path for request in http_server.requests] == ["/feed"]


def test_xinclude_and_processing_instructions_do_nothing() -> None:
    body = rss(
        item(
            1, description='<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
        )
    )
    (entry,) = read(body.replace("<rss", '<?xml-stylesheet href="file:///etc/passwd"?><rss')).entries
    assert "root:" not in entry.description


def test_body_that_is_a_file_name_is_not_opened() -> None:
    """feedparser opens files whose name it is given as a document."""
    with pytest.raises(UnreadableFeedError, match="plain text"):
        read(b"/etc/passwd")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty document"),
        (b" \r\n\t ", "an empty document"),
        (b"\xef\xbb\xbf", "an empty document"),
        (b"<!DOCTYPE html><html><body>Hello", "an HTML page"),
        (b"<?xml version='1.0'?>\n<!-- hi -->\n<html xmlns='http://www.w3.org/1999/xhtml'>", "an HTML page"),
        (b"\n<!-- x --><HTML><HEAD>", "an HTML page"),
        (b"Not found", "plain text"),
        (b"%PDF-1.7", "a PDF file"),
        (b"\x89PNG\r\n\x1a\n....", "an image"),
        (b"ID3\x03\x00", "an audio or video file"),
        (b"<opml version='2.0'><body/></opml>", "the root <opml>"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "the root <svg>"),
        (b"<!-- only this -->", "without any element"),
        (b"<!-- never closed " + b"x" * 5000, "without any element"),
        (b'{"title": "x"}', "no JSON Feed"),
        (b"{", "broken JSON"),
        (b'{"items": ' + b"[" * 200_000, "broken JSON"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [' + b"9" * 10_000 + b"]}", "broken JSON"),
    ],
)
def test_document_that_is_no_feed_is_named(body: bytes, words: str) -> None:
    with pytest.raises(UnreadableFeedError, match=words):
        read(body)


def test_controls_nuls_and_lone_surrogates_are_gone(store: Store, http_server: HttpServer) -> None:
    """Neither database takes all of them."""
    noise = "\x00\x01\x0b\x1f\x7f\ufffe"
    http_server.serve(
        "/xml", rss(item(1, title=f"a{noise}b", guid=f"g{noise}", description=f"&#0;x{noise}y&#xD800;"))
    )
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": f"t{noise}\ud800", "items": [
        {"id": f"j{noise}\udfff", "title": f"\ud83d{noise}", "content_html": f"<p>x\x00{noise}</p>", "url": "https://a.example/\x00\ud800"}
    ]}  # fmt: skip
    http_server.serve("/json", json.dumps(feed), content_type="application/json")
    sources = [Source(key=key, url=http_server.url(f"/{key}")) for key in ("xml", "json")]
    report = watch(store, make_settings(*sources), now=NOW)
    assert (report.problems, report.stored) == ((), 2)
    for one in episodes(store):
        assert not any(
            character in repr(one) for character in ("\\x00", "\\x01", "\\ud8", "\\udf", "\\ufffe")
        )


def test_absurd_lengths_are_cut_and_stored(store: Store, http_server: HttpServer) -> None:
    """PostgreSQL indexes no more than 2,700 bytes of an identity."""
    long = "w" * 300_000
    http_server.serve(
        "/feed", rss(item(1, guid=long, link=f"https://a.example/{long}", title=long, description=long))
    )
    source = Source(key="show", url=http_server.url("/feed"))
    for _ in range(2):
        watch(store, make_settings(source), now=NOW, everything=True)
    (one,) = episodes(store)
    assert len(one.identity) < 100
    assert (len(one.title), len(one.description), one.link) == (1_000, 100_000, "")


@pytest.mark.parametrize(
    "body",
    [
        "<rss><channel>" + "<item>" * 3_000,
        "<rss><channel><item><title>x</title>" + "<a>" * 5_000,
        "\n" * 300_000 + rss(item(1)),
        "<rss><channel>" + "<![CDATA[" * 50_000,
        "<rss version='2.0'><channel><title>&</title>" + "<podcast:liveItem></podcast:liveItem>" * 50_000,
        rss(item(1, description=" " * 300_000 + "x")),
        rss(item(1, title="&lt;" * 50_000)),
        "<!DOCTYPE rss [" + "<!ENTITY x SYSTEM " * 5_000,
        rss(item(1, pubDate="1" * 100_000)),
    ],
    ids=lambda body: body[:30].strip(),
)
def test_document_made_to_be_slow_is_read_or_refused(body: str) -> None:
    """Each of these was quadratic in some reader; a minute here would be the sign."""
    with suppress(UnreadableFeedError):
        read(body)


def endless_entries() -> Iterator[bytes]:
    start, _, _ = rss().partition("</channel>")
    return itertools.chain([start.encode()], (item(number).encode() for number in itertools.count()))


def trickle() -> Iterator[bytes]:
    while True:
        time.sleep(0.05)
        yield b"<"


def bomb() -> bytes:
    return gzip.compress(rss(item(1, description="w" * 30_000_000)).encode())


GZIPPED = {"Content-Encoding": "gzip"}
JSON_FEED = '{"version": "https://jsonfeed.org/version/1.1", "items": '
#: What a source answers, and what is said of it; nothing where it can be read for all its oddity.
ANSWERS: dict[str, tuple[Callable[[], Reply], str]] = {
    "a feed of 50 MB": (lambda: Reply(200, itertools.repeat(b"<item>" * 9_000, 926)), "larger than 1,000,000"),
    "a feed that says it has 50 MB": (lambda: Reply(200, b"<rss>", length=50_000_000), "larger than 1,000,000"),
    "a feed without an end": (lambda: Reply(200, endless_entries()), "larger than 1,000,000"),
    "a byte now and then": (lambda: Reply(200, trickle()), "no whole answer within 2 seconds"),
    "a feed that breaks off": (lambda: Reply(200, rss(item(1)).encode()[:200], length=900), "broke off"),
    "a gzip bomb": (lambda: Reply(200, bomb(), GZIPPED), "larger than 1,000,000"),
    "gzip that is none": (lambda: Reply(200, rss(item(1)).encode(), GZIPPED), "garbled"),
    "no HTTP": (lambda: Reply(raw=b"220 mail.example ESMTP\r\n"), "not HTTP"),
    "a header without an end": (lambda: Reply(200, headers={f"X-{n}": "y" for n in range(300)}), "headers"),
    "an entity bomb": (lambda: Reply(200, laughing().encode()), "refused"),
    "an external entity": (
        lambda: Reply(200, b"<!DOCTYPE rss [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><rss>&e;</rss>"),
        "refused",
    ),
    "HTML": (lambda: Reply(200, b"<!DOCTYPE html><html><p>Sign in"), "an HTML page"),
    "HTML that says it is a feed": (
        lambda: Reply(200, b"<html><body>x", {"Content-Type": "application/rss+xml"}),
        "an HTML page",
    ),
    "NULs alone": (lambda: Reply(200, bytes(900_000)), "not a feed"),
    "JSON of 100,000 levels": (lambda: Reply(200, (JSON_FEED + "[" * 100_000).encode()), "broken JSON"),
    "a picture": (lambda: Reply(200, b"\x89PNG\r\n\x1a\n" + bytes(9_000)), "an image"),
    "100,000 levels": (
        lambda: Reply(200, rss(item(1, description="<a>" * 100_000 + "</a>" * 100_000)).encode()),
        "",
    ),
    "one line of 900 kB": (lambda: Reply(200, rss(item(1, description="w" * 900_000)).encode()), ""),
    "a thousand tiny entries": (
        lambda: Reply(200, rss(*(f"<item><guid>{n}</guid></item>" for n in range(1_000))).encode()),
        "",
    ),
    "a feed as a picture": (lambda: Reply(200, rss(item(1)).encode(), {"Content-Type": "image/png"}), ""),
    "a charset that is none": (
        lambda: Reply(200, rss(item(1)).encode(), {"Content-Type": "text/xml; charset=zip"}),
        "",
    ),
    "UTF-16 that says it is UTF-8": (
        lambda: Reply(200, rss(item(1)).encode("utf-16"), {"Content-Type": "text/xml; charset=utf-8"}),
        "",
    ),
    "surrogates": (
        lambda: Reply(200, (JSON_FEED + r'[{"id": "\udfff", "title": "\ud800"}, {"id": "b\u0000"}]}').encode()),
        "",
    ),
}  # fmt: skip


def laughing() -> str:
    return BOMBS["a billion laughs"] + rss(item(1, title="&l8;")).partition("?>")[2]


def test_hostile_sources_fail_alone_and_in_one_line_each(
    sqlite_store: Store, http_server: HttpServer
) -> None:
    """R63, R66: all of them in one pass, beside a source that means well."""
    answers = {f"s{number:02}": reply for number, (reply, _) in enumerate(ANSWERS.values())}
    said = {f"s{number:02}": words for number, (_, words) in enumerate(ANSWERS.values())}
    sources = [
        Source(key=key, url=http_server.on(f"/{key}", lambda _, reply=reply: reply()))  # type: ignore[misc]
        for key, reply in answers.items()
    ]
    good = Source(key="good", url=http_server.serve("/good", rss(item(1), item(2))))
    watching = {"size_limit_mb": 1, "timeout": timedelta(seconds=2)}

    report = watch(sqlite_store, make_settings(*sources, good, **watching), now=NOW)

    problems = {problem.where.split('"')[1]: str(problem) for problem in report.problems}
    assert len(problems) == len(report.problems)
    assert {key for key, words in said.items() if words} == set(problems)
    for key, text in problems.items():
        assert said[key] in text
        assert text.isprintable()
        assert len(text) < 600
    stored = Counter(one.source for one in episodes(sqlite_store))
    assert stored["good"] == 2
    assert {key for key, words in said.items() if not words} == set(stored) - {"good"}
    assert all("root:" not in repr(one) for one in episodes(sqlite_store))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_feed_or_an_unreadable_one(body: bytes) -> None:
    with suppress(UnreadableFeedError):
        read(body)


@given(st.sampled_from(sorted(CORPUS.iterdir())), st.data())
@settings(max_examples=tries(60, thorough=1_000))
def test_mutated_documents_are_read_or_refused(path: Path, data: st.DataObject) -> None:
    """Cut, doubled, spliced with rubbish: whatever comes out has identities, and no words that cannot be stored."""
    body = path.read_bytes()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, len(body)))
    rubbish = data.draw(
        st.binary(max_size=30)
        | st.sampled_from([b"&", b"<", b"]]>", b"<![CDATA[", b"<!--", b"\xff\xfe", b"&#x0;"])
    )
    mutated = data.draw(
        st.sampled_from(
            [body[:start] + rubbish + body[end:], body[:end] + body[start:], body[:start] + rubbish]
        )
    )
    try:
        parsed = read(mutated)
    except UnreadableFeedError:
        return
    assert all(entry.identity for entry in parsed.entries)
    repr(parsed).encode()


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#0;", "&#99999999;", "&#x110000;", "&#;", "&#x;", "&#" + "9" * 9_000 + ";"]
)
def test_reference_to_no_character_is_dropped(reference: str) -> None:
    for title in (f"a{reference}b", f"a{reference}b & c"):
        (entry,) = read(rss(item(1, title=title))).entries
        assert entry.title == title.replace(reference, "")


@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-32"]))
def test_text_is_decoded_from_what_its_bytes_declare(text: str, encoding: str) -> None:
    wanted = "<a>" + "".join(one for one in text if one.isprintable() and one != "\ufeff")
    assert decode(wanted.encode(encoding)) == wanted


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("é".encode("latin-1"), "text/xml; charset=iso-8859-1", "é"),
        ("“é”".encode("cp1252"), "text/xml; charset=iso-8859-1", "“é”"),
        ("é".encode(), "text/xml; charset=iso-8859-1", "é"),
        ("漢".encode("gb18030"), 'text/xml; charset="gb2312"', "漢"),
        ("漢字".encode("shift_jis"), "text/xml; charset=Shift_JIS", "漢字"),
        ("é".encode("latin-1"), "text/xml; charset=no-such-thing", "é"),
        ("é".encode("latin-1"), "text/xml; charset=utf-8", "é"),
        (b"+ADw-script+AD4-", "text/xml; charset=utf-7", "+ADw-script+AD4-"),
        (b"a", "text/xml; charset=idna", "a"),
        ("<?xml version='1.0' encoding='koi8-r'?>я".encode("koi8-r"), "application/xml", "<?xml version='1.0' encoding='koi8-r'?>я"),
    ],
)  # fmt: skip
def test_declared_charsets_are_believed_where_they_can_be_true(
    body: bytes, content_type: str, expected: str
) -> None:
    assert decode(body, content_type) == expected
