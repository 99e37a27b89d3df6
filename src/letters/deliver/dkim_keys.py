"""New keys that sign mails, and the DNS record that publishes a key's other half (RFC 6376 section 3.6.1, RFC 8463 section 4)."""

from __future__ import annotations

import base64
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from letters.deliver.dkim import SigningKey

Kind = Literal["rsa", "ed25519"]

#: A record's value is made of strings of at most so many octets (RFC 1035 section 3.3.14).
_LONGEST_STRING = 255


def make_signing_key(kind: Kind) -> str:
    """A new private key, in PEM. RSA has 2048 bits: longer ones make records that some DNS hosts cannot hold."""
    private = (
        generate_private_key(public_exponent=65537, key_size=2048)
        if kind == "rsa"
        else Ed25519PrivateKey.generate()
    )
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def record_name(key: SigningKey) -> str:
    """Where the record of a key is looked for."""
    return f"{key.selector}._domainkey.{key.domain}"


def record_value(key: SigningKey) -> str:
    """What the record of a key says, as one text."""
    public = key.private.public_key()
    if isinstance(key.private, Ed25519PrivateKey):
        kind, data = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    else:
        kind, data = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k={kind}; p={base64.b64encode(data).decode('ascii')}"


def zone_line(key: SigningKey) -> str:
    """The record as a line of a zone file, its value in strings of the length that the DNS allows."""
    value = record_value(key)
    strings = [value[at : at + _LONGEST_STRING] for at in range(0, len(value), _LONGEST_STRING)]
    return f"{record_name(key)}. IN TXT " + " ".join(f'"{one}"' for one in strings)
