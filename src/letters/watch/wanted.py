"""What of the stored episodes has to be known before a document can be compared with them. Pure.

Most looks find an entry or two among many that were kept, and most sources have far more episodes than a document lists;
so a comparison begins with few of them, and asks for the rest only where few cannot tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from letters.model import Episode
from letters.store.seen import SeenEpisode
from letters.watch.parse.identity import candidates, guid_identity
from letters.watch.parse.values import Deleted
from letters.watch.recognise import has_doubts, recognise
from letters.watch.upheaval import CROWD


def wanted(
    entries: Iterable[Episode],
    *,
    listed: Collection[str],
    kept: Collection[str] = frozenset(),
    deleted: Iterable[Deleted] = (),
    is_first: bool,
) -> frozenset[str] | None:
    """The identities to load, of a source whose last document listed `listed`; None: all that are stored of it.

    Those by which the entries could be known, those that the document no longer holds as it did, for they may be among the
    entries under other names, and those that its notices of deletion name.
    """
    if is_first or not listed:
        return None
    some = {identity for entry in entries for identity in candidates(entry)}
    some |= {guid_identity(notice.ref) for notice in deleted}
    return frozenset(some.union(set(listed).difference(kept)))


def needs_all(
    seen: Mapping[str, SeenEpisode], entries: Sequence[Episode], *, kept: Collection[str] = frozenset()
) -> bool:
    """Whether what `wanted` asked for leaves a doubt that only all stored episodes can settle.

    A crowd of entries came that nobody knows, or an identity that is known came with other words and another date.
    """
    if has_doubts(seen, entries):
        return True
    if len(entries) < CROWD:
        return False
    identities = recognise(seen, entries, kept=kept).identities
    unknown = identities.count(None)
    return unknown >= CROWD and unknown > len(identities) - unknown + len(kept)
