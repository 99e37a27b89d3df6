"""The machine: room and rights in the workspace's folders, and who may read its secrets."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from letters.doctor.finding import Finding, note, well, wrong
from letters.settings import Settings, Workspace
from letters.settings.signing_keys import key_path

#: The database, its journal and a published tree want some room to be replaced whole.
_LITTLE_BYTES = 1_000_000_000
_TOO_LITTLE_BYTES = 100_000_000
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def examine_folders(workspace: Workspace, settings: Settings) -> list[Finding]:
    """Whether we may write where we have to, and how much room there is. A file is made in each folder and is gone again."""
    folders = dict.fromkeys((workspace.var, workspace.tree(settings)))
    return [_folder(folder, workspace) for folder in folders]


def _folder(folder: Path, workspace: Workspace) -> Finding:
    name = f"{workspace.shown(folder)}/"
    # What is not there yet is made by the first pass, if the folder above it allows.
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return wrong(
            name,
            f"nothing can be written there: {(error.strerror or str(error)).lower()}",
            wanted="a folder that is ours to write",
            remedy=f'give "{there}" to the user that runs letters',
        )
    return check_room(name, shutil.disk_usage(there).free)


def check_room(name: str, free_bytes: int) -> Finding:
    """Whether there is room enough."""
    found = f"{free_bytes / 1e9:,.1f} GB free"
    if free_bytes < _TOO_LITTLE_BYTES:
        return wrong(name, found, wanted="1 GB", remedy="make room; a full disk stops passes and deliveries")
    if free_bytes < _LITTLE_BYTES:
        return note(name, found, wanted="1 GB", remedy="make room soon")
    return well(name, f"can be written, {found}")


def examine_secrets(workspace: Workspace, settings: Settings) -> list[Finding]:
    """Whether others than their owner may read files that hold secrets."""
    delivery = settings.delivery
    paths = [workspace.secret_key]
    paths += [key_path(workspace, table) for table in delivery.dkim if not table.key_variable]
    if delivery.smtp.password_file:
        paths.append(workspace.root / delivery.smtp.password_file)
    return list(_secrets(paths, workspace))


def _secrets(paths: Iterable[Path], workspace: Workspace) -> Iterable[Finding]:
    for path in paths:
        if not path.is_file():
            continue  # It comes from the environment; loading the settings has seen to that.
        mode, shown = stat.S_IMODE(path.stat().st_mode), workspace.shown(path)
        if mode & _OTHERS:
            yield wrong(
                shown,
                f"others may read it (mode {mode:04o})",
                wanted="0600",
                remedy=f'"chmod 600 {path}"',
            )
        else:
            yield well(shown, f"only its owner may read it (mode {mode:04o})")
