"""Which entries are new or changed since we last looked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from letters.errors import Problem
from letters.model import Episode, Source
from letters.store.episodes import digest_of, mint_id
from letters.store.seen import SeenEpisode
from letters.watch.news import news_among
from letters.watch.parse.identity import candidates
from letters.watch.parse.values import Deleted
from letters.watch.recognise import recognise
from letters.watch.remap import remap
from letters.watch.tombstones import removed_notice, withdrawn
from letters.watch.upheaval import (
    CROWD,
    confirmed,
    is_crowd,
    quarantine_problem,
    released_notice,
    renamed_notice,
    suspects,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be stored. Entries that are gone from the document are not in it: they stay as they are."""

    #: Stored for the first time.
    added: tuple[Episode, ...] = ()
    #: Stored for the first time, in quarantine: they may be known episodes under other identities (R64).
    quarantined: tuple[Episode, ...] = ()
    #: Words or dates changed. Those in quarantine and those that were removed are among them, and stay so.
    changed: tuple[Episode, ...] = ()
    #: By the identity they had, episodes under the one they have now; their ids are the same.
    renamed: Mapping[str, Episode] = field(default_factory=dict)
    #: Ids of episodes that their publisher withdrew (R65).
    removed: tuple[str, ...] = ()
    #: Ids of episodes whose quarantine this look ends.
    released: tuple[str, ...] = ()
    #: By place in the entries: the identity under which each is stored now.
    identities: tuple[str, ...] = field(default=(), compare=False)

    def problems(self, source: Source) -> list[Problem]:
        """What an operator has to know of it: quarantine is a problem, the rest are notices."""
        where, key = f'source "{source.key}"', source.key
        told = []
        if self.quarantined:
            told.append(
                quarantine_problem(where, key, held=len(self.quarantined), recognised=len(self.renamed))
            )
        elif len(self.renamed) >= CROWD:
            told.append(renamed_notice(where, len(self.renamed)))
        if self.removed:
            told.append(removed_notice(where, key, len(self.removed)))
        if self.released:
            told.append(released_notice(where, len(self.released)))
        return told


def changes(
    seen: Mapping[str, SeenEpisode],
    entries: Sequence[Episode],
    *,
    kept: Collection[str] = frozenset(),
    deleted: Sequence[Deleted] = (),
    is_first: bool,
    backfill: int,
    is_whole: bool = True,
    now: datetime,
) -> Changes:
    """Compare a document's entries with what is stored of its source.

    `entries` are those that were read, `kept` the identities of stored episodes that the document holds again unchanged;
    all of them are present, and no entry is taken for one in `kept`. `seen` is what `letters.watch.wanted` asks for. Of a
    document that is not `is_whole`, as a hub may push it, nothing follows for what it does not hold.

    At the first look the `backfill` newest entries are new and the others merely stored; later an unknown entry is new if
    it is news (see `letters.watch.news`). The first look at a changed address, with episodes stored from the old one,
    announces only what is dated later than all of them: the same feed at its new home must not come back as news.

    Before an entry counts as unknown it is looked for under other identities (see `letters.watch.remap`), and when a whole
    document came back under others, what cannot be found is put in quarantine (see `letters.watch.upheaval`). A moved
    date alone is no change; many publishers touch it on every request.
    """
    matches = _match(seen, entries, kept, is_whole=is_whole)
    names = _names(seen, entries, matches, kept)
    held = _held(seen, entries, matches, is_first=is_first)
    unknown = {
        place: entries[place]
        for name, place in _first_places(names).items()
        if matches.stored[place] is None and name not in seen and name not in kept
    }
    news = news_among(seen, unknown, is_first=is_first, backfill=backfill) - held
    fresh = {
        place: replace(
            entry,
            id=mint_id(entry.source, names[place]),
            identity=names[place],
            first_seen=now,
            is_new=place in news,
        )
        for place, entry in unknown.items()
    }
    again = _again(seen, entries, matches, names)
    return Changes(
        added=tuple(episode for place, episode in fresh.items() if place not in held),
        quarantined=tuple(episode for place, episode in fresh.items() if place in held),
        changed=tuple(episode for identity, episode in again.items() if episode.identity == identity),
        renamed={identity: episode for identity, episode in again.items() if episode.identity != identity},
        removed=withdrawn(seen, deleted, listed=_listed(seen, entries, matches)),
        released=() if held else confirmed(seen, present=matches.present, now=now),
        identities=names,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matches:
    """Which stored episodes a document's entries are."""

    #: By place: the identity under which the episode was stored so far; None: it was not.
    stored: tuple[str | None, ...]
    #: Places of entries that repeat one that was not read again.
    repeats: frozenset[int]
    #: Places of entries that were found under other identities.
    back: frozenset[int]
    #: Identities of all stored episodes that the document holds.
    present: frozenset[str]
    #: Most entries are unknown by their identifiers, and most of what should be there is not.
    in_crowd: bool


def _match(
    seen: Mapping[str, SeenEpisode], entries: Sequence[Episode], kept: Collection[str], *, is_whole: bool
) -> _Matches:
    recognised = recognise(seen, entries, kept=kept)
    stored = list(recognised.identities)
    unknown = [place for place, identity in enumerate(stored) if identity is None]
    present = frozenset(kept).union(identity for identity in stored if identity is not None)
    absent = {identity: known for identity, known in seen.items() if identity not in present}
    in_crowd = is_whole and is_crowd(seen, unknown=len(unknown), present=present)
    found: Mapping[int, str] = {}
    if is_whole and unknown and absent:
        found = remap([entries[place] for place in unknown], absent, is_crowd=in_crowd)
    for number, identity in found.items():
        stored[unknown[number]] = identity
    return _Matches(
        stored=tuple(stored),
        repeats=recognised.repeats,
        back=frozenset(unknown[number] for number in found),
        present=present.union(found.values()),
        in_crowd=in_crowd,
    )


def _names(
    seen: Mapping[str, SeenEpisode],
    entries: Sequence[Episode],
    matches: _Matches,
    kept: Collection[str],
) -> tuple[str, ...]:
    """By place, the identity that each entry's episode bears from now on.

    A stored one changes only for a better one: where the publisher gives a guid now, or gives another. What is taken is
    not given again; an entry that then has nothing of its own is another's repetition, and has the other's.
    """
    taken = {*seen, *kept}
    names = []
    for place, (entry, identity) in enumerate(zip(entries, matches.stored, strict=True)):
        name = identity or ""
        is_nameless = identity is None or place in matches.back
        if is_nameless and entry.identity not in taken:
            name = entry.identity
        elif name != entry.identity:
            options = _weaker_names(entry) if is_nameless else _better_names(entry, name)
            name = next((one for one in options if one not in taken), name or options[-1])
        taken.add(name)
        names.append(name)
    return tuple(names)


def _weaker_names(entry: Episode) -> tuple[str, ...]:
    """What an entry without a name may be called, the best first: its identity, and what identifies it less well."""
    own = candidates(entry)
    return own[own.index(entry.identity) :] if entry.identity in own else (entry.identity, *own)


def _better_names(entry: Episode, identity: str) -> tuple[str, ...]:
    """The entry's own identity, if that is stronger than the one it goes by."""
    own = candidates(entry)
    is_stronger = entry.identity in own[: own.index(identity)] if identity in own else True
    return (entry.identity,) if is_stronger else ()


def _first_places(names: Sequence[str]) -> dict[str, int]:
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        first.setdefault(name, place)
    return first


def _held(
    seen: Mapping[str, SeenEpisode], entries: Sequence[Episode], matches: _Matches, *, is_first: bool
) -> frozenset[int]:
    """The places of unknown entries that are to be quarantined.

    At a changed address of which nothing is familiar the operator has turned to another feed.
    """
    if not matches.in_crowd or (is_first and not matches.present):
        return frozenset()
    left = [place for place, identity in enumerate(matches.stored) if identity is None]
    return suspects(seen, {place: entries[place] for place in left}, recognised=len(matches.back))


def _listed(
    seen: Mapping[str, SeenEpisode], entries: Sequence[Episode], matches: _Matches
) -> dict[str, datetime | None]:
    """By identity, the stored episodes that the document holds, with the date of their last edit as far as it is known."""
    listed = {identity: seen[identity].published for identity in matches.present if identity in seen}
    for entry, identity in zip(entries, matches.stored, strict=True):
        if identity is not None:
            listed[identity] = entry.updated or entry.published
    return listed


def _again(
    seen: Mapping[str, SeenEpisode], entries: Sequence[Episode], matches: _Matches, names: Sequence[str]
) -> dict[str, Episode]:
    """By the identity they had, the stored episodes of which something is different now."""
    again = {}
    for place, (entry, identity, name) in enumerate(zip(entries, matches.stored, names, strict=True)):
        if identity is None or place in matches.repeats:
            continue
        known = seen[identity]
        published = _published(known, entry)
        if name == identity and published == known.published and digest_of(entry) == known.digest:
            continue
        again[identity] = replace(
            entry,
            id=known.id,
            identity=name,
            published=published,
            first_seen=known.first_seen,
            is_new=known.is_new,
        )
    return again


def _published(known: SeenEpisode, entry: Episode) -> datetime | None:
    """The date to keep. One that is only the date of the last edit does not replace an earlier one."""
    if entry.published is None or (known.published is not None and entry.published == entry.updated):
        return known.published
    return entry.published
