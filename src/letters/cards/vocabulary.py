"""The vocabulary: which topic or audience a written name means. Pure.

A name is found by key, name or alias, whatever its case, hyphens, "&" or "and"; else by its singular or plural. What
was declared in ``topics.toml`` comes before what cards named earlier, and the first declared before the second. A name
that nothing fits becomes a topic of its own, with a key that is stored and never changes.

When such a name is declared later, the declared key wins: cards that name it are on the declared topic from then on. The
stored key goes on to mean the declared topic too, and its row and its feed stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapidfuzz import fuzz, process

from letters.model import Audience, Card, Topic
from letters.text import make_key

T = TypeVar("T", Topic, Audience)

# "+" and "#" part C, C++ and C#.
_PUNCTUATION = re.compile(r"[^\w+#]+|_")
_APOSTROPHES = re.compile("['’‘`´]")
#: Two names this much alike (of 100) are rather one name with a slip than two.
SLIP = 88.0


def fold(name: str) -> str:
    """What equal names have in common: case, hyphens, punctuation and "&" are put aside."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    folded = " ".join(_PUNCTUATION.sub(" ", _APOSTROPHES.sub("", plain)).split())
    return folded or " ".join(name.split())


def singular(folded: str) -> str:
    """A folded name with its last word in the singular, as far as English spelling tells."""
    head, _, last = folded.rpartition(" ")
    if len(last) > 3 and last.isascii():
        last = _singular_word(last)
    return f"{head} {last}".strip()


def _singular_word(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that had no topic or audience until now, or looks like a slip of a declared one."""

    #: "topic" or "audience".
    noun: str
    name: str
    key: str
    #: Key and name of the declared one that is most alike; empty when none is declared.
    nearest_key: str = ""
    nearest_name: str = ""
    likeness: float = 0.0
    #: Whether it was made just now, rather than stored by an earlier pass.
    created: bool = True


class Names(Generic[T]):
    """The topics, or the audiences: declared ones, and those that cards named before.

    Grows as names are resolved; the same names in the same order always make the same keys.
    """

    def __init__(self, noun: str, make: Callable[..., T], known: Iterable[T]) -> None:
        self._noun = noun
        self._make: Callable[..., T] = make
        self._by_key: dict[str, T] = {}
        self._exact: dict[str, T] = {}
        self._loose: dict[str, T] = {}
        self._created: dict[str, T] = {}
        self._written: dict[str, T] = {}
        ordered = sorted(known, key=lambda one: not one.declared)
        for one in ordered:
            if one.key not in self._by_key:
                self._learn(self._meaning(one), key=one.key, stored=one)

    def _meaning(self, one: T) -> T:
        """A stored one whose name is declared by now means the declared one."""
        found = None if one.declared else self._find(one.name)
        return found if found is not None and found.declared else one

    def _learn(self, means: T, *, key: str, stored: T) -> None:
        self._by_key[key] = means
        for written in (stored.name, *stored.aliases):
            self._exact.setdefault(fold(written), means)
            self._loose.setdefault(singular(fold(written)), means)
        # Last, so that the key of one never takes the name of another.
        self._exact.setdefault(fold(key), means)

    def resolve(self, name: str) -> T:
        """What this name means; made if it means nothing yet."""
        if name not in self._written:
            self._written[name] = self._by_key.get(name) or self._find(name) or self._create(name)
        return self._written[name]

    def _find(self, name: str) -> T | None:
        folded = fold(name)
        return self._exact.get(folded) or self._loose.get(singular(folded))

    def _create(self, name: str) -> T:
        one: T = self._make(key=make_key(name, self._by_key), name=name, declared=False)
        self._learn(one, key=one.key, stored=one)
        self._created[one.key] = one
        return one

    @property
    def created(self) -> tuple[T, ...]:
        """What was made since the beginning, in that order."""
        return tuple(self._created.values())

    @property
    def known(self) -> dict[str, T]:
        """By key; a stored key that was superseded leads to the declared one."""
        return dict(self._by_key)

    def unknown(self, keys: Iterable[str]) -> Iterator[Unknown]:
        """Of these keys those made just now, and those that look like a slip of a declared one."""
        declared = {one.key: one for one in self._by_key.values() if one.declared}
        folded = {key: fold(one.name) for key, one in declared.items()}
        for key in dict.fromkeys(keys):
            one = self._by_key[key]
            if one.declared:
                continue
            nearest, likeness = _nearest(fold(one.name), folded)
            if key in self._created or likeness >= SLIP:
                yield Unknown(
                    noun=self._noun,
                    name=one.name,
                    key=key,
                    nearest_key=nearest,
                    nearest_name=declared[nearest].name if nearest else "",
                    likeness=likeness,
                    created=key in self._created,
                )


def _nearest(folded: str, among: Mapping[str, str]) -> tuple[str, float]:
    """Key and likeness of the most similar name; nothing, if there are none."""
    if not among:
        return "", 0.0
    _, likeness, key = process.extractOne(folded, among, scorer=fuzz.ratio)
    return key, likeness


@dataclass(frozen=True, slots=True)
class Resolved:
    """The topics and audiences of one card, in its order, each once."""

    topics: tuple[Topic, ...]
    audiences: tuple[Audience, ...]


class Vocabulary:
    """Topics and audiences together, as cards name them.

    Takes the declared ones and those stored by earlier passes, in any order.
    """

    def __init__(self, topics: Iterable[Topic] = (), audiences: Iterable[Audience] = ()) -> None:
        self.topics: Names[Topic] = Names("topic", Topic, topics)
        self.audiences: Names[Audience] = Names("audience", Audience, audiences)

    def resolve(self, card: Card) -> Resolved:
        """What the card's names mean; makes what is unknown."""
        return Resolved(
            topics=_once(self.topics.resolve(name) for name in card.topics),
            audiences=_once(self.audiences.resolve(name) for name in card.audiences),
        )


def _once(found: Iterable[T]) -> tuple[T, ...]:
    return tuple({one.key: one for one in found}.values())
