"""Addresses that are gone, and where to go instead: the list that publishing leaves in the tree."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import NamedTuple

import structlog

from letters.web.paths import GONE, INDEX
from letters.web.shelf import Version, version_of

_log = structlog.get_logger("letters.web")


class Gone(NamedTuple):
    """An address that is gone."""

    #: The path below the root of what took its place; empty: nothing did.
    successor: str


class GoneList:
    """``.gone`` of a tree, as it is at the moment: ``{"topics/old/": "topics/new/", "topics/old.rss": ""}``.

    A list that cannot be read is told once, and the last good one stays.
    """

    def __init__(self, root: str) -> None:
        self._file = f"{root}/{GONE}"
        self._version: Version | None = None
        self._gone: Mapping[str, str] = {}

    def find(self, path: str) -> Gone | None:
        """Whether a path (`read_path`) is gone, however its page is spelt: with or without slash, or by its index."""
        gone = self._read()
        if not gone:
            return None
        page = path.removesuffix(INDEX) if path.endswith("/" + INDEX) or path == INDEX else path
        successor = gone.get(page, gone.get(f"{page}/"))
        return None if successor is None else Gone(successor)

    def _read(self) -> Mapping[str, str]:
        try:
            version = version_of(os.stat(self._file))
        except FileNotFoundError:
            self._version, self._gone = None, {}
            return self._gone
        except OSError:
            return self._gone
        if version != self._version:
            self._version = version
            try:
                with open(self._file, "rb") as file:
                    self._gone = _checked(json.load(file))
            except (OSError, ValueError) as error:
                _log.error(
                    f'{GONE}: {error}; wanted {{"PATH": "PATH OR EMPTY"}}; the last good list stays, '
                    'and "letters publish" writes it anew'
                )
        return self._gone


def _checked(read: object) -> Mapping[str, str]:
    if not isinstance(read, dict):
        raise ValueError(f"found {type(read).__name__}")
    for path, successor in read.items():
        if not isinstance(successor, str):
            raise ValueError(f'"{path}" leads to {successor!r}')
    return read
