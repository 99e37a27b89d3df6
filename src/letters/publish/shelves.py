"""Many feeds to choose from, as people look for them: the busiest first, and all of them by letter."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

#: So many are shown as they are; of more, only the busiest, with the way to the others.
SHORT = 24
_BUSIEST = 12
#: From so many on a list is cut into letters.
_BY_LETTER = 40
#: Where a letter is one of thousands, or what a name begins with is none.
_OTHERS = "Other"
_UNCOUNTED = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A feed to choose: where its page is, how much it holds, how new that is."""

    key: str
    name: str
    url: str
    count: int
    newest: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The places whose names begin with one letter; `anchor` is an id within the page."""

    letter: str
    anchor: str
    places: Sequence[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Topics, or audiences."""

    #: All of them, by name.
    places: Sequence[Place]
    #: Those to begin with: all, when they are few.
    first: Sequence[Place]
    #: All of them by letter; none when they are few.
    groups: Sequence[Group] = ()
    #: The page that lists all of them; empty on that page itself.
    url: str = ""

    @property
    def is_short(self) -> bool:
        return len(self.first) == len(self.places)


def arrange(places: Iterable[Place], recent: Iterable[str] = (), *, url: str = "") -> Shelf:
    """A shelf; `recent` are the keys of the newest entries, one for each time it is used."""
    by_name = sorted(places, key=lambda place: (place.name.casefold(), place.key))
    return Shelf(
        places=by_name,
        first=by_name if len(by_name) <= SHORT else _busiest(by_name, Counter(recent)),
        groups=_by_letter(by_name) if len(by_name) >= _BY_LETTER else (),
        url=url,
    )


def _busiest(by_name: Sequence[Place], uses: Counter[str]) -> Sequence[Place]:
    """Those of which most came lately; of equals those that hold most. Again by name, for that is how they are looked for."""
    chosen = sorted(by_name, key=lambda place: (-uses[place.key], -place.count))[:_BUSIEST]
    return [place for place in by_name if place in chosen]


def _by_letter(by_name: Sequence[Place]) -> Sequence[Group]:
    groups: dict[str, list[Place]] = {}
    for place in by_name:
        groups.setdefault(_letter(place.name), []).append(place)
    in_order = sorted(groups, key=lambda letter: (letter == _OTHERS, letter))
    return [
        Group(letter=letter, anchor=f"letter-{number}", places=groups[letter])
        for number, letter in enumerate(in_order, start=1)
    ]


def _letter(name: str) -> str:
    """What a name is found under: "É" under E, and whatever is written in thousands of signs, or begins with none, together."""
    first = unicodedata.normalize("NFKD", name)[:1].upper()[:1]
    if not first.isalpha() or unicodedata.name(first, "CJK").startswith(_UNCOUNTED):
        return _OTHERS
    return first
