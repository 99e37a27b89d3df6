"""Two ways of writing one address are one address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.pair.addresses import normalise_address


@pytest.mark.parametrize(
    "address",
    [
        "http://lantern.example/12",
        "https://www.lantern.example/12/",
        "HTTPS://Lantern.Example:443/12",
        " https://lantern.example/12#listen ",
        "https://lantern.example/12?utm_source=mail&fbclid=x",
        "https://lantern.example/%312",
    ],
)
def test_what_varies_between_copies_of_an_address_goes(address: str) -> None:
    assert normalise_address(address) == "lantern.example/12"


@pytest.mark.parametrize(
    "address",
    [
        "https://youtu.be/abcDEF12345?si=xyz",
        "https://www.youtube.com/watch?v=abcDEF12345&t=10",
        "https://m.youtube.com/watch?feature=share&v=abcDEF12345",
        "https://www.youtube.com/shorts/abcDEF12345",
        "https://www.youtube-nocookie.com/embed/abcDEF12345",
    ],
)
def test_the_forms_of_a_video_address_are_one(address: str) -> None:
    assert normalise_address(address) == "youtube.com/watch?v=abcDEF12345"


@pytest.mark.parametrize("other", ["https://lantern.example/?p=1", "https://lantern.example/?p=2"])
def test_a_query_that_says_what_is_shown_stays(other: str) -> None:
    assert normalise_address(other).endswith(other[-4:])


@pytest.mark.parametrize(
    "text", ["", "soundcloud:tracks/1", "mailto:a@b.example", "http://", "http://[::1", "x"]
)
def test_what_is_no_web_address_gives_nothing(text: str) -> None:
    assert normalise_address(text) == ""


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    normalise_address(text)
    normalise_address(f"https://{text}")
