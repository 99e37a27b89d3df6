"""The published tree over HTTP."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from letters.web.tree import find_file


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


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["..", ".", "", "cards", "index.html", "\\", "~"])).map("/".join)
)
def test_no_address_names_a_file_outside_the_tree(
    tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    root = tmp_path_factory.getbasetemp()
    found = find_file(root / "inside", path)
    assert found is None or found.is_relative_to(root / "inside")


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
