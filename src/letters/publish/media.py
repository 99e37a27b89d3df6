"""What kind of thing an enclosure is, where its publisher left that out."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from letters.model import Enclosure
from letters.publish.clean import clean_line, web_address

# The standard library's table differs from machine to machine; bytes must not.
_TYPES = {
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".pdf": "application/pdf",
    ".wav": "audio/wav",
    ".webm": "video/webm",
}
UNKNOWN = "application/octet-stream"
# A type and a subtype, each a name of HTTP (RFC 9110, section 8.3.1); parameters after them are let be.
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf'{_NAME}/{_NAME}(?:\s*;\s*{_NAME}=(?:{_NAME}|"[^"\\]*"))*')


def is_media_type(text: str) -> bool:
    """Whether it has the form of one; feeds also write "mp3", "audio" and worse."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def media_type(enclosure: Enclosure) -> str:
    """The type as given if it is one, else by the ending of the file's name; never empty."""
    given = clean_line(enclosure.type)
    return given if is_media_type(given) else type_by_name(enclosure.url) or UNKNOWN


def type_by_name(url: str) -> str:
    """By the ending of the file's name; empty where that says nothing."""
    ending = PurePosixPath(urlsplit(web_address(url)).path).suffix.lower()
    return _TYPES.get(ending, "")
