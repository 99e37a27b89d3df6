"""One recording in several sources: the same show watched as audio and as video, or at an old and a new address.

Two episodes are twins when they are of different sources whose shows share a name, and have the same guid, or the same
address (link or enclosure, normalised), or equal titles with dates at most three days apart. An address or a title that a
source has more than once there, equally near, tells nothing. Episodes of one source are never twins, so also no third
episode makes them so: the stronger sign is followed first, and what would bring two of a source together is left.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from letters.pair.addresses import normalise_address
from letters.pair.titles import Title
from letters.pair.values import EpisodeToPair

#: How far apart in days two sources may publish one recording. A re-run comes later.
_DAYS_APART = 3
# Beyond these a title tells nothing, and looking at all pairs would make the work grow with the square.
_MOST_NEAR = 8
_MOST_SOURCES = 12
_BY_GUID, _BY_ADDRESS, _BY_TITLE = range(3)


class Twins:
    """The recordings that are in several sources, each as its episodes' ids, the one that stands for it first."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        self.groups = tuple(sorted(tuple(group) for group in groups))
        self._groups = {one: group for group in self.groups for one in group}

    def of(self, episode_id: str) -> tuple[str, ...]:
        """All episodes of the same recording, this one too."""
        return self._groups.get(episode_id, (episode_id,))

    def recording(self, episode_id: str) -> str:
        """The same for all twins."""
        return self.of(episode_id)[0]

    def representative(self, episode_id: str, held: Collection[str]) -> str:
        """The twin that stands for the recording: one that is `held` already, else the best."""
        group = self.of(episode_id)
        return next((one for one in group if one in held), group[0])

    def spread(self, episode_ids: Iterable[str]) -> frozenset[str]:
        """These episodes with all their twins."""
        return frozenset(twin for one in episode_ids for twin in self.of(one))


class Titled(NamedTuple):
    """An episode with its title taken apart."""

    episode: EpisodeToPair
    title: Title

    @property
    def day(self) -> int:
        return self.episode.published.toordinal() if self.episode.published else 0


def find_twins(episodes: Iterable[Titled], names: Mapping[str, Collection[str]]) -> Twins:
    """The recordings that several sources have; `names` are those of each show, in the form in which they are compared."""
    by_id = {one.episode.id: one for one in episodes}
    links = _links(by_id, _circles(by_id.values(), names))
    clusters: dict[str, list[Titled]] = {}
    for link in sorted(links):
        left = clusters.setdefault(link.left, [by_id[link.left]])
        right = clusters.setdefault(link.right, [by_id[link.right]])
        if left is right or not _may_join(left, right):
            continue
        small, large = sorted((left, right), key=len)
        large += small
        for one in small:
            clusters[one.episode.id] = large
    joined = {id(group): group for group in clusters.values() if len(group) > 1}
    return Twins([one.episode.id for one in sorted(group, key=_rank)] for group in joined.values())


def _rank(one: Titled) -> tuple[int, int, bool, int, str]:
    """The best first: with most enclosures, the longest description, the earliest date, the smallest id."""
    episode = one.episode
    return (
        -episode.enclosures,
        -len(episode.description),
        episode.published is None,
        one.day,
        episode.id,
    )


class _Link(NamedTuple):
    sign: int
    days: int
    left: str
    right: str


def _may_join(left: Sequence[Titled], right: Sequence[Titled]) -> bool:
    """Never two of one source, and never two parts of a series."""
    if not {one.episode.source for one in left}.isdisjoint(one.episode.source for one in right):
        return False
    parts = {one.title.part for one in (*left, *right)} - {None}
    return len(parts) < 2


def _circles(
    episodes: Iterable[Titled], names: Mapping[str, Collection[str]]
) -> dict[str, list[frozenset[str]]]:
    """By show, the sets of shows it shares a name with, where these have more than one source."""
    sources: dict[str, set[str]] = defaultdict(set)
    for one in episodes:
        sources[one.episode.show].add(one.episode.source)
    shows: dict[str, set[str]] = defaultdict(set)
    for show in sources:
        for name in names[show]:
            shows[name].add(show)
    circles: dict[str, list[frozenset[str]]] = defaultdict(list)
    for circle in {frozenset(some) for some in shows.values()}:
        if len(set[str]().union(*(sources[show] for show in circle))) > 1:
            for show in circle:
                circles[show].append(circle)
    return circles


@dataclass(frozen=True, slots=True)
class _Sign:
    """What twins have in common."""

    circle: frozenset[str]
    kind: int
    value: object


def _links(by_id: Mapping[str, Titled], circles: Mapping[str, list[frozenset[str]]]) -> set[_Link]:
    found: dict[_Sign, dict[str, list[Titled]]] = defaultdict(lambda: defaultdict(list))
    for one in by_id.values():
        for circle in circles.get(one.episode.show, ()):
            for kind, value in _signs(one):
                found[_Sign(circle, kind, value)][one.episode.source].append(one)
    links: set[_Link] = set()
    for sign, by_source in found.items():
        if len(by_source) > 1:
            links |= set(_by_title(by_source) if sign.kind == _BY_TITLE else _by_sign(sign.kind, by_source))
    return links


def _signs(one: Titled) -> set[tuple[int, object]]:
    episode, title = one.episode, one.title
    addresses = {normalise_address(address) for address in (*episode.addresses, episode.guid)}
    signs: set[tuple[int, object]] = {(_BY_ADDRESS, address) for address in addresses if address}
    if episode.guid.strip():
        signs.add((_BY_GUID, episode.guid.strip()))
    if title.key and episode.published:
        signs.add((_BY_TITLE, (title.key, title.part, title.markers)))
    return signs


def _by_sign(kind: int, by_source: Mapping[str, Sequence[Titled]]) -> Iterator[_Link]:
    ids = sorted(some[0].episode.id for some in by_source.values() if len(some) == 1)
    for other in ids[1:]:
        yield _Link(kind, 0, ids[0], other)


def _by_title(by_source: Mapping[str, Sequence[Titled]]) -> Iterator[_Link]:
    if len(by_source) > _MOST_SOURCES:
        return
    ordered = [sorted(some, key=lambda one: one.day) for some in by_source.values()]
    for some, others in combinations(ordered, 2):
        back = {id(one): _nearest(one, some) for one in others}
        for one in some:
            other = _nearest(one, others)
            if other and back[id(other)] is one:
                left, right = sorted((one.episode.id, other.episode.id))
                yield _Link(_BY_TITLE, abs(one.day - other.day), left, right)


def _nearest(one: Titled, others: Sequence[Titled]) -> Titled | None:
    """The one episode that came out nearest; None when it is too far, or not the only one."""
    first = bisect_left(others, one.day - _DAYS_APART, key=lambda other: other.day)
    last = bisect_right(others, one.day + _DAYS_APART, key=lambda other: other.day)
    if last - first > _MOST_NEAR:
        return None
    near = [other for other in others[first:last] if _same_number(one.title, other.title)]
    least = min((abs(one.day - other.day) for other in near), default=0)
    nearest = [other for other in near if abs(one.day - other.day) == least]
    return nearest[0] if len(nearest) == 1 else None


def _same_number(one: Title, other: Title) -> bool:
    return one.number is None or other.number is None or one.number == other.number
