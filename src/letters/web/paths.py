"""Which document of the published tree an address names. Pure: nothing is looked up."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from letters.web.codings import CODINGS

INDEX = "index.html"
#: The list of addresses that are gone, at the root of the tree; hidden, for it is for us and not for readers.
GONE = ".gone"

# What nearly all addresses look like: nothing to decode, no name that begins with a dot, no name left empty.
_PLAIN = re.compile(rb"/|(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?")
_TWINS = tuple(coding.ending for coding in CODINGS)


def read_path(raw: bytes) -> str | None:
    """The path below the root that a request's path (as it came, without query) names; None where it can name nothing.

    A folder's ends in a slash, the root's is empty. Nothing hidden (a name that begins with a dot), no way upwards and
    no compressed twin is ever named. Slashes are separators only as they came: encoded, they would have to be part of a name.
    """
    path = raw[1:].decode("ascii") if _PLAIN.fullmatch(raw) else _decode(raw)
    return None if path is None or path.endswith(_TWINS) else path


def document_of(path: str) -> str:
    """The document that is shown at a path: a folder shows its index."""
    return path + INDEX if not path or path.endswith("/") else path


def _decode(raw: bytes) -> str | None:
    if not raw.startswith(b"/"):
        return None
    *folders, last = raw.split(b"/")[1:]
    # Whoever writes two slashes means one.
    names = [unquote_to_bytes(name) for name in folders if name]
    try:
        decoded = [name.decode() for name in (*names, unquote_to_bytes(last))]
    except UnicodeDecodeError:
        return None
    if not all(map(_is_harmless, decoded)):
        return None
    return "/".join(decoded)


def _is_harmless(name: str) -> bool:
    return not name.startswith(".") and name.isprintable() and "/" not in name and "\\" not in name
