"""Which links are counted, and whose requests count; nothing of it needs a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.clicks import is_persons, linked_addresses, with_counted_links
from letters.errors import LinkError
from letters.links import Links
from letters.model import PersonalLink

SENT = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = SENT + timedelta(hours=1)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LINKS = Links(["a key", "an older key"], "https://signal.example")

MAIL = f"""\
<html><head><link rel="stylesheet" href="https://fonts.example/a.css"></head><body background="https://i.example/b.png">
<a href="https://signal.example/cards/one/?a=1&amp;b=2">one</a>
<a class="x" style="color:red" href="https://media.example/2">two</a><A HREF="https://media.example/2">again</A>
<v:roundrect xmlns:v="urn:x" href="https://media.example/3" arcsize="5%"></v:roundrect>
<a href="#top">up</a> <a href="mailto:news@signal.example">write</a> <a href="https://bücher.example/">b</a>
<a href="{PersonalLink.UNSUBSCRIBE.value}">leave</a> <a href="{PersonalLink.PREFERENCES.value}">choose</a>
<img src="https://i.example/a.png" alt="https://not.example/"></body></html>
"""


def test_only_links_that_people_follow_are_counted() -> None:
    assert linked_addresses(MAIL) == [
        "https://signal.example/cards/one/?a=1&b=2",
        "https://media.example/2",
        "https://media.example/3",
    ]


def test_counted_links_take_the_others_place_and_leave_all_else() -> None:
    counted = with_counted_links(MAIL, lambda address: f"https://signal.example/to/{len(address)}&x")
    assert linked_addresses(counted) == [
        "https://signal.example/to/41&x",
        "https://signal.example/to/23&x",
    ]
    assert counted.count("/to/23&amp;x") == 3
    for mark in PersonalLink:
        assert f'<a href="{mark.value}">' in counted
    for kept in ("https://fonts.example/a.css", "https://i.example/b.png", "bücher", "#top", "mailto:"):
        assert kept in counted


@given(st.text(), st.lists(st.sampled_from(["<a href=", '"', "https://x.example/", ">", "<a ", "&amp;"])))
def test_a_link_that_stays_the_same_changes_nothing(text: str, parts: list[str]) -> None:
    document = text + "".join(parts)
    again = with_counted_links(document, lambda address: address)
    assert linked_addresses(again) == linked_addresses(document)
    assert with_counted_links(again, lambda address: address) == again


@pytest.mark.parametrize(
    ("method", "headers", "now", "counts"),
    [
        ("GET", {"user-agent": BROWSER}, LATER, True),
        ("GET", {"user-agent": BROWSER}, SENT + timedelta(seconds=60), True),
        ("GET", {"user-agent": BROWSER}, SENT + timedelta(seconds=59), False),
        ("HEAD", {"user-agent": BROWSER}, LATER, False),
        ("GET", {"user-agent": BROWSER, "sec-purpose": "prefetch;prerender"}, LATER, False),
        ("GET", {"user-agent": BROWSER, "purpose": "prefetch"}, LATER, False),
        ("GET", {"user-agent": BROWSER, "x-purpose": "preview"}, LATER, False),
        ("GET", {"user-agent": BROWSER, "x-moz": "prefetch"}, LATER, False),
        ("GET", {}, LATER, False),
        ("GET", {"user-agent": " "}, LATER, False),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, LATER, False),
        ("GET", {"user-agent": "Mozilla/5.0 (Windows NT 10.0) HeadlessChrome/140.0"}, LATER, False),
        ("GET", {"user-agent": "BarracudaLinkProtect"}, LATER, False),
        ("GET", {"user-agent": "python-requests/2.32"}, LATER, False),
        ("GET", {"user-agent": "curl/8.5.0"}, LATER, False),
        ("GET", {"user-agent": "WhatsApp/2.24"}, LATER, False),
        (
            "GET",
            {"user-agent": "Mozilla/5.0 (Linux; Android 15; CUBOT X30) Chrome/140.0 Mobile"},
            LATER,
            False,
        ),
    ],
)
def test_what_is_nobodys_click_is_left_out(
    method: str, headers: dict[str, str], now: datetime, counts: bool
) -> None:
    assert is_persons(method, headers, sent_at=SENT, now=now) is counts


def test_an_issue_that_nobody_got_has_no_clicks() -> None:
    assert not is_persons("GET", {"user-agent": BROWSER}, sent_at=None, now=LATER)


def test_a_counted_link_says_issue_and_place_only() -> None:
    url = LINKS.counted_url(12, 3)
    token = url.removeprefix("https://signal.example/to/")
    assert token.startswith("12.3.")
    assert LINKS.read_counted(token) == (12, 3)
    assert Links(["an older key"], "https://x.example").counted_url(12, 3).rpartition("/")[2] != token


@pytest.mark.parametrize("change", ["12.4.", "1.3.", "12.3", "12..", "012.3.", "12.3.4.", "-12.3.", "12.é."])
def test_another_place_needs_another_signature(change: str) -> None:
    signature = LINKS.counted_url(12, 3).rpartition(".")[2]
    with pytest.raises(LinkError):
        LINKS.read_counted(change + signature)


def test_a_token_of_another_purpose_is_refused() -> None:
    token = LINKS.unsubscribe_url("12", "3").rpartition("/")[2]
    with pytest.raises(LinkError):
        LINKS.read_counted(token)
    with pytest.raises(LinkError):
        LINKS.read("unsubscribe", LINKS.counted_url(12, 3).rpartition("/")[2])
