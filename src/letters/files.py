"""Writing files so that a kill at any moment leaves the old content or the new, never a part of either."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from letters.errors import LockedError

_TEMPORARY_PREFIX, _TEMPORARY_SUFFIX = ".letters-", ".tmp"
#: What a killed write may leave beside its file; as a pattern for `Path.glob`. Never part of anything.
TEMPORARY = f"{_TEMPORARY_PREFIX}*{_TEMPORARY_SUFFIX}"


def replace_file(path: Path, data: bytes | str, *, mode: int | None = None) -> bool:
    """Give a file this content, whole and durably, making its folders; returns whether it had another content before.

    Text is written as UTF-8. A reader sees the old file or the new one. A killed write leaves the old file, and beside it
    perhaps a `TEMPORARY` one. Without `mode` a file keeps its permissions, and a new one gets those of the umask. A
    symbolic link is replaced, not followed.
    """
    content = data.encode() if isinstance(data, str) else data
    if _holds(path, content):
        if mode is not None and stat.S_IMODE(path.stat().st_mode) != mode:
            path.chmod(mode)
        return False
    make_folder(path.parent)
    _replace(path, content, mode=_mode_of(path) if mode is None else mode)
    sync_folder(path.parent)
    return True


def replace_with_twins(path: Path, content: bytes, twins: Mapping[str, Callable[[bytes], bytes]]) -> bool:
    """Give a file this content, and beside it a twin for each suffix (".gz") that is made of it; returns whether it differed.

    A twin belongs to its file if both have the same time of change, to the nanosecond: so a server tells it from one that a
    kill left behind. Twins are replaced before their file; one that stands already is not made again. Folders are made, but
    for the names in them to outlive a power cut the caller has to `sync_folder`, once for many files.
    """
    changed = not _holds(path, content)
    if not changed:
        _replace_twins(path, content, twins, of=path.stat().st_mtime_ns)
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_name(path)
    try:
        _write_durably(temporary, content, mode=_mode_of(path))
        _replace_twins(path, content, twins, of=temporary.stat().st_mtime_ns)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return True


def _replace_twins(
    path: Path, content: bytes, twins: Mapping[str, Callable[[bytes], bytes]], *, of: int
) -> None:
    for suffix, make in twins.items():
        twin = path.with_name(path.name + suffix)
        if _changed_at(twin) != of:
            _replace(twin, make(content), mode=_mode_of(path), changed_at=of)


def _replace(path: Path, content: bytes, *, mode: int | None, changed_at: int | None = None) -> None:
    temporary = _temporary_name(path)
    try:
        _write_durably(temporary, content, mode=mode, changed_at=changed_at)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary_name(path: Path) -> Path:
    return path.with_name(f"{_TEMPORARY_PREFIX}{secrets.token_hex(8)}{_TEMPORARY_SUFFIX}")


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def make_folder(path: Path) -> None:
    """Make a folder and its parents so that they outlive a power cut; one that exists is left alone."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: renaming alone is not (fsync(2), notes)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_line(path: Path, line: str) -> None:
    """Add one line to a file, making file and folders, with a single write that outlives a kill of this process.

    Lines of several processes never mix; each waits its turn. Where an earlier write ended short, as on a full disk, the new
    line still begins on its own. Raises ValueError if the text is more than one line, OSError if it could not be written
    whole. A power cut may cost the newest lines.
    """
    if "\n" in line or "\r" in line:
        raise ValueError(f"a line for {path.name} holds a line break: {line!r}")
    descriptor = _open_to_append(path)
    try:
        # Another process's write may be seen half-done, and would look like one that ended short.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        content = f"{line}\n".encode()
        if not _ends_a_line(descriptor):
            content = b"\n" + content
        written = os.write(descriptor, content)
    finally:
        os.close(descriptor)
    if written != len(content):
        raise OSError(f'"{path}": only {written} of {len(content)} bytes were written; is the disk full?')


class LineFile:
    """A file to which this process alone adds lines, kept open, so that a line costs one system call.

    Made with its folders where it is missing. As with `append_line` each line is a single write that outlives a kill, and after one that
    ended short the next begins on its own. As text it is its path.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = _open_to_append(path)
        self._is_torn = not _ends_a_line(self._descriptor)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self._descriptor).st_size

    def append(self, line: str) -> None:
        """Add one line. Raises ValueError if the text is more than one line, OSError if it could not be written whole."""
        if "\n" in line or "\r" in line:
            raise ValueError(f"a line for {self.path.name} holds a line break: {line!r}")
        content = f"\n{line}\n".encode() if self._is_torn else f"{line}\n".encode()
        self._is_torn = True
        written = os.write(self._descriptor, content)
        if written != len(content):
            raise OSError(
                f'"{self.path}": only {written} of {len(content)} bytes were written; is the disk full?'
            )
        self._is_torn = False

    def close(self) -> None:
        """Close it; a second time does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _open_to_append(path: Path) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o666)


class Lock:
    """Held by one process at a time, from entering the block to its end or to the death of the process.

    ``flock`` on a file that holds the holder's process id and stays for ever: removing it would let two processes
    lock two different files of one name. Entering raises `LockedError` when another process (or another `Lock` of this one)
    holds it; with `wait` it blocks instead. A child that was forked meanwhile, without an exec, shares the lock.
    """

    def __init__(self, path: Path, *, wait: bool = False) -> None:
        self.path, self.wait = path, wait
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this very object holds it."""
        return self._descriptor is not None

    def __enter__(self) -> Self:
        if self.held:
            raise LockedError(f'"{self.path}" is held by this process already')
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if self.wait else fcntl.LOCK_NB))
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise LockedError(
                f'"{self.path}" is held by {f"process {holder}" if holder else "another process"}; '
                "wait for it to end, or stop it"
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            # An empty file says that nobody holds it; the lock itself goes with the descriptor.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
            os.close(descriptor)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _write_durably(path: Path, content: bytes, *, mode: int | None, changed_at: int | None = None) -> None:
    # A file with a mode of its own may be secret: nobody else may open it between its making and the fchmod.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if mode is not None:
            os.fchmod(descriptor, mode)
        file.flush()
        if changed_at is not None:
            os.utime(descriptor, ns=(changed_at, changed_at))
        os.fsync(descriptor)


def _ends_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
