"""Which twin a client wants, by its Accept-Encoding."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.web.codings import CODINGS, wanted_codings


def wanted(accept: str | None) -> list[str]:
    return [
        coding.name.decode() for coding in wanted_codings(accept.encode() if accept is not None else None)
    ]


@pytest.mark.parametrize(
    ("accept", "codings"),
    [
        (None, []),
        ("", []),
        ("gzip", ["gzip"]),
        ("GZip", ["gzip"]),
        ("x-gzip", ["gzip"]),
        ("gzip, deflate, br, zstd", ["br", "zstd", "gzip"]),
        ("gzip,deflate", ["gzip"]),
        ("deflate", []),
        ("br;q=0.5, gzip;q=1.0", ["gzip", "br"]),
        ("br ; q=0.5 , gzip", ["gzip", "br"]),
        ("br;Q=0, gzip", ["gzip"]),
        ("br;q=0.000, gzip;q=0.001", ["gzip"]),
        ("*", ["br", "zstd", "gzip"]),
        ("*;q=0", []),
        ("gzip, *;q=0", ["gzip"]),
        ("br;q=0, *", ["zstd", "gzip"]),
        ("gzip;q=0.5, *;q=1", ["br", "zstd"]),
        ("identity", []),
        ("identity;q=0", []),
        ("identity;q=0, gzip;q=0.1", ["gzip"]),
        ("identity, gzip;q=0.5", []),
        ("identity;q=0.5, gzip;q=0.5", ["gzip"]),
        ("identity;q=0.2, gzip;q=0.5, br;q=0.1", ["gzip"]),
        # What cannot be read counts for nothing, and takes nothing else with it.
        ("gzip;q=2, br", ["br"]),
        ("gzip;q=0.1234, br", ["br"]),
        ("gzip;level=9, br", ["br"]),
        ("gzip br", []),
        (",,gzip,", ["gzip"]),
        ("gzip, " + "x" * 600, []),
    ],
)
def test_twins_are_tried_in_the_order_of_the_clients_weights(accept: str | None, codings: list[str]) -> None:
    assert wanted(accept) == codings


NAMES = ["br", "zstd", "gzip", "identity", "*", "deflate", "compress"]


@st.composite
def headers(draw: Any) -> tuple[str, dict[str, int]]:
    """A header, and what it says: coding -> thousandths."""
    weights = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 1000)))
    items = []
    for name, weight in weights.items():
        spelt = draw(st.sampled_from([name, name.upper()]))
        space = draw(st.sampled_from(["", " ", "\t"]))
        shown = f"{weight / 1000:.3f}"
        if draw(st.booleans()):
            shown = shown.rstrip("0")
        is_left_out = weight == 1000 and draw(st.booleans())
        items.append(spelt if is_left_out else f"{space}{spelt}{space};{space}q={shown}{space}")
    return ",".join(items), weights


@given(headers())
def test_no_twin_is_sent_that_the_client_refuses_or_likes_less(header: tuple[str, dict[str, int]]) -> None:
    accept, weights = header
    chosen = wanted(accept)

    def weight(name: str) -> int:
        return weights.get(name, weights.get("*", 0))

    assert all(weight(name) > 0 for name in chosen)
    assert [weight(name) for name in chosen] == sorted(map(weight, chosen), reverse=True)
    left_out = [coding.name.decode() for coding in CODINGS if coding.name.decode() not in chosen]
    assert all(weight(name) == 0 or weight(name) < weight("identity") for name in left_out)


@given(st.binary(max_size=80))
def test_any_bytes_are_read(accept: bytes) -> None:
    assert set(wanted_codings(accept)) <= set(CODINGS)
