"""Where an address leads, told without parsing where that is plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import FetchError
from letters.net.urls import parse_url, place_of, target_of, target_of_parsed

_HOSTS = st.one_of(
    st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True),
    st.sampled_from(
        ["127.0.0.1", "[::1]", "A.example", "xn--bcher-kva.example", "bücher.example", "me:you@a.example"]
    ),
)
_PORTS = st.sampled_from(["", ":", ":0", ":80", ":0443", ":59999", ":65535", ":65536", ":99999", ":x"])
_RESTS = st.sampled_from(
    [
        *("", "/", "/feed", "?a=b", "#top", "/a?b=http://c.example:1/", "\\@b.example", "@b.example/"),
        *(
            "/a#top",
            "/a?",
            "/?",
            "/a?b#c",
            "/%7Ea/../b",
            "//a",
            "/a b",
            "/bücher",
            '/a"<>|{}^`b',
            "/a?b?c",
            "/?a=[1];@",
        ),
    ]
)


@given(st.sampled_from(["http://", "https://", "HTTP://", "ftp://"]), _HOSTS, _PORTS, _RESTS)
def test_place_is_the_parsed_one(scheme: str, host: str, port: str, rest: str) -> None:
    url = scheme + host + port + rest
    try:
        parsed = parse_url(url)
    except FetchError:
        with pytest.raises(FetchError):
            place_of(url)
    else:
        assert place_of(url) == (parsed.host, parsed.port)


@given(st.sampled_from(["http://", "https://", "HTTP://", "ftp://"]), _HOSTS, _PORTS, _RESTS)
def test_address_is_taken_apart_as_parsing_has_it(scheme: str, host: str, port: str, rest: str) -> None:
    url = scheme + host + port + rest
    try:
        parsed = parse_url(url)
    except FetchError:
        with pytest.raises(FetchError):
            target_of(url)
    else:
        assert target_of(url) == target_of_parsed(parsed)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7F), max_size=12))
def test_any_path_is_asked_for_as_parsing_has_it(path: str) -> None:
    url = f"http://a.example/{path}"
    try:
        parsed = parse_url(url)
    except FetchError:
        with pytest.raises(FetchError):
            target_of(url)
    else:
        assert target_of(url) == target_of_parsed(parsed)


def test_address_that_is_too_long_is_refused_however_plain() -> None:
    with pytest.raises(FetchError, match="longer than"):
        target_of(f"http://a.example/{'a' * 8_000}")
