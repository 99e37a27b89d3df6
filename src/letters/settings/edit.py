"""Edits of ``config/sources.toml`` that keep comments and order: checked as a whole, then made whole or not at all."""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import tomlkit
from pydantic import ValidationError

from letters.files import Lock, replace_file
from letters.model import Source
from letters.settings.headings import Folder, heading, last_folder
from letters.settings.history import remember_edit
from letters.settings.load import load_settings
from letters.settings.tables import SourceTable
from letters.settings.types import Settings, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A source to write down, and the folder it lies in."""

    source: Source
    folder: Folder = ()


def add_sources(
    workspace: Workspace,
    environ: Mapping[str, str],
    additions: Sequence[Addition],
    *,
    what: str,
    now: datetime,
) -> Settings:
    """Write sources at the end of ``sources.toml``, all or none; returns the settings with them.

    `what` is what the history of edits says. Raises `SettingsError`, and changes nothing, where the result would not load
    (a key twice, say) or the configuration does not load as it is.
    """
    return edit_file(
        workspace, environ, "sources.toml", lambda text: with_sources(text, additions), what=what, now=now
    )


def edit_file(
    workspace: Workspace,
    environ: Mapping[str, str],
    name: str,
    change: Callable[[str], str],
    *,
    what: str,
    now: datetime,
) -> Settings:
    """Change a file of the configuration by a function of its text; returns the settings as they are then.

    What it held before is kept under ``var/history``. A byte order mark and Windows' ends of lines stay. Raises
    `SettingsError` without touching the file where the result would not load. A link is followed: its target is replaced.
    """
    # Two edits at once would both begin with the same text, and the later one would lose the earlier.
    with Lock(workspace.var / "config.lock", wait=True):
        load_settings(workspace, environ)
        path = (workspace.config / name).resolve()
        before = path.read_bytes() if path.exists() else None
        content = before or b""
        mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        after = change(content.decode("utf-8-sig"))
        settings = load_settings(workspace, environ, drafts={name: after})
        written = mark + after.encode()
        if written != content:
            remember_edit(workspace, workspace.config / name, before, what=what, now=now)
            replace_file(path, written)
        return settings


def with_sources(text: str, additions: Sequence[Addition]) -> str:
    """The text of a ``sources.toml`` with more sources at its end. What stood there stays as it is, to the last comment.

    Sources of one folder come together under its heading. Sources of a file that keeps them in an array go into it.
    """
    if not additions:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    blocks = _blocks(additions, last_folder(text)).replace("\n", end)
    gap = "" if not text.strip() else end if text.endswith("\n") else 2 * end
    appended = f"{text}{gap}{blocks}"
    try:
        tomllib.loads(appended)
    except tomllib.TOMLDecodeError:
        return _with_sources_in_array(text, additions)
    return appended


def complaint_about(source: Source) -> str:
    """Why ``sources.toml`` would refuse a source, in a clause; empty when it would not."""
    try:
        SourceTable.model_validate(_values(source), strict=True)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        return str(detail.get("ctx", {}).get("error") or f"{detail['loc'][0]}: {detail['msg'].lower()}")
    return ""


def _blocks(additions: Sequence[Addition], here: Folder) -> str:
    folders: dict[Folder, list[Source]] = {}
    for addition in additions:
        folders.setdefault(addition.folder, []).append(addition.source)
    blocks = []
    # The folder that the file ends in goes on before another one begins.
    for folder in sorted(folders, key=lambda folder: folder != here):
        if folder != here:
            blocks.append(f"{heading(folder)}\n")
            here = folder
        blocks += [_block(source) for source in folders[folder]]
    return "\n".join(blocks)


def _block(source: Source) -> str:
    table = tomlkit.table()
    for name, value in _values(source).items():
        table.add(name, list(value) if isinstance(value, tuple) else value)
    document = tomlkit.document()
    tables = tomlkit.aot()
    tables.append(table)
    document.add("source", tables)
    return tomlkit.dumps(document)


def _with_sources_in_array(text: str, additions: Sequence[Addition]) -> str:
    document = tomlkit.parse(text)
    array: Any = document["source"]
    for addition in additions:
        table = tomlkit.inline_table()
        table.update(_values(addition.source))
        array.append(table)
    return tomlkit.dumps(document)


def _values(source: Source) -> dict[str, Any]:
    """What is written of a source: what has to be, and what is not as it is anyway."""
    values: dict[str, Any] = {"key": source.key, "url": source.url}
    if source.show:
        values["show"] = source.show
    if source.names:
        values["names"] = source.names
    if source.backfill:
        values["backfill"] = source.backfill
    return values
