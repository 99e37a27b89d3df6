"""RFC 8058, on mails that were really sent: their headers are followed as a mail program follows them."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from pydantic import SecretStr

from letters.deliver import deliver
from letters.model import Edition, IssueState, Occurrence, PersonalLink, Rendering
from letters.store.explaining import explain
from letters.store.issues import add_issue
from letters.store.subscribers import save_subscribers

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RENDERING = Rendering(
    choice="topics=robots",
    subject="An issue",
    preheader="",
    html=f'<a href="{PersonalLink.UNSUBSCRIBE}">leave</a>',
    text=f"Leave: {PersonalLink.UNSUBSCRIBE}\n",
    entries=("one",),
)


def send(here: Any, edition: str) -> Any:
    """The mail that the reader gets of an issue."""
    with here.store.write() as c:
        issue = add_issue(
            c,
            edition=edition,
            occurrence=Occurrence(at=NOON, local_date=NOON.date()),
            number=1,
            state=IssueState.APPROVED,
            composed_at=NOON,
            renderings=(RENDERING,),
        )
    assert issue is not None
    deliver(here.store, here.settings, here.workspace, now=NOON + timedelta(days=1))
    path = here.workspace.outbox / edition / str(issue.number) / "ada@reader.example.eml"
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def one_click(here: Any, mail: Any) -> str:
    """The path that the header names, as RFC 8058 section 3.1 wants it to be named."""
    assert mail.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    (field,) = mail.get_all("List-Unsubscribe")
    assert field.startswith("<https://")
    assert field.endswith(">")
    return str(here.path(field[1:-1]))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"data": {"List-Unsubscribe": "One-Click"}}, id="urlencoded"),
        pytest.param({"files": {"List-Unsubscribe": (None, "One-Click")}}, id="multipart"),
        pytest.param({}, id="empty"),
    ],
)
def test_r03_r04_r05_one_click_leaves_the_list_of_the_mail_it_stands_in(
    here: Any, client: TestClient[Any], body: dict[str, Any]
) -> None:
    path = one_click(here, send(here, "weekly"))
    client.headers.clear()
    # R06: a scanner has followed it before.
    assert client.get(path).status_code == client.head(path).status_code == 200
    assert here.reader().editions == ("daily", "weekly")
    answers = [client.post(path, **body) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {200}
    # R13, R08.
    assert here.reader().editions == ("daily",)
    assert answers[0].text == answers[1].text


def test_r09_leaving_stops_what_waits_already(here: Any, client: TestClient[Any]) -> None:
    local = Edition(key="local", title="At your hour", when="0 8 * * *", zone="recipient")
    here.settings = here.settings.model_copy(update={"editions": (*here.settings.editions, local)})
    with here.store.write() as c:
        save_subscribers(c, [replace(here.reader(), editions=("local", "weekly"))], now=NOON)
        later = NOON + timedelta(days=3)
        issue = add_issue(
            c,
            edition="local",
            occurrence=Occurrence(at=later, local_date=later.date()),
            number=1,
            state=IssueState.APPROVED,
            composed_at=NOON,
            renderings=(RENDERING,),
        )
    assert issue is not None
    deliver(here.store, here.settings, here.workspace, now=NOON)
    client.post(here.unsubscribe_path(edition="local"))
    with here.store.read() as c:
        (row,) = [one for one in explain(c, issue.id) if one.email == "ada@reader.example"]
    assert (row.state, row.reason) == ("dropped", "unsubscribed")
    deliver(here.store, here.settings, here.workspace, now=later + timedelta(days=2))
    assert not (here.workspace.outbox / "local").exists()


def test_r10_the_link_of_an_old_mail_works_after_the_key_was_rotated(
    here: Any, client: TestClient[Any]
) -> None:
    path = one_click(here, send(here, "weekly"))
    keys = (SecretStr("a newer key"), *here.settings.secrets.link_keys)
    secrets = here.settings.secrets.model_copy(update={"link_keys": keys})
    here.settings = here.settings.model_copy(update={"secrets": secrets})
    assert client.post(path).status_code == 200
    assert here.reader().editions == ("daily",)
    again = one_click(here, send(here, "daily"))
    assert client.post(again).status_code == 200
    assert here.reader().editions == ()


def test_r07_a_changed_link_is_refused_and_changes_nothing(here: Any, client: TestClient[Any]) -> None:
    path = one_click(here, send(here, "weekly"))
    for place in range(len("/unsubscribe/"), len(path)):
        other = "A" if path[place] != "A" else "B"
        assert client.post(path[:place] + other + path[place + 1 :]).status_code in {400, 404}
    assert here.reader().editions == ("daily", "weekly")
