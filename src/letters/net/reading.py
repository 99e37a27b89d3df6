"""What comes in of one answer, without ever holding more of it than was agreed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO

from multidict import CIMultiDict, CIMultiDictProxy

from letters.errors import FetchError, TooLargeError
from letters.net.patience import Wait
from letters.net.values import NetSettings

# Of an error page; enough to say what it was.
EXCERPT_BYTES = 65_536

# What a callback gives back to have libcurl break the transfer off; None has it go on.
_BREAK_OFF = 0
_EMPTY = frozenset({b"\r\n", b"\n"})
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? ([1-9]\d\d)(?: |\r?\n)")
# Behind which there may be a proper answer (RFC 9110 section 15.2); 101 would be another protocol.
_INFORMATIONAL = frozenset({100, 102, 103, 104})


class Reading:
    """Takes one answer after the other as libcurl hands it over: its header line by line, its body, decompressed, piece by piece.

    Everything is counted as it comes, so that what has no end is cut off like what is too large. Of an answer that is
    no success only the beginning of the body is kept. With a limit of no bytes, reading ends behind the header.
    """

    __slots__ = (
        "_body",
        "_limit_bytes",
        "_lines",
        "_room_bytes",
        "_settings",
        "_wait",
        "headers",
        "is_enough",
        "refusal",
        "status",
    )

    def __init__(self, settings: NetSettings) -> None:
        self._settings = settings
        self.begin(Wait(), settings.size_limit_bytes)

    def begin(self, wait: Wait, limit_bytes: int) -> None:
        """Forget the last answer; another one is to come."""
        self._wait, self._limit_bytes = wait, limit_bytes
        self._lines: list[bytes] = []
        self._room_bytes = self._settings.header_limit_bytes
        self._body: BytesIO | None = None
        #: 0 until the whole header is here.
        self.status = 0
        self.headers: Mapping[str, str] = {}
        #: Why this answer is of no use.
        self.refusal: tuple[type[FetchError], str] | None = None
        #: Reading was broken off because nothing more is wanted.
        self.is_enough = False

    def take_body(self) -> bytes:
        """The body, which is kept no longer."""
        body, self._body = self._body, None
        # Shares the buffer: a body is in memory once, not twice.
        return body.getvalue() if body is not None else b""

    def take_line(self, line: bytes) -> int | None:
        """A line of the header, or of the trailer behind a body."""
        self._lines.append(line)
        self._room_bytes -= len(line)
        if self._room_bytes < 0:
            limit = self._settings.header_limit_bytes
            return self._refuse(f"the answer's header is larger than {limit:,} bytes")
        return self._end_header() if line in _EMPTY and not self.status else None

    def take_piece(self, piece: bytes) -> int | None:
        """A piece of the body."""
        self._wait.heard()
        if self._body is None:
            self._body = BytesIO()
        self._body.write(piece)
        if self._body.tell() <= self._limit_bytes:
            return None
        if self.status < 300:
            return self._refuse(
                f"larger than {self._limit_bytes:,} bytes; reading stopped there", TooLargeError
            )
        self._body.truncate(self._limit_bytes)
        self.is_enough = True
        return _BREAK_OFF

    def _end_header(self) -> int | None:
        lines, size = self._lines, self._settings.header_limit_bytes - self._room_bytes
        self._lines, self._room_bytes = [], self._settings.header_limit_bytes
        found = _STATUS_LINE.match(lines[0])
        if found is None:
            return self._refuse("the answer is not HTTP: bad status line")
        status, fault = int(found[1]), self._fault_of(lines, size)
        if fault:
            return self._refuse(fault)
        if status in _INFORMATIONAL:
            return None
        self._wait.heard()
        self.status, self.headers = status, _headers(lines[1:-1])
        return self._expect_body()

    def _fault_of(self, lines: list[bytes], size: int) -> str:
        """What is wrong with a header as a whole; `size` is that of all its lines."""
        # Besides the fields there are the status line and the empty one.
        if len(lines) > self._settings.fields_limit + 2:
            return "the answer is not HTTP: too many headers"
        limit = self._settings.field_limit_bytes
        if size > limit and max(map(len, lines)) > limit:
            return "the answer is not HTTP: a field of its header, or its status line, is too long"
        return ""

    def _expect_body(self) -> int | None:
        if self.status < 200:
            return self._refuse(f"answered {self.status}, which is no answer to a request for a document")
        if not self._limit_bytes:
            self.is_enough = True
            return _BREAK_OFF
        if self.status >= 300:
            self._limit_bytes = min(self._limit_bytes, EXCERPT_BYTES)
        elif _announced(self.headers) > self._limit_bytes:
            return self._refuse(
                f"larger than {self._limit_bytes:,} bytes by its own account; not read", TooLargeError
            )
        return None

    def _refuse(self, reason: str, kind: type[FetchError] = FetchError) -> int:
        self.refusal = (kind, reason)
        return _BREAK_OFF


def _headers(lines: list[bytes]) -> CIMultiDictProxy[str]:
    """The fields of a header; bytes that are no UTF-8 become halves of surrogate pairs, so that none is lost (R59)."""
    fields: list[tuple[str, str]] = []
    for line in lines:
        text = line.decode("utf-8", "surrogateescape")
        if text[0] in " \t" and fields:
            # A field that goes on in the next line (RFC 9112 section 5.2).
            name, value = fields.pop()
            fields.append((name, f"{value} {text.strip()}"))
        else:
            name, _colon, value = text.partition(":")
            fields.append((name, value.strip()))
    return CIMultiDictProxy(CIMultiDict(fields))


def _announced(headers: Mapping[str, str]) -> int:
    length = headers.get("Content-Length", "")
    # More digits than any length has would cost time without end to read.
    return int(length[:30]) if length.isdecimal() else 0
