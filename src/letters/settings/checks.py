"""Checks of ``letters.toml`` that need the workspace or the environment: the database's address, folders, files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from letters.errors import Problem
from letters.settings.problems import File
from letters.settings.relays import password_variable
from letters.settings.secrets import SMTP_PASSWORD
from letters.settings.tables import LettersFile
from letters.settings.types import PublishSettings, SmtpSettings, StoreSettings, Workspace

DATABASE_URL = "LETTERS_DATABASE_URL"
_Relay = TypeVar("_Relay", bound=SmtpSettings)
_WANTED_URL = 'wanted one such as "sqlite:///var/letters.db" or "postgresql://letters@localhost/letters"'


def check_letters(file: File, workspace: Workspace, environ: Mapping[str, str]) -> list[Problem]:
    """What is wrong with the file's values in this workspace; also of a file that has other mistakes."""
    return [
        *_check_url(_text(file, "store", "url", default=StoreSettings().url), file, environ),
        *_check_tree(_text(file, "publish", "tree", default=PublishSettings().tree), workspace, file),
        *_check_ca_file(_text(file, "delivery", "smtp", "ca_file", default=""), workspace, file),
    ]


def settle(letters: LettersFile, workspace: Workspace, environ: Mapping[str, str]) -> LettersFile:
    """The file's settings with the environment's say and whole paths. Only for what `check_letters` let pass."""
    url = make_url(environ.get(DATABASE_URL, "").strip() or letters.store.url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(workspace.root / url.database))
    store = letters.store.model_copy(update={"url": url.render_as_string(hide_password=False)})
    smtp = _located(letters.delivery.smtp, workspace, environ.get(SMTP_PASSWORD))
    relays = tuple(
        _located(one, workspace, environ.get(password_variable(one.name))) for one in letters.delivery.relay
    )
    delivery = letters.delivery.model_copy(update={"smtp": smtp, "relay": relays})
    return letters.model_copy(update={"store": store, "delivery": delivery})


def _located(relay: _Relay, workspace: Workspace, password: str | None) -> _Relay:
    # Tokens are read from the file again and again; not where the environment has one, which wins.
    password_file = "" if password else relay.password_file
    paths = {"ca_file": relay.ca_file, "socket": relay.socket, "password_file": password_file}
    return relay.model_copy(
        update={key: str(workspace.root / path) if path else "" for key, path in paths.items()}
    )


def _text(file: File, *path: str, default: str) -> str:
    """The text at a path; where there is none, or something else (which is told elsewhere), the default."""
    value: Any = file.data
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else default


def _check_url(written: str, file: File, environ: Mapping[str, str]) -> list[Problem]:
    given = environ.get(DATABASE_URL, "").strip()

    def problem(what: str, remedy: str = "") -> list[Problem]:
        if given:
            return [Problem(where=DATABASE_URL, what=what, remedy=remedy)]
        return [file.problem(("store", "url"), what, remedy=remedy)]

    try:
        url = make_url(given or written)
    except (ArgumentError, ValueError):
        # Not quoted: where it cannot be read, nobody knows which part of it is a password.
        return problem("is no database address", _WANTED_URL)
    backend = url.get_backend_name()
    if backend not in {"sqlite", "postgresql", "postgres"}:
        return problem(f'names a database of kind "{backend}"', _WANTED_URL)
    if url.password and not given:
        remedy = f"put the whole address into {DATABASE_URL}"
        return problem("holds a password, and secrets never stand in TOML", remedy)
    return []


def _check_tree(tree: str, workspace: Workspace, file: File) -> list[Problem]:
    """Publishing removes from its tree what is not published: it needs a folder of its own."""
    path = (workspace.root / tree).resolve()
    own = (workspace.config, workspace.cards, workspace.templates, workspace.var)
    if workspace.root.is_relative_to(path) or any(_overlap(path, folder) for folder in own):
        what = f'is "{tree}", which holds other things than the published tree'
        return [file.problem(("publish", "tree"), what, remedy='wanted a folder of its own, such as "feeds"')]
    return []


def _check_ca_file(ca_file: str, workspace: Workspace, file: File) -> list[Problem]:
    if not ca_file or (workspace.root / ca_file).is_file():
        return []
    what = f'names "{ca_file}", which is not there'
    return [file.problem(("delivery", "smtp", "ca_file"), what, remedy="wanted a file of PEM certificates")]


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)
