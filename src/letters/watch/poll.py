"""Who is looked at when. Pure: states, settings and the time in, states out.

`timing` says when to look again after a look that succeeded; here a failure doubles the time. `moves` says where a source
is asked, `hosts` who is left alone meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from letters.model import Source
from letters.settings.types import WatchSettings
from letters.store.codec import dump, load
from letters.store.sources import SourceState
from letters.watch import rhythm
from letters.watch.history import record
from letters.watch.hosts import HostHolds
from letters.watch.moves import address_of, after_disagreement, after_redirects, back_home, is_lost
from letters.watch.parse.values import Hints
from letters.watch.timing import next_look
from letters.watch.values import Document, Failed, NotModified, Said, Validators

#: A failing source is asked ever more rarely, but never less than once in this time (R61).
LONGEST_BACK_OFF = timedelta(days=2)
#: Raise when the same bytes would be read differently; documents are then read again though they did not change.
READING = 1

_NOTHING = Hints()
# A timer that fires a moment before the last look's anniversary must not cost a whole interval.
_SLACK = timedelta(seconds=30)


def current_state(source: Source, state: SourceState | None) -> SourceState:
    """A source's state. Another address than last time is another place: nothing said about the old one holds there.

    The address that it was found to have moved to is no other place: there the state stays as it is.
    """
    if state is not None and state.url != source.url and state.moved_url == source.url:
        state = state._replace(url=source.url, moved_url="")
    if state is None or state.url != source.url:
        title, looks = (state.feed_title, state.looks) if state is not None else ("", 0)
        return SourceState(source=source.key, url=source.url, feed_title=title, looks=looks)
    if state.body_digest is not None and not state.body_digest.startswith(f"{READING}:"):
        return state._replace(etag=None, last_modified=None, body_digest=None)
    return state


def due(
    sources: Iterable[Source],
    states: Mapping[str, SourceState],
    *,
    now: datetime,
    everything: bool = False,
    is_exempt: Callable[[str], bool] = lambda _url: False,
) -> list[Source]:
    """The sources to look at now; with `everything` all but those that are gone or asked to be left alone.

    Left alone are sources under ``Retry-After`` and all of a host that is held (`HostHolds`), except those for whose
    address `is_exempt` answers True.
    """
    holds = HostHolds(states.values(), now=now, is_exempt=is_exempt)
    return [
        source
        for source in sources
        if _is_due(state := current_state(source, states.get(source.key)), now=now, everything=everything)
        and not holds.is_held(address_of(state))
    ]


def _is_due(state: SourceState, *, now: datetime, everything: bool) -> bool:
    if state.gone_at is not None:
        return False
    if state.retry_after_until is not None and state.retry_after_until > now:
        return False
    slack = _SLACK if state.failures == 0 else timedelta(0)
    return everything or state.next_look_at is None or state.next_look_at <= now + slack


def after_document(
    state: SourceState,
    document: Document,
    *,
    digest: str,
    title: str,
    hints: Hints | None,
    published: Sequence[datetime],
    new: int,
    settings: WatchSettings,
    is_pushed: bool,
    now: datetime,
    is_familiar: bool = True,
) -> SourceState:
    """A document was read. Its validators replace the old ones even where only one of them moved (R59).

    `hints` None: those remembered, for a document that equals the last one. `published` are the dates of the entries
    that are stored for the first time; those of known ones say nothing new. `is_familiar` says whether the document
    holds entries that are known of this source; at a first look it is True.
    """
    hints = _noted(hints if hints is not None else remembered_hints(state), document.said)
    # New entries without a date are dated by when we first saw them.
    times = published if published or not new else (now,)
    read = state._replace(
        feed_title=title,
        first_look_at=state.first_look_at or now,
        body_digest=digest,
        hints=dump(hints) if hints != _NOTHING else None,
        rhythm=rhythm.learn(state.rhythm, times, now=now),
    )
    when = next_look(read, document.said, hints, settings=settings, is_pushed=is_pushed, now=now)
    looked = _looked(read, document.validators, status=document.status, new=new, next_look_at=when, now=now)
    moved_to = document.said.moved_to
    return after_redirects(looked, moved_to, hints=hints, is_whole=True, is_familiar=is_familiar, now=now)


def after_not_modified(
    state: SourceState, answer: NotModified, *, settings: WatchSettings, is_pushed: bool, now: datetime
) -> SourceState:
    """Nothing changed. A 304 may bring newer validators (RFC 9111 section 3.2)."""
    hints = remembered_hints(state)
    noted = _noted(hints, answer.said)
    if noted is not hints:
        state = state._replace(hints=dump(noted))
    validators = Validators(
        etag=answer.validators.etag or state.etag,
        last_modified=answer.validators.last_modified or state.last_modified,
    )
    when = next_look(state, answer.said, noted, settings=settings, is_pushed=is_pushed, now=now)
    looked = _looked(state, validators, status=304, new=0, next_look_at=when, now=now)
    moved_to = answer.said.moved_to
    return after_redirects(looked, moved_to, hints=noted, is_whole=False, is_familiar=True, now=now)


def after_push(state: SourceState, *, published: Sequence[datetime], new: int, now: datetime) -> SourceState:
    """A hub pushed a document. That tells of entries, but nothing of how the source answers when it is asked."""
    times = published if published or not new else (now,)
    return state._replace(
        rhythm=rhythm.learn(state.rhythm, times, now=now),
        history=record(state.history, now=now, new=new, failed=False),
    )


def after_gone(state: SourceState, *, now: datetime) -> SourceState:
    """The source said that it is gone; it is not asked again until its address changes (R61).

    Said at an address that it moved to, it is not gone yet: it is asked once more at its configured address.
    """
    failed = _failed(state, what="answered 410 Gone", status=410, now=now)
    if state.moved_url:
        return back_home(failed)._replace(next_look_at=now)
    return failed._replace(next_look_at=None, gone_at=now)


def after_failure(
    state: SourceState, failure: Failed, *, settings: WatchSettings, now: datetime
) -> SourceState:
    """The look failed: the time to the next one doubles, and is never shorter than what the source asked for (R61, R62).

    A moved source that keeps failing for days is asked at its configured address again (R60).
    """
    failed = _failed(state, what=failure.what, status=failure.status, now=now)
    # Bounded before it is a number of days that no calendar has.
    doubled = settings.every * 2 ** min(failed.failures, 20)
    wait = min(doubled, max(LONGEST_BACK_OFF, settings.every))
    failed = failed._replace(
        next_look_at=now + max(wait, failure.wait or wait),
        retry_after_until=now + failure.wait if failure.wait else None,
    )
    if is_lost(failed, now=now):
        return back_home(failed)
    return after_disagreement(failed) if _is_of_the_place(failure) else failed


def remembered_hints(state: SourceState) -> Hints:
    """What the source's last document said, with what its headers said since."""
    return load(Hints, state.hints) if state.hints else _NOTHING


def _noted(hints: Hints, said: Said) -> Hints:
    """The hints, with a hub and a name that the headers give going before the document's (WebSub section 4)."""
    if not (said.hubs or said.self_url):
        return hints
    noted = replace(hints, hubs=said.hubs or hints.hubs, self_url=said.self_url or hints.self_url)
    return noted if noted != hints else hints


def _looked(
    state: SourceState,
    validators: Validators,
    *,
    status: int,
    new: int,
    next_look_at: datetime,
    now: datetime,
) -> SourceState:
    return state._replace(
        last_look_at=now,
        next_look_at=next_look_at,
        etag=validators.etag,
        last_modified=validators.last_modified,
        last_status=status,
        failures=0,
        failing_since=None,
        last_error="",
        retry_after_until=None,
        looks=state.looks + 1,
        history=record(state.history, now=now, new=new, failed=False),
    )


def _failed(state: SourceState, *, what: str, status: int | None, now: datetime) -> SourceState:
    return state._replace(
        last_look_at=now,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        last_status=status,
        last_error=what,
        looks=state.looks + 1,
        history=record(state.history, now=now, new=0, failed=True),
    )


def _is_of_the_place(failure: Failed) -> bool:
    """Whether something else than the source was found, rather than nothing at all or a server in trouble."""
    status = failure.status
    return status is not None and status < 500 and status != 429


def body_digest(body: bytes, source: Source) -> str:
    """A digest of a document, of our way of reading it, and of the show's configured name, which episodes bear."""
    return f"{READING}:{_name_mark(source.show)}:{hashlib.sha256(body).hexdigest()}"


def has_name(state: SourceState, source: Source) -> bool:
    """Whether the stored episodes bear the show's configured name; True where none are stored."""
    return state.body_digest is None or state.body_digest.split(":")[1:2] == [_name_mark(source.show)]


def named(state: SourceState, source: Source) -> SourceState:
    """The state once the stored episodes were given the configured name."""
    reading, _, rest = (state.body_digest or "").partition(":")
    return state._replace(body_digest=f"{reading}:{_name_mark(source.show)}:{rest.rpartition(':')[2]}")


# Most sources have none, and each is asked for it in each pass.
@lru_cache(maxsize=1_024)
def _name_mark(show: str) -> str:
    return hashlib.sha256(show.encode()).hexdigest()[:8]
