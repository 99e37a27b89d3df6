"""A real relay from end to end: STARTTLS, signatures, return paths, refusals, as Postfix sees and says them."""

from __future__ import annotations

import asyncio
import email
import re
from collections.abc import Iterator

import dkim
import pytest
from deliver_kit import World, make_settings
from postfix_kit import Postfix, postfix
from test_dkim import RSA, dns
from test_relay import LOOPBACK, Certificate, make_certificate
from test_signed import signing

from letters.deliver.offers import Offers
from letters.deliver.opening import make_door
from letters.settings.types import SmtpSettings

HANDSHAKE = "TLS connection established from"
READERS = [f"r{number}" for number in range(20)]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("relay"), LOOPBACK)


@pytest.fixture(scope="module")
def relay(certificate: Certificate) -> Iterator[Postfix]:
    with postfix(certificate.file, certificate.file.with_suffix(".key"), readers=READERS) as running:
        yield running


def test_postfix_takes_a_signed_issue_over_starttls(
    lite: World, relay: Postfix, certificate: Certificate
) -> None:
    smtp = SmtpSettings(
        host="127.0.0.1", port=relay.port, tls="starttls", ca_file=str(certificate.file), connections=3
    )
    lite.settings = signing(make_settings(smtp=smtp), RSA, return_path="bounces@signal.example")
    lite.add_readers(len(READERS) + 1)
    lite.add_issue()
    handshakes = relay.log.read_text().count(HANDSHAKE)
    report = lite.deliver()
    assert (report.sent, report.failed) == (20, 1)
    # r20 has no mailbox there, and its envelope may have gone out ahead of its turn.
    assert re.match(r"550 5\.1\.1 .*User unknown", lite.reasons()["r20"])
    assert all(re.match(r"250 2\.0\.0 Ok: queued as", lite.reasons()[reader]) for reader in READERS)
    for reader in READERS:
        [data] = relay.delivered(reader)
        # Maildirs have Unix line ends; signatures are over what went over the wire.
        wire = re.sub(rb"(?<!\r)\n", b"\r\n", data)
        assert dkim.DKIM(wire).verify(dnsfunc=dns(RSA)), data
        message = email.message_from_bytes(data)
        token = message["Message-ID"].strip("<>").partition("@")[0]
        assert message["Return-Path"] == f"<bounces+{token}@signal.example>"
        assert message["Delivered-To"] == f"{reader}@reader.example"
        [received] = message.get_all("Received")
        assert "with ESMTPS" in received
    assert relay.log.read_text().count(HANDSHAKE) - handshakes <= 3


def test_postfix_refuses_what_is_not_its_own_and_the_issue_is_held(
    lite: World, relay: Postfix, certificate: Certificate
) -> None:
    smtp = SmtpSettings(host="127.0.0.1", port=relay.port, tls="starttls", ca_file=str(certificate.file))
    lite.settings = make_settings(smtp=smtp)
    lite.add_readers(1, email="somebody@elsewhere.example", uid="uid-e")
    lite.add_issue()
    report = lite.deliver()
    assert "Relay access denied" in str(report.problems[-1])
    assert lite.issue_state().value == "held"


def test_postfix_offers_what_we_use(relay: Postfix, certificate: Certificate) -> None:
    async def offers() -> Offers:
        smtp = SmtpSettings(host="127.0.0.1", port=relay.port, ca_file=str(certificate.file))
        connection = await make_door(smtp, password=None, host_name="letters.example").open()
        found = connection.offers
        await connection.quit()
        return found

    assert asyncio.run(offers()) == Offers(
        pipelining=True, size=True, size_limit=500_000, eight_bit=True, smtputf8=True, dsn=True
    )
