"""Evidence in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from letters.model import Evidence
from letters.pair.wording import fold, stem, words

_LISTED = 4
_QUOTED = re.compile(r'"([^" ]+)"')


def listed(shared: Iterable[str], rarity: Callable[[str], float]) -> str:
    """The rarest of some words, quoted, and how many more there are."""
    rarest = sorted(shared, key=lambda word: (-rarity(word), word))
    more = f" and {len(rarest) - _LISTED} more" if len(rarest) > _LISTED else ""
    return quoted(rarest[:_LISTED]) + more


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def spelt_out(evidence: Iterable[Evidence], texts: Iterable[str]) -> list[Evidence]:
    """The evidence with words in quotation marks as the texts write them: words are compared without their endings."""
    written: dict[str, str] = {}
    for text in texts:
        for word in words(fold(text)):
            written.setdefault(stem(word), word)
    return [
        replace(one, words=_QUOTED.sub(lambda found: f'"{written.get(found[1], found[1])}"', one.words))
        for one in evidence
    ]
