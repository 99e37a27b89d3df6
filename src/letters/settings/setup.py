"""A new workspace."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from letters.errors import UsageError
from letters.files import make_folder, replace_file
from letters.settings.schemas import json_schemas, schema_name
from letters.settings.secrets import SECRET
from letters.settings.tables import FILES
from letters.settings.types import Workspace
from letters.text import find_shipped

_KEY_BYTES = 32
_PRIVATE = 0o600
# Version control then ignores the folder wherever the workspace lies, without a word in the operator's own file.
_IGNORE = "# What Letters remembers, and its secrets: not for version control.\n*\n"


def init_workspace(root: Path, environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Make a workspace with explained configuration; returns the files it wrote.

    Refuses a folder that is a workspace, and changes nothing in it. Killed half-way it leaves no workspace, since ``letters.toml`` is
    written last; the next call completes it and keeps what is there. ``var/secret.key`` is made unless `environ` has
    ``LETTERS_SECRET``.
    """
    workspace = Workspace(root)
    if (workspace.config / "letters.toml").exists():
        present = ", ".join(sorted(path.name for path in workspace.config.glob("*.toml")))
        raise UsageError(
            f'"{root}" is a workspace already, with {present} in its config folder; nothing was changed; '
            'check it with "letters check", or name another folder'
        )
    try:
        for folder in (workspace.cards, workspace.templates, workspace.root / "feeds", workspace.var):
            make_folder(folder)
        return [
            path
            for path, content, mode in _contents(workspace, environ)
            if not path.exists() and replace_file(path, content, mode=mode)
        ]
    except OSError as error:
        raise UsageError(
            f'"{root}" cannot become a workspace: {error.filename}: {error.strerror}; wanted a folder to write into'
        ) from error


def _contents(workspace: Workspace, environ: Mapping[str, str]) -> Iterator[tuple[Path, str, int | None]]:
    """Each file with its content and mode, in the order of writing."""
    if not environ.get(SECRET, "").strip():
        yield workspace.secret_key, f"{secrets.token_hex(_KEY_BYTES)}\n", _PRIVATE
    yield workspace.var / ".gitignore", _IGNORE, None
    for name, schema in json_schemas().items():
        yield workspace.config / "schemas" / schema_name(name), json.dumps(schema, indent=2) + "\n", None
    for name in reversed(FILES):
        yield workspace.config / name, find_shipped("config", name).read_text(encoding="utf-8"), None
