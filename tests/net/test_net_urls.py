"""Where an address leads, told without parsing where that is plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import FetchError
from letters.net.urls import parse_url, place_of

_HOSTS = st.one_of(
    st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True),
    st.sampled_from(
        ["127.0.0.1", "[::1]", "A.example", "xn--bcher-kva.example", "bücher.example", "me:you@a.example"]
    ),
)
_PORTS = st.sampled_from(["", ":", ":0", ":80", ":0443", ":59999", ":65535", ":65536", ":99999", ":x"])
_RESTS = st.sampled_from(
    ["", "/", "/feed", "?a=b", "#top", "/a?b=http://c.example:1/", "\\@b.example", "@b.example/"]
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
