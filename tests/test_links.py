"""Signed links: ours are read for ever, all others are refused."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import LinkError
from letters.links import Links, Purpose, Token

BASE = "https://signal.example"
UIDS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=24)
EDITIONS = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True).filter(lambda key: len(key) < 40)
KEYS = st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=3, unique=True)

links = Links(["first key", "second key"], BASE)


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


@given(uid=UIDS, edition=EDITIONS, keys=KEYS)
def test_what_was_minted_is_read_back(uid: str, edition: str, keys: list[str]) -> None:
    mine = Links(keys, BASE)
    assert mine.read("unsubscribe", token_of(mine.unsubscribe_url(uid, edition))) == Token(uid, edition)
    assert mine.read("preferences", token_of(mine.preferences_url(uid))) == Token(uid, None)
    assert mine.read("confirm", token_of(mine.confirm_url(uid))) == Token(uid, None)
    assert mine.read("private", token_of(mine.private_url(uid, edition))) == Token(uid, serial=edition)


def test_addresses_are_those_of_the_design_short_and_url_safe() -> None:
    url = Links(["k"], BASE + "/").unsubscribe_url("a1B2c3D4e5F6g7H8", "policy-weekly")
    assert re.fullmatch(r"https://signal\.example/unsubscribe/[A-Za-z0-9_.-]{74}", url)
    assert links.preferences_url("u").startswith(f"{BASE}/preferences/u.")
    assert links.confirm_url("u").startswith(f"{BASE}/confirm/u.")


def test_a_link_is_the_same_bytes_every_time() -> None:
    """R10: a link holds no time; this one was minted when this test was written and is read for ever."""
    token = "reader-1.weekly.80VArPr6d0LYx_uJqyC3K4j-BJVccX0g6JswzjLpAQs"
    assert links.unsubscribe_url("reader-1", "weekly") == f"{BASE}/unsubscribe/{token}"
    assert links.read("unsubscribe", token) == Token("reader-1", "weekly")


@given(data=st.data())
def test_one_changed_character_is_refused(data: st.DataObject) -> None:
    """R07."""
    token = token_of(links.unsubscribe_url("reader-1", "weekly"))
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(string.printable).filter(lambda c: c != token[place]))
    with pytest.raises(LinkError):
        links.read("unsubscribe", token[:place] + other + token[place + 1 :])


def test_every_other_spelling_of_the_last_character_is_refused() -> None:
    """R07: base64 leaves two bits of it unused."""
    token = token_of(links.preferences_url("reader-1"))
    for other in set(string.ascii_letters + string.digits + "-_") - {token[-1]}:
        with pytest.raises(LinkError):
            links.read("preferences", token[:-1] + other)


@given(st.text(max_size=80))
def test_whatever_comes_in_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(LinkError):
        links.read("unsubscribe", text)


def mint(purpose: Purpose, uid: str, second: str) -> tuple[str, Token]:
    """A token of each purpose, and what it says."""
    url, says = {
        Purpose.UNSUBSCRIBE: (links.unsubscribe_url(uid, second), Token(uid, edition=second)),
        Purpose.PREFERENCES: (links.preferences_url(uid), Token(uid)),
        Purpose.CONFIRM: (links.confirm_url(uid), Token(uid)),
        Purpose.PRIVATE: (links.private_url(uid, second), Token(uid, serial=second)),
        Purpose.ADDRESS: (links.address_url(uid, second), Token(uid, serial=second)),
    }[purpose]
    return token_of(url), says


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_of_one_purpose_is_refused_for_another(purpose: Purpose) -> None:
    for made_for in set(Purpose) - {purpose}:
        with pytest.raises(LinkError, match=f'not for "{purpose}"'):
            links.read(purpose, mint(made_for, "reader-1", "weekly")[0])


@given(data=st.data(), uid=UIDS, second=EDITIONS, other_uid=UIDS, other_second=EDITIONS)
def test_no_token_works_for_another_purpose_person_or_edition_nor_with_a_byte_changed(
    data: st.DataObject, uid: str, second: str, other_uid: str, other_second: str
) -> None:
    """R07."""
    purpose = data.draw(st.sampled_from(Purpose))
    token, says = mint(purpose, uid, second)
    assert links.read(purpose, token) == says
    for other in set(Purpose) - {purpose}:
        with pytest.raises(LinkError):
            links.read(other, token)
    # The signature of one, with what another says.
    body, _, signature = token.rpartition(".")
    for changed_uid, changed_second in ((other_uid, second), (uid, other_second), (second, uid)):
        forged = mint(purpose, changed_uid, changed_second)[0].rpartition(".")[0]
        if forged != body:
            with pytest.raises(LinkError):
                links.read(purpose, f"{forged}.{signature}")
    place = data.draw(st.integers(0, len(token) - 1))
    byte = data.draw(st.characters(max_codepoint=0xFF).filter(lambda char: char != token[place]))
    with pytest.raises(LinkError):
        links.read(purpose, token[:place] + byte + token[place + 1 :])


@given(page=st.text(max_size=20), other=st.text(max_size=20), uid=UIDS, second=EDITIONS)
def test_a_stamp_is_of_one_page_and_no_link_is_a_stamp(page: str, other: str, uid: str, second: str) -> None:
    at = datetime(2026, 11, 25, 12, 0, 0, 250_000, tzinfo=UTC)
    stamp = links.stamp(page, at=at)
    assert links.read_stamp(page, stamp) == at
    if other != page:
        with pytest.raises(LinkError):
            links.read_stamp(other, stamp)
    for purpose in Purpose:
        with pytest.raises(LinkError):
            links.read(purpose, stamp)
        with pytest.raises(LinkError):
            links.read_stamp(page, mint(purpose, uid, second)[0])


def test_old_links_are_read_after_the_key_was_rotated() -> None:
    """R10."""
    old = Links(["old"], BASE)
    rotated = Links(["new", "old"], BASE)
    token = token_of(old.preferences_url("reader-1"))
    assert rotated.read("preferences", token) == Token("reader-1")
    assert token_of(rotated.preferences_url("reader-1")) != token
    with pytest.raises(LinkError):
        Links(["new"], BASE).read("preferences", token)


@pytest.mark.parametrize("keys", [[], [""], ["good", ""]])
def test_links_cannot_be_made_without_a_key(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Links(keys, BASE)


@pytest.mark.parametrize("uid", ["", "a.b", "a/b", "a b", "ü"])
def test_what_would_not_be_read_back_is_not_minted(uid: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of a link"):
        links.preferences_url(uid)


@given(uid=UIDS, other=UIDS, serial=UIDS, second=UIDS)
def test_a_private_address_is_of_one_reader_and_serial(
    uid: str, other: str, serial: str, second: str
) -> None:
    """R58."""
    signature = token_of(links.private_url(uid, serial)).rpartition(".")[2]
    for one in (f"{other}.{serial}", f"{uid}.{second}", f"{serial}.{uid}", uid, f"{uid}.{serial}.{second}"):
        if one != f"{uid}.{serial}":
            with pytest.raises(LinkError):
                links.read("private", f"{one}.{signature}")
    for purpose in ("unsubscribe", "preferences", "confirm"):
        with pytest.raises(LinkError):
            links.read(purpose, f"{uid}.{serial}.{signature}")
    with pytest.raises(LinkError):
        links.read("private", token_of(links.unsubscribe_url(uid, serial)))
