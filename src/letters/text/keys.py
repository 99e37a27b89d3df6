"""Keys: the names that stand in addresses and configuration, and never change."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Container

from anyascii import anyascii

from letters.text.controls import strip_controls

#: What every key looks like.
KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

_APOSTROPHES = re.compile("['’‘`´]")
_OTHERS = re.compile(r"[^a-z0-9]+")
_READ_CHARACTERS = 1000


def slug(text: str, *, limit: int = 60) -> str:
    """The text as a key of at most `limit` characters, transliterated: "Regulierung & Ethik" gives "regulierung-and-ethik".

    Cut between words where there is more than one. Text without letters and digits gives a short digest of itself.
    """
    if limit < _DIGEST:
        raise ValueError(f"slug limit {limit}: wanted {_DIGEST} or more")
    readable = strip_controls(text)[:_READ_CHARACTERS].replace(" & ", " and ")
    # Dropped before and after: transliteration turns other marks into apostrophes.
    ascii_text = _APOSTROPHES.sub("", anyascii(_APOSTROPHES.sub("", readable))).lower()
    whole = _OTHERS.sub("-", ascii_text).strip("-")
    return _cut(whole, limit) or _digest(text)


def make_key(name: str, taken: Container[str]) -> str:
    """A key for this name that is not in `taken`; the same for the same name and the same clash.

    A clash takes a short digest of the name, so that names which only look alike get keys that can be told apart.
    """
    key = slug(name)
    if key not in taken:
        return key
    stem = _cut(key, 60 - 1 - _DIGEST)
    candidates = (f"{stem}-{_digest(name if n == 0 else f'{name} {n}')}" for n in itertools.count())
    return next(candidate for candidate in candidates if candidate not in taken)


_DIGEST = 8


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]


def _cut(key: str, limit: int) -> str:
    if len(key) <= limit:
        return key
    whole_words = key[: limit + 1].rpartition("-")[0]
    return whole_words or key[:limit]
