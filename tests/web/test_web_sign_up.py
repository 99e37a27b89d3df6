"""Signing up and confirming on the site: what a person's press does, and what a program's cannot."""

from __future__ import annotations

import email as email_module
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from structlog.testing import capture_logs
from test_web_personal import Page, forget, send

from letters.links import Links
from letters.model import SubscriberStatus
from letters.pipeline import House, notify
from letters.store.sign_ups import find_sign_up
from letters.store.subscribers import count_subscribers, find_by_email
from letters.store.suppression import SuppressionReason, suppress
from letters.subscribe import SignUpRefused
from letters.web import make_app
from letters.web.limits import Limits, network_part
from letters.web.presses import is_pressed
from letters.web.signing_up import read_api_body

Client = TestClient[Any]
EMAIL = "eve@reader.example"
LINKS = Links(["k"], "https://signal.example")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def noticed() -> list[None]:
    return []


@pytest.fixture
def client(here: Any, noticed: list[None]) -> Iterator[Client]:
    app = make_app(lambda: here, on_notice=lambda: noticed.append(None))
    with TestClient(app, raise_server_exceptions=False) as one:
        one.follow_redirects = False
        yield one


def stamp(here: Any, page: str, *, ago: timedelta = timedelta(seconds=5)) -> tuple[str, str]:
    """The button of a page that was shown some time ago."""
    return "press", here.links.stamp(page, at=datetime.now(UTC) - ago)


def ask(here: Any, client: Client, *fields: tuple[str, str], email: str = EMAIL) -> Any:
    chosen = fields or (("edition", "weekly"),)
    return send(client, "/subscribe", [("email", email), *chosen, ("website", ""), stamp(here, "subscribe")])


def text_of(mail: Path) -> str:
    """The text of a mail in the outbox."""
    message = email_module.message_from_bytes(mail.read_bytes(), policy=policy.default)
    return str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def confirm_path(here: Any) -> str:
    """Where the mail that was sent last leads to."""
    notify(House(here.workspace, here.settings, here.store), now=datetime.now(UTC))
    (mail,) = (here.workspace.outbox / "_notices").iterdir()
    text = text_of(mail)
    found = re.search(r"https://signal\.example(/confirm/[\w.-]+)", text)
    assert found
    return found[1]


def reader_of(here: Any, email: str = EMAIL) -> Any:
    with here.store.read() as c:
        return find_by_email(c, email)


# --- the way in ------------------------------------------------------------------------------------------------


def test_signed_up_confirmed_and_subscribed(here: Any, client: Client, noticed: list[None]) -> None:
    page = client.get("/subscribe?edition=weekly&topic=chips")
    assert page.status_code == 200
    assert "x-robots-tag" not in page.headers
    assert Page(page.text).ticked == {("edition", "weekly"), ("topic", "chips")}
    answer = ask(here, client, ("edition", "weekly"), ("topic", "chips"))
    assert answer.status_code == 200
    assert "Look into your inbox" in answer.text
    assert noticed == [None]
    path = confirm_path(here)
    shown = client.get(path)
    assert EMAIL in shown.text
    assert "AI policy, weekly" in shown.text
    assert reader_of(here) is None
    uid = path.rpartition("/")[2].partition(".")[0]
    answers = [send(client, path, [stamp(here, f"confirm {uid}")]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Your subscription is confirmed" in answers[1].text
    reader = reader_of(here)
    assert (reader.editions, reader.topics, reader.status) == (
        ("weekly",),
        ("chips",),
        SubscriberStatus.CONFIRMED,
    )
    assert reader.consent_source == "https://signal.example/subscribe"
    assert reader.consent_wording.startswith("I want Signal to send me the newsletters ticked here")
    assert reader.consent_wording.endswith("[AI policy, weekly]")
    # The words that are kept are those that were shown.
    assert reader.consent_wording.partition(" [")[0] in page.text


def test_r22_the_mail_says_that_no_person_wrote_it_and_belongs_to_no_list(here: Any, client: Client) -> None:
    ask(here, client)
    confirm_path(here)
    (mail,) = (here.workspace.outbox / "_notices").iterdir()
    head = mail.read_text().partition("\n\n")[0]
    assert "\nAuto-Submitted: auto-generated\n" in head
    assert "List-" not in head


def test_the_answer_is_the_same_whoever_s_address_it_is(here: Any, client: Client) -> None:
    with here.store.write() as c:
        suppress(c, "gone@reader.example", SuppressionReason.COMPLAINED, now=NOW)
    emails = [
        "new@reader.example",
        "ada@reader.example",
        "bob@reader.example",
        "gone@reader.example",
        "new@reader.example",
    ]
    with capture_logs() as logs:
        answers = [ask(here, client, email=email) for email in emails]
    assert {answer.status_code for answer in answers} == {200}
    texts = {answer.text.replace(email, "ADDRESS") for answer, email in zip(answers, emails, strict=True)}
    assert len(texts) == 1
    assert "reader.example" not in repr(logs)


@pytest.mark.parametrize("path", ["/subscribe", "/confirm/"])
def test_a_head_asks_for_nothing(here: Any, client: Client, path: str) -> None:
    answer = client.head(path if path == "/subscribe" else here.confirm_path("bob"))
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(here: Any, client: Client) -> None:
    answer = ask(here, client, ("topic", "robots"), email="eve@")
    assert answer.status_code == 422
    assert "This is no mail address" in answer.text
    assert "Tick one newsletter at least" in answer.text
    assert Page(answer.text).ticked == {("topic", "robots")}
    assert 'value="eve@"' in answer.text


def test_hostile_fields_stay_text(here: Any, client: Client) -> None:
    text = ask(here, client, email='"><script>alert(1)</script>').text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_the_page_can_be_closed(here: Any, client: Client) -> None:
    closed = here.settings.subscribe.model_copy(update={"open": False})
    here.settings = here.settings.model_copy(update={"subscribe": closed})
    assert client.get("/subscribe").status_code == 404
    assert ask(here, client).status_code == 404
    assert client.post("/api/subscribe", json={}).status_code == 404
    assert send(client, here.confirm_path("nobody"), [stamp(here, "confirm nobody")]).status_code == 410


# --- a person's press --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="nothing"),
        pytest.param([("website", "")], id="the fields without the button"),
        pytest.param([("press", ""), ("website", "")], id="the first button"),
        pytest.param([("press", "yes")], id="a made-up value"),
        pytest.param("quick", id="at once"),
        pytest.param("old", id="after days"),
        pytest.param("both", id="both buttons"),
        pytest.param("bait", id="every field filled in"),
        pytest.param("other", id="another page's button"),
    ],
)
def test_a_program_that_sends_the_form_confirms_nothing(here: Any, client: Client, body: Any) -> None:
    """Pain 22: neither the GET of a scanner nor its POST confirms."""
    good = stamp(here, "confirm bob")
    fields = {
        "quick": [stamp(here, "confirm bob", ago=timedelta(milliseconds=300))],
        "old": [stamp(here, "confirm bob", ago=timedelta(days=2))],
        "both": [("press", ""), good],
        "bait": [("website", "https://spam.example"), good],
        "other": [stamp(here, "confirm ada")],
    }
    before = here.reader("bob")
    answer = send(client, here.confirm_path("bob"), fields[body] if isinstance(body, str) else body)
    assert answer.status_code == 200
    assert "Press the button once more" in answer.text
    assert here.reader("bob") == before
    send(client, here.confirm_path("bob"), [("website", ""), good])
    assert here.reader("bob").status is SubscriberStatus.CONFIRMED


def test_the_button_s_value_comes_only_with_the_button(here: Any, client: Client) -> None:
    """A program that sends what fields a form holds, hidden ones too, does not have it."""
    for path, page in ((here.confirm_path("bob"), "confirm bob"), ("/subscribe", "subscribe")):
        text = client.get(path).text
        *decoys, (value, hidden) = re.findall(
            r'<button type="submit" name="press" value="([^"]*)"( hidden)?', text
        )
        assert here.links.read_stamp(page, value)
        assert not hidden
        assert "press" not in Page(text).values
        # Enter in a field presses a form's first button, so where there is a field to fill in it has to be the one.
        assert decoys == ([] if page == "subscribe" else [("", " hidden")])


def test_a_sign_up_without_a_press_is_shown_again_as_it_was(
    here: Any, client: Client, noticed: list[None]
) -> None:
    answer = send(client, "/subscribe", [("email", EMAIL), ("edition", "daily")])
    assert "Press the button once more" in answer.text
    assert f'value="{EMAIL}"' in answer.text
    assert ("edition", "daily") in Page(answer.text).ticked
    assert noticed == []


@given(st.text(max_size=60))
def test_whatever_else_stands_there_is_no_press(text: str) -> None:
    assert not is_pressed({"press": [text]}, LINKS, "confirm bob", now=NOW)


@given(place=st.integers(0, 60), other=st.characters(max_codepoint=127))
def test_a_stamp_with_one_byte_changed_is_no_press(place: int, other: str) -> None:
    good = LINKS.stamp("confirm bob", at=NOW - timedelta(seconds=5))
    assert is_pressed({"press": [good]}, LINKS, "confirm bob", now=NOW)
    place %= len(good)
    bad = good[:place] + other + good[place + 1 :]
    assert bad == good or not is_pressed({"press": [bad]}, LINKS, "confirm bob", now=NOW)


# --- links that have done their work -----------------------------------------------------------------------------


def test_an_old_link_does_not_bring_back_who_has_left_since(here: Any, client: Client) -> None:
    client.post(here.unsubscribe_path() + "/all")
    answer = send(client, here.confirm_path(), [stamp(here, "confirm ada")])
    assert (answer.status_code, here.reader().status) == (200, SubscriberStatus.UNSUBSCRIBED)
    assert "You have unsubscribed from everything" in answer.text


def test_a_link_to_nothing_says_how_to_begin_again(here: Any, client: Client) -> None:
    path = here.confirm_path()
    forget(here, "ada")
    for answer in (client.get(path), client.post(path), send(client, path, [stamp(here, "confirm ada")])):
        assert answer.status_code == 410
        assert 'href="/subscribe"' in answer.text


# --- the API -----------------------------------------------------------------------------------------------------

ASKED = {"email": EMAIL, "editions": ["weekly"], "place": "https://other.example/form", "wording": "Yes."}


def test_the_api_takes_a_sign_up_with_its_consent(here: Any, client: Client, noticed: list[None]) -> None:
    answer = client.post("/api/subscribe", json=ASKED)
    assert (answer.status_code, answer.json()) == (202, {"status": "pending", "confirm_within_days": 7})
    uid = confirm_path(here).rpartition("/")[2].partition(".")[0]
    with here.store.read() as c:
        asked = find_sign_up(c, uid)
    assert asked is not None
    assert (asked.place, asked.wording, asked.editions) == ("https://other.example/form", "Yes.", ("weekly",))
    assert noticed == [None]
    again = client.post("/api/subscribe", json=ASKED | {"email": "ada@reader.example"})
    assert (again.status_code, again.json()) == (202, answer.json())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "eve"}, "email"),
        ({"editions": "weekly"}, "editions"),
        ({"editions": ["none"]}, "editions"),
        ({"wording": " "}, "wording"),
        ({"place": ""}, "place"),
        ({"status": "confirmed"}, "status"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_the_api_says_what_is_wrong_by_field(here: Any, client: Client, changes: Any, field: str) -> None:
    answer = client.post("/api/subscribe", json=ASKED | changes)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    with here.store.read() as c:
        assert count_subscribers(c) == 2


def test_a_form_on_somebody_else_s_page_cannot_use_the_api(client: Client) -> None:
    answer = client.post(
        "/api/subscribe", content=json.dumps(ASKED).encode(), headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 400
    assert client.options("/api/subscribe").headers.get("access-control-allow-origin") is None


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda one: json.dumps(one).encode())
)
def test_no_body_makes_the_api_anything_but_refuse(body: bytes) -> None:
    with pytest.raises(SignUpRefused):
        read_api_body(body, "application/json")


# --- how often ---------------------------------------------------------------------------------------------------


def test_one_part_of_the_network_may_sign_up_only_so_often(here: Any, client: Client) -> None:
    answers = [ask(here, client, email=f"r{n}@reader.example") for n in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "a little fast" in answers[-1].text
    assert client.post("/api/subscribe", json=ASKED).status_code == 429


def test_tokens_come_back_with_time() -> None:
    seconds = 0.0
    limits = Limits(burst=2, seconds_each=60, clock=lambda: seconds)
    assert [limits.take("a") for _ in range(3)] == [0, 0, 60]
    assert limits.take("b") == 0
    seconds = 61.0
    assert limits.take("a") == 0
    assert limits.take("a") > 0


@pytest.mark.parametrize(
    ("peer", "said", "part"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("", "", ""),
    ],
)
def test_only_a_proxy_of_ours_is_believed(peer: str, said: str, part: str) -> None:
    assert network_part(peer, {"x-forwarded-for": said}) == part
