"""Keys that sign mails: read from a file or a variable, and refused where receivers would not count them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from letters.errors import SettingsError
from letters.settings import Settings, Workspace, load_settings, warnings

LETTERS = '[site]\ntitle = "Signal"\nbase_url = "https://signal.example"\n[delivery]\nfrom = "news@mail.signal.example"\n'
TABLE = '[[delivery.dkim]]\nselector = "s1"\n'


def pem(private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


RSA = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
SHORT = pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))
ED25519 = pem(ed25519.Ed25519PrivateKey.generate())
OTHER_CURVE = pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Settings]:
    def run(tables: str, **variables: str) -> Settings:
        (tmp_path / "config").mkdir(exist_ok=True)
        (tmp_path / "config/letters.toml").write_text(LETTERS + tables)
        return load_settings(Workspace(tmp_path), {"LETTERS_SECRET": "k" * 32, **variables})

    return run


@pytest.fixture
def complaint(load: Callable[..., Settings]) -> Callable[..., str]:
    def run(tables: str, **variables: str) -> str:
        with pytest.raises(SettingsError) as caught:
            load(tables, **variables)
        [problem] = caught.value.problems
        return str(problem)

    return run


def test_a_key_lies_by_its_selector(load: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "var/dkim").mkdir(parents=True)
    (tmp_path / "var/dkim/s1.key").write_text(RSA)
    assert load(TABLE).secrets.dkim_keys[0].get_secret_value() == RSA


def test_a_key_comes_from_a_file_or_a_variable(load: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "s1.key").write_text(RSA)
    tables = (
        f'{TABLE}key_file = "s1.key"\n[[delivery.dkim]]\nselector = "S2"\nkey_variable = "LETTERS_DKIM_KEY"\n'
    )
    settings = load(tables, LETTERS_DKIM_KEY=ED25519.replace("\n", "\\n"))
    assert [key.get_secret_value() for key in settings.secrets.dkim_keys] == [RSA, ED25519]
    assert [table.selector for table in settings.delivery.dkim] == ["s1", "s2"]
    assert "PRIVATE" not in repr(settings)
    assert not [one for one in warnings(settings) if "dkim" in str(one)]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (SHORT, "key_variable is an RSA key of 1024 bits, wanted 2048 or more (RFC 8301)"),
        (OTHER_CURVE, "key_variable is neither an RSA key nor an Ed25519 key"),
        ("nonsense", "key_variable is no private key in PEM without a password"),
        ("", 'key_variable names "LETTERS_DKIM_KEY", which is not set'),
    ],
)
def test_a_key_that_nobody_would_count_is_refused_r25(
    complaint: Callable[..., str], key: str, words: str
) -> None:
    tables = f'{TABLE}key_variable = "LETTERS_DKIM_KEY"\n'
    assert complaint(tables, LETTERS_DKIM_KEY=key) == (
        f'config/letters.toml:8: [[delivery.dkim]] number 1: {words}; "letters dkim new SELECTOR" makes one'
    )


def test_ed25519_alone_is_refused_r27(complaint: Callable[..., str]) -> None:
    tables = f'{TABLE}key_variable = "LETTERS_DKIM_KEY"\n'
    assert "number 1: selector has a key of the kind Ed25519 and no other signs" in complaint(
        tables, LETTERS_DKIM_KEY=ED25519
    )


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", 'selector has its key in "var/dkim/s1.key", which does not exist; "letters dkim new'),
        (
            'key_file = "a"\nkey_variable = "LETTERS_A"\n',
            "key_file is given beside key_variable, wanted one of the two",
        ),
        ('key_file = "nowhere.key"\n', 'key_file has its key in "nowhere.key", which does not exist'),
        (
            'key_variable = "HOME"\n',
            'key_variable "HOME" is no name for it; wanted one such as "LETTERS_DKIM_KEY"',
        ),
    ],
)
def test_a_key_has_one_place(complaint: Callable[..., str], lines: str, words: str) -> None:
    assert words in complaint(TABLE + lines)


def test_a_selector_is_a_name_of_the_dns(complaint: Callable[..., str]) -> None:
    assert 'selector "a b" is no selector' in complaint(
        '[[delivery.dkim]]\nselector = "a b"\nkey_variable = "LETTERS_A"\n'
    )


@pytest.mark.parametrize(
    ("domain", "aligned"),
    [
        ("mail.signal.example", True),
        ("signal.example", True),
        ("other.example", False),
        ("example", False),
        ("nal.example", False),
    ],
)
def test_a_domain_that_is_not_the_senders_is_told_r24(
    load: Callable[..., Settings], domain: str, aligned: bool
) -> None:
    tables = f'{TABLE}domain = "{domain}"\nkey_variable = "LETTERS_DKIM_KEY"\n'
    told = [str(one) for one in warnings(load(tables, LETTERS_DKIM_KEY=RSA)) if "dkim" in str(one)]
    assert (told == []) is aligned
    assert aligned or told[0].startswith(
        f'config/letters.toml:8: [[delivery.dkim]] number 1: domain "{domain}" is neither "mail.signal.example"'
    )


def test_a_return_path_is_a_bare_address(complaint: Callable[..., str]) -> None:
    for wrong in ("Bounces <b@signal.example>", "bounces", "b+x@signal.example"):
        assert "is no bare mail address" in complaint(f'return_path = "{wrong}"\n')
