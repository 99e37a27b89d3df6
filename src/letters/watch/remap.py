"""Episodes that came back under other identities: guids moved to https, a new host, permalinks renamed (R64). Pure.

Where the publisher's identifiers fail, an entry is known by what is left of it: its guid or page but for scheme and host,
its media file but for host and counting services, its title, its date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TypeVar

from letters.model import Episode
from letters.store.seen import SeenEpisode
from letters.watch.likeness import media_file, page, page_anywhere, same_guid, title_words
from letters.watch.recognise import enclosure_of

#: Dates that differ by less are the same date in another zone, or a corrected one.
_SAME_DATE = timedelta(hours=26)
#: So many pairs with other dates are needed before all dates count as reset.
_SEVERAL = 3


class _Clue(IntEnum):
    """What two entries may have in common, the most telling first."""

    GUID = 1
    LINK = 2
    FILE = 3
    TITLE = 4
    DATE = 5


_Pair = tuple[int, str]
T = TypeVar("T")


def remap(unknown: Sequence[Episode], absent: Mapping[str, SeenEpisode], *, is_crowd: bool) -> dict[int, str]:
    """By place among the unknown entries, the identity of the absent episode that each one is; none is given twice.

    A clue counts only where it leads from one entry to one episode. A single entry among known ones has to share its guid
    and something else, or its date and its title or file: a daily show may give all of its episodes the same title and
    page. In a crowd, when a whole document came back under other identities, two clues of any kind will do; so will one
    that is not the date, unless the dates are more than a day apart and most other pairs kept theirs.
    """
    if not is_crowd and not _may_share(unknown, absent):
        return {}
    clues = _clues(unknown, absent)
    was_redated = is_crowd and _were_redated(clues, unknown, absent)
    found: dict[int, str] = {}
    taken: set[str] = set()
    for (place, identity), shared in sorted(
        clues.items(), key=lambda item: (-len(item[1]), item[1], item[0])
    ):
        if place in found or identity in taken:
            continue
        dates_agree = was_redated or _same_date(unknown[place].published, absent[identity].published)
        if _is_enough(shared, is_crowd=is_crowd, dates_agree=dates_agree):
            found[place] = identity
            taken.add(identity)
    return found


def _is_enough(shared: Sequence[_Clue], *, is_crowd: bool, dates_agree: bool) -> bool:
    if len(shared) < 2:
        return is_crowd and dates_agree and shared[0] is not _Clue.DATE
    if is_crowd or _Clue.GUID in shared:
        return True
    return _Clue.DATE in shared and (_Clue.TITLE in shared or _Clue.FILE in shared)


def _may_share(unknown: Sequence[Episode], absent: Mapping[str, SeenEpisode]) -> bool:
    """Whether a single entry could be recognised at all, which takes its guid or its date. Cheap, for nearly all looks end here."""
    dates = {one.published for one in absent.values() if one.published}
    if any(one.published in dates for one in unknown):
        return True
    guids = {form for one in absent.values() for form in _guid_forms(one.guid) if form}
    return any(form in guids for one in unknown for form in _guid_forms(one.guid))


def _clues(unknown: Sequence[Episode], absent: Mapping[str, SeenEpisode]) -> dict[_Pair, list[_Clue]]:
    """By pair of entry and episode, the clues that lead from the one to the other and nowhere else."""
    theirs = [_forms(one.guid, one.link, enclosure_of(one), one.title, one.published) for one in unknown]
    ours = {
        identity: _forms(one.guid, one.link, one.enclosure, one.title, one.published)
        for identity, one in absent.items()
    }
    clues: dict[_Pair, list[_Clue]] = {}
    for number, clue in enumerate(_KINDS):
        places = _alone((forms[number], place) for place, forms in enumerate(theirs))
        identities = _alone((forms[number], identity) for identity, forms in ours.items())
        for form in places.keys() & identities.keys():
            shared = clues.setdefault((places[form], identities[form]), [])
            if clue not in shared:
                shared.append(clue)
    return clues


#: Of each of the forms below, the clue that it is.
_KINDS = (_Clue.GUID, _Clue.GUID, _Clue.LINK, _Clue.LINK, _Clue.FILE, _Clue.TITLE, _Clue.DATE)


def _forms(guid: str, link: str, enclosure: str, title: str, published: datetime | None) -> tuple[str, ...]:
    return (
        *_guid_forms(guid),
        page(link),
        page_anywhere(link),
        media_file(enclosure),
        title_words(title),
        published.isoformat() if published else "",
    )


def _guid_forms(guid: str) -> tuple[str, str]:
    return same_guid(guid), page_anywhere(guid) if "://" in guid else ""


def _alone(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """What bears each form, where only one does."""
    listed = [(form, bearer) for form, bearer in pairs if form]
    number = Counter(form for form, _ in listed)
    return {form: bearer for form, bearer in listed if number[form] == 1}


def _were_redated(
    clues: Iterable[_Pair], unknown: Sequence[Episode], absent: Mapping[str, SeenEpisode]
) -> bool:
    """Whether most of what seems to have come back has other dates now, as after some moves."""
    dated = [
        _same_date(unknown[place].published, absent[identity].published)
        for place, identity in clues
        if unknown[place].published and absent[identity].published
    ]
    moved = dated.count(False)
    return moved >= _SEVERAL and 2 * moved > len(dated)


def _same_date(one: datetime | None, other: datetime | None) -> bool:
    return one is None or other is None or abs(one - other) <= _SAME_DATE
