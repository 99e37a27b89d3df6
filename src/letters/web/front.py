"""The outermost application: documents of the tree at once, everything else by the application behind it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import BinaryIO, TypeGuard
from urllib.parse import quote

from litestar import Litestar
from litestar.concurrency import sync_to_thread
from litestar.enums import ScopeType
from litestar.types import HTTPScope, Receive, Scope, Send

from letters.web.answers import Answer, LargeFile
from letters.web.shelf import version_of
from letters.web.tree import FIELDS, PublishedTree

_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOKS = 3
_PIECE_BYTES = 256 * 1024


class Front:
    """Raw ASGI around the application; `tree` is also asked by the server itself (`protocol`)."""

    def __init__(self, app: Litestar, tree: PublishedTree) -> None:
        self.app = app
        self.tree = tree

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_http(scope) or not await self._answer(scope, send):
            await self.app(scope, receive, send)

    async def _answer(self, scope: HTTPScope, send: Send) -> bool:
        """Whether the tree had an answer."""
        if scope["method"] not in _METHODS:
            return False
        fields, path = gather(scope["headers"]), raw_path_of(scope)
        method = scope["method"].encode()
        # A large file that is replaced between the look and the opening is looked at again.
        for _ in range(_LOOKS):
            answer = self.tree.answer(method, path, fields)
            if answer is None:
                return False
            if answer.file is None or method == b"HEAD":
                await _start(answer, send)
                await _end(answer.body if method == b"GET" else b"", send)
                return True
            file = await sync_to_thread(_open, answer.file)
            if file is not None:
                with file:
                    await _start(answer, send)
                    await _stream(file, answer.file.size_bytes, send)
                return True
        return False


def is_http(scope: Scope) -> TypeGuard[HTTPScope]:
    return scope["type"] == ScopeType.HTTP


def raw_path_of(scope: HTTPScope) -> bytes:
    """The path as it came, without query."""
    # ASGI leaves it to the server whether to give it, and some leave the query on.
    return (scope.get("raw_path") or quote(scope["path"]).encode()).partition(b"?")[0]


def gather(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The header fields that the tree looks at; several of one name are one list (RFC 9110 section 5.2)."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in FIELDS:
            fields[name] = b"%s, %s" % (fields[name], value) if name in fields else value
    return fields


async def _start(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})


async def _end(body: bytes, send: Send) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _open(large: LargeFile) -> BinaryIO | None:
    """The file, if it is still the one that was meant."""
    try:
        file = open(large.path, "rb")  # noqa: SIM115 - for the caller to close
    except OSError:
        return None
    if version_of(os.fstat(file.fileno())) == large.version:
        return file
    file.close()
    return None


async def _stream(file: BinaryIO, size_bytes: int, send: Send) -> None:
    """As much as was announced. A file that someone shortens meanwhile ends the connection, as it must."""
    left = size_bytes
    while left and (piece := await sync_to_thread(file.read, min(_PIECE_BYTES, left))):
        left -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await _end(b"", send)
