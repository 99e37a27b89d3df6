"""The desk: reads what arrived and stores what it means, many sources in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from letters.errors import UnreadableFeedError
from letters.settings import Settings
from letters.store import Store
from letters.store.documents import load_documents, save_documents
from letters.store.episodes import insert_episodes, rename_episodes, update_episodes
from letters.store.hidden import release_episodes, remove_episodes
from letters.store.pushes import forget_pushed
from letters.store.seen import SeenEpisode, load_seen_of
from letters.store.sources import SourceState, claim_states, save_states
from letters.watch.changes import Changes
from letters.watch.findings import Arrival, Finding, Reading, Record, record_of, wanted_of, wants_all
from letters.watch.parse import parse_feed
from letters.watch.poll import body_digest
from letters.watch.problems import UNREADABLE_REMEDY
from letters.watch.values import Document, Failed, Look, ReadingBroke, ReadingJob, ReadingResult

_log = structlog.get_logger("letters.watch")

#: Documents of sources never seen before are read here, one after the other, only while so few wait.
_FEW = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HeavyReading:
    """A document that is better read in a process of its own: it may take long."""

    arrival: Arrival
    job: ReadingJob
    digest: str

    def finding(self, result: ReadingResult) -> Finding:
        """The arrival with what its reader found; what could not be read is a failed look."""
        return _finding(self.arrival, result, digest=self.digest, known=self.job.known)


class Desk:
    """One pass's desk. Used by one thread at a time."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        states: MutableMapping[str, SourceState],
        *,
        pushed: Collection[str],
        everything: bool,
        now: datetime,
    ) -> None:
        self._store, self._settings, self._now = store, settings, now
        #: As they are stored: what is found later in the pass builds on what was found before.
        self._states = states
        #: Sources whose hub announces what is new.
        self._pushed, self._everything = pushed, everything

    def read(self, arrivals: Sequence[Arrival]) -> tuple[list[Finding], list[HeavyReading]]:
        """Read the documents among arrivals that cost less to read than to hand over; the others are given back."""
        documents = [arrival for arrival in arrivals if isinstance(arrival.fetched, Document)]
        known = self._load_documents({arrival.source.key for arrival in documents})
        found: list[Finding] = []
        heavy: list[HeavyReading] = []
        for arrival in arrivals:
            if isinstance(arrival.fetched, Document):
                one = self._read(arrival, arrival.fetched, known, quickly_at_all=len(documents) <= _FEW)
                if isinstance(one, Finding):
                    found.append(one)
                else:
                    heavy.append(one)
            else:
                found.append(Finding(arrival))
        return found, heavy

    def _load_documents(self, sources: Collection[str]) -> dict[str, dict[str, str]]:
        if not sources:
            return {}
        with self._store.read() as c:
            return load_documents(c, sources)

    def _read(
        self,
        arrival: Arrival,
        document: Document,
        documents: Mapping[str, Mapping[str, str]],
        *,
        quickly_at_all: bool,
    ) -> Finding | HeavyReading:
        source = arrival.source
        digest = body_digest(document.body, source)
        if digest == arrival.state.body_digest:
            return Finding(arrival=arrival, reading=Reading(digest=digest, parsed=None, known={}))
        known = documents.get(source.key, {})
        job = ReadingJob(
            body=document.body,
            url=document.url,
            content_type=document.content_type,
            source=source,
            now=self._now,
            known=known,
        )
        heavy = HeavyReading(arrival=arrival, job=job, digest=digest)
        if not known and not quickly_at_all:
            return heavy
        result = _read_quickly(job)
        return heavy if result is None else heavy.finding(result)

    def store(self, findings: Sequence[Finding]) -> list[Look]:
        """Store what was found, in their order. A finding that cannot be stored is a failed look of its own."""
        try:
            return self._store_together(findings)
        except Exception as error:
            if len(findings) > 1:
                return [look for finding in findings for look in self.store([finding])]
            (finding,) = findings
            if isinstance(finding.arrival.fetched, Failed):
                raise
            _log.exception("unexpected error", source=finding.arrival.source.key)
            return self._store_together([_failed(finding.arrival, surprise(error))])

    def forget(self, push_id: int) -> None:
        """Drop a pushed document unread, for its source is not watched any more."""
        with self._store.write() as c:
            forget_pushed(c, [push_id])

    def _store_together(self, findings: Sequence[Finding]) -> list[Look]:
        by_source = {finding.arrival.source.key: finding for finding in findings}
        with self._store.write() as c:
            looks_so_far = claim_states(c, by_source)
            # Another process looked at the source meanwhile: what it stored stands, and this look is as good as unmade.
            usable = {
                key: finding
                for key, finding in by_source.items()
                if looks_so_far[key] == finding.arrival.state.looks
            }
            seen = _load_seen(c, usable)
            records = {key: self._record(finding, seen[key]) for key, finding in usable.items()}
            self._store_changes(c, [record.changes for record in records.values()])
            save_states(c, [record.state for record in records.values()], stored=self._states)
            save_documents(
                c,
                {key: record.document for key, record in records.items() if record.document is not None},
            )
            forget_pushed(c, [one for one in map(_push_id, findings) if one is not None])
        self._states.update({key: record.state for key, record in records.items()})
        return [records[key].look if key in records else Look() for key in by_source]

    def _store_changes(self, c: Connection, changes: Sequence[Changes]) -> None:
        """The episodes of many sources, each kind of change in one statement."""
        now = self._now
        insert_episodes(c, [one for each in changes for one in each.added], now=now)
        insert_episodes(c, [one for each in changes for one in each.quarantined], now=now, in_quarantine=True)
        update_episodes(c, [one for each in changes for one in each.changed], now=now)
        rename_episodes(c, [one for each in changes for one in each.renamed.values()], now=now)
        remove_episodes(c, [one for each in changes for one in each.removed], by="publisher", now=now)
        release_episodes(c, [one for each in changes for one in each.released], now=now)

    def _record(self, finding: Finding, seen: Mapping[str, SeenEpisode]) -> Record:
        return record_of(
            finding,
            seen,
            settings=self._settings.watch,
            is_pushed=finding.arrival.source.key in self._pushed,
            everything=self._everything,
            now=self._now,
        )


def _load_seen(c: Connection, findings: Mapping[str, Finding]) -> dict[str, dict[str, SeenEpisode]]:
    """By source, what is stored of it, as far as it matters to what was found."""
    asked = {key: wanted_of(finding) for key, finding in findings.items() if finding.parsed is not None}
    seen = load_seen_of(c, asked)
    doubtful = [key for key in asked if asked[key] is not None and wants_all(findings[key], seen[key])]
    seen |= load_seen_of(c, dict.fromkeys(doubtful))
    return {key: seen.get(key, {}) for key in findings}


def surprise(error: Exception) -> Failed:
    """A failure that nobody foresaw."""
    return Failed(
        what=f"unexpected error: {type(error).__name__}: {str(error)[:200]}",
        remedy="report it with the log's traceback",
    )


def _read_quickly(job: ReadingJob) -> ReadingResult | None:
    """The document if that is little work; None where a process of its own is to read it."""
    try:
        return parse_feed(
            job.body,
            url=job.url,
            content_type=job.content_type,
            source=job.source,
            now=job.now,
            known=job.known,
            quickly=True,
        )
    except UnreadableFeedError as error:
        return error
    except Exception as error:  # noqa: BLE001 - one source's surprise never stops the others
        _log.exception("unexpected error", source=job.source.key)
        return ReadingBroke(f"{type(error).__name__}: {str(error)[:200]}")


def _finding(arrival: Arrival, result: ReadingResult, *, digest: str, known: Mapping[str, str]) -> Finding:
    match result:
        case UnreadableFeedError():
            return _failed(
                arrival, Failed(what=str(result), remedy=UNREADABLE_REMEDY, status=_status(arrival))
            )
        case ReadingBroke():
            return _failed(arrival, Failed(what=f"unexpected error: {result.what}", status=_status(arrival)))
        case parsed:
            return Finding(arrival=arrival, reading=Reading(digest=digest, parsed=parsed, known=known))


def _failed(arrival: Arrival, failure: Failed) -> Finding:
    return Finding(arrival=arrival._replace(fetched=failure))


def _status(arrival: Arrival) -> int | None:
    return arrival.fetched.status if isinstance(arrival.fetched, Document) else None


def _push_id(finding: Finding) -> int | None:
    return finding.arrival.push_id
