"""What one look comes to, before anything is stored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from letters.model import Source
from letters.settings.types import WatchSettings
from letters.store.seen import SeenEpisode
from letters.store.sources import SourceState
from letters.watch.changes import Changes, changes
from letters.watch.parse import ParsedFeed
from letters.watch.poll import after_document, after_failure, after_gone, after_not_modified, after_push
from letters.watch.problems import failure_problem, gone_problem, is_told, move_notices, push_problem
from letters.watch.values import Document, Failed, Fetched, Gone, Look, NotModified
from letters.watch.wanted import needs_all, wanted

_NO_CHANGES = Changes()


class Arrival(NamedTuple):
    """What came of asking a source, or what its hub pushed; `state` is what was known when it was asked."""

    source: Source
    state: SourceState
    fetched: Fetched
    #: The row of `letters.store.pushes` it came from.
    push_id: int | None = None


class Reading(NamedTuple):
    """What was read of a document: None when it is, to the byte, the one that was read last time."""

    digest: str
    parsed: ParsedFeed | None
    #: What the document before it held: fingerprint -> identity.
    known: Mapping[str, str]


class Finding(NamedTuple):
    """An arrival with its document read."""

    arrival: Arrival
    #: For documents only.
    reading: Reading | None = None

    @property
    def parsed(self) -> ParsedFeed | None:
        return self.reading.parsed if self.reading is not None else None


class Record(NamedTuple):
    """What is to be stored of a finding, all of it or nothing."""

    state: SourceState
    look: Look
    changes: Changes = _NO_CHANGES
    #: What the source's last document held, for `letters.store.documents`; None: as stored.
    document: Mapping[str, str] | None = None


_NOTHING_NEW = Look()


def wanted_of(finding: Finding) -> frozenset[str] | None:
    """The identities of the stored episodes that `record_of` has to know of; None: all that are stored of the source."""
    parsed, reading = finding.parsed, finding.reading
    if parsed is None or reading is None:
        return frozenset()
    return wanted(
        parsed.entries,
        listed=reading.known.values(),
        kept=_kept(finding).values(),
        deleted=parsed.deleted,
        is_first=finding.arrival.state.first_look_at is None,
    )


def wants_all(finding: Finding, seen: Mapping[str, SeenEpisode]) -> bool:
    """Whether what `wanted_of` asked for leaves a doubt that only all stored episodes can settle."""
    parsed = finding.parsed
    return parsed is not None and needs_all(seen, parsed.entries, kept=_kept(finding).values())


def _kept(finding: Finding) -> Mapping[str, str]:
    """Of the document before this one, what this one holds again: fingerprint -> identity."""
    reading = finding.reading
    if reading is None or reading.parsed is None:
        return {}
    return {mark: reading.known[mark] for mark in reading.parsed.kept}


def _is_whole(finding: Finding) -> bool:
    """Whether the document lists all that the source lists; a pushed one may hold only what is new."""
    fetched = finding.arrival.fetched
    return not (isinstance(fetched, Document) and fetched.is_pushed)


def record_of(
    finding: Finding,
    seen: Mapping[str, SeenEpisode],
    *,
    settings: WatchSettings,
    is_pushed: bool,
    everything: bool,
    now: datetime,
) -> Record:
    """What a finding means for the source. `seen`: see `wanted_of`; `is_pushed`: its hub announces what is new."""
    source, state = finding.arrival.source, finding.arrival.state
    match finding.arrival.fetched:
        case Document() as document:
            return _record_of_document(
                finding, document, seen, settings=settings, is_pushed=is_pushed, now=now
            )
        case NotModified() as answer:
            after = after_not_modified(state, answer, settings=settings, is_pushed=is_pushed, now=now)
            notices = move_notices(source, state, after)
            return Record(state=after, look=Look(problems=tuple(notices)) if notices else _NOTHING_NEW)
        case Gone():
            after = after_gone(state, now=now)
            told = [gone_problem(source, after), *move_notices(source, state, after)]
        case Failed() as failure:
            if finding.arrival.push_id is not None:
                # What a hub sends says nothing of how the source answers.
                return Record(state=state, look=Look(problems=(push_problem(source, failure),)))
            after = after_failure(state, failure, settings=settings, now=now)
            is_worth_it = everything or is_told(after.failures)
            told = [failure_problem(source, failure, after)] if is_worth_it else []
            told += move_notices(source, state, after)
    return Record(state=after, look=Look(is_failure=True, problems=tuple(told)))


def _record_of_document(
    finding: Finding,
    document: Document,
    seen: Mapping[str, SeenEpisode],
    *,
    settings: WatchSettings,
    is_pushed: bool,
    now: datetime,
) -> Record:
    source, state, reading = finding.arrival.source, finding.arrival.state, finding.reading
    assert reading is not None, "a document is read before it is recorded"
    parsed = reading.parsed
    if parsed is None:
        found, held = Changes(), None
    else:
        found, held = _compare(finding, parsed, seen, now=now)
    new = sum(episode.is_new for episode in found.added)
    # Not of all that was read: a publisher who gives old entries new dates has no other rhythm for it.
    published = [episode.published for episode in found.added if episode.published]
    look = Look(
        new=new,
        changed=len(found.changed) + len(found.renamed),
        stored=len(found.added) + len(found.quarantined),
        problems=tuple(found.problems(source)),
    )
    if document.is_pushed:
        after = after_push(state, published=published, new=new, now=now)
        return _without_trust(Record(state=after, look=look, changes=found, document=held))
    after = after_document(
        state,
        document,
        digest=reading.digest,
        title=parsed.title if parsed is not None else state.feed_title,
        hints=parsed.hints if parsed is not None else None,
        published=published,
        new=new,
        settings=settings,
        is_pushed=is_pushed,
        now=now,
        is_familiar=parsed is None or _is_familiar(parsed, found, seen, state),
    )
    moves = move_notices(source, state, after)
    return Record(
        state=after,
        look=look._replace(problems=(*look.problems, *moves)) if moves else look,
        changes=found,
        document=held,
    )


def _without_trust(record: Record) -> Record:
    """A push that changed known episodes may be an old one that came late; the next look reads them again, whatever came."""
    changed = {*(one.identity for one in record.changes.changed), *record.changes.renamed}
    if not changed or record.document is None:
        return record
    return record._replace(
        state=record.state._replace(etag=None, last_modified=None, body_digest=None),
        document={mark: identity for mark, identity in record.document.items() if identity not in changed},
    )


def _is_familiar(
    parsed: ParsedFeed, found: Changes, seen: Mapping[str, SeenEpisode], state: SourceState
) -> bool:
    """Whether the document is the source's: it holds an entry that is known, or nothing is known yet."""
    is_first = state.first_look_at is None
    return is_first or bool(parsed.kept) or any(identity in seen for identity in found.identities)


def _compare(
    finding: Finding, parsed: ParsedFeed, seen: Mapping[str, SeenEpisode], *, now: datetime
) -> tuple[Changes, dict[str, str]]:
    """The changes, and what the document holds by fingerprint."""
    kept, is_whole = _kept(finding), _is_whole(finding)
    found = changes(
        seen,
        parsed.entries,
        kept=frozenset(kept.values()),
        deleted=parsed.deleted,
        is_first=finding.arrival.state.first_look_at is None,
        backfill=finding.arrival.source.backfill,
        is_whole=is_whole,
        now=now,
    )
    # What a part does not hold is still in the whole.
    before = kept if is_whole or finding.reading is None else finding.reading.known
    read = zip(parsed.fingerprints, found.identities, strict=True) if parsed.fingerprints else ()
    return found, {**before, **{mark: identity for mark, identity in read if mark}}
