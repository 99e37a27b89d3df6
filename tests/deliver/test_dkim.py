"""Signatures, checked by another's eyes: dkimpy reads the final bytes as a receiver would."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from test_message import HEAD, ISSUE, NOON, READER, RENDERING, hard_text, header_text

from letters.deliver.dkim import OVERSIGNED, SigningKey, load_key, relaxed_field, relaxed_lines
from letters.deliver.message import message_template, recipient_values

PEM = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


class _VerifyKey:
    """PyNaCl's key, as far as dkimpy asks it, made of the library that we have: one dependency less, all else is dkimpy's."""

    def __init__(self, key: bytes, encoder: object) -> None:
        self._key = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(key))

    def verify(self, message: bytes, signature: bytes) -> None:
        self._key.verify(signature, message)


@pytest.fixture(autouse=True, scope="module")
def ed25519_for_dkimpy() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    modules = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=_VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=None),
        exceptions=SimpleNamespace(ValueError=ValueError, BadSignatureError=InvalidSignature),
    )
    patch.setattr(dkim, "nacl", modules, raising=False)
    yield
    patch.undo()


@dataclass(frozen=True)
class Pair:
    """A key and the record that its domain publishes."""

    key: SigningKey
    record: bytes


def rsa_pair(selector: str, domain: str = "signal.example") -> Pair:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Pair(SigningKey(domain, selector, private), b"v=DKIM1; k=rsa; p=" + base64.b64encode(public))


def ed25519_pair(selector: str, domain: str = "signal.example") -> Pair:
    private = ed25519.Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return Pair(SigningKey(domain, selector, private), b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public))


RSA, OTHER_RSA, ED25519 = rsa_pair("r1"), rsa_pair("r2"), ed25519_pair("e1")


def dns(*pairs: Pair) -> Callable[..., bytes | None]:
    """What a receiver finds at SELECTOR._domainkey.DOMAIN."""
    records = {f"{one.key.selector}._domainkey.{one.key.domain}.".encode(): one.record for one in pairs}

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        return records.get(name)

    return look_up


def build(*pairs: Pair, text: str = RENDERING.text, html: str = RENDERING.html, name: str = "Ada") -> bytes:
    rendering = replace(RENDERING, text=text, html=html)
    template = message_template(HEAD, ISSUE, rendering, now=NOON, keys=[pair.key for pair in pairs])
    return template.fill(recipient_values(READER._replace(name=name)))


def verdicts(data: bytes, *pairs: Pair) -> list[bool]:
    """Of each signature, whether it holds."""
    return [_holds(data, number, dns(*pairs)) for number in range(len(pairs))]


def _holds(data: bytes, number: int, look_up: Callable[..., bytes | None]) -> bool:
    try:
        return bool(dkim.DKIM(data).verify(idx=number, dnsfunc=look_up))
    except dkim.ValidationError:
        return False


def tags(data: bytes, number: int = 0) -> dict[str, str]:
    header = re.findall(rb"(?m)^DKIM-Signature:((?:.*\r\n[ \t])*.*)\r\n", data)[number]
    pairs = (part.split("=", 1) for part in re.sub(r"\s", "", header.decode()).split(";"))
    return dict(pairs)


def test_a_signature_verifies_over_the_bytes_that_go_out_r30() -> None:
    data = build(RSA)
    assert data.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n")
    assert verdicts(data, RSA) == [True]
    assert verdicts(data.replace(b"Gr=C3=BC", b"Gr=C3=BD"), RSA) == [False]


@settings(max_examples=40)
@given(text=hard_text, html=hard_text, name=header_text)
def test_whatever_is_spliced_verifies(text: str, html: str, name: str) -> None:
    assert verdicts(build(ED25519, text=text, html=html, name=name), ED25519) == [True]


def test_several_keys_sign_side_by_side_r27() -> None:
    pairs = (RSA, OTHER_RSA, ED25519)
    data = build(*pairs)
    assert [tags(data, number)["a"] for number in range(3)] == ["rsa-sha256", "rsa-sha256", "ed25519-sha256"]
    assert [tags(data, number)["s"] for number in range(3)] == ["r1", "r2", "e1"]
    assert verdicts(data, *pairs) == [True, True, True]


def test_the_unsubscribe_fields_are_signed_r02() -> None:
    data = build(RSA)
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(tags(data)["h"].split(":"))
    line = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    assert line in data
    assert verdicts(data.replace(line, b""), RSA) == [False]
    assert verdicts(data.replace(b"/unsubscribe/", b"/unsubscribf/", 1), RSA) == [False]


@pytest.mark.parametrize("name", OVERSIGNED)
def test_nobody_can_add_a_field_that_is_oversigned_r26(name: str) -> None:
    data = build(ED25519)
    listed = tags(data)["h"].split(":")
    head = data.partition(b"\r\n\r\n")[0].decode()
    found = len(re.findall(rf"(?im)^{name}:", head))
    assert listed.count(name) == found + 1
    assert verdicts(f"{name}: added\r\n".encode() + data, ED25519) == [False]


def test_from_is_named_twice_r26() -> None:
    assert tags(build(RSA))["h"].split(":").count("from") == 2


def test_every_field_of_the_message_is_signed() -> None:
    data = build(RSA)
    fields = {
        one.decode().lower() for one in re.findall(rb"(?m)^([A-Za-z-]+):", data.partition(b"\r\n\r\n")[0])
    }
    assert fields - {"dkim-signature"} <= set(tags(data)["h"].split(":"))


def test_what_is_weak_is_never_used_r25() -> None:
    found = tags(build(RSA))
    assert (found["a"], found["c"]) == ("rsa-sha256", "relaxed/relaxed")
    assert "l" not in found
    assert (found["d"], found["t"]) == ("signal.example", str(int(NOON.timestamp())))


def test_signed_lines_are_short() -> None:
    head = build(RSA, OTHER_RSA, ED25519).partition(b"\r\n\r\n")[0]
    signature_lines = head[: head.index(b"From:")].split(b"\r\n")
    assert max(map(len, signature_lines)) <= 78


def test_equal_messages_get_equal_signatures() -> None:
    assert build(RSA, ED25519) == build(RSA, ED25519)


header_value = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=60)


@given(name=st.sampled_from(["Subject", "X-Odd"]), values=st.lists(header_value, min_size=1, max_size=3))
def test_header_fields_become_canonical_as_dkimpy_has_them(name: str, values: list[str]) -> None:
    value = "\r\n\t".join(values).encode()
    [(known, canonical)] = dkim.canonicalization.Relaxed.canonicalize_headers(
        [(name.encode(), b" " + value + b"\r\n")]
    )
    assert relaxed_field(name.encode() + b": " + value + b"\r\n") == known + b":" + canonical


@given(st.lists(st.sampled_from([" ", "\t", "a", ".", "=", "\r\n"]), max_size=40).map("".join))
def test_bodies_become_canonical_as_dkimpy_has_them(text: str) -> None:
    body = f"{text}end\r\n".encode()
    assert relaxed_lines(body) == dkim.canonicalization.Relaxed.canonicalize_body(body)


def test_a_key_is_read_from_pem() -> None:
    private = RSA.key.private
    pem = private.private_bytes(*PEM).decode()
    key = load_key(pem, domain="signal.example", selector="r1")
    assert (key.algorithm, key.domain, key.selector) == ("rsa-sha256", "signal.example", "r1")
    assert "private" not in repr(key)


def test_what_is_no_signing_key_is_refused() -> None:
    load = partial(load_key, domain="signal.example", selector="r1")
    with pytest.raises(ValueError, match="no private key"):
        load("-----BEGIN NOTHING-----")
    with pytest.raises(ValueError, match="neither an RSA key nor an Ed25519 key"):
        load(ec.generate_private_key(ec.SECP256R1()).private_bytes(*PEM).decode())
    locked = serialization.BestAvailableEncryption(b"secret")
    with pytest.raises(ValueError, match="without a password"):
        load(RSA.key.private.private_bytes(PEM[0], PEM[1], locked).decode())
