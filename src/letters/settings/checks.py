"""Checks of ``letters.toml`` that need the workspace or the environment: the database's address, folders, files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from letters.errors import Problem
from letters.settings.problems import File
from letters.settings.tables import LettersFile
from letters.settings.types import Workspace

DATABASE_URL = "LETTERS_DATABASE_URL"
_WANTED_URL = 'wanted one such as "sqlite:///var/letters.db" or "postgresql://letters@localhost/letters"'


def settle(
    letters: LettersFile, workspace: Workspace, file: File, environ: Mapping[str, str]
) -> tuple[LettersFile, list[Problem]]:
    """The file's settings with the environment's say and whole paths, and what is wrong with these."""
    url, problems = _settle_url(letters.store.url, workspace, file, environ)
    problems += _check_tree(letters.publish.tree, workspace, file)
    ca_file, more = _settle_ca_file(letters.delivery.smtp.ca_file, workspace, file)
    smtp = letters.delivery.smtp.model_copy(update={"ca_file": ca_file})
    settled = letters.model_copy(
        update={
            "store": letters.store.model_copy(update={"url": url}),
            "delivery": letters.delivery.model_copy(update={"smtp": smtp}),
        }
    )
    return settled, problems + more


def _settle_url(
    written: str, workspace: Workspace, file: File, environ: Mapping[str, str]
) -> tuple[str, list[Problem]]:
    given = environ.get(DATABASE_URL, "").strip()

    def problem(what: str, remedy: str = "") -> tuple[str, list[Problem]]:
        if given:
            return "", [Problem(where=DATABASE_URL, what=what, remedy=remedy)]
        return "", [file.problem(("store", "url"), what, remedy=remedy)]

    try:
        url = make_url(given or written)
    except (ArgumentError, ValueError):
        # Not quoted: where it cannot be read, nobody knows which part of it is a password.
        return problem(f"is no database address, {_WANTED_URL}")
    backend = url.get_backend_name()
    if backend not in {"sqlite", "postgresql", "postgres"}:
        return problem(f'names a database of kind "{backend}", {_WANTED_URL}')
    if url.password and not given:
        return problem(
            "holds a password, and secrets never stand in TOML", f"put the whole address into {DATABASE_URL}"
        )
    return _with_whole_path(url, workspace).render_as_string(hide_password=False), []


def _with_whole_path(url: URL, workspace: Workspace) -> URL:
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return url
    return url.set(database=str(workspace.root / url.database))


def _check_tree(tree: str, workspace: Workspace, file: File) -> list[Problem]:
    """Publishing removes from its tree what is not published: it needs a folder of its own."""
    path = (workspace.root / tree).resolve()
    own = (workspace.config, workspace.cards, workspace.templates, workspace.var)
    if workspace.root.is_relative_to(path) or any(_overlap(path, folder) for folder in own):
        what = f'is "{tree}", which holds other things than the published tree'
        return [file.problem(("publish", "tree"), what, remedy='wanted a folder of its own, such as "feeds"')]
    return []


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _settle_ca_file(ca_file: str, workspace: Workspace, file: File) -> tuple[str, list[Problem]]:
    if not ca_file:
        return "", []
    path = workspace.root / ca_file
    if not path.is_file():
        what = f'names "{ca_file}", which is not there'
        return "", [
            file.problem(("delivery", "smtp", "ca_file"), what, remedy="wanted a file of PEM certificates")
        ]
    return str(path), []
