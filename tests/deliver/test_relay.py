"""Delivery to a real relay on loopback: each answer, each kind of protection, each way a connection can end."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from deliver_kit import NOON, TestRelay, World, make_settings
from pydantic import SecretStr

from letters.deliver import set_issue
from letters.deliver.encode import with_dots
from letters.model import DeliveryState, IssueState
from letters.store.issues import load_events, load_issues

LATER = NOON + timedelta(minutes=10)


@pytest.fixture
def sending(lite: World, relay: TestRelay) -> World:
    """An issue for ten readers, about to go to the relay."""
    lite.settings = make_settings(smtp=relay.settings())
    lite.add_readers(10)
    lite.add_issue()
    return lite


def count(world: World, state: DeliveryState) -> int:
    return list(world.states().values()).count(state)


def test_each_row_is_sent_once_over_few_connections(world: World, relay: TestRelay) -> None:
    world.settings = make_settings(smtp=relay.settings(connections=3))
    world.add_readers(40)
    world.add_issue()
    report = world.deliver()
    assert (report.sent, report.problems) == (40, ())
    assert relay.recipients == {f"r{n}": 1 for n in range(40)}
    assert len(relay.sessions) <= 3
    assert len(set().union(*relay.message_ids.values())) == 40
    assert world.issue_state() is IssueState.SENT
    assert set(world.reasons().values()) == {"250 2.0.0 queued"}


def test_connections_are_kept_from_batch_to_batch(sending: World, relay: TestRelay) -> None:
    sending.add_issue(number=2)
    sending.add_issue(number=3)
    assert sending.deliver().sent == 30
    assert len(relay.sessions) <= 2


def test_dots_at_the_start_of_a_line_survive_r19(sending: World, relay: TestRelay) -> None:
    sending.deliver()
    assert b"\r\n=2Ea line that begins with a dot\r\n" in relay.taken[0].content
    assert with_dots(b".a\r\n.b\r\nc") == b"..a\r\n..b\r\nc"
    assert with_dots(b"a\r\n") == b"a\r\n"


@pytest.mark.parametrize("code", [421, 450, 451, 452, 454])
@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_an_answer_of_4xx_defers_the_row_and_never_fails_it_r41(
    sending: World, relay: TestRelay, code: int, step: str
) -> None:
    sending.settings = make_settings(smtp=relay.settings(connections=1))
    refused = iter([f"{code} 4.3.2 later"] * 2)
    if step == "mail":
        relay.script.on_mail = lambda sender: next(refused, None)
    elif step == "rcpt":
        relay.script.on_rcpt = lambda recipient: next(refused, None)
    else:
        relay.script.on_data = lambda recipient, taken: next(refused, None)
    report = sending.deliver()
    assert (report.deferred, report.failed, report.sent, report.problems) == (2, 0, 8, ())
    assert sending.deliver(NOON + timedelta(minutes=1)).sent == 0
    assert sending.deliver(LATER).sent == 2
    assert relay.recipients == {f"r{n}": 1 for n in range(10)}
    assert sending.issue_state() is IssueState.SENT


def test_a_connection_that_ends_with_421_after_n_messages_costs_nobody_a_wait(
    sending: World, relay: TestRelay
) -> None:
    taken_here: dict[int, int] = {}

    def after_three(recipient: str) -> str | None:
        key = len(relay.sessions)
        taken_here[key] = taken_here.get(key, 0) + 1
        return "421 4.7.0 enough for one connection" if taken_here[key] > 3 else None

    sending.settings = make_settings(smtp=relay.settings(connections=1))
    relay.script.on_rcpt = after_three
    report = sending.deliver()
    assert (report.sent, report.deferred) == (10, 0)
    assert len(relay.sessions) == 4


def test_a_relay_that_is_always_busy_stops_the_run_and_loses_nobody(
    lite: World, relay: TestRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("letters.deliver.relay._LONGEST_PAUSE_SECONDS", 0.01)
    lite.settings = make_settings(smtp=relay.settings(connections=1))
    lite.add_readers(40)
    lite.add_issue()
    relay.script.on_rcpt = lambda recipient: "454 4.7.0 throttling"
    report = lite.deliver()
    assert "the relay answers only 454 4.7.0 throttling" in str(report.problems[-1])
    assert (report.sent, report.failed) == (0, 0)
    assert report.deferred == 20
    relay.script.on_rcpt = lambda recipient: None
    assert lite.deliver(LATER).sent == 40


def test_a_refused_recipient_fails_alone_r42(sending: World, relay: TestRelay) -> None:
    relay.script.on_rcpt = lambda recipient: "550 5.1.1 no such user" if recipient.startswith("r3@") else None
    relay.script.on_data = lambda recipient, taken: (
        "552 5.2.2 mailbox full" if recipient.startswith("r4@") else None
    )
    report = sending.deliver()
    assert (report.sent, report.failed) == (8, 2)
    assert sorted(str(problem) for problem in report.problems) == [
        "weekly/1: r3@reader.example: failed: 550 5.1.1 no such user",
        "weekly/1: r4@reader.example: failed: 552 5.2.2 mailbox full",
    ]
    assert sending.issue_state() is IssueState.SENT
    assert sending.deliver(LATER).failed == 0


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("mail", "550 5.7.1 sender rejected"),
        ("mail", "530 5.7.0 authentication required"),
        ("rcpt", "554 5.7.1 <r0@reader.example>: Relay access denied"),
        ("rcpt", "530 5.7.0 must issue STARTTLS first"),
        ("data", "554 5.7.1 looks like spam"),
    ],
)
def test_a_refused_sender_or_content_holds_the_issue(
    sending: World, relay: TestRelay, step: str, answer: str
) -> None:
    usual = relay.script.on_mail, relay.script.on_rcpt, relay.script.on_data
    if step == "mail":
        relay.script.on_mail = lambda sender: answer
    elif step == "rcpt":
        relay.script.on_rcpt = lambda recipient: answer
    else:
        relay.script.on_data = lambda recipient, taken: answer
    report = sending.deliver()
    assert (report.sent, report.failed, report.unknown) == (0, 0, 0)
    assert answer in str(report.problems[-1])
    assert '10 messages wait; mend it, then "letters approve weekly/1"' in str(report.problems[-1])
    assert sending.issue_state() is IssueState.HELD
    assert count(sending, DeliveryState.PENDING) == 10
    with sending.store.read() as c:
        issue = load_issues(c)[0]
        assert [(event.action, event.actor) for event in load_events(c, issue.id)] == [("hold", "letters")]
    assert sending.deliver(LATER).sent == 0
    relay.script.on_mail, relay.script.on_rcpt, relay.script.on_data = usual
    set_issue(sending.store, "weekly/1", "approve", actor="Kim", now=LATER)
    assert sending.deliver(LATER).sent == 10


def test_a_held_issue_does_not_stop_the_next_one(sending: World, relay: TestRelay) -> None:
    sending.settings = make_settings(smtp=relay.settings(connections=1))
    sending.add_issue(number=2)
    answers = iter(["554 5.6.0 bad content"])
    relay.script.on_data = lambda recipient, taken: next(answers, None)
    assert sending.deliver().sent == 10
    assert {sending.issue_state(number=n) for n in (1, 2)} == {IssueState.HELD, IssueState.SENT}


def test_a_connection_lost_after_the_content_leaves_one_unknown_which_is_sent_again_r40(
    sending: World, relay: TestRelay
) -> None:
    relay.script.drop_after_data = {"r3"}
    report = sending.deliver()
    assert (report.sent, report.unknown) == (9, 1)
    assert "no answer after the content" in sending.reasons()["r3"]
    relay.script.drop_after_data = set()
    assert sending.deliver(NOON + timedelta(minutes=1)).sent == 0
    assert sending.deliver(LATER).sent == 1
    assert relay.recipients == {**{f"r{n}": 1 for n in range(10)}, "r3": 2}
    assert all(len(ids) == 1 for ids in relay.message_ids.values())


def test_an_unknown_one_is_left_where_the_setting_says_so(sending: World, relay: TestRelay) -> None:
    sending.settings = make_settings(smtp=relay.settings(), unknown="leave")
    relay.script.drop_after_data = {"r3"}
    assert sending.deliver().unknown == 1
    assert sending.deliver(LATER).sent == 0
    assert sending.states()["r3"] is DeliveryState.UNKNOWN
    assert sending.issue_state() is IssueState.SENT


def test_a_message_that_kills_every_connection_is_not_repeated_for_ever(
    sending: World, relay: TestRelay
) -> None:
    relay.script.drop_after_data = {"r3"}
    for hours in range(0, 200, 5):
        sending.deliver(NOON + timedelta(hours=hours))
    assert relay.recipients["r3"] == 4
    assert sending.states()["r3"] is DeliveryState.UNKNOWN
    assert sending.issue_state() is IssueState.SENT


def test_a_connection_lost_before_the_content_is_tried_on_another(sending: World, relay: TestRelay) -> None:
    relay.script.drop_at_rcpt = {"r3": 2}
    report = sending.deliver()
    assert (report.sent, report.unknown, report.deferred) == (10, 0, 0)
    assert relay.recipients == {f"r{n}": 1 for n in range(10)}


def test_a_recipient_that_kills_every_connection_waits_and_stops_nobody(
    sending: World, relay: TestRelay
) -> None:
    relay.script.drop_at_rcpt = {"r3": 1000}
    report = sending.deliver()
    assert (report.sent, report.deferred) == (9, 1)
    assert "connection lost" in sending.reasons()["r3"]


def test_a_relay_that_is_not_there_loses_nobody(sending: World, relay: TestRelay) -> None:
    sending.settings = make_settings(smtp=relay.settings(port=1))
    report = sending.deliver()
    assert "no connection to 127.0.0.1:1" in str(report.problems[0])
    assert "10 messages wait" in str(report.problems[0])
    assert count(sending, DeliveryState.PENDING) == 10
    assert sending.issue_state() is IssueState.APPROVED
    sending.settings = make_settings(smtp=relay.settings())
    assert sending.deliver().sent == 10


def test_an_address_beyond_ascii_goes_by_smtputf8(sending: World, relay: TestRelay) -> None:
    sending.add_readers(1, email="jürgen@bücher.example", uid="uid-j")
    sending.deliver()
    assert "jürgen" in relay.recipients
    taken = next(one for one in relay.taken if one.recipient.startswith("jürgen"))
    assert taken.recipient == "jürgen@xn--bcher-kva.example"


# --- protection ------------------------------------------------------------------------------------------


@dataclass
class Certificate:
    """A certificate for a name that signs itself, in a file, and a context that shows it."""

    file: Path
    context: ssl.SSLContext


def make_certificate(folder: Path, *names: x509.GeneralName) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay of a test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain = folder / "relay.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / "relay.key"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    return Certificate(chain, context)


LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path, LOOPBACK)


@pytest.fixture
def starttls_relay(certificate: Certificate) -> Iterator[TestRelay]:
    server = TestRelay(tls_context=certificate.context, require_starttls=True)
    server.start()
    yield server
    server.stop()


def prepare(world: World, smtp: object) -> World:
    world.settings = make_settings(smtp=smtp)  # type: ignore[arg-type]
    world.add_readers(2)
    world.add_issue()
    return world


def test_starttls_with_a_certificate_that_is_trusted(
    lite: World, starttls_relay: TestRelay, certificate: Certificate
) -> None:
    prepare(lite, starttls_relay.settings(tls="starttls", ca_file=str(certificate.file)))
    assert lite.deliver().sent == 2


def test_starttls_with_a_certificate_that_nobody_vouches_for_sends_nothing(
    lite: World, starttls_relay: TestRelay
) -> None:
    prepare(lite, starttls_relay.settings(tls="starttls"))
    report = lite.deliver()
    assert report.sent == 0
    assert "certificate" in str(report.problems[0])
    assert "ca_file" in report.problems[0].remedy
    assert starttls_relay.taken == []


def test_starttls_with_a_certificate_for_another_name_sends_nothing(lite: World, tmp_path: Path) -> None:
    other = make_certificate(tmp_path, x509.DNSName("other.example"))
    server = TestRelay(tls_context=other.context)
    server.start()
    try:
        prepare(lite, server.settings(tls="starttls", ca_file=str(other.file)))
        assert lite.deliver().sent == 0
        assert server.taken == []
    finally:
        server.stop()


def test_a_relay_without_starttls_gets_nothing_where_it_is_wanted(lite: World, relay: TestRelay) -> None:
    prepare(lite, relay.settings(tls="starttls"))
    report = lite.deliver()
    assert report.sent == 0
    assert "STARTTLS" in str(report.problems[0])
    assert relay.taken == []


def test_tls_from_the_first_byte(lite: World, certificate: Certificate) -> None:
    server = TestRelay(ssl_context=certificate.context)
    server.start()
    try:
        prepare(lite, server.settings(tls="tls", ca_file=str(certificate.file)))
        assert lite.deliver().sent == 2
    finally:
        server.stop()


@pytest.mark.parametrize(("password", "sent"), [("let me in", 2), ("wrong", 0)])
def test_logging_in(lite: World, certificate: Certificate, password: str, sent: int) -> None:
    server = TestRelay(
        tls_context=certificate.context, require_starttls=True, auth_required=True, with_auth=True
    )
    server.start()
    try:
        prepare(lite, server.settings(tls="starttls", ca_file=str(certificate.file), username="letters"))
        secrets = lite.settings.secrets.model_copy(update={"smtp_password": SecretStr(password)})
        lite.settings = lite.settings.model_copy(update={"secrets": secrets})
        report = lite.deliver()
        assert report.sent == sent
        assert "letters" in server.logins
        if not sent:
            assert "LETTERS_SMTP_PASSWORD" in report.problems[0].remedy
            assert "wrong" not in str(report.problems)
    finally:
        server.stop()
