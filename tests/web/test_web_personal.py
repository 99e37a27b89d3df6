"""The addresses that live in mails."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from litestar.testing import TestClient
from sqlalchemy import delete
from structlog.testing import capture_logs

from letters.model import SubscriberStatus
from letters.store import tables
from letters.store.subscribers import save_subscribers

Client = TestClient[Any]
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Page(HTMLParser):
    """The forms of a page: where they go, their fields, and what is ticked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.actions: list[str] = []
        self.ticked: set[tuple[str, str]] = set()
        self.boxes: set[tuple[str, str]] = set()
        self.values: dict[str, str] = {}
        self.tags: list[str] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "form":
            assert found["method"] == "post"
            self.actions.append(found["action"])
        elif tag == "select":
            self._select = found["name"]
        elif tag == "option" and "selected" in found:
            self.values[self._select] = found["value"]
        elif tag == "input" and found["type"] == "checkbox":
            self.boxes.add((found["name"], found["value"]))
            if "checked" in found:
                self.ticked.add((found["name"], found["value"]))
        elif tag == "input" and found["type"] == "radio":
            if "checked" in found:
                self.values[found["name"]] = found["value"]
        elif tag == "input":
            self.values[found["name"]] = found["value"]


def send(client: Client, path: str, fields: list[tuple[str, str]]) -> Any:
    """What a browser sends."""
    return client.post(path, content=urlencode(fields).encode(), headers=FORM)


def forget(here: Any, uid: str) -> None:
    with here.store.write() as connection:
        connection.execute(delete(tables.subscriber).where(tables.subscriber.c.uid == uid))


# --- every such page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["unsubscribe_path", "preferences_path", "confirm_path"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(here: Any, client: Client, kind: str, method: str) -> None:
    """R06: link scanners follow every link of a mail."""
    before = here.reader("bob")
    answer = client.request(method, getattr(here, kind)("bob"))
    assert answer.status_code == 200
    assert here.reader("bob") == before
    assert (answer.content == b"") == (method == "HEAD")


@pytest.mark.parametrize("kind", ["unsubscribe_path", "preferences_path", "confirm_path"])
def test_pages_with_a_token_are_kept_private(here: Any, client: Client, kind: str) -> None:
    answer = client.get(getattr(here, kind)())
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "set-cookie" not in answer.headers
    page = Page(answer.text)
    assert "script" not in page.tags
    assert page.tags.count("h1") == 1
    assert "style=" not in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kind", ["unsubscribe_path", "preferences_path", "confirm_path"])
def test_a_changed_token_is_refused_and_changes_nothing(
    here: Any, client: Client, kind: str, method: str
) -> None:
    """R07."""
    path = getattr(here, kind)("bob")
    before = here.reader("bob")
    for wrong in (path[:-1], path + "A", path.replace("/bob", "/ada"), path[:-3] + "xyz"):
        answer = client.request(method, wrong)
        assert answer.status_code == 400
        assert "This link is damaged" in answer.text
    assert here.reader("bob") == before


def test_a_token_of_one_page_is_refused_by_another(here: Any, client: Client) -> None:
    token = here.preferences_path().rpartition("/")[2]
    assert client.post(f"/unsubscribe/{token}").status_code == 400
    assert client.post(f"/confirm/{token}").status_code == 400


@pytest.mark.parametrize("path", ["/unsubscribe", "/unsubscribe/", "/preferences/", "/confirm/"])
def test_an_address_without_a_token_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_too_long_a_body_is_refused_and_changes_nothing(here: Any, client: Client) -> None:
    answer = client.post(here.unsubscribe_path(), content=b"x" * 100_000)
    assert answer.status_code == 413
    assert here.reader().editions == ("daily", "weekly")


def test_a_broken_page_tells_the_reader_nothing_and_the_log_no_token(
    here: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    here.store.engine.dispose()
    with here.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE subscriber RENAME TO gone")
    path = here.preferences_path()
    with capture_logs() as logs:
        answer = client.get(path)
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "Traceback" not in answer.text
    assert "subscriber" not in answer.text
    token = path.rpartition("/")[2]
    assert [line["event"] for line in logs] == ["a request broke"]
    assert token not in repr(logs)
    assert token not in caplog.text


# --- unsubscribe -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"data": {"List-Unsubscribe": "One-Click"}}, id="urlencoded"),
        pytest.param({"files": {"List-Unsubscribe": (None, "One-Click")}}, id="multipart"),
        pytest.param({}, id="empty"),
        pytest.param(
            {"content": b"\xff\x00", "headers": {"content-type": "multipart/form-data"}},
            id="broken multipart",
        ),
        pytest.param({"content": b"{", "headers": {"content-type": "application/json"}}, id="broken JSON"),
        pytest.param({"content": b"List-Unsubscribe=One-Click"}, id="no type"),
    ],
)
def test_one_click_unsubscribes_with_any_body(here: Any, client: Client, body: dict[str, Any]) -> None:
    """R03, R04, R05: no cookie, no Origin, no Referer, no User-Agent; 200 and no redirect."""
    client.headers.clear()
    answer = client.post(here.unsubscribe_path(), **body)
    assert answer.status_code == 200
    assert "You have unsubscribed" in answer.text
    assert here.reader().editions == ("daily",)


def test_leaving_works_twice_and_after_the_reader_is_gone(here: Any, client: Client) -> None:
    """R08."""
    answers = [client.post(here.unsubscribe_path()) for _ in range(2)]
    forget(here, "ada")
    answers.append(client.post(here.unsubscribe_path()))
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert client.get(here.unsubscribe_path()).status_code == 200


def test_leaving_one_edition_leaves_the_others_and_all_is_a_separate_act(here: Any, client: Client) -> None:
    """R13."""
    page = Page(client.get(here.unsubscribe_path()).text)
    one, everything = page.actions
    client.post(one)
    assert here.reader().editions == ("daily",)
    answer = client.post(everything)
    assert "from everything" in answer.text
    assert here.reader().editions == ()


def test_leaving_touches_nobody_else(here: Any, client: Client) -> None:
    before = here.reader("bob")
    client.post(here.unsubscribe_path("ada", "daily") + "/all")
    assert here.reader("bob") == before


def test_the_page_names_the_edition_and_escapes_it(here: Any, client: Client) -> None:
    assert "AI policy, weekly" in client.get(here.unsubscribe_path()).text
    text = client.get(here.unsubscribe_path(edition="daily")).text
    assert "Fish &amp; &lt;chips&gt;, daily" in text
    assert "<chips>" not in text


def test_an_edition_that_is_no_longer_configured_can_be_left(here: Any, client: Client) -> None:
    with here.store.write() as connection:
        save_subscribers(
            connection, [replace(here.reader(), editions=("former", "weekly"))], now=datetime.now(UTC)
        )
    path = here.unsubscribe_path(edition="former")
    assert "former" in client.get(path).text
    assert client.post(path).status_code == 200
    assert here.reader().editions == ("weekly",)


def test_a_link_signed_with_an_older_key_still_works(here: Any, client: Client) -> None:
    """R10."""
    path = here.unsubscribe_path()
    old = here.settings.secrets.link_keys
    secrets = here.settings.secrets.model_copy(update={"link_keys": (type(old[0])("newer"), *old)})
    here.settings = here.settings.model_copy(update={"secrets": secrets})
    assert here.unsubscribe_path() != path
    assert client.post(path).status_code == 200
    assert here.reader().editions == ("daily",)


def test_from_the_last_page_there_is_a_way_back(here: Any, client: Client) -> None:
    text = client.post(here.unsubscribe_path()).text
    ways = re.findall(r'href="(/preferences/[^"]+)"', text)
    assert {client.get(way.partition("#")[0]).status_code for way in ways} == {200}
    (undo,) = Page(text).actions
    assert send(client, undo, [("edition", "weekly")]).status_code == 200
    assert here.reader().editions == ("daily", "weekly")


# --- preferences -------------------------------------------------------------------------------------------


def test_the_form_shows_what_was_chosen_and_all_that_may_be(here: Any, client: Client) -> None:
    page = Page(client.get(here.preferences_path()).text)
    assert page.ticked == {("edition", "daily"), ("edition", "weekly"), ("topic", "robots")}
    assert page.boxes - page.ticked == {
        ("titles_only", "yes"),
        ("topic", "chips"),
        ("audience", "policy-maker"),
    }
    assert (page.values["name"], page.values["zone"]) == ("Ada", "Asia/Tokyo")


def test_the_form_says_when_an_edition_comes(here: Any, client: Client) -> None:
    text = client.get(here.preferences_path()).text
    assert "Mondays at 08:00, New York time" in text
    assert "Every day at 07:00, your time" in text


def test_sending_the_form_as_it_is_changes_nothing(here: Any, client: Client) -> None:
    before = here.reader()
    page = Page(client.get(here.preferences_path()).text)
    answer = send(client, page.actions[0], [*page.ticked, *page.values.items()])
    assert answer.status_code == 200
    assert "Saved" in answer.text
    assert here.reader() == before


def test_adding_is_as_easy_as_removing(here: Any, client: Client) -> None:
    path = here.preferences_path()
    fields = [("form", "preferences"), ("name", "Ada L."), ("zone", "Europe/Paris"), ("language", "en")]
    answer = send(
        client, path, [*fields, ("topic", "chips"), ("audience", "policy-maker"), ("edition", "weekly")]
    )
    assert Page(answer.text).ticked == {
        ("topic", "chips"),
        ("audience", "policy-maker"),
        ("edition", "weekly"),
    }
    after = here.reader()
    assert (after.name, after.zone, after.language) == ("Ada L.", "Europe/Paris", "en")
    assert (after.topics, after.audiences, after.editions) == (("chips",), ("policy-maker",), ("weekly",))
    send(client, path, [*fields, ("edition", "daily"), ("edition", "weekly")])
    assert here.reader().editions == ("daily", "weekly")
    assert here.reader().topics == ()


def test_no_newsletter_ticked_is_allowed_and_said(here: Any, client: Client) -> None:
    path = here.preferences_path()
    answer = send(client, path, [("form", "preferences"), ("name", ""), ("zone", "")])
    assert "nothing will be sent to you" in answer.text
    assert here.reader().editions == ()
    assert "Nothing is sent to you at present" in client.get(path).text


def test_somebody_who_left_can_come_back(here: Any, client: Client) -> None:
    client.post(here.unsubscribe_path() + "/all")
    path = here.preferences_path()
    send(client, path, [("form", "preferences"), ("name", "Ada"), ("zone", ""), ("edition", "weekly")])
    assert here.reader().editions == ("weekly",)
    assert here.reader().status is SubscriberStatus.CONFIRMED


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"data": {"List-Unsubscribe": "One-Click"}}, id="one-click at the wrong address"),
        pytest.param({"files": {"form": (None, "preferences")}}, id="multipart"),
        pytest.param({"data": {"form": "preferences", "zone": "Mars/Base"}}, id="no such zone"),
        pytest.param({"data": {"form": "preferences", "zone": "recipient"}}, id="not a reader's zone"),
        pytest.param(
            {"data": {"form": "preferences", **{f"f{n}": "" for n in range(2100)}}}, id="many fields"
        ),
        pytest.param({"content": b"form=preferences"}, id="no type"),
    ],
)
def test_what_the_form_does_not_send_changes_nothing(here: Any, client: Client, body: dict[str, Any]) -> None:
    before = here.reader()
    answer = client.post(here.preferences_path(), **body)
    assert answer.status_code == 400
    assert "This cannot be read" in answer.text
    assert here.reader() == before


def test_hostile_fields_are_ignored_or_made_harmless(here: Any, client: Client) -> None:
    """R17: nothing that could begin another header gets into a name."""
    fields = [
        ("form", "preferences"),
        ("name", "Ada\r\nBcc: all@reader.example\0<b>"),
        ("zone", "Asia/Tokyo"),
        ("edition", "weekly"),
        ("edition", "nonsense"),
        ("topic", "../etc"),
        ("email", "mallory@reader.example"),
    ]
    answer = send(client, here.preferences_path(), fields)
    after = here.reader()
    assert after.name == "Ada Bcc: all@reader.example <b>"
    assert "<b>" not in answer.text
    assert (after.editions, after.topics, after.email) == (("weekly",), (), "ada@reader.example")


def test_everything_can_be_left_at_once(here: Any, client: Client) -> None:
    actions = Page(client.get(here.preferences_path()).text).actions
    (leave,) = [action for action in actions if action.endswith("/leave")]
    answer = client.post(leave)
    assert (answer.status_code, here.reader().editions) == (200, ())
    assert here.reader().topics == ("robots",)


def test_a_zone_that_is_not_in_the_list_stays_chosen(here: Any, client: Client) -> None:
    with here.store.write() as connection:
        save_subscribers(connection, [replace(here.reader(), zone="US/Eastern")], now=datetime.now(UTC))
    assert Page(client.get(here.preferences_path()).text).values["zone"] == "US/Eastern"


def test_an_edition_that_is_not_shown_stays_chosen(here: Any, client: Client) -> None:
    with here.store.write() as connection:
        save_subscribers(
            connection, [replace(here.reader(), editions=("former", "weekly"))], now=datetime.now(UTC)
        )
    send(client, here.preferences_path(), [("form", "preferences"), ("name", ""), ("edition", "daily")])
    assert here.reader().editions == ("daily", "former")


def test_who_has_not_confirmed_is_told_so(here: Any, client: Client) -> None:
    assert "not confirmed yet" in client.get(here.preferences_path("bob")).text


def test_a_reader_who_is_gone_has_nothing_to_choose(here: Any, client: Client) -> None:
    path = here.preferences_path()
    forget(here, "ada")
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 410
        assert "no longer in use" in answer.text


# --- where the site lives ----------------------------------------------------------------------------------


def test_below_a_path_the_pages_point_below_it(here: Any, client: Client) -> None:
    site = here.settings.site.model_copy(update={"base_url": "https://signal.example/news/"})
    here.settings = here.settings.model_copy(update={"site": site})
    text = client.get(here.unsubscribe_path().removeprefix("/news")).text
    assert 'href="/news/style.css"' in text
    assert all(action.startswith("/news/unsubscribe/") for action in Page(text).actions)


def test_a_workspace_may_have_pages_of_its_own(here: Any, client: Client) -> None:
    folder = here.workspace.templates / "web"
    folder.mkdir(parents=True)
    (folder / "error.html").write_text("{{ status }} in our own words")
    assert client.get("/none").text == "404 in our own words"
