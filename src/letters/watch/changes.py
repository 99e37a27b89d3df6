"""Which entries are new or changed since we last looked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from letters.model import Episode
from letters.store.episodes import SeenEpisode, digest_of
from letters.watch.parse.identity import by_words, candidates

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be stored. Entries that are gone from the document are not in it: they stay as they are."""

    added: tuple[Episode, ...] = ()
    changed: tuple[Episode, ...] = ()
    removed: tuple[str, ...]=()
    identities: tuple[str,...]=()
    def problems(self, source): return ()


def changes(
    seen: Mapping[str, SeenEpisode],
    entries: Sequence[Episode],
    *,
    kept=frozenset(), deleted=(),
    is_first: bool,
    backfill: int,
    now: datetime,
) -> Changes:
    """Compare a document's entries with what is stored of its source.

    At the first look the `backfill` newest entries are new and the others merely stored; later every unknown entry is
    new. The first look at a changed address, with episodes stored from the old one, announces only what is newer than
    all of them: the same feed at its new home must not come back as news. A moved date alone is no change; many
    publishers touch it on every request.
    """
    settled = _settled(seen, entries, kept)
    unknown = [entry for entry in settled if entry.identity not in seen]
    new = _new_among(unknown, seen, is_first=is_first, backfill=backfill)
    added = [replace(entry, first_seen=now, is_new=entry.identity in new) for entry in unknown]
    changed = [
        updated
        for entry in settled
        if entry.identity in seen and (updated := _updated(seen[entry.identity], entry)) is not None
    ]
    return Changes(tuple(added), tuple(changed), (), tuple(e.identity for e in settled))


def _settled(seen: Mapping[str, SeenEpisode], entries: Sequence[Episode], kept) -> list[Episode]:
    """The entries under the identities by which we know them, each identity once."""
    taken: set[str] = set(kept)
    settled = []
    for entry in entries:
        identity = _known_identity(seen, entry, taken)
        if identity in taken:
            identity = by_words(entry)
        if identity not in taken:
            taken.add(identity)
            settled.append(replace(entry, identity=identity))
    return settled


def _known_identity(seen: Mapping[str, SeenEpisode], entry: Episode, taken: set[str]) -> str:
    """The stored identity that this entry goes by, else its own.

    What identified an entry alone at one look may be shared by several at the next (a publisher used a guid again), and
    the other way round; so a stored identity is taken where more agrees with it than with the entry's own.
    """
    known = [value for value in candidates(entry) if value in seen and value not in taken]
    if not known:
        return entry.identity
    best = max(known, key=lambda value: _agreement(seen[value], entry))
    if best == entry.identity or _agreement(seen[best], entry) >= 2:
        return best
    return entry.identity


def _agreement(known: SeenEpisode, entry: Episode) -> int:
    pairs = ((known.guid, entry.guid), (known.link, entry.link), (known.title, entry.title))
    return sum(1 for ours, theirs in pairs if ours and ours == theirs)


def _new_among(
    unknown: Sequence[Episode], seen: Mapping[str, SeenEpisode], *, is_first: bool, backfill: int
) -> set[str]:
    if not is_first:
        return {entry.identity for entry in unknown}
    if not seen:
        # The sort is stable: among undated entries the document's order counts, newest first as publishers have it.
        newest = sorted(unknown, key=lambda entry: entry.published or _BEGINNING, reverse=True)
        return {entry.identity for entry in newest[: max(backfill, 0)]}
    latest = max((known.published or _BEGINNING for known in seen.values()), default=_BEGINNING)
    return {entry.identity for entry in unknown if entry.published and entry.published > latest > _BEGINNING}


def _updated(known: SeenEpisode, entry: Episode) -> Episode | None:
    """The entry as it is to be stored now; None when nothing that counts changed."""
    published = _published(known, entry)
    if digest_of(entry) == known.digest and published == known.published:
        return None
    return replace(entry, published=published, first_seen=known.first_seen, is_new=known.is_new)


def _published(known: SeenEpisode, entry: Episode) -> datetime | None:
    """The date to keep. One that is only the date of the last edit does not replace an earlier one."""
    if entry.published is None or (known.published is not None and entry.published == entry.updated):
        return known.published
    return entry.published
