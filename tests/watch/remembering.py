"""A memory of one source's episodes, as the store would have it; not a test itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watching import NOW

from letters.model import Episode
from letters.store.episodes import digest_of, mint_id
from letters.store.seen import SeenEpisode
from letters.watch.changes import Changes, changes
from letters.watch.parse.identity import identified
from letters.watch.parse.values import Deleted
from letters.watch.recognise import enclosure_of


def seen_of(one: Episode, **fields: object) -> SeenEpisode:
    """What is remembered of a stored episode."""
    known = SeenEpisode(
        digest=digest_of(one),
        guid=one.guid,
        link=one.link,
        title=one.title,
        published=one.published,
        first_seen=one.first_seen or NOW,
        is_new=one.is_new,
        id=one.id or mint_id(one.source, one.identity),
        enclosure=enclosure_of(one),
    )
    return known._replace(**fields)


class Memory:
    """Looks at documents and remembers what came of it, a day after the other."""

    def __init__(self) -> None:
        self.seen: dict[str, SeenEpisode] = {}
        self.announced: list[str] = []
        self.now: datetime = NOW
        self._looks = 0

    def look(
        self,
        document: Sequence[Episode],
        *,
        kept: Collection[str] = (),
        deleted: Sequence[Deleted] = (),
        days: float = 1,
        is_first: bool | None = None,
    ) -> Changes:
        """Compare a document, read whole, with what is remembered."""
        self.now += timedelta(days=days)
        found = changes(
            self.seen,
            identified(document),
            kept=kept,
            deleted=deleted,
            is_first=self._looks == 0 if is_first is None else is_first,
            backfill=0,
            now=self.now,
        )
        self._looks += 1
        self._store(found)
        return found

    def remove(self, identity: str) -> None:
        self.seen[identity] = self.seen[identity]._replace(removed_at=self.now)

    def _store(self, found: Changes) -> None:
        held = {one.identity for one in found.quarantined}
        for one in (*found.added, *found.quarantined):
            assert one.identity not in self.seen, "an identity is given once"
            fields = {"quarantined_at": self.now} if one.identity in held else {}
            self.seen[one.identity] = seen_of(replace(one, id=self._free_id(one.identity)), **fields)
            self.announced += [one.title] if one.is_new else []
        for one in found.changed:
            self._replace(one.identity, one)
        for identity in found.renamed:
            assert found.renamed[identity].identity not in self.seen.keys() - found.renamed.keys()
        moved = {identity: self.seen.pop(identity) for identity in found.renamed}
        for identity, one in found.renamed.items():
            self.seen[one.identity] = moved[identity]
            self._replace(one.identity, one)
        self.seen = {
            identity: known._replace(
                quarantined_at=None if known.id in found.released else known.quarantined_at,
                removed_at=self.now if known.id in found.removed else known.removed_at,
            )
            for identity, known in self.seen.items()
        }
        ids = [known.id for known in self.seen.values()]
        assert len(set(ids)) == len(ids)

    def _free_id(self, identity: str) -> str:
        minted = mint_id("show", identity)
        taken = {known.id for known in self.seen.values()}
        return minted if minted not in taken else self._free_id(f"{identity} 2")

    def _replace(self, identity: str, one: Episode) -> None:
        before = self.seen[identity]
        assert one.id == before.id, "an episode keeps its id"
        self.seen[identity] = seen_of(one, quarantined_at=before.quarantined_at, removed_at=before.removed_at)
