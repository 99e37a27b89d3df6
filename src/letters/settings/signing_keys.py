"""The keys that sign mails: ``[[delivery.dkim]]`` names where each is kept, a file or a variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from letters.errors import Problem
from letters.settings.problems import File
from letters.settings.secret_files import read_text
from letters.settings.types import DeliverySettings, DkimSettings, Workspace

#: RFC 8301 section 3.2: shorter ones can be broken, and receivers take them for no signature (R25).
LEAST_RSA_BITS = 2048
_RSA, _ED25519 = "rsa", "ed25519"
_NEW_KEY = '"letters dkim new SELECTOR" makes one'


def read_signing_keys(
    workspace: Workspace, delivery: DeliverySettings, file: File, environ: Mapping[str, str]
) -> tuple[tuple[str, ...], list[Problem]]:
    """The PEM text of each key, in the order of the tables, and what is wrong with them; no text where there is a problem."""
    texts, kinds = [], []
    problems: list[Problem] = []
    for index, table in enumerate(delivery.dkim):
        text, trouble = _read(table, workspace, environ)
        kind, weakness = ("", "") if trouble else _examine(text)
        if trouble or weakness:
            what, _, remedy = (trouble or weakness).partition("; ")
            problems.append(file.problem(_path(index, table), what, remedy=remedy or _NEW_KEY))
        texts.append(text)
        kinds.append(kind)
    # RFC 8463 section 5: many receivers still know RSA only (R27).
    if kinds and not problems and _RSA not in kinds:
        what = "has a key of the kind Ed25519 and no other signs, which many receivers cannot check"
        problems.append(
            file.problem(("delivery", "dkim", 0, "selector"), what, remedy=f"add an RSA key; {_NEW_KEY}")
        )
    return tuple(texts), problems


def unaligned_keys(delivery: DeliverySettings) -> Iterator[int]:
    """Which of the keys sign for a domain that is neither the sender's nor a parent of it: DMARC counts them as nothing (R24)."""
    sender = delivery.sender.domain.lower()
    for index, table in enumerate(delivery.dkim):
        domain = table.domain.lower() or sender
        if not (sender == domain or (sender.endswith(f".{domain}") and "." in domain)):
            yield index


def _path(index: int, table: DkimSettings) -> tuple[str | int, ...]:
    key = "key_file" if table.key_file else "key_variable" if table.key_variable else "selector"
    return ("delivery", "dkim", index, key)


def _read(table: DkimSettings, workspace: Workspace, environ: Mapping[str, str]) -> tuple[str, str]:
    """A key's text, and what kept it from being read."""
    if table.key_file and table.key_variable:
        return "", "is given beside key_variable, wanted one of the two"
    if table.key_variable:
        # In a variable line breaks are hard to write; "\n" is what people put there.
        text = environ.get(table.key_variable, "").replace("\\n", "\n")
        return text, "" if text.strip() else f'names "{table.key_variable}", which is not set; {_NEW_KEY}'
    path = key_path(workspace, table)
    text, trouble = read_text(path)
    return text, f'has its key in "{workspace.shown(path)}", which {trouble}; {_NEW_KEY}' if trouble else ""


def key_path(workspace: Workspace, table: DkimSettings) -> Path:
    """The file of a key."""
    return workspace.root / (table.key_file or f"var/dkim/{table.selector}.key")


def _examine(pem: str) -> tuple[str, str]:
    """A key's kind, and why it is not to be used; the key itself is shown nowhere."""
    # Most workspaces sign nothing, and this import is a tenth of a second.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError):
        return "", f"is no private key in PEM without a password; {_NEW_KEY}"
    if isinstance(key, Ed25519PrivateKey):
        return _ED25519, ""
    if not isinstance(key, RSAPrivateKey):
        return "", f"is neither an RSA key nor an Ed25519 key; {_NEW_KEY}"
    if key.key_size < LEAST_RSA_BITS:
        return (
            _RSA,
            f"is an RSA key of {key.key_size} bits, wanted {LEAST_RSA_BITS} or more (RFC 8301); {_NEW_KEY}",
        )
    return _RSA, ""
