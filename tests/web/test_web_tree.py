"""The published tree over HTTP."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from litestar.testing import TestClient

from letters.files import replace_file
from letters.settings.types import SiteSettings
from letters.web import make_app
from letters.web.answers import SiteAddress, links
from letters.web.front import Front
from letters.web.tree import PublishedTree

BASE = "https://signal.example"


@pytest.fixture(autouse=True)
def tree(here: Any) -> Path:
    root: Path = here.tree
    for name, content in {
        "index.html": "<p>Home",
        "all.rss": "<rss/>",
        "all.atom": "<feed/>",
        "all.json": "{}",
        "index.opml": "<opml/>",
        "style.css": "p {}",
        "odd.bin": "?",
        "cards/one-1a2b3c/index.html": "<p>Über",
        ".hidden": "no",
        "cards/.swap/index.html": "no",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (root / "empty").mkdir()
    (root.parent / "secret.txt").write_text("no")
    return root


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("/all.rss", "application/rss+xml; charset=utf-8"),
        ("/all.atom", "application/atom+xml; charset=utf-8"),
        ("/all.json", "application/feed+json; charset=utf-8"),
        ("/index.opml", "text/x-opml; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/odd.bin", "application/octet-stream"),
        ("/", "text/html; charset=utf-8"),
        ("/cards/one-1a2b3c/", "text/html; charset=utf-8"),
    ],
)
def test_each_format_has_its_type(client: TestClient[Any], path: str, type: str) -> None:  # noqa: A002 - the column's name
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, type)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]


def test_a_file_comes_as_it_is(client: TestClient[Any]) -> None:
    assert client.get("/cards/one-1a2b3c/").text == "<p>Über"


def test_a_folder_without_its_slash_leads_to_the_one_with_it(client: TestClient[Any]) -> None:
    answer = client.get("/cards/one-1a2b3c")
    assert (answer.status_code, answer.headers["location"]) == (308, "./one-1a2b3c/")
    assert client.get("/cards/one-1a2b3c", follow_redirects=True).text == "<p>Über"


@pytest.mark.parametrize(
    "path",
    [
        "/none.html",
        "/empty",
        "/empty/",
        "/cards",
        "/.hidden",
        "/cards/.swap/",
        "/cards/.swap/index.html",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/cards/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "/all.rss%00.html",
        "/" + "x" * 300,
    ],
)
def test_what_is_hidden_outside_or_missing_is_not_found(client: TestClient[Any], path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("target", ["../secret.txt", ".."])
def test_a_link_out_of_the_tree_is_not_followed(client: TestClient[Any], tree: Path, target: str) -> None:
    (tree / "way-out").symlink_to(target)
    assert client.get("/way-out").status_code == 404
    assert client.get("/way-out/secret.txt").status_code == 404


def test_a_loop_of_links_is_not_found(client: TestClient[Any], tree: Path) -> None:
    (tree / "loop").symlink_to("loop")
    assert client.get("/loop").status_code == 404


def test_head_gives_the_same_headers_and_no_body(client: TestClient[Any]) -> None:
    got, head = client.get("/all.rss"), client.head("/all.rss")
    assert head.status_code == 200
    assert head.content == b""
    assert dict(head.headers) == dict(got.headers)


def test_a_known_version_is_not_sent_again(client: TestClient[Any]) -> None:
    """R53: a 304 repeats the validators."""
    first = client.get("/all.rss")
    assert first.headers["etag"].startswith('"')
    for headers in (
        {"If-None-Match": first.headers["etag"]},
        {"If-None-Match": f'"other", W/{first.headers["etag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        again = client.get("/all.rss", headers=headers)
        assert (again.status_code, again.content) == (304, b""), headers
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["last-modified"] == first.headers["last-modified"]


def test_if_none_match_beats_if_modified_since(client: TestClient[Any]) -> None:
    """R53."""
    later = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    headers = {"If-None-Match": '"another"', "If-Modified-Since": later}
    assert client.get("/all.rss", headers=headers).status_code == 200


@pytest.mark.parametrize("date", ["yesterday", "", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Foo 1970"])
def test_an_old_or_unreadable_date_gets_the_whole_file(client: TestClient[Any], date: str) -> None:
    assert client.get("/all.rss", headers={"If-Modified-Since": date}).status_code == 200


def test_the_tag_follows_the_content_and_not_the_date(client: TestClient[Any], tree: Path) -> None:
    first = client.get("/all.rss").headers["etag"]
    os.utime(tree / "all.rss", (1, 1))
    assert client.get("/all.rss").headers["etag"] == first
    (tree / "all.rss").write_text("<rss version='2.0'/>")
    assert client.get("/all.rss").headers["etag"] != first


def test_nothing_can_be_sent_to_a_file(client: TestClient[Any]) -> None:
    answer = client.post("/all.rss", content=b"x")
    assert answer.status_code == 405
    assert "This address works differently" in answer.text
    assert "GET" in answer.headers["allow"]


# --- twins -------------------------------------------------------------------------------------------------


def add_twin(document: Path, ending: str, content: bytes, *, seconds_off: float = 0) -> Path:
    """A compressed twin as publishing leaves it: of the document's very date."""
    twin = document.with_name(document.name + ending)
    twin.write_bytes(content)
    date = document.stat().st_mtime_ns + int(seconds_off * 1e9)
    os.utime(twin, ns=(date, date))
    return twin


def ask(client: TestClient[Any], path: str, accept: str | None = None, **headers: str) -> Any:
    """The client writes an Accept-Encoding of its own unless told another, and undoes codings where it can."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = client.build_request("GET", path, headers={**sent, "Accept-Encoding": accept or "identity"})
    if accept is None:
        del request.headers["Accept-Encoding"]
    answer = client.send(request, stream=True)
    raw = b"".join(answer.iter_raw())
    return answer.status_code, answer.headers, raw


@pytest.fixture
def twins(tree: Path) -> Path:
    document = tree / "all.rss"
    for ending in (".br", ".zst", ".gz"):
        add_twin(document, ending, f"all.rss as{ending}".encode())
    return document


@pytest.mark.parametrize(
    ("accept", "coding", "content"),
    [
        (None, None, b"<rss/>"),
        ("identity", None, b"<rss/>"),
        ("gzip, deflate, br, zstd", "br", b"all.rss as.br"),
        ("gzip, zstd", "zstd", b"all.rss as.zst"),
        ("gzip", "gzip", b"all.rss as.gz"),
        ("br;q=0.1, gzip", "gzip", b"all.rss as.gz"),
        ("deflate, identity;q=0", None, b"<rss/>"),
    ],
)
def test_a_twin_is_sent_as_it_lies(
    client: TestClient[Any], twins: Path, accept: str | None, coding: str | None, content: bytes
) -> None:
    status, headers, sent = ask(client, "/all.rss", accept)
    assert (status, headers.get("content-encoding"), sent) == (200, coding, content)
    assert headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert headers["content-length"] == str(len(content))
    assert headers["vary"] == "Accept-Encoding"


def test_each_coding_has_its_own_tag_and_holds_only_for_itself(client: TestClient[Any], twins: Path) -> None:
    """R53: who holds the Brotli twin and can now read gzip only must get the gzip twin, not 304."""
    accepts = ["identity", "br", "zstd", "gzip"]
    tags = {accept: ask(client, "/all.rss", accept)[1]["etag"] for accept in accepts}
    assert len(set(tags.values())) == 4
    for accept in accepts:
        for held, tag in tags.items():
            status, headers, content = ask(client, "/all.rss", accept, if_none_match=tag)
            assert status == (304 if held == accept else 200)
            assert headers["etag"] == tags[accept]
            assert headers["vary"] == "Accept-Encoding"
            assert "cache-control" in headers
            assert (content == b"") is (held == accept)


def test_a_client_that_holds_them_all_is_told_which_one_holds(client: TestClient[Any], twins: Path) -> None:
    tags = [ask(client, "/all.rss", accept)[1]["etag"] for accept in ("identity", "br", "gzip")]
    status, headers, _ = ask(client, "/all.rss", "gzip", if_none_match=", ".join(tags))
    assert (status, headers["etag"]) == (304, tags[2])


@pytest.mark.parametrize("seconds_off", [-3600, -1e-9 * 1000, 1e-9 * 1000, 3600])
def test_a_twin_of_another_date_is_not_the_documents(
    client: TestClient[Any], tree: Path, seconds_off: float
) -> None:
    """An interrupted publish left it."""
    add_twin(tree / "all.rss", ".br", b"old", seconds_off=seconds_off)
    add_twin(tree / "all.rss", ".gz", b"now")
    status, headers, content = ask(client, "/all.rss", "br, gzip")
    assert (status, headers["content-encoding"], content) == (200, "gzip", b"now")


def test_a_twin_that_comes_later_is_used_from_then_on(client: TestClient[Any], tree: Path) -> None:
    settle(tree)
    assert ask(client, "/all.rss", "br")[2] == b"<rss/>"
    add_twin(tree / "all.rss", ".br", b"twin")
    assert ask(client, "/all.rss", "br")[2] == b"twin"
    (tree / "all.rss").write_text("<rss new='yes'/>")
    assert ask(client, "/all.rss", "br")[2] == b"<rss new='yes'/>"


@pytest.mark.parametrize("ending", [".br", ".zst", ".gz"])
def test_a_twin_has_no_address_of_its_own(client: TestClient[Any], twins: Path, ending: str) -> None:
    assert client.get(f"/all.rss{ending}").status_code == 404


def test_a_folder_and_a_picture_are_served_in_their_own_way(client: TestClient[Any], tree: Path) -> None:
    add_twin(tree / "index.html", ".br", b"home")
    assert ask(client, "/", "br")[2] == b"home"
    (tree / "cover.png").write_bytes(b"png")
    add_twin(tree / "cover.png", ".br", b"no")
    status, headers, content = ask(client, "/cover.png", "br")
    assert (status, content, "vary" in headers) == (200, b"png", False)


def test_a_twin_that_leads_out_of_the_tree_is_not_followed(client: TestClient[Any], tree: Path) -> None:
    secret = tree.parent / "secret.txt"
    (tree / "all.rss.br").symlink_to(secret)
    date = (tree / "all.rss").stat().st_mtime_ns
    os.utime(secret, ns=(date, date))
    assert ask(client, "/all.rss", "br")[2] == b"<rss/>"


@pytest.mark.parametrize("first", ["unsubscribe", "preferences", "confirm", "websub"])
def test_what_lies_below_the_address_of_a_secret_is_never_looked_for(
    here: Any, client: TestClient[Any], tree: Path, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / first).mkdir()
    (tree / first / "token").write_text("from the tree")
    looked: list[str] = []
    stat = os.stat
    monkeypatch.setattr(
        "letters.web.tree.os.stat", lambda path, **named: looked.append(str(path)) or stat(path, **named)
    )
    for path in (f"/{first}/token", f"/%{ord(first[0]):02x}{first[1:]}/token"):
        assert client.get(path).text != "from the tree"
    assert not [path for path in looked if "token" in path]


# --- memory ------------------------------------------------------------------------------------------------


def settle(tree: Path) -> None:
    """Wait until what was just written is old enough to be held in memory."""
    newest = max(path.stat().st_ctime for path in tree.rglob("*"))
    time.sleep(max(0.0, newest + 1.05 - time.time()))


def make_tree(here: Any, **limits: int) -> PublishedTree:
    return PublishedTree(lambda: here, **limits)


def test_a_document_is_read_once_and_again_when_it_changed(
    here: Any, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    opened = open

    def counting(path: str, *arguments: Any) -> Any:
        read.append(path)
        return opened(path, *arguments)

    monkeypatch.setattr("builtins.open", counting)
    published = make_tree(here)
    settle(tree)
    for _ in range(3):
        answer = published.answer(b"GET", b"/all.rss", {})
        assert answer is not None
    assert read == [f"{tree}/all.rss"]
    replace_file(tree / "all.rss", "<new/>")
    answer = published.answer(b"GET", b"/all.rss", {})
    assert answer is not None
    assert answer.body == b"<new/>"


@pytest.mark.parametrize("in_place", [True, False])
def test_bytes_that_are_in_place_are_sent_at_once(here: Any, tree: Path, in_place: bool) -> None:
    """A hub that was pinged a moment after publishing must not be told 304; not even twice within a tick of the clock."""
    published = make_tree(here)
    beside = tree / ".next"
    for number in range(2000):
        # Of the same length, as two versions of a feed may be.
        content = f"<rss n='{number:04}'/>".encode()
        if in_place:
            (tree / "all.rss").write_bytes(content)
        else:
            beside.write_bytes(content)
            beside.replace(tree / "all.rss")
        answer = published.answer(b"GET", b"/all.rss", {})
        assert answer is not None
        assert answer.body == content


def test_memory_is_bounded_and_the_least_asked_goes_first(here: Any, tree: Path) -> None:
    for number in range(20):
        (tree / f"{number}.txt").write_text("x" * 1000)
    settle(tree)
    published = make_tree(here, budget_bytes=50_000)
    for number in range(20):
        assert published.answer(b"GET", b"/0.txt", {}) is not None
        assert published.answer(b"GET", f"/{number}.txt".encode(), {}) is not None
    held = published._shelf._held
    assert published._shelf.size_bytes <= 50_000
    assert f"{tree}/0.txt" in held
    assert f"{tree}/19.txt" in held
    assert f"{tree}/1.txt" not in held
    assert published._shelf.size_bytes == sum(one.value.size_bytes for one in held.values())


def test_a_large_file_is_sent_from_disk(here: Any, tree: Path) -> None:
    content = os.urandom(700_000)
    (tree / "large.bin").write_bytes(content)
    published = make_tree(here, largest_held_bytes=1000)
    with TestClient(Front(make_app(lambda: here).app, published)) as client:
        first = client.get("/large.bin")
        assert (first.status_code, first.content) == (200, content)
        assert first.headers["content-length"] == "700000"
        head = client.head("/large.bin")
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
        assert client.get("/large.bin", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        (tree / "large.bin").write_bytes(content[::-1])
        assert (
            client.get("/large.bin", headers={"If-None-Match": first.headers["etag"]}).content
            == content[::-1]
        )
    assert not published._shelf._held


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("size", [10, 5000])
def test_a_file_that_may_not_be_read_is_not_found(here: Any, tree: Path, size: int) -> None:
    (tree / "shut.bin").write_bytes(b"x" * size)
    (tree / "shut.bin").chmod(0)
    with TestClient(Front(make_app(lambda: here).app, make_tree(here, largest_held_bytes=1000))) as client:
        assert client.get("/shut.bin").status_code == 404


def test_new_settings_are_obeyed_at_once(here: Any, client: TestClient[Any], tree: Path) -> None:
    settle(tree)
    assert BASE in client.get("/all.rss").headers["link"]
    moved = SiteSettings(title="Signal", base_url="https://moved.example/signal/")
    hub = here.settings.publish.model_copy(update={"hub": "https://hub.example/"})
    here.settings = here.settings.model_copy(update={"site": moved, "publish": hub})
    link = client.get("/all.rss").headers["link"]
    assert "<https://moved.example/signal/all.rss>" in link
    assert '<https://hub.example/>; rel="hub"' in link


# --- what is said with a document --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/all.rss", "public, no-cache"),
        ("/all.json", "public, no-cache"),
        ("/index.opml", "public, no-cache"),
        ("/", "public, max-age=300"),
        ("/style.css", "public, max-age=3600"),
        ("/archive/all/1.atom", "public, max-age=86400"),
    ],
)
def test_how_long_a_document_may_be_kept(client: TestClient[Any], tree: Path, path: str, kept: str) -> None:
    (tree / "archive/all").mkdir(parents=True)
    (tree / "archive/all/1.atom").write_text("<feed/>")
    assert client.get(path).headers["cache-control"] == kept


def test_a_feed_says_where_it_is_where_its_page_is_and_where_its_hub_is(here: Any, tree: Path) -> None:
    """R55."""
    site = SiteAddress("https://signal.example/letters/", hub="https://hub.example/")
    assert links("topics/robots.atom", site).decode() == (
        '<https://signal.example/letters/topics/robots.atom>; rel="self", '
        '<https://signal.example/letters/topics/robots/>; rel="alternate"; type="text/html", '
        '<https://hub.example/>; rel="hub"'
    )
    assert links("archive/all/1.atom", site).decode() == (
        '<https://signal.example/letters/archive/all/1.atom>; rel="self"'
    )


def test_no_address_breaks_out_of_a_header() -> None:
    site = SiteAddress("https://signal.example", hub='https://hub.example/>; rel="evil"\r\nX: y')
    said = links("ü>\r\n.rss", site)
    assert b"\r" not in said
    assert said.count(b">") == 3
    assert b"<https://signal.example/%C3%BC%3E%0D%0A.rss>" in said


@pytest.mark.parametrize(
    ("path", "has_links", "is_shared"),
    [("/all.rss", True, True), ("/all.json", True, True), ("/index.opml", False, True), ("/", False, False)],
)
def test_what_programs_read_may_be_read_from_any_page(
    client: TestClient[Any], path: str, has_links: bool, is_shared: bool
) -> None:
    answer = client.get(path)
    assert ("link" in answer.headers) is has_links
    assert answer.headers.get("access-control-allow-origin") == ("*" if is_shared else None)
    unchanged = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert unchanged.headers.get("access-control-allow-origin") == ("*" if is_shared else None)
    assert "content-type" not in unchanged.headers


def test_a_page_may_ask_a_feed_whether_it_changed(client: TestClient[Any]) -> None:
    """If-None-Match is not among the headers that scripts may send without asking first."""
    asked = {
        "Origin": "https://reader.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-none-match",
    }
    answer = client.options("/all.json", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-origin" not in client.options("/", headers=asked).headers
    assert "access-control-allow-origin" not in client.options("/none.json", headers=asked).headers


# --- what is gone ------------------------------------------------------------------------------------------


@pytest.fixture
def gone(tree: Path) -> Path:
    (tree / "topics/old").mkdir(parents=True)
    listed = tree / ".gone"
    listed.write_text(
        '{"topics/old/": "topics/new/", "topics/old.rss": "topics/new.rss", "topics/dead.rss": ""}'
    )
    return listed


@pytest.mark.parametrize("path", ["/topics/old/", "/topics/old", "/topics/old/index.html", "/topics//old/"])
def test_an_address_that_is_gone_says_where_to_go(client: TestClient[Any], gone: Path, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 410
    assert "no longer published" in answer.text
    assert '<a href="/topics/new/">' in answer.text
    assert answer.headers["link"] == f'<{BASE}/topics/new/>; rel="successor-version"'
    assert answer.headers["cache-control"] == "public, max-age=300"


def test_a_feed_that_is_gone_without_successor_just_says_so(client: TestClient[Any], gone: Path) -> None:
    answer = client.get("/topics/dead.rss")
    assert answer.status_code == 410
    assert "goes on here" not in answer.text
    assert "link" not in answer.headers
    assert client.head("/topics/dead.rss").status_code == 410
    assert client.get("/topics/other.rss").status_code == 404


def test_the_list_itself_is_not_shown(client: TestClient[Any], gone: Path) -> None:
    assert client.get("/.gone").status_code == 404
    add_twin(gone, ".gz", b"x")
    assert client.get("/.gone").status_code == 404


def test_a_successor_cannot_break_out_of_page_or_header(client: TestClient[Any], gone: Path) -> None:
    gone.write_text(json.dumps({"topics/old/": '"><script>\r\n//evil.example'}))
    answer = client.get("/topics/old/")
    assert answer.status_code == 410
    assert "<script>" not in answer.text
    assert "\n" not in answer.headers["link"]


def test_the_list_is_obeyed_as_it_is_at_the_moment(client: TestClient[Any], gone: Path) -> None:
    assert client.get("/topics/old.rss").status_code == 410
    gone.write_text("{}")
    assert client.get("/topics/old.rss").status_code == 404
    gone.write_text('{"topics/old.rss": ""}')
    assert client.get("/topics/old.rss").status_code == 410
    gone.unlink()
    assert client.get("/topics/old.rss").status_code == 404


def test_what_is_published_again_is_back_before_it_is_off_the_list(
    client: TestClient[Any], tree: Path, gone: Path
) -> None:
    """Readers that were told 410 for a moment in between would leave for good."""
    (tree / "topics/old.rss").write_text("back")
    (tree / "topics/old/index.html").write_text("back")
    assert client.get("/topics/old.rss").text == "back"
    assert client.get("/topics/old/").text == "back"


@pytest.mark.parametrize(
    ("broken", "found"), [("{", "Expecting"), ("[]", "found list"), ('{"topics/old.rss": 1}', "leads to 1")]
)
def test_a_broken_list_is_told_once_and_the_last_good_one_stays(
    client: TestClient[Any], gone: Path, broken: str, found: str
) -> None:
    assert client.get("/topics/old.rss").status_code == 410
    gone.write_text(broken)
    with structlog.testing.capture_logs() as logs:
        assert client.get("/topics/old.rss").status_code == 410
        assert client.get("/topics/old.rss").status_code == 410
    assert len(logs) == 1
    assert logs[0]["event"].startswith(".gone: ")
    assert found in logs[0]["event"]
