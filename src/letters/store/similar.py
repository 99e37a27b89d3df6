"""Which entries' pages list which others, and what these lists are made from: words and their weights.

The meaning of a word and of a weight is the caller's (`letters.publish.similar`); here they are only kept and found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from letters.store.among import among, is_among
from letters.store.tables import similar, similar_state, similar_word, word_frequency

_THE_ROW = 1

#: An entry on another's list, and its score.
Listed = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntState:
    """What the frequencies of words were counted from."""

    #: Which rules were followed.
    rules: int
    #: Of how many entries.
    entries: int
    #: How many came, went or changed since.
    changed: int


# --- frequencies ---------------------------------------------------------------------------------------------


def load_learnt(c: Connection) -> LearntState | None:
    """None before the first time."""
    row = c.execute(select(similar_state).where(similar_state.c.id == _THE_ROW)).one_or_none()
    return None if row is None else LearntState(rules=row.rules, entries=row.entries, changed=row.changed)


def count_changed(c: Connection, changed: int) -> None:
    """So many entries came, went or changed since the frequencies were counted."""
    c.execute(update(similar_state).values(changed=changed))


def load_frequencies(c: Connection, words: Collection[str]) -> dict[str, int]:
    """In how many entries these words stood; those in one at the most are left out."""
    query = select(word_frequency).where(is_among(c.dialect.name, word_frequency.c.word))
    return {row.word: row.entries for row in c.execute(query, among(c.dialect.name, words))}


def replace_all(
    c: Connection,
    *,
    rules: int,
    entries: int,
    frequencies: Mapping[str, int],
    vectors: Mapping[str, Mapping[str, int]],
    lists: Mapping[str, Sequence[Listed]],
) -> None:
    """Everything was made anew."""
    for table in (similar_state, word_frequency, similar_word, similar):
        c.execute(delete(table))
    c.execute(insert(similar_state).values(id=_THE_ROW, rules=rules, entries=entries, changed=0))
    if frequencies:
        c.execute(
            insert(word_frequency),
            [{"word": word, "entries": count} for word, count in sorted(frequencies.items())],
        )
    _add_vectors(c, vectors)
    _add_lists(c, lists)


# --- vectors -------------------------------------------------------------------------------------------------


def load_vectors(c: Connection, entry_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """By entry, the weights of its words; an entry without any is left out."""
    query = select(similar_word).where(is_among(c.dialect.name, similar_word.c.entry_id))
    found: dict[str, dict[str, int]] = {}
    for word, entry_id, weight in c.execute(query, among(c.dialect.name, entry_ids)):
        found.setdefault(entry_id, {})[word] = weight
    return found


def sharing(c: Connection, words: Collection[str]) -> set[str]:
    """The entries that have one of these words."""
    query = select(similar_word.c.entry_id).where(is_among(c.dialect.name, similar_word.c.word))
    return set(c.execute(query, among(c.dialect.name, words)).scalars())


def set_vectors(c: Connection, vectors: Mapping[str, Mapping[str, int]]) -> None:
    """By entry, the weights of its words; an empty one takes the entry out."""
    c.execute(
        delete(similar_word).where(is_among(c.dialect.name, similar_word.c.entry_id)),
        among(c.dialect.name, list(vectors)),
    )
    _add_vectors(c, vectors)


def _add_vectors(c: Connection, vectors: Mapping[str, Mapping[str, int]]) -> None:
    rows = [
        {"word": word, "entry_id": entry_id, "weight": weight}
        for entry_id, vector in vectors.items()
        for word, weight in vector.items()
    ]
    if rows:
        c.execute(insert(similar_word), rows)


# --- lists ---------------------------------------------------------------------------------------------------


def load_lists(c: Connection, entry_ids: Collection[str] | None = None) -> dict[str, list[Listed]]:
    """By entry, whom its page lists, in order; entries that list nobody are left out."""
    query = select(similar).order_by(similar.c.entry_id, similar.c.position)
    if entry_ids is None:
        rows = c.execute(query)
    else:
        rows = c.execute(
            query.where(is_among(c.dialect.name, similar.c.entry_id)), among(c.dialect.name, entry_ids)
        )
    found: dict[str, list[Listed]] = {}
    for row in rows:
        found.setdefault(row.entry_id, []).append((row.other_id, row.score))
    return found


def listing(c: Connection, other_ids: Collection[str]) -> set[str]:
    """The entries whose pages list one of these."""
    query = select(similar.c.entry_id).where(is_among(c.dialect.name, similar.c.other_id))
    return set(c.execute(query, among(c.dialect.name, other_ids)).scalars())


def set_lists(c: Connection, lists: Mapping[str, Sequence[Listed]]) -> None:
    """By entry, whom its page lists from now on."""
    c.execute(
        delete(similar).where(is_among(c.dialect.name, similar.c.entry_id)),
        among(c.dialect.name, list(lists)),
    )
    _add_lists(c, lists)


def _add_lists(c: Connection, lists: Mapping[str, Iterable[Listed]]) -> None:
    rows = [
        {"entry_id": entry_id, "position": position, "other_id": other, "score": score}
        for entry_id, listed in lists.items()
        for position, (other, score) in enumerate(listed, start=1)
    ]
    if rows:
        c.execute(insert(similar), rows)
