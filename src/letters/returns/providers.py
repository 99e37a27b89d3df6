"""What Postmark, Mailgun and SendGrid report, pure: the proof is checked before anything is read (R38).

Formats: postmarkapp.com/developer/webhooks, documentation.mailgun.com (webhooks), docs.sendgrid.com (event webhook). Of Amazon SES see `ses`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from letters.errors import LettersError
from letters.model import ReturnKind
from letters.returns.status import exact_status, kind_of
from letters.returns.values import Report, Trace, UnreadableReportError

#: Mailgun tries again for eight hours with the signature of the first time.
MAILGUN_WINDOW = timedelta(hours=9)


class WebhookRefusedError(LettersError):
    """A report without proof that it comes from the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a provider, by a name that stays when it is told again."""

    id: str
    reports: tuple[Report, ...]


def read_postmark(body: bytes, *, authorization: str, secret: str) -> list[Event]:
    """Postmark signs nothing: what proves it is the name and password ("user:password") in the address that it was given."""
    wanted = b"Basic " + base64.b64encode(secret.encode())
    if not hmac.compare_digest(authorization.encode("utf-8", "replace"), wanted):
        raise WebhookRefusedError("postmark: the name or password is wrong")
    data = read_object(body)
    record, kind_name = text(data, "RecordType"), text(data, "Type")
    kinds = {
        "HardBounce": ReturnKind.HARD,
        "BadEmailAddress": ReturnKind.HARD,
        "SpamComplaint": ReturnKind.COMPLAINT,
        "Blocked": ReturnKind.POLICY,
        "SpamNotification": ReturnKind.POLICY,
        "VirusNotification": ReturnKind.CONTENT,
        "AutoResponder": ReturnKind.AUTO_REPLY,
        "Transient": ReturnKind.SOFT,
        "SoftBounce": ReturnKind.SOFT,
        "DnsError": ReturnKind.SOFT,
    }
    if record == "Delivery":
        kind, name = ReturnKind.DELIVERED, f"{text(data, 'MessageID')}:{text(data, 'Recipient')}"
    else:
        kind = ReturnKind.COMPLAINT if record == "SpamComplaint" else kinds.get(kind_name, ReturnKind.OTHER)
        name = text(data, "ID")
    address = text(data, "Email") or text(data, "Recipient")
    return [_event(f"postmark:{record}:{name}", kind, address)]


def read_mailgun(body: bytes, *, key: str, now: datetime) -> list[Event]:
    """HMAC over time and token, which leaves the event itself unsigned: so a token counts once, whatever comes with it later."""
    data = read_object(body)
    signature, about = part(data, "signature"), part(data, "event-data")
    time, token = text(signature, "timestamp"), text(signature, "token")
    wanted = hmac.new(key.encode(), f"{time}{token}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(text(signature, "signature").encode("utf-8", "replace"), wanted.encode()):
        raise WebhookRefusedError("mailgun: the signature is wrong")
    if not time.isdecimal() or abs(now.timestamp() - int(time[:12])) > MAILGUN_WINDOW.total_seconds():
        raise WebhookRefusedError("mailgun: the signature is too old")
    kind, status = ReturnKind.OTHER, ""
    match text(about, "event"):
        case "complained":
            kind = ReturnKind.COMPLAINT
        case "delivered":
            kind = ReturnKind.DELIVERED
        case "failed":
            said = part(about, "delivery-status")
            diagnostic = f"{text(said, 'code')} {text(said, 'enhanced-code')} {text(said, 'message')}"
            status = exact_status(diagnostic)
            kind = kind_of(status, diagnostic)
            if text(about, "severity") == "temporary" and kind is not ReturnKind.DELIVERED:
                # It is tried again.
                kind = ReturnKind.DELAYED
    message = text(part(part(about, "message"), "headers"), "message-id")
    return [_event(f"mailgun:{token}", kind, text(about, "recipient"), status, message)]


def read_sendgrid(body: bytes, *, signature: str, timestamp: str, key: str) -> list[Event]:
    """ECDSA over time and body. `key`: the verification key as SendGrid shows it (base64 of DER)."""
    try:
        public = load_der_public_key(base64.b64decode(key))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WebhookRefusedError("sendgrid: LETTERS_SENDGRID_KEY is no verification key") from error
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise WebhookRefusedError("sendgrid: LETTERS_SENDGRID_KEY is no key of an elliptic curve")
    try:
        proof = base64.b64decode(signature, validate=True)
        public.verify(proof, timestamp.encode("utf-8", "replace") + body, ec.ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise WebhookRefusedError("sendgrid: the signature is wrong") from error
    return [_sendgrid_event(one) for one in read_json(body, list) if isinstance(one, dict)]


def _sendgrid_event(data: Mapping[str, Any]) -> Event:
    kind, status = ReturnKind.OTHER, ""
    match text(data, "event"):
        case "spamreport":
            kind = ReturnKind.COMPLAINT
        case "delivered":
            kind = ReturnKind.DELIVERED
        case "deferred":
            kind = ReturnKind.DELAYED
        case "bounce" if text(data, "type") == "blocked":
            kind = ReturnKind.POLICY
        case "bounce":
            status = exact_status(text(data, "status"), text(data, "reason"))
            kind = kind_of(status, text(data, "reason"))
    address, message = text(data, "email"), text(data, "smtp-id")
    return _event(f"sendgrid:{text(data, 'sg_event_id')}", kind, address, status, message)


def _event(name: str, kind: ReturnKind, address: str, status: str = "", message_id: str = "") -> Event:
    ids = (f"<{message_id.strip('<>')}>",) if message_id else ()
    return Event(
        id=name,
        reports=(Report(kind=kind, address=address, status=status, trace=Trace(message_ids=ids)),),
    )


# --- reading JSON of a stranger --------------------------------------------------------------------------


def read_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body. Raises `UnreadableReportError`."""
    found: Mapping[str, Any] = read_json(body, dict)
    return found


def read_json(body: bytes, wanted: type) -> Any:
    """JSON of one type. Raises `UnreadableReportError`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableReportError("the event is no JSON, or too deep to be one") from error
    if not isinstance(found, wanted):
        raise UnreadableReportError(f"the event is a JSON {type(found).__name__}, wanted a {wanted.__name__}")
    return found


def part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside; empty when there is none."""
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def text(data: Mapping[str, Any], name: str) -> str:
    """A text or number inside, without what no database takes; empty when there is none."""
    found = data.get(name)
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        return ""
    return str(found)[:2000].replace("\0", "").encode("utf-8", "replace").decode()
