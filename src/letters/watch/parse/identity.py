"""What makes an entry the same entry at the next look (R64)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from letters.model import Episode

# PostgreSQL indexes at most about 2,700 bytes of a row.
_LONGEST = 500


def identified(entries: Sequence[Episode]) -> tuple[Episode, ...]:
    """The entries with their identities, none of which occurs twice.

    Guid, else enclosure, else link, else the words. What several entries of a document share (some publishers give all
    of them the same guid, or the same link) identifies none of them, and the next criterion decides. Entries that agree
    in everything are one entry listed twice; the first is kept.
    """
    distinct = [entries[place] for place in distinct_places(entries)]
    return named(distinct, identities(distinct))


def named(entries: Sequence[Episode], identities: Sequence[str]) -> tuple[Episode, ...]:
    """The entries under these identities, by place."""
    return tuple(
        entry if entry.identity == identity else replace(entry, identity=identity)
        for entry, identity in zip(entries, identities, strict=True)
    )


def identities(distinct: Sequence[Episode]) -> list[str]:
    """By place, the identities of entries none of which repeats another."""
    found: list[str] = [""] * len(distinct)
    used = set[str]()
    for criterion in (_guid, _enclosure, _link):
        if all(found):
            break
        values = [criterion(entry) for entry in distinct]
        shared = Counter(values)
        for place, value in enumerate(values):
            if not found[place] and value and shared[value] == 1 and value not in used:
                found[place] = value
                used.add(value)
    return [identity or by_words(entry) for entry, identity in zip(distinct, found, strict=True)]


def strongest(entry: Episode) -> str:
    """The first of its `candidates`."""
    return _guid(entry) or _enclosure(entry) or _link(entry) or by_words(entry)


def candidates(entry: Episode) -> tuple[str, ...]:
    """All that could identify an entry, the strongest first."""
    found = (_guid(entry), _enclosure(entry), _link(entry), by_words(entry))
    return tuple(dict.fromkeys(value for value in found if value))


def by_words(entry: Episode) -> str:
    """An identity made of everything that an entry without a guid, enclosure or link of its own has."""
    return _digest(*_key(entry), entry.description if not entry.title else "")


def distinct_places(entries: Sequence[Episode]) -> list[int]:
    """The places of the entries that repeat no earlier one."""
    first: dict[tuple[str, ...], int] = {}
    for place, entry in enumerate(entries):
        first.setdefault((*_key(entry), entry.description if not entry.title else ""), place)
    return list(first.values())


def _key(entry: Episode) -> tuple[str, ...]:
    date = entry.published.isoformat() if entry.published else ""
    return entry.guid, _enclosure(entry), entry.link, entry.title, date


def guid_identity(guid: str) -> str:
    """The identity of an entry that goes by this guid."""
    return _bounded(guid)


def _guid(entry: Episode) -> str:
    return _bounded(entry.guid)


def _enclosure(entry: Episode) -> str:
    return _bounded(entry.enclosures[0].url) if entry.enclosures else ""


def _link(entry: Episode) -> str:
    return _bounded(entry.link)


def _bounded(value: str) -> str:
    return value if len(value) <= _LONGEST else _digest(value)


def _digest(*values: str) -> str:
    return "sha256:" + hashlib.sha256("\0".join(values).encode()).hexdigest()
