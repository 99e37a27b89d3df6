"""What never stands in TOML: from the environment, else from files that only their owner should read."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from letters.errors import Problem
from letters.settings.problems import File
from letters.settings.relays import read_relay_passwords
from letters.settings.secret_files import ABSENT, read_text
from letters.settings.signing_keys import read_signing_keys
from letters.settings.types import DeliverySettings, ImapSettings, Secrets, Workspace

SECRET = "LETTERS_SECRET"  # noqa: S105 - the name of a variable
SMTP_PASSWORD = "LETTERS_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
IMAP_PASSWORD = "LETTERS_IMAP_PASSWORD"  # noqa: S105 - the name of a variable
_SHORTEST = 16
_NEW_KEY = 'a new one is made by "openssl rand -hex 32"'


def read_secrets(
    workspace: Workspace,
    delivery: DeliverySettings | None,
    imap: ImapSettings | None,
    file: File,
    environ: Mapping[str, str],
) -> tuple[Secrets, list[Problem]]:
    """The keys of signed links, newest first, the passwords of relay and mailbox, and the keys that sign mails. None: its table is not usable."""
    keys, problems = _read_link_keys(workspace, environ)
    password: str | None = None
    mailbox: str | None = None
    dkim: tuple[str, ...] = ()
    passwords: dict[str, SecretStr] = {}
    if delivery is not None:
        smtp = delivery.smtp
        password, more = _read_password(
            workspace,
            ("delivery", "smtp"),
            SMTP_PASSWORD,
            smtp.password_file,
            is_needed=bool(smtp.username) and delivery.transport == "smtp",
            file=file,
            environ=environ,
        )
        problems += more
        passwords, more = read_relay_passwords(workspace, delivery, file, environ)
        problems += more
        dkim, more = read_signing_keys(workspace, delivery, file, environ)
        problems += more
    if imap is not None and imap.host:
        mailbox, more = _read_password(
            workspace,
            ("returns", "imap"),
            IMAP_PASSWORD,
            imap.password_file,
            is_needed=bool(imap.username),
            file=file,
            environ=environ,
        )
        problems += more
        if not imap.username:
            problems.append(
                file.problem(
                    ("returns", "imap", "host"), "is given, but nobody to log in", remedy="set username"
                )
            )
    secrets = Secrets(
        link_keys=tuple(SecretStr(key) for key in keys),
        smtp_password=SecretStr(password) if password else None,
        relay_passwords=passwords,
        imap_password=SecretStr(mailbox) if mailbox else None,
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


def _read_password(
    workspace: Workspace,
    table: tuple[str, str],
    variable: str,
    password_file: str,
    *,
    is_needed: bool,
    file: File,
    environ: Mapping[str, str],
) -> tuple[str | None, list[Problem]]:
    """A password from the variable, else from the file that a table names. `is_needed`: somebody is to log in with it."""
    if password := environ.get(variable, ""):
        return password, []
    if password_file:
        path = workspace.root / password_file
        text, trouble = read_text(path)
        if text.strip():
            return text.strip(), []
        what = f'names "{password_file}", which {trouble or "is empty"}'
        remedy = f"write the password into it, or set {variable}"
        return None, [file.problem((*table, "password_file"), what, remedy=remedy)]
    if is_needed:
        remedy = f"set {variable}, or name a file with password_file"
        return None, [file.problem((*table, "username"), "is given, but no password", remedy=remedy)]
    return None, []
