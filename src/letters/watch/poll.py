"""Who is looked at when. Pure: states, settings and the time in, states out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from letters.model import Source
from letters.store.sources import SourceState
from letters.watch.values import Document, Failed, NotModified, Validators

#: A failing source is asked ever more rarely, but never less than once in this time (R61).
LONGEST_BACK_OFF = timedelta(days=2)
#: Raise when the same bytes would be read differently; documents are then read again though they did not change.
READING = 1

# A timer that fires a moment before the last look's anniversary must not cost a whole interval.
_SLACK = timedelta(seconds=30)


def current_state(source: Source, state: SourceState | None) -> SourceState:
    """A source's state. Another address than last time is another place: nothing said about the old one holds there."""
    if state is None or state.url != source.url:
        title = state.feed_title if state is not None else ""
        return SourceState(source=source.key, url=source.url, feed_title=title)
    if state.body_digest is not None and not state.body_digest.startswith(f"{READING}:"):
        return replace(state, etag=None, last_modified=None, body_digest=None)
    return state


def due(
    sources: Iterable[Source], states: Mapping[str, SourceState], *, now: datetime, everything: bool = False
) -> list[Source]:
    """The sources to look at now; with `everything` all but those that are gone or asked to be left alone."""
    return [
        source
        for source in sources
        if _is_due(current_state(source, states.get(source.key)), now=now, everything=everything)
    ]


def _is_due(state: SourceState, *, now: datetime, everything: bool) -> bool:
    if state.gone_at is not None:
        return False
    if state.retry_after_until is not None and state.retry_after_until > now:
        return False
    slack = _SLACK if state.failures == 0 else timedelta(0)
    return everything or state.next_look_at is None or state.next_look_at <= now + slack


def after_document(
    state: SourceState, document: Document, *, digest: str, title: str, every: timedelta, now: datetime
) -> SourceState:
    """A document was read. Its validators replace the old ones even where only one of them moved (R59)."""
    return replace(
        _looked(state, every=every, now=now),
        feed_title=title,
        first_look_at=state.first_look_at or now,
        etag=document.validators.etag,
        last_modified=document.validators.last_modified,
        body_digest=digest,
        last_status=document.status,
    )


def after_not_modified(
    state: SourceState, answer: NotModified, *, every: timedelta, now: datetime
) -> SourceState:
    """Nothing changed. A 304 may bring newer validators (RFC 9111 section 3.2)."""
    merged = Validators(
        etag=answer.validators.etag or state.etag,
        last_modified=answer.validators.last_modified or state.last_modified,
    )
    looked = _looked(state, every=every, now=now)
    return replace(looked, etag=merged.etag, last_modified=merged.last_modified, last_status=304)


def _looked(state: SourceState, *, every: timedelta, now: datetime) -> SourceState:
    return replace(
        state,
        last_look_at=now,
        next_look_at=now + every,
        failures=0,
        last_error="",
        retry_after_until=None,
    )


def after_gone(state: SourceState, *, now: datetime) -> SourceState:
    """The source said that it is gone; it is not asked again until its address changes (R61)."""
    return replace(
        state,
        last_look_at=now,
        next_look_at=None,
        gone_at=now,
        failures=state.failures + 1,
        last_status=410,
        last_error="answered 410 Gone",
    )


def after_failure(state: SourceState, failure: Failed, *, every: timedelta, now: datetime) -> SourceState:
    """The look failed: the time to the next one doubles, and is never shorter than what the source asked for (R61, R62)."""
    failures = state.failures + 1
    # Bounded before it is a number of days that no calendar has.
    wait = min(every * 2 ** min(failures, 20), LONGEST_BACK_OFF)
    return replace(
        state,
        last_look_at=now,
        next_look_at=now + max(wait, failure.wait or wait),
        failures=failures,
        last_status=failure.status,
        last_error=failure.what,
        retry_after_until=now + failure.wait if failure.wait else None,
    )


def body_digest(body: bytes, source: Source) -> str:
    """A digest of a document, of our way of reading it, and of the show's configured name, which episodes bear."""
    return f"{READING}:{_name_mark(source)}:{hashlib.sha256(body).hexdigest()}"


def has_name(state: SourceState, source: Source) -> bool:
    """Whether the stored episodes bear the show's configured name; True where none are stored."""
    return state.body_digest is None or state.body_digest.split(":")[1:2] == [_name_mark(source)]


def named(state: SourceState, source: Source) -> SourceState:
    """The state once the stored episodes were given the configured name."""
    reading, _, rest = (state.body_digest or "").partition(":")
    return replace(state, body_digest=f"{reading}:{_name_mark(source)}:{rest.rpartition(':')[2]}")


def _name_mark(source: Source) -> str:
    return hashlib.sha256(source.show.encode()).hexdigest()[:8]
