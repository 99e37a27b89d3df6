"""What never stands in TOML: from the environment, else from files that only their owner should read."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from letters.errors import Problem
from letters.settings.problems import File
from letters.settings.relays import read_relay_passwords
from letters.settings.secret_files import ABSENT, read_text
from letters.settings.signing_keys import read_signing_keys
from letters.settings.types import DeliverySettings, Secrets, Workspace

SECRET = "LETTERS_SECRET"  # noqa: S105 - the name of a variable
SMTP_PASSWORD = "LETTERS_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
_SHORTEST = 16
_NEW_KEY = 'a new one is made by "openssl rand -hex 32"'


def read_secrets(
    workspace: Workspace, delivery: DeliverySettings | None, file: File, environ: Mapping[str, str]
) -> tuple[Secrets, list[Problem]]:
    """The keys of signed links, newest first, the relay's password, and the keys that sign mails. `delivery` is None when its table is not usable."""
    keys, problems = _read_link_keys(workspace, environ)
    password: str | None = None
    dkim: tuple[str, ...] = ()
    passwords: dict[str, SecretStr] = {}
    if delivery is not None:
        password, more = _read_smtp_password(workspace, delivery, file, environ)
        problems += more
        passwords, more = read_relay_passwords(workspace, delivery, file, environ)
        problems += more
        dkim, more = read_signing_keys(workspace, delivery, file, environ)
        problems += more
    secrets = Secrets(
        link_keys=tuple(SecretStr(key) for key in keys),
        smtp_password=SecretStr(password) if password else None,
        relay_passwords=passwords,
        dkim_keys=tuple(map(SecretStr, dkim)),
        postmark_webhook=_secret(environ, "LETTERS_POSTMARK_WEBHOOK"),
        mailgun_key=_secret(environ, "LETTERS_MAILGUN_KEY"),
        sendgrid_key=_secret(environ, "LETTERS_SENDGRID_KEY"),
    )
    return secrets, problems


def _secret(environ: Mapping[str, str], name: str) -> SecretStr | None:
    value = environ.get(name, "").strip()
    return SecretStr(value) if value else None


def _read_link_keys(workspace: Workspace, environ: Mapping[str, str]) -> tuple[list[str], list[Problem]]:
    where, text = SECRET, environ.get(SECRET, "")
    if not text.strip():
        where = workspace.shown(workspace.secret_key)
        text, trouble = read_text(workspace.secret_key)
        if trouble not in {"", ABSENT}:
            return [], [Problem(where=where, what=trouble)]
    # Commas in the variable, lines in the file: no key holds either.
    keys = [key.strip() for key in text.replace(",", "\n").splitlines() if key.strip()]
    if not keys:
        return [], [
            Problem(
                where=where,
                what="there is no key to sign links with",
                remedy=f"set {SECRET}, or write a key into {workspace.shown(workspace.secret_key)}; {_NEW_KEY}",
            )
        ]
    return keys, [
        Problem(
            where=where,
            line=number if where != SECRET else None,
            what=f"key number {number} has {len(key)} characters, wanted {_SHORTEST} or more",
            remedy=_NEW_KEY,
        )
        for number, key in enumerate(keys, 1)
        if len(key) < _SHORTEST
    ]


def _read_smtp_password(
    workspace: Workspace, delivery: DeliverySettings, file: File, environ: Mapping[str, str]
) -> tuple[str | None, list[Problem]]:
    smtp = delivery.smtp
    if password := environ.get(SMTP_PASSWORD, ""):
        return password, []
    if smtp.password_file:
        path = workspace.root / smtp.password_file
        text, trouble = read_text(path)
        if text.strip():
            return text.strip(), []
        what = f'names "{smtp.password_file}", which {trouble or "is empty"}'
        return None, [
            file.problem(
                ("delivery", "smtp", "password_file"),
                what,
                remedy=f"write the password into it, or set {SMTP_PASSWORD}",
            )
        ]
    if smtp.username and delivery.transport == "smtp":
        remedy = f"set {SMTP_PASSWORD}, or name a file with password_file"
        return None, [
            file.problem(("delivery", "smtp", "username"), "is given, but no password", remedy=remedy)
        ]
    return None, []
