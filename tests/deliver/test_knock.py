"""A look at the relay, through the door of deliveries."""

from __future__ import annotations

import datetime as dt
import socket

import pytest
from deliver_kit import TestRelay, make_settings
from pydantic import SecretStr
from test_relay import LOOPBACK, Certificate, make_certificate

from letters.deliver.knock import knock
from letters.settings.types import Secrets


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("relay"), LOOPBACK)


def test_a_bare_relay_is_met(relay: TestRelay) -> None:
    answer = knock(make_settings(smtp=relay.settings()))
    assert (answer.error, answer.protection, answer.address) == ("", "", "127.0.0.1")
    assert answer.size_limit > 1_000_000
    assert relay.taken == []


def test_protection_and_the_certificates_end_are_told(certificate: Certificate) -> None:
    relay = TestRelay(tls_context=certificate.context, require_starttls=True)
    relay.start()
    try:
        answer = knock(make_settings(smtp=relay.settings(tls="starttls", ca_file=str(certificate.file))))
        stranger = knock(make_settings(smtp=relay.settings(tls="starttls")))
    finally:
        relay.stop()
    assert answer.error == ""
    assert answer.protection.startswith("TLSv1.")
    assert answer.certificate_ends is not None
    assert abs(answer.certificate_ends - dt.datetime.now(dt.UTC) - dt.timedelta(days=1)) < dt.timedelta(
        hours=1
    )
    assert "certificate" in stranger.error.lower()
    assert stranger.remedy == "check delivery.smtp.tls, host and ca_file"


def test_a_wrong_password_is_told() -> None:
    relay = TestRelay(with_auth=True, auth_require_tls=False)
    relay.start()
    try:
        settings = make_settings(smtp=relay.settings(username="nobody"))
        secrets = Secrets(link_keys=settings.secrets.link_keys, smtp_password=SecretStr("mellon"))
        answer = knock(settings.model_copy(update={"secrets": secrets}))
    finally:
        relay.stop()
    assert "535" in answer.error or "uthentication" in answer.error
    assert "LETTERS_SMTP_PASSWORD" in answer.remedy


def test_a_relay_that_is_not_there_is_told(relay: TestRelay) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    answer = knock(make_settings(smtp=relay.settings(port=port)))
    assert answer.error.startswith(f"no connection to 127.0.0.1:{port}")
    assert answer.remedy


def test_a_relay_that_says_nothing_is_not_waited_for(
    relay: TestRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("letters.deliver.knock._PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = knock(make_settings(smtp=relay.settings(port=silent.getsockname()[1])))
    assert "within 0 seconds" in answer.error
