"""DKIM signatures (RFC 6376) over messages that are put together from pieces; pure.

What all messages of a template share is made canonical and hashed once; for each recipient the state of the hash is copied and goes on
with what is theirs. Canonicalisation is relaxed/relaxed, hashes are SHA-256, there is no ``l=`` (RFC 8301, R25).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from letters.deliver.splice import Hole, Template

#: Header fields that are named once more than they occur, so that nobody can add one (RFC 6376 section 8.15, R26).
OVERSIGNED = (
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "mime-version",
    "content-type",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_END = re.compile(rb"[ \t]+\r\n")
_FOLDS = re.compile(rb"\r\n(?=[ \t])")
_RSA_SCHEME = padding.PKCS1v15()
_DIGEST = utils.Prehashed(hashes.SHA256())
_LINE = 72


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs for a domain, and where its public half is published: SELECTOR._domainkey.DOMAIN."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, digest: bytes) -> bytes:
        """The signature of a SHA-256 digest; Ed25519 signs the digest as a message (RFC 8463 section 3)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, _RSA_SCHEME, _DIGEST)
        return self.private.sign(digest)


def load_key(pem: str, *, domain: str, selector: str) -> SigningKey:
    """A key from its PEM. Raises ValueError where that is no RSA or Ed25519 key without a password."""
    try:
        private = serialization.load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError) as error:
        raise ValueError("is no private key in PEM without a password") from error
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("is neither an RSA key nor an Ed25519 key")
    return SigningKey(domain, selector, private)


class Seal:
    """Signs the messages of one template, with each of several keys.

    `fields` are the whole header fields that all messages share; those that differ come from the values that fill the template,
    under the fields' names, which are `personal`. Safe to use from several threads.
    """

    def __init__(
        self,
        keys: Sequence[SigningKey],
        *,
        fields: Sequence[bytes],
        personal: Sequence[str],
        body: Template,
        now: datetime,
    ) -> None:
        shared = [relaxed_field(one) for one in fields]
        names = [one.partition(b":")[0].decode("ascii") for one in shared]
        signed = [*names, *personal, *OVERSIGNED]
        self._personal = tuple(personal)
        self._fields = hashlib.sha256(b"".join(shared))
        self._start, self._rest = _split(body)
        self._keys = [_Stamp.make(key, signed, now) for key in keys]

    def signatures(self, values: Mapping[str, bytes]) -> bytes:
        """The DKIM-Signature fields of the message that these values make, one for each key."""
        body = self._start.copy()
        body.update(
            b"".join(
                [part if isinstance(part, bytes) else relaxed_lines(values[part.name]) for part in self._rest]
            )
        )
        body_hash = base64.b64encode(body.digest())
        fields = self._fields.copy()
        fields.update(b"".join([relaxed_field(values[name]) for name in self._personal]))
        return b"".join([stamp.field(fields, body_hash) for stamp in self._keys])


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What all signatures of one key share."""

    key: SigningKey
    #: The field up to the body's hash, as it is written and in canonical form.
    head: bytes
    canonical: bytes

    @classmethod
    def make(cls, key: SigningKey, signed: Sequence[str], now: datetime) -> _Stamp:
        head = (
            f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n"
            f" d={key.domain}; s={key.selector}; t={int(now.timestamp())};\r\n"
            f" h={_folded_names(signed)};\r\n bh="
        ).encode("ascii")
        return cls(key, head, relaxed_field(head).removesuffix(b"\r\n"))

    def field(self, fields: hashlib._Hash, body_hash: bytes) -> bytes:
        """The whole field. It is signed itself, last, with nothing after ``b=`` and without its line end (section 3.7)."""
        signed = fields.copy()
        signed.update(b"".join((self.canonical, body_hash, b"; b=")))
        signature = base64.b64encode(self.key.sign(signed.digest()))
        lines = [signature[at : at + _LINE] for at in range(0, len(signature), _LINE)]
        return b"".join((self.head, body_hash, b";\r\n b=", b"\r\n ".join(lines), b"\r\n"))


def relaxed_field(raw: bytes) -> bytes:
    """A header field in relaxed form, with its line end (section 3.4.2)."""
    name, _, value = _BLANKS.sub(b" ", _FOLDS.sub(b"", raw)).partition(b":")
    return name.strip().lower() + b":" + value.strip() + b"\r\n"


def relaxed_lines(data: bytes) -> bytes:
    """Lines of a body in relaxed form (section 3.4.4), but for empty ones at the very end."""
    if b" " not in data and b"\t" not in data:
        return data
    return _BLANKS.sub(b" ", _BLANKS_AT_END.sub(b"\r\n", data))


def _split(body: Template) -> tuple[hashlib._Hash, tuple[bytes | Hole, ...]]:
    """The hash of what comes before the first hole, and the rest, all in canonical form.

    That is exact piece by piece, for what fills a hole stands between two line breaks of its own (`body_template`).
    """
    parts = [relaxed_lines(part) if isinstance(part, bytes) else part for part in body.merged().parts]
    start = parts.pop(0) if parts and isinstance(parts[0], bytes) else b""
    assert isinstance(start, bytes), "it was taken because it is"
    return hashlib.sha256(start), tuple(parts)


def _folded_names(names: Sequence[str]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > _LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n  ".join(lines).removesuffix(":")
