"""Amazon SES over HTTP, end to end: its certificate is fetched by the guarded client, and its subscription confirmed."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pycurl
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from litestar.testing import TestClient
from returns_kit import SETTINGS
from test_returns_providers import NOW, TOPIC, sns

from httpserver import HttpServer, Reply
from letters.net import Client, NetSettings
from letters.net.transfer import Transfer
from letters.settings import Settings, Workspace
from letters.settings.types import ReturnsSettings
from letters.store import Store
from letters.store.suppression import find_suppressed
from letters.web import make_app, webhooks

HOST = "sns.eu-west-1.amazonaws.com"
CONFIRM = f"https://{HOST}/?Action=ConfirmSubscription"


@dataclass(frozen=True)
class House:
    workspace: Workspace
    settings: Settings
    store: Store


@dataclass(frozen=True)
class Amazon:
    key: rsa.RSAPrivateKey
    server: HttpServer


@pytest.fixture(scope="module")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Amazon, Path]]:
    """A server that speaks HTTPS as Amazon's name, and shows the certificate that signs."""
    folder = tmp_path_factory.mktemp("amazon")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, NOW.replace(year=2020), NOW.replace(year=2090)
    ).add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    certificate = builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    (folder / "chain.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    server = HttpServer(tls=context)
    server.on("/key.pem", Reply(200, certificate))
    server.on("/?Action=ConfirmSubscription", Reply(200, b"<ConfirmSubscriptionResponse/>"))
    yield Amazon(key, server), folder / "chain.pem"
    server.close()


def open_door(
    amazon: tuple[Amazon, Path],
    store: Store,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    allow_private: tuple[str, ...],
) -> TestClient[object]:
    """The web application, on a machine where Amazon's name leads to the test's server."""

    class Led(Client):
        def __init__(self, settings: NetSettings) -> None:
            super().__init__(replace(settings, allow_private=allow_private))

        def _take_transfer(self) -> Transfer:
            transfer = super()._take_transfer()
            transfer._curl.setopt(pycurl.CONNECT_TO, [f"{HOST}:443:127.0.0.1:{amazon[0].server.port}"])
            return transfer

    monkeypatch.setattr(webhooks, "Client", Led)
    monkeypatch.setenv("SSL_CERT_FILE", str(amazon[1]))
    settings = SETTINGS.model_copy(update={"returns": ReturnsSettings(ses_topics=(TOPIC,))})
    house = House(Workspace(folder), settings, store)
    return TestClient(make_app(lambda: house))  # type: ignore[arg-type]


def suppressed(store: Store) -> dict[str, str]:
    with store.read() as c:
        return dict(find_suppressed(c, ["r@x.example"]))


def test_r38_a_topic_is_confirmed_and_its_bounces_are_taken_in_once(
    amazon: tuple[Amazon, Path], sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, server = amazon[0].key, amazon[0].server
    begun = len(server.requests)
    with open_door(amazon, sqlite_store, tmp_path, monkeypatch, allow_private=("127.0.0.1/32",)) as client:
        confirmation = sns(key, "SubscriptionConfirmation", SubscribeURL=CONFIRM, Token="t")
        assert client.post("/webhooks/ses", content=confirmation).status_code == 200
        asked = [request.path for request in server.requests[begun:]]
        assert asked == ["/key.pem", "/?Action=ConfirmSubscription"]
        for _ in range(2):
            assert client.post("/webhooks/ses", content=sns(key)).status_code == 200
        forged = confirmation.replace(b'"Token": "t"', b'"Token": "u"')
        assert forged != confirmation
        assert client.post("/webhooks/ses", content=forged).status_code == 403
    assert [request.path for request in server.requests[begun:]].count("/?Action=ConfirmSubscription") == 1
    assert suppressed(sqlite_store) == {"r@x.example": "bounced"}


def test_a_name_of_amazon_that_leads_inside_is_not_asked(
    amazon: tuple[Amazon, Path], sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = len(amazon[0].server.requests)
    with open_door(amazon, sqlite_store, tmp_path, monkeypatch, allow_private=()) as client:
        assert client.post("/webhooks/ses", content=sns(amazon[0].key)).status_code == 503
    assert amazon[0].server.requests[begun:] == []
    assert suppressed(sqlite_store) == {}
