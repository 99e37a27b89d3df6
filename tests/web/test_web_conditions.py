"""Whether a client holds what it asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.web.conditions import Validators, is_held

THEN = datetime(2026, 11, 6, 8, 49, 37, tzinfo=UTC)
OURS = Validators(b'"0a1b2c3d"', int(THEN.timestamp()))


def held(*, tags: bytes | None = None, since: bytes | None = None) -> bool:
    return is_held(OURS, if_none_match=tags, if_modified_since=since)


# An entity tag may hold commas and whatever looks like the end of a list, but no quotation mark.
_CHARACTERS = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"')
TAGS = st.builds(
    lambda weak, text: f'{weak}"{text}"'.encode(),
    st.sampled_from(["", "W/"]),
    st.text(_CHARACTERS, max_size=12) | st.sampled_from(["0a1b2c3d", "0a1b2c3d-br", "x,0a1b2c3d", "*"]),
)


@given(st.lists(TAGS, min_size=1, max_size=5), st.sampled_from([b",", b", ", b" ,\t"]))
def test_a_list_of_tags_is_compared_weakly(tags: list[bytes], comma: bytes) -> None:
    assert held(tags=comma.join(tags)) == any(tag.removeprefix(b"W/") == OURS.etag for tag in tags)


@pytest.mark.parametrize(
    ("tags", "expected"), [(b"*", True), (b" * ", True), (b"", False), (b"0a1b2c3d", False)]
)
def test_a_star_means_any_version_and_a_bare_word_none(tags: bytes, expected: bool) -> None:
    assert held(tags=tags) is expected


def test_where_there_is_a_tag_the_date_is_not_looked_at() -> None:
    """R53."""
    later = format_datetime(THEN + timedelta(days=1), usegmt=True).encode()
    assert not held(tags=b'"other"', since=later)
    assert held(tags=OURS.etag, since=b"Thu, 01 Jan 1970 00:00:00 GMT")


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        # The three forms of HTTP (RFC 9110 section 5.6.7), and what mail would write.
        (b"Fri, 06 Nov 2026 08:49:37 GMT", True),
        (b"Friday, 06-Nov-26 08:49:37 GMT", True),
        (b"Fri Nov  6 08:49:37 2026", True),
        (b"Fri, 06 Nov 2026 09:49:37 +0100", True),
        (b"Fri, 06 Nov 2026 08:49:36 GMT", False),
        (b"Fri, 06 Nov 2026 08:49:38 GMT", True),
        (b"Thu, 01 Jan 1970 00:00:00 GMT", False),
        (b"yesterday", False),
        (b"", False),
        (b"Thu, 99 Foo 1970", False),
        (b"Fri, 06 Nov 99999 08:49:37 GMT", False),
        (b"Fri, 06 Nov 2026 08:49:37 +999999", False),
        (b"\xff\xfe", False),
    ],
)
def test_a_date_counts_if_it_is_one(since: bytes, expected: bool) -> None:
    assert held(since=since) is expected


@given(st.binary(max_size=60))
def test_any_bytes_are_read(value: bytes) -> None:
    held(tags=value)
    held(since=value)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - hypothesis wants none
def test_the_date_we_give_is_the_date_we_take(moment: datetime) -> None:
    validators = Validators(b'"x"', int(moment.replace(tzinfo=UTC).timestamp()))
    assert is_held(validators, if_none_match=None, if_modified_since=validators.last_modified)
