"""Deliveries that are signed, and that have return paths of their own: what the relay got, not what we meant."""

from __future__ import annotations

import email
import threading
from datetime import timedelta

import dkim
import pytest
from deliver_kit import NOON, TestRelay, World, make_settings
from pydantic import SecretStr
from test_dkim import PEM, RSA, Pair, dns, rsa_pair

from letters.deliver import DeliverReport
from letters.links import read_return_path
from letters.model import DeliveryState
from letters.settings import Settings
from letters.settings.types import DkimSettings
from letters.subscribe import unsubscribe


def signing(settings: Settings, *pairs: Pair, return_path: str = "") -> Settings:
    """The settings with these keys."""
    delivery = settings.delivery.model_copy(
        update={
            "dkim": tuple(DkimSettings(selector=one.key.selector) for one in pairs),
            "return_path": return_path,
        }
    )
    pems = tuple(SecretStr(one.key.private.private_bytes(*PEM).decode()) for one in pairs)
    secrets = settings.secrets.model_copy(update={"dkim_keys": pems})
    return settings.model_copy(update={"delivery": delivery, "secrets": secrets})


@pytest.fixture
def signed(lite: World, relay: TestRelay) -> World:
    """A signed issue for ninety readers, more than are written ahead."""
    lite.settings = signing(make_settings(smtp=relay.settings(connections=3)), RSA)
    lite.add_readers(90)
    lite.add_issue()
    return lite


def test_what_the_relay_gets_is_signed_each_for_its_reader_r30(signed: World, relay: TestRelay) -> None:
    report = signed.deliver()
    assert (report.sent, report.problems) == (90, ())
    assert relay.recipients == {f"r{n}": 1 for n in range(90)}
    for one in relay.taken[::10]:
        assert dkim.DKIM(one.content).verify(dnsfunc=dns(RSA))
        message = email.message_from_bytes(one.content)
        assert one.recipient in message["To"]


def test_files_of_the_outbox_are_signed_too(lite: World) -> None:
    other = rsa_pair("r9", domain="signal.example")
    lite.settings = signing(make_settings(), RSA, other)
    lite.add_readers(3)
    lite.add_issue()
    assert lite.deliver().sent == 3
    for content in lite.outbox().values():
        checker = dkim.DKIM(content)
        assert [checker.verify(idx=n, dnsfunc=dns(RSA, other)) for n in (0, 1)] == [True, True]


def test_a_reader_whose_own_words_cannot_be_written_fails_alone(signed: World, relay: TestRelay) -> None:
    signed.add_readers(1, email="bad\x00@reader.example", uid="uid-bad")
    report = signed.deliver()
    assert (report.sent, report.failed) == (90, 1)
    assert "control characters" in str(report.problems)


@pytest.mark.usefixtures("one_by_one")
def test_who_leaves_while_messages_are_written_ahead_gets_none_r09(signed: World, relay: TestRelay) -> None:
    def leave(recipient: str) -> None:
        if recipient.startswith("r5@"):
            unsubscribe(signed.store, "uid-60", "weekly", now=NOON)

    relay.script.on_rcpt = leave
    report = signed.deliver()
    assert (report.sent, report.dropped) == (89, 1)
    assert "r60" not in relay.recipients
    assert signed.states()["r60"] is DeliveryState.DROPPED


def test_a_stop_leaves_what_was_written_ahead_to_the_next_run(signed: World, relay: TestRelay) -> None:
    stop = threading.Event()
    relay.script.on_rcpt = lambda recipient: stop.set()
    first = signed.deliver(stop=stop)
    assert 0 < first.sent < 20
    second: DeliverReport = signed.deliver(NOON + timedelta(minutes=1))
    assert first.sent + second.sent == 90
    assert relay.recipients == {f"r{n}": 1 for n in range(90)}


def test_each_message_has_a_return_path_of_its_own(lite: World, relay: TestRelay) -> None:
    senders: dict[str, str] = {}
    lite.settings = signing(
        make_settings(smtp=relay.settings(connections=1)), return_path="bounces@bücher.example"
    )
    lite.add_readers(3)
    lite.add_issue()
    asked: list[str] = []
    relay.script.on_mail = asked.append  # type: ignore[assignment]  # answers None
    relay.script.on_rcpt = lambda recipient: senders.update({recipient: asked[-1]})
    assert lite.deliver().sent == 3
    assert len(set(senders.values())) == 3
    for one in relay.taken:
        token = read_return_path("bounces@xn--bcher-kva.example", senders[one.recipient].upper())
        assert one.message_id == f"<{token}@signal.example>"


@pytest.mark.parametrize(
    "recipient",
    ["bounces@signal.example", "bounces+x@signal.example", f"bounces+{'a' * 32}@other.example", ""],
)
def test_what_is_no_return_path_names_nobody(recipient: str) -> None:
    assert read_return_path("bounces@signal.example", recipient) is None
