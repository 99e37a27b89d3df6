"""Several relays: their names, their passwords, the domains of their limits."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from letters.errors import Problem
from letters.settings.problems import File
from letters.settings.secret_files import read_text
from letters.settings.types import DeliverySettings, RelaySettings, Workspace


def password_variable(name: str) -> str:
    """The variable that holds a relay's password."""
    return f"LETTERS_SMTP_PASSWORD_{name.upper().replace('-', '_')}"


def read_relay_passwords(
    workspace: Workspace, delivery: DeliverySettings, file: File, environ: Mapping[str, str]
) -> tuple[dict[str, SecretStr], list[Problem]]:
    """The password of each relay that has one, and what is wrong with the relays as a list."""
    problems = _check_names(delivery, file)
    passwords: dict[str, SecretStr] = {}
    for index, relay in enumerate(delivery.relay):
        password, trouble = _password(relay, workspace, environ)
        if trouble:
            what = f'names "{relay.password_file}", which {trouble}'
            problems.append(
                file.problem(("delivery", "relay", index, "password_file"), what, remedy="mend the path")
            )
        elif password:
            passwords[relay.name] = SecretStr(password)
        elif relay.username and delivery.transport == "smtp":
            remedy = f"set {password_variable(relay.name)}, or name a password_file"
            problems.append(
                file.problem(
                    ("delivery", "relay", index, "username"), "is given, but no password", remedy=remedy
                )
            )
    return passwords, problems


def _password(relay: RelaySettings, workspace: Workspace, environ: Mapping[str, str]) -> tuple[str, str]:
    """A relay's password, and what kept it from being read."""
    given = environ.get(password_variable(relay.name), "").strip()
    if given or not relay.password_file:
        return given, ""
    text, trouble = read_text(workspace.root / relay.password_file)
    text = text.strip()
    return text, trouble or ("" if text else "is empty")


def _check_names(delivery: DeliverySettings, file: File) -> list[Problem]:
    names = [relay.name for relay in delivery.relay]
    return [
        file.problem(
            ("delivery", "relay", index, "name"),
            f'is "{name}", as that of an earlier relay is',
            remedy="give each relay a name of its own",
        )
        for index, name in enumerate(names)
        if name in names[:index]
    ]
