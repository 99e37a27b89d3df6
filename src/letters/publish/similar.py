"""Which entries are about the same: what an entry's words weigh, and how near two entries are by them.

The cosine of TF-IDF weights, of an entry's heaviest words (decision 160). All weights are whole numbers, so that the same
entries give the same scores on every machine and in whatever order they are added up.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from letters.model import Entry
from letters.publish.content import show_of, summarise, title_of

#: Which rules make a list: with another line in this module all lists are made again.
RULES = zlib.crc32(Path(__file__).read_bytes()) & 0x7FFFFFFF
#: How many others an entry's page lists at the most.
LISTED = 5
#: So many of an entry's heaviest words count: of those whom these list, 83 in 100 are listed by all words too.
_HEAVIEST = 24
_UNIT = 1_000
#: A cosine of 0.12, below which what two entries share is mostly chance; and as much by two words at least, for a name alone
#: says little.
_THRESHOLD = 120 * _UNIT
_SHARED = 2
_KEPT = 100
#: What more than one in so many entries have says nothing.
_COMMON = 4
#: Two entries are compared when they share a word that no more than so many have. Otherwise each would be compared with all
#: that are on its topics, and ten times the entries would take a hundred times as long.
_FEW = 300
#: How often a word counts by where it stands; what editors called the topic says most.
_IN_TITLE, _AS_TOPIC = 3, 12
_LONGEST = 60

#: How often each word stands in an entry.
Words = Mapping[str, int]
#: What an entry's words weigh, in thousandths of a vector of length one.
Vector = Mapping[str, int]

_WORD = re.compile(r"[^\W_]+")
# Written without spaces: any two letters that stand together are as good as a word.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


class Near(NamedTuple):
    """Another entry, and how near it is: the cosine in millionths."""

    id: str
    score: int


def words_of(entry: Entry) -> Words:
    """The words of an entry's title, summary and takeaway, and its topics by key.

    Without the show's name: it stands in many a title, and would make all its episodes alike.
    """
    title, text = title_of(entry), summarise(entry)
    if entry.card is not None:
        text = f"{text}\n{entry.card.takeaway}"
    words = Counter({word: _IN_TITLE * count for word, count in Counter(_words(title)).items()})
    words.update(_words(text))
    for word in _words(show_of(entry)):
        del words[word]
    # No word of a text begins like this.
    words.update({f"#{topic.key}": _AS_TOPIC for topic in entry.topics})
    return words


def _words(text: str) -> Iterator[str]:
    for found in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _UNSPACED.search(found):
            yield from _pairs(found)
        elif _counts(found):
            yield found[:-1] if _is_plural(found) else found


def _pairs(word: str) -> Iterator[str]:
    for part in _UNSPACED.findall(word):
        yield from (part[start : start + 2] for start in range(len(part) - 1))
    yield from (part for part in _UNSPACED.split(word) if _counts(part))


def _counts(word: str) -> bool:
    """Neither too short to mean much, nor a number, nor what is no word; PostgreSQL's index takes 2,700 bytes."""
    return 2 < len(word) <= _LONGEST and not word.isdecimal()


def _is_plural(word: str) -> bool:
    """Of English, and roughly; in other languages a letter is lost on both sides of each comparison."""
    return len(word) > 3 and word.endswith("s") and not word.endswith("ss")


@dataclass(frozen=True, slots=True)
class Frequencies:
    """In how many of how many entries each word stands; those in one only are left out."""

    entries: int
    by_word: Mapping[str, int]

    def weigh(self, words: Words) -> Vector:
        """The vector of an entry with these words."""
        weights = {word: (1 + math.log(count)) * self._rarity(word) for word, count in words.items()}
        heaviest = sorted(weights.items(), key=lambda item: (-round(item[1], 6), item[0]))[:_HEAVIEST]
        length = math.sqrt(math.fsum(weight * weight for _, weight in heaviest))
        if not length:
            return {}
        vector = {word: round(_UNIT * weight / length) for word, weight in heaviest}
        return {word: weight for word, weight in vector.items() if weight > 0}

    def rare(self, vector: Vector) -> list[str]:
        """Those of its words by which an entry meets others."""
        return [word for word in vector if self.by_word.get(word, 1) <= _FEW]

    def _rarity(self, word: str) -> float:
        having = self.by_word.get(word, 1)
        if having * _COMMON > self.entries:
            return 0.0
        return math.log((1 + self.entries) / (1 + having))


def nearest(vector: Vector, others: Mapping[str, Vector]) -> list[Near]:
    """Those of the others that are near enough, the nearest first; of equals, by id."""
    scored = (Near(one, _score(vector, other)) for one, other in others.items())
    return in_order(one for one in scored if one.score >= _THRESHOLD)


def in_order(near: Iterable[Near]) -> list[Near]:
    return sorted(near, key=lambda one: (-one.score, one.id))


def _score(one: Vector, other: Vector) -> int:
    shared = one.keys() & other.keys()
    return sum(one[word] * other[word] for word in shared) if len(shared) >= _SHARED else 0


class Gathered:
    """The words of many entries, in little room: a word's number and count take six bytes."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._entries: dict[str, tuple[array[int], array[int]]] = {}

    def add(self, entry_id: str, words: Words) -> None:
        numbers = (self._numbers.setdefault(word, len(self._numbers)) for word in words)
        self._entries[entry_id] = (
            array("I", numbers),
            array("H", (min(one, 0xFFFF) for one in words.values())),
        )

    def frequencies(self) -> Frequencies:
        counts = Counter[int]()
        for numbers, _ in self._entries.values():
            counts.update(numbers)
        by_word = {word: counts[number] for word, number in self._numbers.items() if counts[number] > 1}
        return Frequencies(len(self._entries), by_word)

    def vectors(self, frequencies: Frequencies) -> dict[str, Vector]:
        """By entry, in the order of ids."""
        words = list(self._numbers)
        return {
            entry_id: frequencies.weigh({words[number]: count for number, count in zip(*pair, strict=True)})
            for entry_id, pair in sorted(self._entries.items())
        }


def list_all(vectors: Mapping[str, Vector], frequencies: Frequencies) -> dict[str, list[Near]]:
    """By entry, those that its page lists; empty lists are left out."""
    having: defaultdict[str, list[str]] = defaultdict(list)
    near: defaultdict[str, list[Near]] = defaultdict(list)
    for entry_id, vector in vectors.items():
        # Each pair is looked at once, by the later of the two; those that share no rare word, never.
        rare = frequencies.rare(vector)
        met = {other for word in rare for other in having[word]}
        for word in rare:
            having[word].append(entry_id)
        for one in nearest(vector, {other: vectors[other] for other in met}):
            _add(near[entry_id], one)
            _add(near[one.id], Near(entry_id, one.score))
    return {entry_id: in_order(found)[:LISTED] for entry_id, found in near.items()}


def _add(near: list[Near], one: Near) -> None:
    near.append(one)
    # Of a thousand nearly equal cards each is near to all others.
    if len(near) > _KEPT:
        near[:] = in_order(near)[:LISTED]
