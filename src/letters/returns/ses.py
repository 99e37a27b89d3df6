"""What Amazon SES reports through SNS, pure but for the certificate, which the caller fetches (R38).

Format and signature: docs.aws.amazon.com/sns, "Verifying the signatures of Amazon SNS messages".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from letters.model import ReturnKind
from letters.returns.providers import Event, WebhookRefusedError, part, read_object, text
from letters.returns.status import exact_status, kind_of
from letters.returns.values import Report, Trace, UnreadableReportError

_HOST = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message of SNS whose topic may report here, and whose certificate stands where Amazon's do. Its signature is not checked yet."""

    data: Mapping[str, Any]
    certificate_url: str


def read_envelope(body: bytes, *, topics: Collection[str]) -> Envelope:
    """Open a message of SNS. Raises `WebhookRefusedError` for a topic that is not ours: Amazon signs for everybody's topics."""
    data = read_object(body)
    if text(data, "TopicArn") not in topics:
        raise WebhookRefusedError("ses: the topic is not in [returns] ses_topics; add its ARN if it is yours")
    url = text(data, "SigningCertURL")
    if not is_amazon(url) or not urlsplit(url).path.endswith(".pem"):
        raise WebhookRefusedError("ses: the certificate is not at an address of Amazon SNS")
    return Envelope(data, url)


def is_amazon(url: str) -> bool:
    """Whether an address is one of Amazon SNS, over HTTPS, and nothing else (no name, no port)."""
    try:
        found = urlsplit(url)
    except ValueError:
        return False
    return found.scheme == "https" and bool(_HOST.fullmatch(found.netloc))


def check_signature(envelope: Envelope, certificate: bytes) -> None:
    """Raises `WebhookRefusedError` unless the certificate's key signed the message."""
    data = envelope.data
    names = _SIGNED.get(text(data, "Type"))
    version = text(data, "SignatureVersion")
    if names is None or version not in {"1", "2"}:
        raise WebhookRefusedError("ses: no message that is signed in a way that is known here")
    signed = "".join(f"{name}\n{data[name]}\n" for name in names if isinstance(data.get(name), str))
    try:
        key = load_pem_x509_certificate(certificate).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise WebhookRefusedError("ses: the certificate's key is not RSA")
        proof = base64.b64decode(text(data, "Signature"), validate=True)
        # Version 1 is Amazon's older form, which is still what a topic has unless told otherwise.
        digest = SHA256() if version == "2" else SHA1()  # noqa: S303
        key.verify(proof, signed.encode("utf-8", "replace"), padding.PKCS1v15(), digest)
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise WebhookRefusedError("ses: the signature is wrong") from error


def confirmation_url(envelope: Envelope) -> str:
    """Where a subscription is confirmed; empty for every other message. Raises `WebhookRefusedError` for a place that is not Amazon's."""
    if text(envelope.data, "Type") != "SubscriptionConfirmation":
        return ""
    url = text(envelope.data, "SubscribeURL")
    if not is_amazon(url):
        raise WebhookRefusedError("ses: the subscription is not confirmed at an address of Amazon SNS")
    return url


def read_notification(envelope: Envelope) -> Event | None:
    """The event in a notification; None when it is of another kind. Raises `UnreadableReportError`."""
    if text(envelope.data, "Type") != "Notification":
        return None
    message = envelope.data.get("Message")
    if not isinstance(message, str):
        raise UnreadableReportError("the notification has no message")
    data = read_object(message.encode("utf-8", "replace"))
    about = text(data, "notificationType") or text(data, "eventType")
    details = part(data, about.lower())
    trace = Trace(message_ids=_message_ids(part(data, "mail")))
    reports: tuple[Report, ...] = ()
    if about == "Bounce":
        reports = tuple(_bounce(one, details, trace) for one in _recipients(details, "bouncedRecipients"))
    elif about == "Complaint":
        # "not-spam" takes one back.
        kind = (
            ReturnKind.OTHER if text(details, "complaintFeedbackType") == "not-spam" else ReturnKind.COMPLAINT
        )
        reports = tuple(
            Report(kind=kind, address=text(one, "emailAddress"), trace=trace)
            for one in _recipients(details, "complainedRecipients")
        )
    return Event(id=f"ses:{text(envelope.data, 'MessageId')}", reports=reports)


def _bounce(one: Mapping[str, Any], details: Mapping[str, Any], trace: Trace) -> Report:
    status = exact_status(text(one, "status"), text(one, "diagnosticCode"))
    if text(details, "bounceType") == "Permanent":
        kind = kind_of(status, text(one, "diagnosticCode")) if status else ReturnKind.HARD
    else:
        kind = ReturnKind.SOFT
    return Report(kind=kind, address=text(one, "emailAddress"), status=status, trace=trace)


def _recipients(details: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = details.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _message_ids(mail: Mapping[str, Any]) -> tuple[str, ...]:
    headers = mail.get("headers")
    return tuple(
        text(one, "value")
        for one in (headers if isinstance(headers, list) else ())
        if isinstance(one, dict) and text(one, "name").lower() == "message-id"
    )
