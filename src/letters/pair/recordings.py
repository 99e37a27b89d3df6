"""One recording in several sources: a show that is watched twice, as audio and video or at an old and a new address."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations

from letters.pair.addresses import normalise_address
from letters.pair.shows import Show, ShowFinder, name_key
from letters.pair.titles import Title, read_title
from letters.pair.values import EpisodeToPair
from letters.pair.wording import fold

#: Equal titles are one recording when they came out at most so far apart; a re-run comes later.
_NEAR = timedelta(days=3)
#: With more of one title that near, which is which cannot be told; looking at all would make the work grow with the square.
_MOST = 20

_Link = tuple[int, str, str]


class Recordings:
    """Which episodes are the same recording: twins. An episode without twins is a recording of its own."""

    def __init__(self, groups: Iterable[Sequence[EpisodeToPair]] = ()) -> None:
        self._twins: dict[str, tuple[EpisodeToPair, ...]] = {}
        for group in groups:
            twins = tuple(sorted(group, key=lambda one: one.id))
            self._twins |= {one.id: twins for one in twins}

    def of(self, episode_id: str) -> str:
        """What stands for the episode's recording: the smallest id of its twins, its own when it has none."""
        twins = self._twins.get(episode_id)
        return twins[0].id if twins else episode_id

    def twins(self, episode_id: str) -> tuple[EpisodeToPair, ...]:
        """The episode and its twins, by id; nothing for one that has none."""
        return self._twins.get(episode_id, ())


def represent(twins: Iterable[EpisodeToPair], publisher: str = "") -> EpisodeToPair:
    """The twin that is paired for its recording.

    It is the one whose show is called as the card credits its publisher (word for word before otherwise), then the one
    that has more of description and enclosure, then the earliest, then that of the smallest id.
    """
    return min(twins, key=lambda one: (_credited(one, publisher), *_worth(one)))


def _credited(one: EpisodeToPair, publisher: str) -> int:
    if not publisher:
        return 2
    if fold(publisher) in map(fold, one.names):
        return 0
    return 1 if name_key(publisher) in map(name_key, one.names) else 2


def _worth(one: EpisodeToPair) -> tuple[int, date, str]:
    return (-(bool(one.description) + one.is_enclosed), one.published or date.max, one.id)


def find_recordings(
    episodes: Sequence[EpisodeToPair], shows: Mapping[str, Show], finder: ShowFinder
) -> Recordings:
    """Find the twins: of different sources whose shows share a name, and either of one guid or address, or of one title
    and near in time. Two episodes of one source are never twins, nor made so by a third.
    """
    kin = _find_kin(episodes, finder)
    among = _shared(episodes, kin)
    by_id = {one.id: one for one in among}
    links = [*_by_address(among, kin), *_by_title(among, kin, shows)]
    return Recordings(_join(sorted(links), by_id))


def _find_kin(episodes: Iterable[EpisodeToPair], finder: ShowFinder) -> Mapping[str, set[str]]:
    """By show, those that a card would find by one of its names, itself too; both ways."""
    kin: dict[str, set[str]] = defaultdict(set)
    for show, name in sorted({(one.show, name) for one in episodes for name in one.names}):
        for other in finder.find(name):
            kin[show].add(other)
            kin[other].add(show)
    return kin


def _shared(episodes: Iterable[EpisodeToPair], kin: Mapping[str, set[str]]) -> list[EpisodeToPair]:
    """The episodes of shows that more than one source has: only these can have twins."""
    episodes = sorted(episodes, key=lambda one: one.id)
    sources: dict[str, set[str]] = defaultdict(set)
    for one in episodes:
        sources[one.show].add(one.origin)
    shared = {
        show for show in sources if len({one for other in kin.get(show, ()) for one in sources[other]}) > 1
    }
    return [one for one in episodes if one.show in shared]


def _may_be_twins(one: EpisodeToPair, other: EpisodeToPair, kin: Mapping[str, set[str]]) -> bool:
    return one.origin != other.origin and other.show in kin[one.show]


def _by_address(episodes: Iterable[EpisodeToPair], kin: Mapping[str, set[str]]) -> Iterator[_Link]:
    holders: dict[tuple[int, str], dict[str, list[EpisodeToPair]]] = {}
    for one in episodes:
        for key in _keys(one):
            holders.setdefault(key, {}).setdefault(one.origin, []).append(one)
    for (strength, _), by_source in holders.items():
        # What several episodes of a source share, such as its home page, tells none of them.
        alone = [some[0] for some in by_source.values() if len(some) == 1]
        for one, other in combinations(sorted(alone, key=lambda one: one.id), 2):
            if _may_be_twins(one, other, kin):
                yield strength, one.id, other.id


def _keys(one: EpisodeToPair) -> set[tuple[int, str]]:
    guid = one.guid.strip()
    # A guid is unique in its feed only (RSS 2.0), and each feed that merely counts has the same numbers.
    keys = {(0, guid)} if guid and not guid.isdecimal() else set()
    addresses = {normalise_address(address) for address in (*one.addresses, guid)}
    # A bare host is somebody's home page.
    return keys | {(1, address) for address in addresses if "/" in address or "?" in address}


def _by_title(
    episodes: Iterable[EpisodeToPair], kin: Mapping[str, set[str]], shows: Mapping[str, Show]
) -> Iterator[_Link]:
    # Both sides lose the decoration that either has, or a name that only one feed repeats would part them.
    decorations = {
        show: frozenset[str]().union(*(shows[one].decorations for one in others))
        for show, others in kin.items()
    }
    same: dict[object, dict[str, list[_Dated]]] = {}
    for one in episodes:
        title = read_title(one.title, decorations[one.show])
        if one.published and title.key:
            key = (title.key, title.part, title.markers)
            same.setdefault(key, {}).setdefault(one.origin, []).append((one.published, one, title))
    for by_source in same.values():
        for some in by_source.values():
            some.sort(key=lambda dated: (dated[0], dated[1].id))
        for ours, theirs in combinations(by_source.values(), 2):
            for mine in ours:
                other = _only(mine, theirs, kin)
                # Each must be the other's only one: of a daily "News in brief", nobody knows which is which.
                if other and _only(other, ours, kin) is mine:
                    first, second = sorted((mine[1].id, other[1].id))
                    yield 2, first, second


_Dated = tuple[date, EpisodeToPair, Title]


def _only(mine: _Dated, theirs: Sequence[_Dated], kin: Mapping[str, set[str]]) -> _Dated | None:
    """The only one of theirs, all of its title and by date, that may be mine; None for none, or for several."""
    day, one, title = mine
    start = bisect_left(theirs, day - _NEAR, key=lambda dated: dated[0])
    end = bisect_right(theirs, day + _NEAR, key=lambda dated: dated[0])
    if end - start > _MOST:
        return None
    found = [
        other
        for other in theirs[start:end]
        if _may_be_twins(one, other[1], kin)
        and not _differ(title.number, other[2].number)
        and not _differ(title.season, other[2].season)
    ]
    return found[0] if len(found) == 1 else None


def _differ(mine: int | None, theirs: int | None) -> bool:
    return mine is not None and theirs is not None and mine != theirs


def _join(links: Iterable[_Link], by_id: Mapping[str, EpisodeToPair]) -> list[list[EpisodeToPair]]:
    """The groups that the links make, the stronger link first; one that would join two of a source is left out."""
    groups: dict[str, list[EpisodeToPair]] = {}
    for _, first, second in links:
        ours = groups.setdefault(first, [by_id[first]])
        theirs = groups.setdefault(second, [by_id[second]])
        if {one.origin for one in ours} & {one.origin for one in theirs}:
            continue
        ours += theirs
        groups |= {one.id: ours for one in theirs}
    return [group for key, group in groups.items() if len(group) > 1 and group[0].id == key]
