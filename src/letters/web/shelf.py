"""Files held in memory, as long as they are what lies on disk."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar


class Version(NamedTuple):
    """What tells one content of a path from another.

    Documents are replaced whole, by another inode; for what is written in place there are the dates, of which nobody can set
    the second.
    """

    inode: int
    size_bytes: int
    #: In nanoseconds since 1970: the date of the content, and that of the inode.
    changed_ns: int
    touched_ns: int
    device: int


# The clock of a file system ticks every few milliseconds, on some only every second: within one tick a file may change
# twice and look the same. What changed just now is therefore read again next time ("racy git" names the problem).
_SETTLED_AFTER_NS = 1_000_000_000


class _Sized(Protocol):
    @property
    def size_bytes(self) -> int: ...


T = TypeVar("T", bound=_Sized)


def version_of(status: os.stat_result) -> Version:
    return Version(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_dev)


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    version: Version
    value: T


class Shelf(Generic[T]):
    """What was made of files, by path and version; beyond its budget what was not asked for longest goes first."""

    def __init__(self, *, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._held: OrderedDict[str, _Held[T]] = OrderedDict()
        self.size_bytes = 0

    def get(self, path: str, version: Version) -> T | None:
        """What is held of this version of the file."""
        held = self._held.get(path)
        if held is None or held.version != version:
            return None
        self._held.move_to_end(path)
        return held.value

    def add(self, path: str, version: Version, value: T) -> None:
        """Hold it, unless the file has changed so lately that this version may not be its last under this name."""
        self._drop(path)
        if time.time_ns() - version.touched_ns < _SETTLED_AFTER_NS:
            return
        self._held[path] = _Held(version, value)
        self.size_bytes += value.size_bytes
        while self.size_bytes > self._budget:
            self._drop(next(iter(self._held)))

    def clear(self) -> None:
        self._held.clear()
        self.size_bytes = 0

    def _drop(self, path: str) -> None:
        dropped = self._held.pop(path, None)
        if dropped is not None:
            self.size_bytes -= dropped.value.size_bytes
