"""Mail's two encodings, pure: encoded words for headers (RFC 2047), quoted-printable for bodies (RFC 2045 section 6.7).

Written out here because a message is put together from pieces: the standard library encodes whole messages only, folds
long addresses into encoded words, and needs milliseconds where joining bytes needs microseconds.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence

from letters.errors import LettersError

CRLF = b"\r\n"
SOFT_BREAK = b"=\r\n"

# RFC 2045: at most 76 characters; one of them is kept for the "=" of a soft break.
_BODY_WIDTH = 75
# RFC 2047 section 2: a word has at most 75 characters, its line 76; "=?utf-8?q?" and "?=" are twelve of the word's.
_WORD_WIDTH = 75
_WORD_FRAME = 12
_HEADER_WIDTH = 76
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
# RFC 2047 section 5 (3): what stands for itself in a word of a phrase, the strictest place.
_WORD_SAFE = re.compile(rb"[A-Za-z0-9!*+/-]")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")

_BODY_TOKENS = [bytes([n]) if 32 <= n <= 126 and n != ord("=") else b"=%02X" % n for n in range(256)]
_BODY_TOKENS[9] = b"\t"
# A search by pattern takes half the time of `bytes.replace` that finds nothing.
_DOT_AT_START = re.compile(rb"\r\n\.")
_PLAIN_LINE = re.compile(rb"[ -<>-~\t]*")
_WORD_TOKENS = [bytes([n]) if _WORD_SAFE.fullmatch(bytes([n])) else b"=%02X" % n for n in range(256)]
_WORD_TOKENS[32] = b"_"


class HeaderError(LettersError, ValueError):
    """A value cannot stand in a header: control characters could start another header (R17), or it is too long."""


def check_header(name: str, value: str) -> str:
    """The value, if it may stand in a header."""
    if _CONTROLS.search(value):
        raise HeaderError(f"{name}: {value!r} holds control characters, wanted one line of text")
    return value


def unstructured(name: str, value: str) -> bytes:
    """A whole header of free text, such as a subject, folded; runs of white space become one space."""
    text = _one_space(name, value)
    words = text.split(" ")
    room = _HEADER_WIDTH - len(name) - 2
    if not text.isascii() or "=?" in text or any(len(word) > room for word in words):
        words = encoded_words(text, width=min(room, _WORD_WIDTH))
    return _fold(name, words)


def phrase(name: str, value: str) -> list[str]:
    """A display name as the words of a phrase (RFC 5322 section 3.2.5)."""
    text = _one_space(name, value)
    if not text:
        return []
    if not text.isascii() or "=?" in text or len(text) > _HEADER_WIDTH - 20:
        return encoded_words(text, width=min(_HEADER_WIDTH - len(name) - 2, _WORD_WIDTH))
    if _ATOM.fullmatch(text):
        return text.split(" ")
    return ['"' + re.sub(r'(["\\])', r"\\\1", text) + '"']


def _one_space(name: str, value: str) -> str:
    return re.sub(" +", " ", check_header(name, value)).strip(" ")


def mailbox(name: str, display_name: str, address: str) -> bytes:
    """A whole header of one address with its name, folded. Non-ASCII in the address stays as UTF-8 (RFC 6532)."""
    return _fold(name, [*phrase(name, display_name), f"<{check_header(name, address)}>"])


def verbatim(name: str, value: str) -> bytes:
    """A whole header on one line: identifiers and addresses, which are neither folded nor encoded."""
    if not value.isascii():
        raise HeaderError(f"{name}: {value!r} holds characters beyond ASCII, which have no form there")
    line = f"{name}: {check_header(name, value)}".encode("ascii") + CRLF
    if len(line) > 1000:
        raise HeaderError(
            f"{name}: {len(line)} octets, wanted at most 998 in a line (RFC 5322 section 2.1.1)"
        )
    return line


def encoded_words(text: str, *, width: int = _WORD_WIDTH) -> list[str]:
    """The text as encoded words in UTF-8, by whichever of the two encodings is shorter; no character is split (R18)."""
    room = width - _WORD_FRAME
    q = list(_pack(text, room, lambda char: b"".join(_WORD_TOKENS[byte] for byte in char.encode())))
    b = [base64.b64encode(piece.encode()) for piece in _split_octets(text, room // 4 * 3)]
    mark, pieces = min(
        ("q", q), ("b", b), key=lambda form: sum(len(piece) + _WORD_FRAME + 1 for piece in form[1])
    )
    return [f"=?utf-8?{mark}?{piece.decode('ascii')}?=" for piece in pieces]


def _pack(text: str, room: int, encode: Callable[[str], bytes]) -> Iterator[bytes]:
    piece = b""
    for token in map(encode, text):
        if len(piece) + len(token) > room:
            yield piece
            piece = b""
        piece += token
    if piece:
        yield piece


def _split_octets(text: str, size: int) -> Iterator[str]:
    piece, used = "", 0
    for char in text:
        octets = len(char.encode())
        if used + octets > size:
            yield piece
            piece, used = "", 0
        piece, used = piece + char, used + octets
    if piece:
        yield piece


def _fold(name: str, words: Sequence[str]) -> bytes:
    """Words joined by spaces, a new line begun before the word that would not fit (RFC 5322 section 2.2.3)."""
    whole = f"{name}: {' '.join(words)}"
    if len(whole) <= _HEADER_WIDTH:
        return whole.encode() + CRLF
    lines = [f"{name}:"]
    for word in words:
        # The first word stays beside the name: a line of nothing but a name is obsolete syntax.
        if len(lines[-1]) + 1 + len(word) > _HEADER_WIDTH and not lines[-1].endswith(":"):
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode() + CRLF


def quoted_printable(text: str) -> bytes:
    """Text in UTF-8 as quoted-printable with CRLF, without a break at its end; any line end counts as one.

    A dot at the start of a line, and "From " there, are encoded: relays have mangled both (R19).
    """
    if "\n" not in text and "\r" not in text:
        return _quote_line(text.encode())
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode().split(b"\n")
    return CRLF.join(_quote_line(line) for line in lines)


def _quote_line(line: bytes) -> bytes:
    if len(line) <= _BODY_WIDTH and _PLAIN_LINE.fullmatch(line) and not line.startswith((b".", b"From ")):
        return line if not line.endswith((b" ", b"\t")) else line[:-1] + b"=%02X" % line[-1]
    coded = line if _PLAIN_LINE.fullmatch(line) else b"".join([_BODY_TOKENS[byte] for byte in line])
    if coded.endswith((b" ", b"\t")):
        coded = coded[:-1] + b"=%02X" % coded[-1]
    return SOFT_BREAK.join(_quoted_lines(coded))


def _quoted_lines(coded: bytes) -> Iterator[bytes]:
    """One line in pieces of at most `_BODY_WIDTH`, each beginning with something that no relay touches."""
    position = 0
    while position < len(coded):
        first = coded[position : position + 1]
        start = b"=%02X" % first[0] if first in {b".", b"F"} else b""
        end = position + _BODY_WIDTH - (2 if start else 0)
        # The three characters of "=3D" stay together.
        if end < len(coded) and (escape := coded.rfind(b"=", end - 2, end)) != -1:
            end = escape
        yield start + coded[position + bool(start) : end]
        position = end


def has_dots(content: bytes) -> bool:
    """Whether a line begins with a dot."""
    return content.startswith(b".") or _DOT_AT_START.search(content) is not None


def with_dots(content: bytes) -> bytes:
    """Content as it goes over the wire, with dots at line starts doubled (RFC 5321 section 4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    return _DOT_AT_START.sub(b"\r\n..", content)
