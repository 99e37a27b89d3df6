"""The folder ``cards/`` as it is now: which files there are, and what they say. Reads, and writes nothing."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from letters.cards.identities_file import NAME, Remembered, read_identities
from letters.cards.identity import Found
from letters.cards.reading import FORMS, read_card_bytes
from letters.errors import CardError, Problem
from letters.model import Progress
from letters.settings import Workspace

#: Larger files are no cards.
SIZE_LIMIT_BYTES = 1_000_000


@dataclass
class Scan:
    """The folder as found."""

    #: What is known already, by path.
    seen: Mapping[str, Found] = field(default_factory=dict)
    #: Every card file, those that cannot be read too.
    files: list[Found] = field(default_factory=list)
    #: Folders below ``cards/`` that could not be listed; "" is ``cards/`` itself.
    unlisted: list[str] = field(default_factory=list)
    #: What the identities file says; None when it cannot be read.
    remembered: list[Remembered] | None = field(default_factory=list)
    has_identities: bool = False
    problems: list[Problem] = field(default_factory=list)

    def out_of_sight(self, path: str) -> bool:
        """Whether nobody knows if this file is still there."""
        return any(not folder or path.startswith(f"{folder}/") for folder in self.unlisted)


def scan_folder(
    workspace: Workspace, progress: Progress | None = None, *, seen: Mapping[str, Found] | None = None
) -> Scan:
    """Read all card files and the identities file; what cannot be read is a problem and stops nothing.

    A file with the content of `seen`, by path, is not read again: reading is the dearest part of a pass.
    """
    scan = Scan(seen=seen or {})
    root = workspace.cards
    if not root.is_dir():
        scan.unlisted.append("")
        what, remedy = "there is no such folder; all cards stay as they were", "make it, or restore it"
        scan.problems.append(Problem(what=what, where=workspace.shown(root), remedy=remedy))
        return scan
    _read_remembered(workspace, scan)
    paths = sorted(_card_paths(root, workspace, scan))
    for done, path in enumerate(paths, start=1):
        if found := _read_file(path, workspace, scan):
            scan.files.append(found)
        if progress:
            progress(done, len(paths))
    return scan


def _card_paths(root: Path, workspace: Workspace, scan: Scan) -> Iterator[Path]:
    def report(error: OSError) -> None:
        folder = Path(error.filename)
        scan.unlisted.append("" if folder == root else _relative(folder, root))
        what = f"not readable: {error.strerror}; its cards stay as they were"
        scan.problems.append(Problem(what=what, where=workspace.shown(folder), remedy="mend its permissions"))

    for folder, folders, names in os.walk(root, onerror=report):
        for name in folders:
            if (Path(folder) / name).is_symlink() and not name.startswith("."):
                what, remedy = "a link to a folder is not followed", "put the folder itself here"
                scan.problems.append(
                    Problem(what=what, where=workspace.shown(Path(folder) / name), remedy=remedy)
                )
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in FORMS:
                yield Path(folder) / name


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _read_file(path: Path, workspace: Workspace, scan: Scan) -> Found | None:
    """The file as a card; without one, and with a problem, where it cannot be read. None where its name is no text."""
    where = workspace.shown(path)
    try:
        name = _relative(path, workspace.cards).encode().decode()
    except UnicodeEncodeError:
        shown = os.fsencode(where).decode("utf-8", "replace")
        scan.problems.append(Problem(what="the file's name is not UTF-8", where=shown, remedy="rename it"))
        return None
    digest = ""
    try:
        data = _read_bytes(path, workspace.cards)
        digest = hashlib.sha256(data).hexdigest()
        if (seen := scan.seen.get(name)) and seen.digest == digest:
            return seen
        read = read_card_bytes(data, form=FORMS[path.suffix.lower()], where=where)
    except OSError as error:
        what = f"not readable: {error.strerror or error}"
        scan.problems.append(Problem(what=what, where=where, remedy="mend the file, or remove it"))
    except CardError as error:
        scan.problems.extend(error.problems)
    else:
        scan.problems.extend(read.problems)
        return Found(path=name, digest=digest, card=read.card, clean=not read.problems)
    return Found(path=name, digest=digest)


def _read_bytes(path: Path, root: Path) -> bytes:
    # A link within the folder is another name of a card; one that leads out could publish any file of the machine.
    if path.is_symlink():
        path = path.resolve()
        if not path.is_relative_to(root.resolve()):
            raise OSError("it is a link that leads out of the folder")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is no regular file")
        data = file.read(SIZE_LIMIT_BYTES + 1)
    if len(data) > SIZE_LIMIT_BYTES:
        raise OSError(f"it is larger than a card may be ({SIZE_LIMIT_BYTES:,} bytes)")
    return data


def _read_remembered(workspace: Workspace, scan: Scan) -> None:
    file = workspace.cards / NAME
    scan.has_identities = file.exists()
    try:
        scan.remembered = read_identities(file, where=workspace.shown(file))
    except CardError as error:
        scan.problems.extend(error.problems)
        scan.remembered = None
