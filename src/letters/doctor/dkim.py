"""Whether the DNS publishes the other half of each key that signs (RFC 6376 section 3.6, RFC 8463)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from letters.doctor.finding import Finding, note, unknown, well, wrong
from letters.doctor.resolver import DnsAnswer, Outcome, Resolver
from letters.doctor.tags import TagError, read_tags

_SECTION = "RFC 6376 section 3.6.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRecord:
    """The record that a configured key wants."""

    selector: str
    domain: str
    #: Where it is looked for: SELECTOR._domainkey.DOMAIN.
    name: str
    #: What it should say, as ``letters dkim show`` prints it.
    value: str


def check_dkim(resolver: Resolver, records: Sequence[SigningRecord]) -> list[Finding]:
    """A finding per key; where no key signs, one that says so."""
    if not records:
        return [
            note(
                "DKIM",
                "Letters signs no mail, so whether mails are signed is up to the relay",
                remedy='"letters dkim new SELECTOR" makes a key and says what to put into the DNS',
                rule="large receivers want SPF and DKIM of bulk senders",
            )
        ]
    return [check_record(record, resolver.ask(record.name, "TXT")) for record in records]


def check_record(record: SigningRecord, answer: DnsAnswer) -> Finding:
    """What the answer to one key's question says."""
    name = f"DKIM {record.selector}"
    publish = f'put "{record.value}" there as one TXT record ("letters dkim show")'
    if answer.outcome is Outcome.FAILED:
        return unknown(name, f"{record.name} could not be asked for: {answer.why}")
    if answer.is_void:
        return wrong(name, f"{record.name} does not exist", wanted="the key's TXT record", remedy=publish)
    # Anything else under the name may stand beside it, but which of two keys receivers take is not defined (section 3.6.2.2).
    keys = [text for text in answer.values if "p=" in text]
    if len(keys) != 1:
        found = f"{record.name} has {len(keys)} TXT records with a key"
        return wrong(
            name, found, wanted="one", remedy=publish if not keys else "take the others away", rule=_SECTION
        )
    try:
        found_tags = read_tags(keys[0])
    except TagError as error:
        return wrong(
            name, f"{record.name} cannot be read: {error}", wanted="tags", remedy=publish, rule=_SECTION
        )
    return _compare(record, found_tags, name=name, publish=publish)


def _compare(record: SigningRecord, found: dict[str, str], *, name: str, publish: str) -> Finding:
    wanted = read_tags(record.value)
    kind = found.get("k", "rsa").lower()
    published = "".join(found.get("p", "").split())
    trouble: tuple[str, str] | None = None
    if "v" in found and (found["v"] != "DKIM1" or next(iter(found)) != "v"):
        trouble = (f'says "v={found["v"]}"', '"v=DKIM1" as its first tag')
    elif not published:
        trouble = ('has an empty "p=", which revokes the key', "the key that signs")
    elif kind != wanted["k"]:
        trouble = (f'is for a key of the kind "{kind}"', f'"k={wanted["k"]}"')
    elif published != wanted["p"]:
        trouble = (f"publishes {_described(published, kind)}", "the public half of the key that signs")
    elif "h" in found and "sha256" not in _listed(found["h"]):
        trouble = (f'accepts only "h={found["h"]}"', "sha256 among them")
    elif "s" in found and not {"*", "email"} & set(_listed(found["s"])):
        trouble = (f'is for "s={found["s"]}"', "email among them")
    if trouble:
        return wrong(name, f"{record.name} {trouble[0]}", wanted=trouble[1], remedy=publish, rule=_SECTION)
    if "y" in _listed(found.get("t", "")):
        return note(
            name,
            f'{record.name} says "t=y", so receivers take the domain for one that tries DKIM out',
            wanted="a record without it",
            remedy='take "t=y" away',
            rule=_SECTION,
        )
    return well(name, f"{record.name} publishes the key that signs ({_described(published, kind)})")


def _listed(value: str) -> list[str]:
    return [one.strip().lower() for one in value.split(":")]


def _described(published: str, kind: str) -> str:
    """A published key in words; it may be anything."""
    # Slow to import, and only wanted where there are keys.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        data = base64.b64decode(published, validate=True)
        if kind == "ed25519":
            return f"an Ed25519 key of {len(data)} octets"
        key = load_der_public_key(data)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return "what is no key, perhaps cut off"
    return (
        f"an RSA key of {key.key_size:,} bits" if isinstance(key, RSAPublicKey) else "a key of another kind"
    )
