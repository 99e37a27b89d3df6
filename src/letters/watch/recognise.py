"""Which entries of a document are episodes that are stored already, by what identifies them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from letters.model import Episode
from letters.store.seen import SeenEpisode
from letters.watch.likeness import media_file, page
from letters.watch.parse.identity import candidates


@dataclass(frozen=True, slots=True)
class Recognised:
    """By place in the document's entries: the identity of the stored episode that it is, or None."""

    identities: tuple[str | None, ...]
    #: Places of entries that repeat one that was not read again; their identity is that one's.
    repeats: frozenset[int]


def recognise(
    seen: Mapping[str, SeenEpisode], entries: Sequence[Episode], *, kept: Collection[str] = frozenset()
) -> Recognised:
    """Find the stored episodes that entries are, at most one for each.

    An entry goes by what could identify it: guid, enclosure, link, words. What identified it alone at one look may be
    shared by several at the next, and the other way round, so all of these are looked up, and the stored episode with
    which most agrees wins. An agreement that entries of this source have in common proves nothing, and an entry with
    nothing but an old guid is another entry, for some publishers use them again. What is in `kept` is taken.
    """
    if not seen:
        return Recognised((None,) * len(entries), frozenset())
    common = _Common(entries, seen.values())
    options: list[tuple[int, int, int, str]] = []
    repeats: dict[int, str] = {}
    for place, entry in enumerate(entries):
        own = candidates(entry)
        for rank, identity in enumerate(own):
            known = seen.get(identity)
            if known is None:
                continue
            if identity in kept:
                if all(ours == theirs for ours, theirs in _traits(known, entry)):
                    repeats[place] = identity
                continue
            # The last candidate is made of all words there are: nothing more can agree.
            agreeing = (
                len(_traits(known, entry))
                if identity == own[-1]
                else _agreement(known, entry, identity, common)
            )
            if agreeing:
                options.append((-agreeing, rank, place, identity))
    found: list[str | None] = [repeats.get(place) for place in range(len(entries))]
    taken: set[str] = set()
    # The best agreement first, wherever it stands in the document.
    for _, _, place, identity in sorted(options):
        if found[place] is None and identity not in taken:
            found[place] = identity
            taken.add(identity)
    return Recognised(tuple(found), frozenset(repeats))


def has_doubts(seen: Mapping[str, SeenEpisode], entries: Iterable[Episode]) -> bool:
    """Whether an entry came with a known identity but with another title and date: an edit, or a guid used again."""
    pairs = ((seen.get(entry.identity), entry) for entry in entries)
    return any(
        known is not None and known.title != entry.title and known.published != entry.published
        for known, entry in pairs
    )


class _Common:
    """What several entries of a source share: it tells none of them apart."""

    def __init__(self, entries: Sequence[Episode], seen: Iterable[SeenEpisode]) -> None:
        self._entries, self._seen = entries, seen

    @cached_property
    def _values(self) -> tuple[frozenset[object], ...]:
        # Worked out when first asked for: most looks find nothing but entries that nobody knows.
        entries, known = self._entries, list(self._seen)
        return tuple(
            _shared(values)
            for values in (
                ([one.guid for one in entries], [one.guid for one in known]),
                ([enclosure_of(one) for one in entries], [one.enclosure for one in known]),
                ([one.link for one in entries], [one.link for one in known]),
                ([one.title for one in entries], [one.title for one in known]),
                ([one.published for one in entries], [one.published for one in known]),
            )
        )

    def __contains__(self, trait: tuple[int, object]) -> bool:
        kind, value = trait
        return value in self._values[kind]


def _shared(values: tuple[Sequence[object], Sequence[object]]) -> frozenset[object]:
    return frozenset(
        value for several in values for value, number in Counter(several).items() if value and number > 1
    )


def _agreement(known: SeenEpisode, entry: Episode, identity: str, common: _Common) -> int:
    """In how many traits they agree, if in enough to be the same; else 0."""
    traits = list(enumerate(_traits(known, entry)))
    agreeing = [(kind, ours) for kind, (ours, theirs) in traits if ours and ours == theirs]
    needed = 1 if identity == entry.identity else 2
    if len(agreeing) < needed or _is_another(known, entry):
        return 0
    is_told_apart = any(trait not in common for trait in agreeing)
    disagrees = any(ours and theirs and ours != theirs for _, (ours, theirs) in traits)
    return len(agreeing) if is_told_apart or not disagrees else 0


def _is_another(known: SeenEpisode, entry: Episode) -> bool:
    """Whether an entry that bears a known identity is a later one: other title, other file or page, and a later date."""
    if known.title == entry.title or not (known.published and entry.published):
        return False
    if entry.published <= known.published:
        return False
    if known.enclosure and entry.enclosures:
        return media_file(known.enclosure) != media_file(enclosure_of(entry))
    return bool(known.link and entry.link) and page(known.link) != page(entry.link)


def _traits(known: SeenEpisode, entry: Episode) -> tuple[tuple[object, object], ...]:
    """What two entries can agree in, strongest first; the order is that of `_Common`."""
    return (
        (known.guid, entry.guid),
        (known.enclosure, enclosure_of(entry)),
        (known.link, entry.link),
        (known.title, entry.title),
        (known.published, entry.published),
    )


def enclosure_of(entry: Episode) -> str:
    """The address of an entry's media file; empty without one."""
    return entry.enclosures[0].url if entry.enclosures else ""
