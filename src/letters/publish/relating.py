"""Keeping the lists of similar entries: an entry that came, went or changed moves only the lists it is on or comes to.

Words are weighed by frequencies that were counted once and are counted again when a twentieth of the entries has changed; small
collections are thus always counted as they are (decision 160).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from letters.publish.similar import (
    LISTED,
    RULES,
    Frequencies,
    Gathered,
    Near,
    Vector,
    in_order,
    list_all,
    nearest,
    words_of,
)
from letters.store.entries import live_ids, load_entries
from letters.store.similar import (
    LearntState,
    count_changed,
    listing,
    load_frequencies,
    load_learnt,
    load_lists,
    load_vectors,
    replace_all,
    set_lists,
    set_vectors,
    sharing,
)

#: One in so many entries may have changed before frequencies are counted again.
_TOLERATED = 20
_AT_ONCE = 1_000


def relate(c: Connection, marked: Sequence[str]) -> set[str]:
    """Bring the lists up to date; `marked` are the entries that may have come, gone or changed.

    Returns those whose list is another one now, retired ones among them.
    """
    state = load_learnt(c)
    if state is None or state.rules != RULES:
        return _relate_all(c)
    if not marked:
        return set()
    if _too_many(len(marked), state):
        return _relate_all(c)
    before, now = load_vectors(c, marked), _weigh(c, marked, state)
    changed = {one: now.get(one, {}) for one in marked if now.get(one, {}) != before.get(one, {})}
    if _too_many(state.changed + len(changed), state):
        return _relate_all(c)
    if changed:
        count_changed(c, state.changed + len(changed))
    return _relate_changed(c, changed, state)


def _too_many(changed: int, state: LearntState) -> bool:
    return changed * _TOLERATED >= state.entries


def _weigh(c: Connection, ids: Sequence[str], state: LearntState) -> dict[str, Vector]:
    """By entry, the weights of its words; retired ones are left out."""
    words = {entry.id: words_of(entry) for entry in load_entries(c, ids=ids)}
    frequencies = _frequencies(c, words.values(), state)
    return {entry_id: frequencies.weigh(one) for entry_id, one in words.items()}


def _frequencies(c: Connection, entries: Iterable[Iterable[str]], state: LearntState) -> Frequencies:
    """Of the words of these entries."""
    return Frequencies(state.entries, load_frequencies(c, list({word for one in entries for word in one})))


def _relate_changed(c: Connection, changed: Mapping[str, Vector], state: LearntState) -> set[str]:
    """Make again the lists of those that changed and of those that list them; let them come to the lists of others."""
    again = listing(c, list(changed)) - changed.keys()
    set_vectors(c, changed)
    lists: dict[str, list[Near]] = {one: [] for one in changed}
    coming: dict[str, list[Near]] = {}
    looking = {**changed, **load_vectors(c, list(again))}
    frequencies = _frequencies(c, looking.values(), state)
    for one, vector in looking.items():
        others = sharing(c, frequencies.rare(vector)) - {one}
        near = nearest(vector, load_vectors(c, list(others)))
        lists[one] = near[:LISTED]
        if one in changed:
            for neighbour in near:
                coming.setdefault(neighbour.id, []).append(Near(one, neighbour.score))
    untouched = coming.keys() - lists.keys()
    listed = _load(c, [*untouched, *lists])
    for other in untouched:
        # Nobody leaves these lists, so nobody can come to them but the changed.
        lists[other] = in_order([*listed.get(other, []), *coming[other]])[:LISTED]
    moved = {one: near for one, near in lists.items() if near != listed.get(one, [])}
    set_lists(c, moved)
    return set(moved)


def _relate_all(c: Connection) -> set[str]:
    """Count the frequencies again, and make all lists from them."""
    gathered = Gathered()
    for part in _parts(live_ids(c)):
        for entry in load_entries(c, ids=part):
            gathered.add(entry.id, words_of(entry))
    frequencies = gathered.frequencies()
    vectors = gathered.vectors(frequencies)
    before, lists = _load(c), list_all(vectors, frequencies)
    replace_all(
        c,
        rules=RULES,
        entries=frequencies.entries,
        frequencies=frequencies.by_word,
        vectors=vectors,
        lists=lists,
    )
    return {one for one in before.keys() | lists.keys() if before.get(one) != lists.get(one)}


def _load(c: Connection, ids: Sequence[str] | None = None) -> dict[str, list[Near]]:
    return {one: [Near(*other) for other in listed] for one, listed in load_lists(c, ids).items()}


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
