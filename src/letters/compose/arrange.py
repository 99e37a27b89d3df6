"""Each card once, under the heading where it serves best. Pure, and the same for the same entries.

A card is on several topics and for several audiences; an issue shows it under one of them and names the others as tags.
Which one is a small assignment: few sections, of like size, none of one card when that can be avoided, and of equal ways
the one whose headings the editors named first. The edition's own topics or audiences come before all others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from letters.model import Audience, Choice, Edition, Entry, GroupBy, Topic
from letters.text import count_words

#: Heading of what is on no topic, or for no audience; its own section at the end.
NO_HEADING = ""

_SINGLE_COSTS = 1.0
_POSITION_COSTS = 0.15
# A section is small if it holds so few.
_SMALL = 2
# Less is an error of rounding.
_LEAST_GAIN = 1e-9
# Each sweep lowers the cost, so this is a backstop only.
_SWEEPS_AT_MOST = 50

Noun = Topic | Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cards under one heading. `key` and `name` are empty for those that have none."""

    key: str
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of an issue. It has one group without a heading of its own, unless grouping has two levels."""

    key: str
    name: str
    groups: tuple[Group, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for group in self.groups for entry in group.entries)


def arrange(entries: Sequence[Entry], edition: Edition, choice: Choice | None = None) -> tuple[Section, ...]:
    """The sections of an issue in reading order: the one with the lead card first, then by size.

    `entries` come the most important first, and keep that order below each heading. What the reader chose comes before
    what the edition asks for, as a heading.
    """
    by_topic, by_audience = _groupings(edition, choice or Choice())
    if edition.group_by is GroupBy.TOPIC:
        return tuple(_flat(group) for group in by_topic.groups(entries))
    sections = by_audience.groups(entries)
    if edition.group_by is GroupBy.AUDIENCE:
        return tuple(_flat(group) for group in sections)
    return tuple(
        Section(key=group.key, name=group.name, groups=by_topic.groups(group.entries)) for group in sections
    )


def why_under(section: Section, entry: Entry, edition: Edition, choice: Choice | None = None) -> str:
    """Why the entry stands in that section, in words: which of its headings that is, and with how many others."""
    by_topic, by_audience = _groupings(edition, choice or Choice())
    grouping, noun = (by_topic, "topic") if edition.group_by is GroupBy.TOPIC else (by_audience, "audience")
    if section.key == NO_HEADING:
        return f"has no {noun}"
    own = {each.key for each in grouping.nouns(entry)}
    open_to = grouping.headings(entry)
    asked = " that is asked for" if len(open_to) < len(own) else ""
    if len(open_to) == 1:
        return f"its only {noun}{asked}"
    others = len(section.entries) - 1
    place = _ORDINALS.get(open_to.index(section.key), "a later")
    together = f", with {count_words(others, 'other')}" if others else ""
    return f"its {place} {noun}{asked}{together}"


_ORDINALS = {0: "first", 1: "second", 2: "third", 3: "fourth", 4: "fifth"}


def _groupings(edition: Edition, choice: Choice) -> tuple[_Grouping, _Grouping]:
    return (
        _Grouping(lambda entry: entry.topics, choice.topics or frozenset(edition.topics)),
        _Grouping(lambda entry: entry.audiences, choice.audiences or frozenset(edition.audiences)),
    )


def _flat(group: Group) -> Section:
    return Section(key=group.key, name=group.name, groups=(Group(key="", name="", entries=group.entries),))


@dataclass(frozen=True, slots=True)
class _Grouping:
    """One way of giving headings: by the topics, or by the audiences, of an entry."""

    nouns: Callable[[Entry], Sequence[Noun]]
    wanted: frozenset[str]

    def groups(self, entries: Sequence[Entry]) -> tuple[Group, ...]:
        names = {noun.key: noun.name for entry in entries for noun in self.nouns(entry)}
        places = assign({entry.id: self.headings(entry) for entry in entries})
        groups = [
            Group(key=key, name=names.get(key, ""), entries=_under(key, entries, places))
            for key in dict.fromkeys(places.values())
        ]
        position = {entry.id: index for index, entry in enumerate(entries)}
        return tuple(sorted(groups, key=lambda group: self._order(group, position)))

    def headings(self, entry: Entry) -> tuple[str, ...]:
        """Under which headings an entry may stand, the preferred first."""
        keys = tuple(dict.fromkeys(noun.key for noun in self.nouns(entry)))
        return tuple(key for key in keys if key in self.wanted) or keys

    def _order(self, group: Group, position: Mapping[str, int]) -> tuple[object, ...]:
        first = min(position[entry.id] for entry in group.entries)
        return (group.key == NO_HEADING, first > 0, -len(group.entries), first)


def _under(key: str, entries: Iterable[Entry], places: Mapping[str, str]) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if places[entry.id] == key)


def assign(headings: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give each id one of its headings, in the order of preference given; `NO_HEADING` to those that have none.

    Starts from every id under its first heading and moves single ids, then whole sections, as long as that lowers the
    cost; of equal moves the first is made. Not the best of all assignments, but one that no such move betters.
    """
    free = {each: tuple(keys) for each, keys in headings.items() if keys}
    places = {each: keys[0] for each, keys in free.items()}
    for _ in range(_SWEEPS_AT_MOST):
        if not (_move_one(places, free) or _close_one(places, free) or _open_one(places, free)):
            break
    return {each: places.get(each, NO_HEADING) for each in headings}


def _section_cost(size: int, total: int) -> float:
    """One for being a section, more for being large, and more for holding one card.

    The squares make sections of about the root of `total` the cheapest: 7 cards come in 2 or 3 sections, 30 in 5 or 6.
    """
    return 1 + size * size / total + (_SINGLE_COSTS if size == 1 else 0) if size else 0


def _move_one(places: dict[str, str], free: Mapping[str, Sequence[str]]) -> bool:
    """Move each id to the heading where it costs least, the others staying; says whether anything moved."""
    sizes, total, moved = Counter(places.values()), len(places), False

    def cost_of_move(each: str, key: str) -> float:
        now, then = sizes[places[each]], sizes[key]
        leaving = _section_cost(now - 1, total) - _section_cost(now, total)
        joining = _section_cost(then + 1, total) - _section_cost(then, total)
        keys = free[each]
        return leaving + joining + _POSITION_COSTS * (keys.index(key) - keys.index(places[each]))

    for each, keys in free.items():
        others = [key for key in keys if key != places[each]]
        best = min(others, key=lambda key: cost_of_move(each, key), default=None)
        if best is not None and cost_of_move(each, best) < -_LEAST_GAIN:
            sizes[places[each]] -= 1
            sizes[best] += 1
            places[each] = best
            moved = True
    return moved


def _close_one(places: dict[str, str], free: Mapping[str, Sequence[str]]) -> bool:
    """Dissolve a section into others, the smallest first, if that is cheaper; says whether it was."""
    sizes = Counter(places.values())
    for key in sorted(sizes, key=lambda key: (sizes[key], key)):
        members = [each for each, place in places.items() if place == key]
        others = {each: _first(free[each], sizes.keys() - {key}) for each in members}
        moves = {each: other for each, other in others.items() if other is not None}
        if len(moves) == len(members) and _accept(places, sizes, free, moves):
            return True
    return False


def _open_one(places: dict[str, str], free: Mapping[str, Sequence[str]]) -> bool:
    """Gather under one heading what has it: of small sections, or of all; if that is cheaper. Says whether it was."""
    sizes = Counter(places.values())
    having: dict[str, list[str]] = {}
    for each, keys in free.items():
        for key in keys:
            having.setdefault(key, []).append(each)
    for key in sorted(having, key=lambda key: (-len(having[key]), key)):
        movable = [each for each in having[key] if places[each] != key]
        small = [each for each in movable if sizes[places[each]] <= _SMALL]
        if any(
            _accept(places, sizes, free, dict.fromkeys(moved, key)) for moved in (small, movable) if moved
        ):
            return True
    return False


def _first(keys: Sequence[str], among: Collection[str]) -> str | None:
    return next((key for key in keys if key in among), None)


def _accept(
    places: dict[str, str],
    sizes: Mapping[str, int],
    free: Mapping[str, Sequence[str]],
    moves: Mapping[str, str],
) -> bool:
    """Make the moves if they lower the cost; `sizes` are those of the sections before."""
    total = len(places)
    changed: dict[str, int] = defaultdict(int)
    for each, key in moves.items():
        changed[key] += 1
        changed[places[each]] -= 1
    by_section = sum(
        _section_cost(sizes[key] + change, total) - _section_cost(sizes[key], total)
        for key, change in changed.items()
    )
    by_position = sum(
        _POSITION_COSTS * (free[each].index(key) - free[each].index(places[each]))
        for each, key in moves.items()
    )
    if by_section + by_position < -_LEAST_GAIN:
        places.update(moves)
        return True
    return False
