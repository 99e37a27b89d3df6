"""What an address names, before anything is looked up."""

from __future__ import annotations

import os.path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.web.paths import document_of, read_path


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/", ""),
        (b"/all.rss", "all.rss"),
        (b"/topics/robots/", "topics/robots/"),
        (b"/topics/robots", "topics/robots"),
        (b"/a..b/c.", "a..b/c."),
        (b"//all.rss", "all.rss"),
        (b"/topics//robots/", "topics/robots/"),
        (b"/%61ll.rss", "all.rss"),
        (b"/cards/%C3%BCber/", "cards/über/"),
        (b"/a%20b", "a b"),
        (b"/a+b", "a+b"),
    ],
)
def test_an_address_names_a_path_below_the_root(raw: bytes, path: str) -> None:
    assert read_path(raw) == path


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"all.rss",
        b"*",
        b"http://signal.example/all.rss",
        b"/../secret",
        b"/cards/../../secret",
        b"/%2e%2e/secret",
        b"/%2E%2e%2fsecret",
        b"/cards/..%2fsecret",
        b"/cards%2fsecret",
        b"/..%5csecret",
        b"/.hidden",
        b"/%2ehidden",
        b"/cards/.swap/x",
        b"/all.rss%00.html",
        b"/all.rss\x00",
        b"/all%0a.rss",
        b"/%ff%fe",
        b"/\xff",
        b"/all.rss.br",
        b"/all.rss.zst",
        b"/all.rss.gz",
        b"/all.rss.%67z",
        b"/.gone",
        b"//.gone",
        b"/%2egone",
        b"/.gone.br",
    ],
)
def test_what_is_hidden_upwards_or_ours_is_named_by_no_address(raw: bytes) -> None:
    assert read_path(raw) is None


@given(
    st.binary(max_size=60).map(lambda raw: b"/" + raw)
    | st.text(max_size=40).map(lambda text: f"/{quote(text)}".encode())
    | st.lists(
        st.sampled_from(
            ["..", ".", "", "%2e%2e", "%2f", "%5c", "cards", "all.rss", "all.rss.br", "%00", "\\", "~"]
        )
    ).map(lambda names: ("/" + "/".join(names)).encode())
)
def test_no_address_leads_out_of_the_tree_or_to_what_is_hidden(raw: bytes) -> None:
    path = read_path(raw)
    if path is None:
        return
    file = os.path.normpath(f"/tree/{document_of(path)}")
    assert file.startswith("/tree/")
    assert not any(name.startswith(".") for name in path.split("/"))
    assert file.endswith((".br", ".zst", ".gz")) is False
    assert "\0" not in file
