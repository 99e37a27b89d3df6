"""Providers' reports: what proves them, and what does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from letters.model import ReturnKind
from letters.returns.providers import WebhookRefusedError, read_mailgun, read_postmark, read_sendgrid
from letters.returns.ses import check_signature, confirmation_url, is_amazon, read_envelope, read_notification

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"


def test_r38_postmark_is_proved_by_name_and_password() -> None:
    body = json.dumps(
        {"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "Email": "r@x.example"}
    ).encode()
    good = "Basic " + base64.b64encode(b"letters:open sesame").decode()
    (event,) = read_postmark(body, authorization=good, secret="letters:open sesame")
    assert (event.id, event.reports[0].kind) == ("postmark:Bounce:7", ReturnKind.HARD)
    with pytest.raises(WebhookRefusedError, match="wrong"):
        read_postmark(body, authorization=good[:-2], secret="letters:open sesame")


def mailgun(moment: datetime, key: str = "k" * 20) -> bytes:
    time, token = str(int(moment.timestamp())), "t" * 50
    signature = hmac.new(key.encode(), f"{time}{token}".encode(), hashlib.sha256).hexdigest()
    said = {"code": 550, "message": "5.1.1 no such user"}
    about = {
        "event": "failed",
        "severity": "permanent",
        "recipient": "r@x.example",
        "delivery-status": said,
        "message": {"headers": {"message-id": "m@signal.example"}},
    }
    proof = {"timestamp": time, "token": token, "signature": signature}
    return json.dumps({"signature": proof, "event-data": about}).encode()


def test_r38_mailgun_is_proved_by_its_key_for_some_hours() -> None:
    (event,) = read_mailgun(mailgun(NOW), key="k" * 20, now=NOW)
    assert (event.reports[0].kind, event.reports[0].trace.message_ids) == (
        ReturnKind.HARD,
        ("<m@signal.example>",),
    )
    with pytest.raises(WebhookRefusedError, match="wrong"):
        read_mailgun(mailgun(NOW, "another key"), key="k" * 20, now=NOW)
    with pytest.raises(WebhookRefusedError, match="too old"):
        read_mailgun(mailgun(NOW - timedelta(days=1)), key="k" * 20, now=NOW)


def test_r38_sendgrid_is_proved_by_its_signature_over_time_and_body() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = base64.b64encode(der).decode()
    body = json.dumps([{"event": "spamreport", "email": "r@x.example", "sg_event_id": "a"}]).encode()
    signature = base64.b64encode(private.sign(b"123" + body, ec.ECDSA(SHA256()))).decode()
    (event,) = read_sendgrid(body, signature=signature, timestamp="123", key=key)
    assert event.reports[0].kind is ReturnKind.COMPLAINT
    for changed in ({"body": body + b" "}, {"timestamp": "124"}, {"signature": ""}):
        said: dict[str, Any] = {"body": body, "signature": signature, "timestamp": "123"} | changed
        with pytest.raises(WebhookRefusedError, match="signature is wrong"):
            read_sendgrid(said.pop("body"), key=key, **said)


@pytest.fixture(scope="module")
def amazon() -> tuple[rsa.RSAPrivateKey, bytes]:
    """A key, and a certificate of it such as Amazon publishes."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), 1, NOW, NOW + timedelta(days=9))
    return private, builder.sign(private, SHA256()).public_bytes(Encoding.PEM)


def sns(private: rsa.RSAPrivateKey, kind: str = "Notification", **fields: str) -> bytes:
    message = {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [{"emailAddress": "r@x.example", "status": "5.1.1"}],
        },
    }
    data = {
        "Type": kind,
        "MessageId": "one",
        "TopicArn": TOPIC,
        "Message": json.dumps(message),
        "Timestamp": "2026-03-20T12:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/key.pem",
        **fields,
    }
    names = sorted(set(data) - {"SignatureVersion", "SigningCertURL"})
    signed = "".join(f"{name}\n{data[name]}\n" for name in names).encode()
    data["Signature"] = base64.b64encode(private.sign(signed, padding.PKCS1v15(), SHA256())).decode()
    return json.dumps(data).encode()


def test_r38_ses_is_proved_by_the_signature_of_amazons_certificate(
    amazon: tuple[rsa.RSAPrivateKey, bytes],
) -> None:
    private, certificate = amazon
    envelope = read_envelope(sns(private), topics=[TOPIC])
    check_signature(envelope, certificate)
    event = read_notification(envelope)
    assert event is not None
    assert [(one.kind, one.address) for one in event.reports] == [(ReturnKind.HARD, "r@x.example")]
    changed = read_envelope(sns(private).replace(b"r@x.example", b"s@x.example"), topics=[TOPIC])
    with pytest.raises(WebhookRefusedError, match="signature is wrong"):
        check_signature(changed, certificate)
    with pytest.raises(WebhookRefusedError, match="ses_topics"):
        read_envelope(sns(private), topics=["arn:of:another"])


@pytest.mark.parametrize(
    ("url", "is_theirs"),
    [
        ("https://sns.eu-west-1.amazonaws.com/a.pem", True),
        ("http://sns.eu-west-1.amazonaws.com/a.pem", False),
        ("https://sns.eu-west-1.amazonaws.com.evil.example/a.pem", False),
        ("https://evil.example/sns.eu-west-1.amazonaws.com/a.pem", False),
        ("https://sns.eu-west-1.amazonaws.com@evil.example/a.pem", False),
        ("https://bucket.s3.amazonaws.com/a.pem", False),
        ("https://[", False),
    ],
)
def test_certificates_and_confirmations_are_only_fetched_from_amazon(
    amazon: tuple[rsa.RSAPrivateKey, bytes], url: str, is_theirs: bool
) -> None:
    assert is_amazon(url) is is_theirs
    body = sns(amazon[0], "SubscriptionConfirmation", SubscribeURL=url, Token="t")
    envelope = read_envelope(body, topics=[TOPIC])
    check_signature(envelope, amazon[1])
    if is_theirs:
        assert confirmation_url(envelope) == url
    else:
        with pytest.raises(WebhookRefusedError, match="not confirmed"):
            confirmation_url(envelope)
        with pytest.raises(WebhookRefusedError, match="certificate is not"):
            read_envelope(sns(amazon[0], SigningCertURL=url), topics=[TOPIC])
