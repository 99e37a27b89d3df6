"""Choosing less, moving, going: pauses, frequencies, another address, one's own data, being forgotten."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import func, select
from test_web_personal import Page, forget, send
from test_web_sign_up import stamp, text_of

from letters.model import Frequency, SubscriberStatus
from letters.pipeline import House, notify
from letters.store import tables
from letters.store.subscribers import find_by_email
from letters.store.suppression import SuppressionReason, find_suppressed
from letters.subscribe import make_private_feed

Client = TestClient[Any]
NEW = "ada.new@reader.example"


def save(client: Client, path: str, **changes: str) -> Any:
    """The preferences form as it stands, with changes; an empty value leaves a box unticked."""
    page = Page(client.get(path).text)
    fields = {(name, value) for name, value in (*page.ticked, *page.values.items()) if name not in changes}
    return send(client, path, [*fields, *((name, value) for name, value in changes.items() if value)])


def notices(here: Any) -> dict[str, str]:
    """The links of the mails that were sent, by recipient."""
    notify(House(here.workspace, here.settings, here.store), now=datetime.now(UTC))
    found = {}
    for path in (here.workspace.outbox / "_notices").glob("*.eml"):
        link = re.search(r"https://signal\.example(/address/[\w.-]+)", text_of(path))
        assert link
        found[re.findall(r"^To: .*<(.*)>$", path.read_text(), re.MULTILINE)[0]] = link[1]
    return found


def decide(here: Any, client: Client, path: str, what: str = "agree") -> Any:
    uid, serial, _ = path.rpartition("/")[2].split(".")
    action = path if what == "agree" else f"{path}/refuse"
    return send(client, action, [("website", ""), stamp(here, f"{what} {uid} {serial}")])


# --- choosing --------------------------------------------------------------------------------------------------


def test_how_often_how_much_and_from_when_on_is_chosen(here: Any, client: Client) -> None:
    until = datetime.now(UTC).date() + timedelta(days=30)
    answer = save(
        client,
        here.preferences_path(),
        frequency="weekly",
        titles_only="yes",
        paused_until=until.isoformat(),
        language="de",
    )
    # In the language that was chosen just now.
    assert "Gespeichert" in answer.text
    reader = here.reader()
    assert (reader.frequency, reader.titles_only, reader.paused_until, reader.language) == (
        Frequency.WEEKLY,
        True,
        until,
        "de",
    )
    page = Page(answer.text)
    assert (page.values["frequency"], page.values["paused_until"]) == ("weekly", until.isoformat())
    save(client, here.preferences_path(), frequency="each", titles_only="", paused_until="")
    reader = here.reader()
    assert (reader.frequency, reader.titles_only, reader.paused_until) == (Frequency.EACH, False, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("frequency", "hourly"), ("paused_until", "2026-13-01"), ("paused_until", "9999-01-01")],
)
def test_what_the_page_does_not_offer_changes_nothing(
    here: Any, client: Client, name: str, value: str
) -> None:
    before = here.reader()
    assert save(client, here.preferences_path(), **{name: value}).status_code == 400
    assert here.reader() == before


def test_what_comes_next_is_shown_in_the_reader_s_own_time(here: Any, client: Client) -> None:
    path = here.preferences_path()
    assert re.search(r"daily: .*, 07:00 \(Tokyo\)", client.get(path).text)
    until = datetime.now(UTC).date() + timedelta(days=40)
    text = save(client, path, paused_until=until.isoformat()).text
    assert f"daily: {until.day} {until:%B} {until.year}, 07:00 (Tokyo)" in text
    assert "What comes next" not in save(client, path, edition="").text


# --- going -----------------------------------------------------------------------------------------------------


def test_leaving_everything_can_be_undone(here: Any, client: Client) -> None:
    answer = client.post(here.preferences_path() + "/leave")
    assert here.reader().status is SubscriberStatus.UNSUBSCRIBED
    form = re.search(r'<form method="post" action="([^"]+/undo)">(.*?)</form>', answer.text, re.DOTALL)
    assert form
    named = [("edition", key) for key in re.findall(r'name="edition" value="([^"]+)"', form[2])]
    for _ in range(2):
        undone = send(client, form[1], named)
        assert "You get it as before" in undone.text
        assert (here.reader().status, here.reader().editions) == (
            SubscriberStatus.CONFIRMED,
            ("daily", "weekly"),
        )
    assert "undone" in here.reader().consent_source


def test_undo_brings_back_nothing_that_was_never_had(here: Any, client: Client) -> None:
    client.post(here.preferences_path("bob") + "/leave")
    answer = send(
        client, here.preferences_path("bob") + "/undo", [("edition", "weekly"), ("edition", "none")]
    )
    assert answer.status_code == 400
    assert here.reader("bob").editions == ()


def test_one_s_own_data_is_a_file(here: Any, client: Client) -> None:
    make_private_feed(here.store, "ada", now=datetime(2026, 11, 3, tzinfo=UTC))
    answer = client.get(here.preferences_path() + "/data.json")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    found = json.loads(answer.content)
    assert (found["email"], found["editions"], found["consent"]["place"]) == (
        "ada@reader.example",
        ["daily", "weekly"],
        "form",
    )
    assert [one["edition"] for one in found["subscriptions"]] == ["daily", "weekly"]
    assert len(found["private_feed"]) == 1
    # It opens no door.
    assert "/private/" not in answer.text
    assert here.preferences_path().rpartition("/")[2] not in answer.text


def test_the_forgotten_leave_a_digest_behind_and_nothing_else(here: Any, client: Client) -> None:
    """R36."""
    make_private_feed(here.store, "ada", now=datetime(2026, 11, 3, tzinfo=UTC))
    send(client, here.preferences_path() + "/address", [("email", NEW)])
    path = here.preferences_path() + "/erase"
    assert "cannot be undone" in client.get(path).text
    assert "Press the button once more" in client.post(path).text
    assert here.reader()
    for _ in range(2):
        answer = send(client, path, [stamp(here, "erase ada")])
        assert (answer.status_code, "You are forgotten" in answer.text) == (200, True)
    with here.store.read() as c:
        assert find_suppressed(c, ["ada@reader.example"]) == {"ada@reader.example": SuppressionReason.ERASED}
        assert c.scalar(select(func.count()).select_from(tables.subscriber)) == 1
        for table in (tables.private_feed, tables.address_change, tables.notice, tables.delivery):
            assert c.scalar(select(func.count()).select_from(table)) == 0
        everything = "".join(
            repr(row) for table in tables.metadata.sorted_tables for row in c.execute(select(table))
        )
    assert "ada@" not in everything
    assert NEW not in everything
    # R08: the link in their old mails still does what it says.
    assert client.post(here.unsubscribe_path()).status_code == 200


@pytest.mark.parametrize("below", ["data.json", "erase"])
def test_who_is_gone_has_nothing_to_see(here: Any, client: Client, below: str) -> None:
    path = f"{here.preferences_path()}/{below}"
    forget(here, "ada")
    assert client.get(path).status_code == 410


# --- another address ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["ada@reader.example", NEW])
def test_an_address_is_changed_when_both_ends_agree(here: Any, client: Client, first: str) -> None:
    answer = send(client, here.preferences_path() + "/address", [("email", f" {NEW} ")])
    assert "Two mails are on their way" in answer.text
    links = notices(here)
    assert set(links) == {"ada@reader.example", NEW}
    other = (set(links) - {first}).pop()
    assert NEW in client.get(links[first]).text
    assert "has to agree" in decide(here, client, links[first]).text
    assert "This end has agreed already" in client.get(links[first]).text
    assert "has to agree" in decide(here, client, links[first]).text
    assert here.reader().email == "ada@reader.example"
    assert "From now on" in decide(here, client, links[other]).text
    assert here.reader().email == NEW
    assert decide(here, client, links[other]).status_code == 410
    # The links of the mails that went to the old address work on.
    assert client.get(here.preferences_path()).status_code == 200


@pytest.mark.parametrize("end", ["ada@reader.example", NEW])
def test_either_end_can_refuse(here: Any, client: Client, end: str) -> None:
    send(client, here.preferences_path() + "/address", [("email", NEW)])
    links = notices(here)
    decide(here, client, links["ada@reader.example"])
    assert "Nothing was changed" in decide(here, client, links[end], "refuse").text
    assert decide(here, client, links[NEW]).status_code == 410
    assert here.reader().email == "ada@reader.example"


def test_a_scanner_at_both_ends_changes_nothing(here: Any, client: Client) -> None:
    send(client, here.preferences_path() + "/address", [("email", NEW)])
    for link in notices(here).values():
        for path in (link, f"{link}/refuse"):
            assert client.get(link).status_code == 200
            assert "Press the button once more" in client.post(path).text
            # The other button's value is not this one's.
            uid, serial, _ = link.rpartition("/")[2].split(".")
            what = "agree" if path.endswith("refuse") else "refuse"
            assert "once more" in send(client, path, [stamp(here, f"{what} {uid} {serial}")]).text
    assert here.reader().email == "ada@reader.example"


def test_somebody_else_s_address_is_not_taken_and_nobody_is_told_before_they_agreed(
    here: Any, client: Client
) -> None:
    path = here.preferences_path() + "/address"
    asked = send(client, path, [("email", "bob@reader.example")])
    assert "Two mails are on their way" in asked.text
    links = notices(here)
    decide(here, client, links["ada@reader.example"])
    assert "gets mail already" in decide(here, client, links["bob@reader.example"]).text
    assert here.reader().email == "ada@reader.example"
    assert here.reader("bob").email == "bob@reader.example"


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("ada@", "This is no mail address"),
        ("ADA@reader.example", "goes there already"),
        ("", "no mail address"),
    ],
)
def test_an_address_that_cannot_be_is_told(here: Any, client: Client, email: str, words: str) -> None:
    answer = send(client, here.preferences_path() + "/address", [("email", email)])
    assert words in answer.text
    with here.store.read() as c:
        assert find_by_email(c, "ada@reader.example")
        assert c.scalar(select(func.count()).select_from(tables.notice)) == 0


def test_asked_again_too_soon_nothing_is_thrown_away(here: Any, client: Client) -> None:
    path = here.preferences_path() + "/address"
    send(client, path, [("email", NEW)])
    assert "Try again in ten minutes" in send(client, path, [("email", NEW)]).text
    links = notices(here)
    for link in links.values():
        decide(here, client, link)
    assert here.reader().email == NEW
