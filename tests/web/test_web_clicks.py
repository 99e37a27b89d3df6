"""Counted links of mails, as they are followed over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from letters.model import IssueState, Occurrence
from letters.store.clicks import count_clicks, give_places
from letters.store.freezing import begin_freeze
from letters.store.issues import add_issue

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
URLS = ["https://media.example/1?a=1&b=2", "https://media.example/2"]


@pytest.fixture
def issue_id(here: Any) -> int:
    """An issue with two links, which began to leave an hour ago."""
    now = datetime.now(UTC)
    with here.store.write() as c:
        issue = add_issue(
            c,
            edition="weekly",
            occurrence=Occurrence(at=now, local_date=date(2026, 11, 23)),
            number=1,
            state=IssueState.APPROVED,
            composed_at=now,
            renderings=(),
        )
        assert issue is not None
        begin_freeze(c, issue.id, now=now - timedelta(hours=1))
        give_places(c, issue.id, URLS)
    return issue.id


def clicks(here: Any, issue_id: int) -> list[int]:
    with here.store.read() as c:
        return [link.total for link in count_clicks(c, issue_id)]


def path(here: Any, issue_id: int, place: int) -> str:
    return str(here.path(here.links.counted_url(issue_id, place)))


def test_a_link_leads_on_and_is_counted(client: TestClient[Any], here: Any, issue_id: int) -> None:
    for place, url in enumerate(URLS, 1):
        for _ in range(place):
            answer = client.get(path(here, issue_id, place), headers=BROWSER)
            assert answer.status_code == 302
            assert answer.headers["Location"] == url
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Set-Cookie" not in answer.headers
    assert clicks(here, issue_id) == [1, 2]


def test_robots_are_led_on_uncounted(client: TestClient[Any], here: Any, issue_id: int) -> None:
    assert client.head(path(here, issue_id, 1), headers=BROWSER).status_code == 302
    for headers in ({"User-Agent": "curl/8"}, {**BROWSER, "Sec-Purpose": "prefetch"}):
        assert client.get(path(here, issue_id, 1), headers=headers).headers["Location"] == URLS[0]
    assert clicks(here, issue_id) == [0, 0]


def test_nothing_of_a_request_says_where_it_leads(client: TestClient[Any], here: Any, issue_id: int) -> None:
    good = path(here, issue_id, 1)
    asked = client.get(good + "?url=https://evil.example/", headers={**BROWSER, "Host": "evil.example"})
    assert asked.headers["Location"] == URLS[0]
    for bad in (good[:-1] + ("A" if good[-1] != "A" else "B"), "/to/https://evil.example/", "/to/x", "/to/"):
        answer = client.get(bad, headers=BROWSER)
        assert answer.status_code in {400, 404}
        assert "Location" not in answer.headers
    # Signed by us, but no link of that issue.
    assert client.get(path(here, issue_id, 3), headers=BROWSER).status_code == 404
    assert client.get(path(here, issue_id + 1, 1), headers=BROWSER).status_code == 404
    assert client.post(good, headers=BROWSER).status_code == 405


def test_a_click_that_cannot_be_counted_leads_on(client: TestClient[Any], here: Any, issue_id: int) -> None:
    with here.store.write() as c:
        c.exec_driver_sql("DROP TABLE click_count")
    answer = client.get(path(here, issue_id, 1), headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (302, URLS[0])
