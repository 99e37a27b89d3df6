"""The part of the preferences page that makes, replaces and stops a reader's own feed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar.testing import TestClient
from structlog.testing import capture_logs
from test_web_personal import FORM, Page, forget, send

from letters.store.private_feeds import find_private_feed
from letters.subscribe import confirm, make_private_feed

Client = TestClient[Any]
BASE = "https://signal.example"
THEN = datetime(2026, 11, 3, 9, tzinfo=UTC)


def serial_of(here: Any, uid: str = "ada") -> str:
    with here.store.read() as c:
        found = find_private_feed(c, uid)
    return found.serial if found else ""


def acts(text: str) -> dict[str, str]:
    """Where the page's forms about the feed go: "feed", "replace", "stop"."""
    actions = [action for action in Page(text).actions if "/feed" in action]
    assert all(action.endswith("#feed") for action in actions)
    return {action.removesuffix("#feed").rpartition("/")[2]: action for action in actions}


def shown(text: str) -> list[str]:
    """The addresses to copy."""
    found = re.findall(r"<code>(.*?)</code>", text)
    return [address.replace("<wbr>", "") for address in found]


def test_the_button_makes_a_feed_and_its_addresses_can_be_copied(here: Any, client: Client) -> None:
    page = client.get(here.preferences_path()).text
    assert acts(page).keys() == {"feed"}
    assert shown(page) == []
    made = client.post(acts(page)["feed"])
    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    url = here.links.private_url("ada", serial_of(here))
    assert shown(made.text) == [f"{url}.{form}" for form in ("rss", "atom", "json")]
    assert shown(client.get(here.preferences_path()).text) == shown(made.text)
    assert acts(made.text).keys() == {"replace", "stop"}


def test_looking_makes_none(here: Any, client: Client) -> None:
    """R06."""
    for method in ("GET", "HEAD"):
        client.request(method, here.preferences_path())
        for act in ("feed", "feed/replace", "feed/stop"):
            assert client.request(method, f"{here.preferences_path()}/{act}").status_code == 200
    assert serial_of(here) == ""


def test_making_twice_makes_one(here: Any, client: Client) -> None:
    """R08."""
    with capture_logs() as logs:
        first, second = (client.post(f"{here.preferences_path()}/feed") for _ in range(2))
    assert shown(first.text) == shown(second.text)
    assert [line["event"] for line in logs] == ["a private feed was made"]


def test_replacing_twice_by_the_same_form_replaces_once(here: Any, client: Client) -> None:
    page = client.post(f"{here.preferences_path()}/feed").text
    fields = [("serial", Page(page).values["serial"])]
    first, second = (send(client, acts(page)["replace"], fields) for _ in range(2))
    assert "This is the new address" in first.text
    assert shown(first.text) == shown(second.text)
    assert set(shown(first.text)).isdisjoint(shown(page))


def test_stopping_stops_what_was_shown_and_nothing_after_it(here: Any, client: Client) -> None:
    page = client.post(f"{here.preferences_path()}/feed").text
    fields = [("serial", Page(page).values["serial"])]
    stopped = send(client, acts(page)["stop"], fields)
    assert "Nothing can be read at the old address" in stopped.text
    assert (serial_of(here), shown(stopped.text)) == ("", [])
    client.post(f"{here.preferences_path()}/feed")
    again = send(client, acts(page)["stop"], fields)
    assert serial_of(here)
    assert "Stopped" not in again.text
    assert shown(again.text)


def test_another_reader_is_not_touched(here: Any, client: Client) -> None:
    confirm(here.store, here.settings, "bob", now=THEN)
    for uid in ("ada", "bob"):
        make_private_feed(here.store, uid, now=THEN)
    before = serial_of(here, "bob")
    for act in ("replace", "stop"):
        send(client, f"{here.preferences_path()}/feed/{act}", [("serial", before)])
        send(client, f"{here.preferences_path()}/feed/{act}", [("serial", serial_of(here))])
    assert serial_of(here, "bob") == before


@pytest.mark.parametrize("act", ["replace", "stop"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"data": {"serial": ""}}, id="no serial"),
        pytest.param({"files": {"serial": (None, "x")}}, id="multipart"),
        pytest.param({"content": b"serial=x"}, id="no type"),
    ],
)
def test_what_the_forms_do_not_send_changes_nothing(
    here: Any, client: Client, act: str, body: dict[str, Any]
) -> None:
    make_private_feed(here.store, "ada", now=THEN)
    before = serial_of(here)
    assert client.post(f"{here.preferences_path()}/feed/{act}", **body).status_code == 400
    assert serial_of(here) == before


def test_who_has_not_confirmed_gets_none(here: Any, client: Client) -> None:
    page = client.get(here.preferences_path("bob")).text
    assert acts(page) == {}
    assert shown(client.post(f"{here.preferences_path('bob')}/feed").text) == []
    assert serial_of(here, "bob") == ""


def test_a_wrong_token_and_a_reader_who_is_gone(here: Any, client: Client) -> None:
    path = here.preferences_path()
    for act in ("feed", "feed/replace", "feed/stop"):
        assert client.post(f"{path}x/{act}", content=b"serial=x", headers=FORM).status_code == 400
    assert serial_of(here) == ""
    forget(here, "ada")
    for act in ("feed", "feed/replace", "feed/stop"):
        assert client.post(f"{path}/{act}", content=b"serial=x", headers=FORM).status_code == 410


def test_saving_choices_leaves_the_feed_where_it_is(here: Any, client: Client) -> None:
    make_private_feed(here.store, "ada", now=THEN)
    before = serial_of(here)
    text = send(client, here.preferences_path(), [("form", "preferences"), ("edition", "weekly")]).text
    assert serial_of(here) == before
    assert shown(text)


def test_who_leaves_everything_is_told_that_the_feed_goes_on(here: Any, client: Client) -> None:
    path = here.preferences_path()
    assert "Your own feed" not in client.post(f"{path}/leave").text
    assert make_private_feed(here.store, "ada", now=THEN)
    for text in (client.post(f"{path}/leave").text, client.post(f"{here.unsubscribe_path()}/all").text):
        assert "Your own feed is no mail and goes on" in text
        (way,) = re.findall(r'href="(/preferences/[^"]+#feed)"', text)
        assert acts(client.get(way.removesuffix("#feed")).text).keys() == {"replace", "stop"}


def test_below_a_path_the_addresses_and_forms_stay_below_it(here: Any, client: Client) -> None:
    site = here.settings.site.model_copy(update={"base_url": f"{BASE}/news/"})
    here.settings = here.settings.model_copy(update={"site": site})
    make_private_feed(here.store, "ada", now=THEN)
    text = client.get(here.preferences_path().removeprefix("/news")).text
    assert all(address.startswith(f"{BASE}/news/private/") for address in shown(text))
    assert all(action.startswith("/news/preferences/") for action in acts(text).values())
