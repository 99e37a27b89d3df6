"""Enclosures: which media files of an entry are its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from letters.model import Enclosure
from letters.watch.parse.words import line, web_url

# By the file's ending, for publishers who leave the type out; Python's own table depends on the machine.
_TYPES = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/opus",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
}
_MOST = 20


def enclosures_of(
    enclosures: Iterable[Mapping[str, Any]], contents: Iterable[Mapping[str, Any]], *, base: str
) -> tuple[Enclosure, ...]:
    """The enclosures; where there are none, the audio and video among Media RSS contents.

    A player to be embedded (YouTube lists a Flash one) is no file, and is left out.
    """
    found = [_enclosure(item.get("href"), item.get("type"), item.get("length"), base) for item in enclosures]
    if not any(found):
        found = [
            enclosure
            for item in contents
            if (enclosure := _enclosure(item.get("url"), item.get("type"), item.get("filesize"), base))
            and enclosure.type.startswith(("audio/", "video/"))
        ]
    unique = {enclosure.url: enclosure for enclosure in reversed(found) if enclosure is not None}
    return tuple(reversed(unique.values()))[:_MOST]


def make_enclosure(url: object, kind: object, length: object, *, base: str) -> Enclosure | None:
    """An enclosure with a type, guessed from the file's ending where none was given; None without a usable address."""
    return _enclosure(url, kind, length, base)


def _enclosure(url: object, kind: object, length: object, base: str) -> Enclosure | None:
    address = web_url(url, base=base)
    if not address:
        return None
    given = line(kind, longest=100).lower()
    if given == "application/x-shockwave-flash":
        return None
    return Enclosure(url=address, type=given or _guessed(address), length_bytes=_length(length))


def _guessed(url: str) -> str:
    return _TYPES.get(urlsplit(url).path.rpartition(".")[2].lower(), "")


def _length(value: object) -> int | None:
    """A length in bytes; None for the zeros, sizes in words and blanks that publishers put there."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return (int(text) or None) if text.isascii() and text.isdecimal() and len(text) <= 15 else None
