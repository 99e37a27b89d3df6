"""The four files, the environment and the key file as one `Settings`, or every problem there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from letters.errors import Problem, SettingsError, WorkspaceNotFoundError
from letters.settings.checks import check_letters, settle
from letters.settings.lines import Lines
from letters.settings.problems import File
from letters.settings.read import duplicate_keys, read_file, validate
from letters.settings.secrets import read_secrets
from letters.settings.tables import FILES, LettersFile, ScheduleFile, SourcesFile, TopicsFile
from letters.settings.types import Settings, Table, Workspace

T = TypeVar("T", bound=Table)


def load_settings(
    workspace: Workspace, environ: Mapping[str, str], *, drafts: Mapping[str, str] | None = None
) -> Settings:
    """What the operator set, checked. Reads files; changes nothing.

    Only ``letters.toml`` has to be there. `environ` gives ``LETTERS_SECRET``, ``LETTERS_SMTP_PASSWORD`` and ``LETTERS_DATABASE_URL``, which
    win over files. `drafts` are texts by the name of the file they would replace, to check an edit before it is made.
    Relative paths of the database and of certificates come out whole. Raises `SettingsError` with every
    problem of all files at once, `WorkspaceNotFoundError` without ``letters.toml``.
    """
    if not (workspace.config / "letters.toml").exists():
        raise WorkspaceNotFoundError(workspace.root)
    reading = _Reading(workspace, drafts or {})
    letters = reading.read("letters.toml", LettersFile)
    sources = reading.read("sources.toml", SourcesFile)
    topics = reading.read("topics.toml", TopicsFile)
    schedule = reading.read("schedule.toml", ScheduleFile)
    file = reading.files.get("letters.toml", File(name="letters.toml", data={}, lines=Lines()))
    reading.problems += check_letters(file, workspace, environ)
    secrets, problems = read_secrets(
        workspace,
        None if letters is None else letters.delivery,
        None if letters is None else letters.returns.imap,
        file,
        environ,
    )
    reading.problems += problems
    if reading.problems or letters is None or sources is None or topics is None or schedule is None:
        raise SettingsError(sorted(reading.problems, key=_place))
    settings = Settings(
        **dict(settle(letters, workspace, environ)),
        sources=tuple(table.value() for table in sources.source),
        topics=tuple(table.value() for table in topics.topic),
        audiences=tuple(table.value() for table in topics.audience),
        editions=tuple(table.value() for table in schedule.edition),
        secrets=secrets,
    )
    settings.remember_lines({name: file.lines for name, file in reading.files.items()})
    return settings


class _Reading:
    """Reads files one by one and collects what is wrong with them."""

    def __init__(self, workspace: Workspace, drafts: Mapping[str, str]) -> None:
        self.workspace, self.drafts = workspace, drafts
        self.files: dict[str, File] = {}
        self.problems: list[Problem] = []

    def read(self, name: str, model: type[T]) -> T | None:
        file, problems = read_file(self.workspace.config, name, self.drafts.get(name))
        self.problems += problems
        if file is None:
            return None
        self.files[name] = file
        value, problems = validate(file, model)
        self.problems += problems + duplicate_keys(file)
        return value


def _place(problem: Problem) -> tuple[int, str, int]:
    """Files in their order, then what lies outside of them; by line."""
    order = [f"config/{name}" for name in FILES]
    return (
        order.index(problem.where) if problem.where in order else len(order),
        problem.where,
        problem.line or 0,
    )
