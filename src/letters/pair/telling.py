"""Evidence in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

_LISTED = 4


def listed(shared: Iterable[str], rarity: Callable[[str], float]) -> str:
    """The rarest of some words, quoted, and how many more there are."""
    rarest = sorted(shared, key=lambda word: (-rarity(word), word))
    more = f" and {len(rarest) - _LISTED} more" if len(rarest) > _LISTED else ""
    return quoted(rarest[:_LISTED]) + more


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
