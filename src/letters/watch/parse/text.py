"""The text of elements, as feedparser reads it."""

from __future__ import annotations

import contextlib
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from letters.watch.parse.values import OddError

# What windows-1252 has where Unicode has controls: publishers copy bytes as if they were characters.
_WINDOWS = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}
_CONTROLS = re.compile("[\x80-\x9f]")
# "https:////host/" is mended.
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/*")


def text_of(element: Any) -> str:
    """The words of an element without blanks around them. Raises `OddError` for markup that was not escaped."""
    if len(element):
        raise OddError(f"markup in {element.tag}")
    text: str = (element.text or "").strip()
    return text if text.isascii() else mended(text)


def mended(text: str) -> str:
    """UTF-8 that was taken for Latin-1 on its way is put right, and so are windows-1252's signs in Unicode's controls."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_WINDOWS) if _CONTROLS.search(text) else text


def resolved(base: str, address: str) -> str:
    """An address against the document's own ``xml:base``, of which most have none."""
    if not base and "//" not in address:
        return address
    address = _SLASHES.sub(r"\1", address)
    if not base:
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def moved_base(base: str, stated: str | None) -> str:
    """The base that holds where an element states another one (XML Base, section 3)."""
    if not stated:
        return base
    moved = resolved(base, stated)
    try:
        usable = not base or urlsplit(moved).scheme in {"http", "https", "ftp", "feed"}
    except ValueError:
        usable = False
    return moved if usable else base
