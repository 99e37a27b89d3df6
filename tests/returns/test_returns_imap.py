"""Mails from an IMAP server: each counted once, none deleted, whatever breaks off."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from imap_kit import PASSWORD, USER, Mailbox, imap_server
from pydantic import SecretStr
from returns_kit import SETTINGS

from letters.model import ReturnKind
from letters.returns import ReturnsReport, take_from_places, take_imap
from letters.returns.mime import SIZE_LIMIT_BYTES
from letters.settings import Settings, Workspace
from letters.settings.types import ImapSettings, ReturnsSettings, Secrets
from letters.store import Store
from letters.store.returns import count_kinds

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def bounce(number: int) -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nX-Failed-Recipients: r{number}@x.example\r\n\r\n550 5.1.1 nobody\r\n"
    ).encode()


def settings(mailbox: Mailbox, *, password: str = PASSWORD, **changes: object) -> Settings:
    imap = ImapSettings.model_validate(
        {
            "host": "127.0.0.1",
            "port": mailbox.port,
            "tls": "none",
            "username": USER,
            "timeout": "5s",
            **changes,
        }
    )
    secrets = Secrets(link_keys=(SecretStr("a key of the test"),), imap_password=SecretStr(password))
    return SETTINGS.model_copy(update={"returns": ReturnsSettings(imap=imap), "secrets": secrets})


def take(store: Store, mailbox: Mailbox, **changes: object) -> ReturnsReport:
    return take_imap(store, settings(mailbox, **changes), now=NOW)  # type: ignore[arg-type]


def hard(store: Store) -> int:
    with store.read() as c:
        return count_kinds(c).get(ReturnKind.HARD, 0)


@pytest.mark.parametrize("done", ["", "Taken in"])
def test_mails_are_marked_or_moved_once_and_never_deleted(sqlite_store: Store, done: str) -> None:
    mailbox = Mailbox()
    mailbox.put(bounce(1), bounce(2))
    with imap_server(mailbox):
        first, again = take(sqlite_store, mailbox, done=done), take(sqlite_store, mailbox, done=done)
    assert (first.kinds, first.problems) == ({ReturnKind.HARD: 2}, [])
    assert (again.read, again.repeated) == (0, 0)
    assert len(mailbox.done) == (2 if done else 0)
    assert [flags for _, flags in mailbox.inbox.values()] == ([] if done else [{r"\Seen"}] * 2)
    assert not any("Deleted" in one or "EXPUNGE" in one for one in mailbox.said)


@pytest.mark.parametrize("drop_after", [False, True])
@pytest.mark.parametrize(
    "drop_at", [("SEARCH", 1), ("FETCH", 3), ("FETCH", 4), ("STORE", 2), ("MOVE", 1), ("LOGOUT", 1)]
)
def test_a_connection_that_ends_anywhere_loses_nothing_and_counts_nothing_twice(
    sqlite_store: Store, drop_at: tuple[str, int], drop_after: bool
) -> None:
    mailbox = Mailbox(drop_at=drop_at, drop_after=drop_after)
    mailbox.put(bounce(1), bounce(2), bounce(3))
    with imap_server(mailbox):
        broken = take(sqlite_store, mailbox, done="Taken in")
        mailbox.drop_at = ("", 0)
        again = take(sqlite_store, mailbox, done="Taken in")
    if drop_at[0] != "LOGOUT":
        (problem,) = broken.problems
        assert str(problem).startswith("config/letters.toml: [returns.imap] 127.0.0.1:")
    assert again.problems == []
    assert broken.read + again.read == hard(sqlite_store) == 3
    assert (len(mailbox.done), mailbox.inbox) == (3, {})


def test_of_a_mail_that_is_too_large_only_the_beginning_is_fetched(sqlite_store: Store) -> None:
    mailbox = Mailbox()
    mailbox.put(bounce(1) + b"x" * (SIZE_LIMIT_BYTES + 5))
    with imap_server(mailbox):
        assert take(sqlite_store, mailbox).kinds == {ReturnKind.HARD: 1}
    assert f"UID FETCH 7 (BODY.PEEK[]<0.{SIZE_LIMIT_BYTES}>)" in mailbox.said


def test_a_server_that_sends_without_end_is_left(sqlite_store: Store) -> None:
    mailbox = Mailbox(literal_size=10**12)
    mailbox.put(bounce(1))
    with imap_server(mailbox):
        (problem,) = take(sqlite_store, mailbox).problems
    assert "sends 1,000,000,000,000 bytes at once" in str(problem)


def test_a_server_that_cannot_move_has_its_mails_marked(sqlite_store: Store) -> None:
    mailbox = Mailbox(capabilities="IMAP4rev1 AUTH=PLAIN")
    mailbox.put(bounce(1))
    with imap_server(mailbox):
        first, again = take(sqlite_store, mailbox, done="Done"), take(sqlite_store, mailbox, done="Done")
    assert ["cannot move" in str(one) for one in first.problems] == [True]
    assert (first.read, again.read, again.repeated) == (1, 0, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "cannot log in"),
        ({"folder": "Elsewhere"}, 'there is no folder "Elsewhere"'),
    ],
)
def test_what_is_set_wrong_is_told_in_words(
    sqlite_store: Store, changes: dict[str, object], words: str
) -> None:
    with imap_server(Mailbox()) as mailbox:
        (problem,) = take(sqlite_store, mailbox, **changes).problems
    assert words in str(problem)


def test_a_server_that_is_not_there_keeps_the_maildir_from_nothing(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with imap_server(Mailbox()) as mailbox:
        pass
    for name in ("new", "cur"):
        (tmp_path / "back" / name).mkdir(parents=True)
    (tmp_path / "back" / "new" / "1").write_bytes(bounce(1))
    both = settings(mailbox)
    both = both.model_copy(update={"returns": both.returns.model_copy(update={"maildir": "back"})})
    report = take_from_places(sqlite_store, both, Workspace(tmp_path), now=NOW)
    assert report.read == 1
    assert [f"127.0.0.1:{mailbox.port}" in str(one) for one in report.problems] == [True]


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mailbox of a test")])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, today - timedelta(days=1), today + timedelta(days=1)
    ).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    return chain, context


def test_a_password_is_given_only_to_a_server_whose_certificate_is_good(
    sqlite_store: Store, tmp_path: Path
) -> None:
    chain, context = make_certificate(tmp_path)
    mailbox = Mailbox()
    mailbox.put(bounce(1))
    with imap_server(mailbox, context):
        (problem,) = take(sqlite_store, mailbox, tls="tls").problems
        assert "certificate" in str(problem)
        assert mailbox.said == []
        assert take(sqlite_store, mailbox, tls="tls", ca_file=str(chain)).read == 1
