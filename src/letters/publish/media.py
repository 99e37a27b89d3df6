"""What kind of thing an enclosure is, where its publisher left that out."""

from __future__ import annotations

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
_UNKNOWN = "application/octet-stream"


def media_type(enclosure: Enclosure) -> str:
    """The type as given, else by the ending of the file's name; never empty."""
    ending = PurePosixPath(urlsplit(web_address(enclosure.url)).path).suffix.lower()
    return clean_line(enclosure.type) or _TYPES.get(ending, _UNKNOWN)
