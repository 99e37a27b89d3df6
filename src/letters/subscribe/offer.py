"""What a subscriber may choose: editions, topics, audiences, by key or by any of their names; pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from letters.cards.vocabulary import fold, singular
from letters.model import Audience, Edition, Topic

T = TypeVar("T", Topic, Audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """All that may be chosen, in the order in which it is shown."""

    editions: tuple[Edition, ...]
    topics: tuple[Topic, ...]
    audiences: tuple[Audience, ...]


class Names:
    """Finds keys by what people write for them: key, name or alias, in any case, singular or plural."""

    def __init__(self, noun: str, names: Mapping[str, Iterable[str]]) -> None:
        self.noun = noun
        self._keys: dict[str, str] = {}
        self._loose: dict[str, str] = {}
        self._written: dict[str, str] = {}
        for key, written in names.items():
            for name in (key, *written):
                self._keys.setdefault(fold(name), key)
                self._loose.setdefault(singular(fold(name)), key)
                self._written.setdefault(fold(name), name)

    def find(self, written: str) -> str | None:
        """The key of what was written; None if it is unknown."""
        folded = fold(written)
        return self._keys.get(folded) or self._loose.get(singular(folded))

    def complain(self, written: str) -> str:
        """That something is unknown, with the nearest that is known."""
        near = difflib.get_close_matches(fold(written), self._written, n=1)
        if near:
            hint = f'; did you mean "{self._keys[near[0]]}"?'
        elif self._keys:
            hint = f"; known are {', '.join(sorted(set(self._keys.values()))[:8])}"
        else:
            hint = "; none is known yet"
        return f'{self.noun} "{written}" is not known{hint}'


def edition_names(editions: Iterable[Edition]) -> Names:
    """Editions by key or title."""
    return Names("edition", {edition.key: (edition.title,) for edition in editions})


def term_names(noun: str, terms: Iterable[Topic | Audience]) -> Names:
    """Topics or audiences by key, name or alias."""
    return Names(noun, {term.key: (term.name, *term.aliases) for term in terms})


def merge_terms(declared: Sequence[T], stored: Iterable[T]) -> tuple[T, ...]:
    """The declared ones as declared, then those that only cards named, by name; one that was declared since is not listed twice."""
    known = term_names("", declared)
    new = [
        term
        for term in stored
        if not term.declared and known.find(term.name) is None and known.find(term.key) is None
    ]
    merged: list[T] = list(declared)
    merged += sorted(new, key=lambda term: fold(term.name))
    return tuple(merged)
