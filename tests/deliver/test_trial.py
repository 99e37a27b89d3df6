"""A test mail: the message, both transports, and what it leaves alone."""

from __future__ import annotations

import email
import email.policy
import socket
from datetime import date
from email.message import EmailMessage

import dkim
import pytest
from deliver_kit import NOON, TestRelay, World, make_settings, rendering
from hypothesis import given
from hypothesis import strategies as st
from test_dkim import RSA, dns
from test_signed import signing

from letters.deliver import TrialAnswer, check_trial_address, send_trial
from letters.errors import UsageError
from letters.model import Occurrence, PersonalLink, Rendering
from letters.settings import Settings, Workspace
from letters.settings.types import SmtpSettings


def send(
    workspace: Workspace,
    settings: Settings,
    address: str = "ada@readers.example",
    mail: Rendering | None = None,
) -> TrialAnswer:
    return send_trial(
        settings,
        workspace,
        settings.editions[0],
        mail or rendering(),
        address,
        occurrence=Occurrence(at=NOON, local_date=date(2026, 11, 23)),
        number=4,
        now=NOON,
    )


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_with_the_outbox_a_test_mail_is_a_file_beside_the_issues(lite: World) -> None:
    lite.add_readers(2)
    lite.add_issue()
    answer = send(lite.workspace, lite.settings)
    assert answer.is_sent
    assert answer.words == "written to ada@readers.example.eml"
    (file,) = lite.workspace.outbox.rglob("*.eml")
    assert file.relative_to(lite.workspace.outbox).as_posix() == "weekly/test/ada@readers.example.eml"
    message = read(file.read_bytes())
    assert message["Subject"] == "[Test] Für dich: Grüße"
    assert message["To"] == "ada@readers.example"
    # Nothing is claimed or frozen: the issue goes to its readers as if there had been no test.
    assert set(lite.states().values()) == {None}
    assert not list(lite.workspace.journal.glob("*"))
    assert lite.deliver().sent == 2


def test_a_test_mail_is_on_no_list_and_its_personal_links_are_harmless(lite: World) -> None:
    send(lite.workspace, lite.settings)
    (file,) = lite.workspace.outbox.rglob("*.eml")
    message = read(file.read_bytes())
    assert not [name for name in message if name.lower().startswith(("list-", "archived-"))]
    assert set(message.keys()) >= {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
    }
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        words = part.get_content()
        assert not [link for link in PersonalLink if link.value in words]
        assert "/unsubscribe/" not in words
        assert "https://signal.example/" in words


def test_each_test_mail_is_a_message_of_its_own(lite: World) -> None:
    seen = set()
    for _ in range(2):
        send(lite.workspace, lite.settings)
        (file,) = lite.workspace.outbox.rglob("*.eml")
        seen.add(read(file.read_bytes())["Message-ID"])
    assert len(seen) == 2


def test_a_relay_gets_it_for_this_address_alone(lite: World, relay: TestRelay) -> None:
    lite.add_readers(3)
    lite.add_issue()
    settings = make_settings(smtp=relay.settings())
    answer = send(lite.workspace, settings)
    assert (answer.is_sent, answer.words) == (True, "250 2.0.0 queued")
    assert [one.recipient for one in relay.taken] == ["ada@readers.example"]
    assert read(relay.taken[0].content)["Subject"] == "[Test] Für dich: Grüße"
    assert set(lite.states().values()) == {None}


@pytest.mark.parametrize("stage", ["on_rcpt", "on_mail"])
def test_a_refusal_is_told_in_the_relays_words(lite: World, relay: TestRelay, stage: str) -> None:
    setattr(relay.script, stage, lambda _: "550 5.1.1 nobody of that name")
    answer = send(lite.workspace, make_settings(smtp=relay.settings()))
    assert not answer.is_sent
    assert "550 5.1.1 nobody of that name" in answer.words
    assert relay.taken == []


def test_a_relay_that_is_not_there_is_told(lite: World) -> None:
    with socket.socket() as unheard:
        # Bound and not listened at: nobody else can come to listen there.
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        answer = send(
            lite.workspace, make_settings(smtp=SmtpSettings(host="127.0.0.1", port=port, tls="none"))
        )
    assert not answer.is_sent
    assert answer.words.startswith(f"no connection to 127.0.0.1:{port}: ")


NONSENSE = [
    "", "ada", "ada@", "@readers.example", "ada@localhost", "ada@@readers.example", "a b@readers.example",
    "ada@readers.example, bob@readers.example", "Ada <ada@readers.example>", "ada@readers.example\nBcc: b@c.example",
    "ada@readers..example", "ada@-readers.example", "ada.@readers.example", f"{'a' * 65}@readers.example", "ada@127.0.0.1",
    "ada@readers.example>", "ada@rea ders.example",
]  # fmt: skip


@pytest.mark.parametrize("address", NONSENSE)
def test_nonsense_is_refused_before_anything_is_sent(lite: World, address: str) -> None:
    with pytest.raises(UsageError, match="wanted one address"):
        send(lite.workspace, lite.settings, address)
    assert not list(lite.workspace.outbox.rglob("*"))


@pytest.mark.parametrize(
    "address",
    ["ada+news@readers.example", "a.d.a@sub.readers.example", "ädä@bücher.example", " ada@readers.example "],
)
def test_an_address_of_one_person_is_taken(address: str) -> None:
    assert check_trial_address(address) == address.strip()


@given(st.text(max_size=30))
def test_what_is_taken_is_one_line_and_one_address(text: str) -> None:
    try:
        taken = check_trial_address(text + "@readers.example")
    except UsageError:
        return
    assert taken.count("@") == 1
    assert taken.isprintable()
    assert not set(taken) & set(' ,;:<>()[]\\"')


def test_a_test_mail_is_signed_as_it_goes_out(lite: World, relay: TestRelay) -> None:
    settings = signing(make_settings(smtp=relay.settings()), RSA, return_path="bounces@signal.example")
    assert send(lite.workspace, settings).is_sent
    (taken,) = relay.taken
    assert dkim.DKIM(taken.content).verify(dnsfunc=dns(RSA))
    assert read(taken.content)["List-Id"] is None
