"""Mails that answer somebody's own doing, over a real relay and into the outbox."""

from __future__ import annotations

import email
from email.policy import SMTP
from pathlib import Path

import dkim
import pytest
from deliver_kit import NOON, TestRelay, make_settings
from test_dkim import RSA, dns
from test_signed import signing

from letters.deliver import Notices
from letters.deliver.notices import notice_message
from letters.model import DeliveryState, NoticeEnd, NoticeMail
from letters.settings import Workspace
from letters.settings.types import RelaySettings

MAIL = NoticeMail(
    message_id="<0123456789abcdef@signal.example>",
    email="zoë@bücher.example",
    name="Zoë",
    subject="Bestätigen Sie Ihr Abonnement",
    text="Öffnen Sie:\n\nhttps://signal.example/confirm/u.s\n.\n",
    html='<p>Öffnen Sie <a href="https://signal.example/confirm/u.s">diese Seite</a></p>',
)
PLAIN = NoticeMail(
    message_id="<1@signal.example>",
    email="ada@reader.example",
    subject="Confirm",
    text="Text\n",
    html="<p>Text</p>",
)


def test_r22_it_says_that_no_person_wrote_it() -> None:
    content = notice_message(MAIL, make_settings(), now=NOON)
    assert all(len(line) <= 78 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    message = email.message_from_bytes(content, policy=SMTP)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == MAIL.message_id
    assert message["Subject"] == MAIL.subject
    assert message["To"].addresses[0].display_name == "Zoë"
    # It is no list's mail: there is nothing to unsubscribe from yet.
    assert not [name for name in message if name.lower().startswith("list-")]
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n").strip() == MAIL.text.strip()
    assert html.get_content().strip() == MAIL.html


def test_nothing_of_it_can_begin_another_header(tmp_path: Path) -> None:
    """R17."""
    with Notices(make_settings(), Workspace(tmp_path), now=NOON) as notices:
        end = notices.send(
            NoticeMail(message_id="<1@x>", email="a@b.example", subject="A\nBcc: x", text="", html="")
        )
    assert (end.state, "control characters" in end.reason) == (DeliveryState.FAILED, True)


def test_in_the_outbox_the_same_mail_is_one_file_and_another_is_another(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with Notices(make_settings(), workspace, now=NOON) as notices:
        for mail in (
            PLAIN,
            PLAIN,
            NoticeMail(message_id="<2@x>", email=PLAIN.email, subject="s", text="", html=""),
        ):
            assert notices.send(mail).state is DeliveryState.SENT
    names = sorted(path.name for path in (workspace.outbox / "_notices").iterdir())
    assert len(names) == 2
    assert all(name.startswith("ada@reader.example.") for name in names)


def test_over_a_relay_on_one_connection(relay: TestRelay, tmp_path: Path) -> None:
    settings = make_settings(smtp=relay.settings())
    with Notices(settings, Workspace(tmp_path), now=NOON) as notices:
        assert notices.send(PLAIN) == NoticeEnd(state=DeliveryState.SENT, reason="250 2.0.0 queued")
        assert notices.send(PLAIN).state is DeliveryState.SENT
    assert len(relay.sessions) == 1
    assert [one.message_id for one in relay.taken] == [PLAIN.message_id] * 2


@pytest.mark.parametrize(
    ("answer", "state", "is_shut"),
    [
        ("550 5.1.1 no such mailbox", DeliveryState.FAILED, False),
        ("450 4.2.0 greylisted", DeliveryState.DEFERRED, False),
        ("554 5.7.1 relay access denied", DeliveryState.DEFERRED, True),
    ],
)
def test_what_the_relay_says_decides(
    relay: TestRelay, tmp_path: Path, answer: str, state: DeliveryState, is_shut: bool
) -> None:
    relay.script.on_rcpt = lambda _recipient: answer
    with Notices(make_settings(smtp=relay.settings()), Workspace(tmp_path), now=NOON) as notices:
        end = notices.send(PLAIN)
    assert (end.state, end.is_shut) == (state, is_shut)


def test_an_answer_that_is_lost_means_again(relay: TestRelay, tmp_path: Path) -> None:
    relay.script.drop_after_data = {"ada"}
    with Notices(make_settings(smtp=relay.settings()), Workspace(tmp_path), now=NOON) as notices:
        assert notices.send(PLAIN).state is DeliveryState.DEFERRED
    assert len(relay.taken) == 1


def test_no_relay_at_all_shuts_the_way(relay: TestRelay, tmp_path: Path) -> None:
    settings = make_settings(smtp=relay.settings(port=1))
    with Notices(settings, Workspace(tmp_path), now=NOON) as notices:
        end = notices.send(PLAIN)
    assert (end.state, end.is_shut) == (DeliveryState.DEFERRED, True)
    assert "no connection" in end.reason


def test_it_is_signed_and_goes_by_the_first_relay(tmp_path: Path, relay: TestRelay) -> None:
    settings = signing(make_settings(), RSA, return_path="bounces@signal.example")
    first = RelaySettings(**relay.settings().model_dump(), name="first")
    delivery = settings.delivery.model_copy(update={"transport": "smtp", "relay": (first,)})
    settings = settings.model_copy(update={"delivery": delivery})
    senders: list[str] = []
    relay.script.on_mail = senders.append
    with Notices(settings, Workspace(tmp_path), now=NOON) as notices:
        assert notices.send(PLAIN).state is DeliveryState.SENT
    (taken,) = relay.taken
    assert senders == ["bounces@signal.example"]
    assert dkim.DKIM(taken.content).verify(dnsfunc=dns(RSA))
