"""A mail to one person that is no part of an issue: how it is signed, from where it goes, and by which relay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from letters.deliver.dkim import Seal
from letters.deliver.encode import CRLF
from letters.deliver.message import header_address
from letters.deliver.relay import Relay
from letters.deliver.signing import signing_keys
from letters.deliver.splice import literal
from letters.settings import Settings


def signed(fields: Sequence[bytes], body: bytes, settings: Settings, *, now: datetime) -> bytes:
    """The whole message of these header fields, each with its line breaks. A signature speaks of the very fields that go out."""
    keys = signing_keys(settings)
    signatures = (
        Seal(keys, fields=fields, personal=(), body=literal(body), now=now).signatures({}) if keys else b""
    )
    return b"".join([signatures, *fields, CRLF, body])


def envelope_sender(settings: Settings) -> str:
    """Where its bounce goes: nobody looks for a token there."""
    return header_address(settings.delivery.return_path or settings.delivery.sender.addr_spec)


def relay_of(settings: Settings) -> Relay:
    """The relay, or the first of several. To be closed."""
    delivery, secrets = settings.delivery, settings.secrets
    for first in delivery.relay:
        password = secrets.relay_passwords.get(first.name)
        return Relay(first, password=password.get_secret_value() if password else None)
    password = secrets.smtp_password
    return Relay(delivery.smtp, password=password.get_secret_value() if password else None)
