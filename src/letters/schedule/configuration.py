"""Noticing that somebody edited the configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

#: Of each file: its name, when it was changed, its size.
_Glance = tuple[tuple[str, int, int], ...]


class ConfigurationFiles:
    """Says when files changed: what is in them, not merely their dates, and only once they are at rest.

    `find` gives the files as they are at the moment; they come and go.
    """

    def __init__(self, find: Callable[[], Iterable[Path]]) -> None:
        self._find = find
        self._last = self._settled = self._glance()
        self._digest = self._read()

    def changed(self) -> bool:
        """Whether the content differs from what it was when this last said so. Call it every couple of seconds.

        A file that changed since the call before is left until the next one, for its editor may not be done.
        """
        glance = self._glance()
        moving, self._last = glance != self._last, glance
        if moving or glance == self._settled:
            return False
        self._settled = glance
        before, self._digest = self._digest, self._read()
        return before != self._digest

    def _glance(self) -> _Glance:
        seen = []
        for path in sorted(self._find()):
            try:
                status = path.stat()
            except OSError:
                continue
            seen.append((str(path), status.st_mtime_ns, status.st_size))
        return tuple(seen)

    def _read(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._find()):
            try:
                content = path.read_bytes()
            except OSError:
                continue
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()
