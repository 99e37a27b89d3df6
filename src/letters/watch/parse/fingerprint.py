"""Digests by which an entry is known again without reading it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

#: Part of every fingerprint. To be raised whenever entries are read otherwise, so that all are read once more.
READING = 1

# Of 64: enough for a fingerprint, and a document's are all stored.
_DIGITS = 32


def fingerprints(surroundings: object, texts: Iterable[str]) -> list[str]:
    """A digest of each text together with all outside it that its reading depends on."""
    base = hashlib.sha256(repr((READING, surroundings)).encode())
    found = []
    for text in texts:
        digest = base.copy()
        digest.update(text.encode())
        found.append(digest.hexdigest()[:_DIGITS])
    return found
