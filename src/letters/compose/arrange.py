"""Each card once, under the heading where it serves best. Pure, and the same for the same entries.

A card is on several topics and for several audiences; an issue shows it under one of them and names the others as tags.
Which one is a small assignment: few sections, of like size, none of one card when that can be avoided, and of equal ways
the one whose headings the editors named first. The edition's own topics or audiences come before all others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from letters.compose.rank import rank
from letters.model import Audience, Choice, Edition, Entry, GroupBy, Topic

#: Heading of what is on no topic, or for no audience; its own section at the end.
NO_HEADING = ""

_SINGLE_COSTS = 1.0
_POSITION_COSTS = 0.15
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

    What the reader chose comes before what the edition asks for, as a heading.
    """
    choice = choice or Choice()
    by_topic = _Grouping(lambda entry: entry.topics, choice.topics or frozenset(edition.topics))
    by_audience = _Grouping(lambda entry: entry.audiences, choice.audiences or frozenset(edition.audiences))
    if edition.group_by is GroupBy.TOPIC:
        return tuple(_flat(group) for group in by_topic.groups(entries))
    sections = by_audience.groups(entries)
    if edition.group_by is GroupBy.AUDIENCE:
        return tuple(_flat(group) for group in sections)
    return tuple(
        Section(key=group.key, name=group.name, groups=by_topic.groups(group.entries)) for group in sections
    )


def _flat(group: Group) -> Section:
    return Section(key=group.key, name=group.name, groups=(Group(key="", name="", entries=group.entries),))


@dataclass(frozen=True, slots=True)
class _Grouping:
    """One way of giving headings: by the topics, or by the audiences, of an entry."""

    nouns: Callable[[Entry], Sequence[Noun]]
    wanted: frozenset[str]

    def groups(self, entries: Sequence[Entry]) -> tuple[Group, ...]:
        ranked = rank(entries)
        names = {noun.key: noun.name for entry in ranked for noun in self.nouns(entry)}
        places = assign({entry.id: self._headings(entry) for entry in ranked})
        groups = [
            Group(key=key, name=names.get(key, ""), entries=_under(key, ranked, places))
            for key in set(places.values())
        ]
        position = {entry.id: index for index, entry in enumerate(ranked)}
        return tuple(sorted(groups, key=lambda group: self._order(group, position)))

    def _headings(self, entry: Entry) -> tuple[str, ...]:
        keys = tuple(dict.fromkeys(noun.key for noun in self.nouns(entry)))
        return tuple(key for key in keys if key in self.wanted) or keys

    def _order(self, group: Group, position: Mapping[str, int]) -> tuple[object, ...]:
        first = min(position[entry.id] for entry in group.entries)
        return (group.key == NO_HEADING, first > 0, -len(group.entries), first)


def _under(key: str, ranked: Iterable[Entry], places: Mapping[str, str]) -> tuple[Entry, ...]:
    return tuple(entry for entry in ranked if places[entry.id] == key)


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


def _cost(places: Mapping[str, str], free: Mapping[str, Sequence[str]]) -> float:
    sizes = Counter(places.values())
    total = len(places)
    by_section = sum(_section_cost(size, total) for size in sizes.values())
    return by_section + sum(_POSITION_COSTS * free[each].index(key) for each, key in places.items())


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
        if best is not None and cost_of_move(each, best) < -1e-9:
            sizes[places[each]] -= 1
            sizes[best] += 1
            places[each] = best
            moved = True
    return moved


def _close_one(places: dict[str, str], free: Mapping[str, Sequence[str]]) -> bool:
    """Dissolve a section into others, if that is cheaper; says whether it was."""
    for key in sorted(set(places.values()), key=lambda key: (Counter(places.values())[key], key)):
        members = [each for each, place in places.items() if place == key]
        open_keys = set(places.values()) - {key}
        moves = {each: next((other for other in free[each] if other in open_keys), None) for each in members}
        if all(moves.values()) and _accept(
            places, free, {each: to for each, to in moves.items() if to is not None}
        ):
            return True
    return False


def _open_one(places: dict[str, str], free: Mapping[str, Sequence[str]]) -> bool:
    """Gather the small sections' ids that share a heading under it, if that is cheaper; says whether it was."""
    sizes = Counter(places.values())
    small = [each for each, key in places.items() if sizes[key] <= 2]
    shared = Counter(key for each in small for key in free[each])
    for key in sorted(
        (key for key, count in shared.items() if count > 1), key=lambda key: (-shared[key], key)
    ):
        if _accept(places, free, {each: key for each in small if key in free[each]}):
            return True
    return False


def _accept(places: dict[str, str], free: Mapping[str, Sequence[str]], moves: Mapping[str, str]) -> bool:
    if _cost({**places, **moves}, free) < _cost(places, free) - 1e-9:
        places.update(moves)
        return True
    return False
