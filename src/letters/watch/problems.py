"""What went wrong with a source, as a person should read it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from yarl import URL

from letters.errors import Problem
from letters.model import Source
from letters.net.pace import host_of
from letters.store.sources import SourceState
from letters.text.words import count_words, date_words
from letters.watch.hosts import HeldHost
from letters.watch.moves import address_of, same_place
from letters.watch.poll import current_state, remembered_hints
from letters.watch.values import Failed

UNREADABLE_REMEDY = "look for the feed's own address on the publisher's page"

_USUAL_AT_YOUTUBE = "usual at YouTube, whose feeds answer 404 and 500 for days and come back by themselves"


def is_told(failures: int) -> bool:
    """Whether a look that failed for this many times in a row is told: the first, and each doubled count (R61)."""
    return failures > 0 and failures & (failures - 1) == 0


def failure_problem(source: Source, failure: Failed, state: SourceState) -> Problem:
    """A look that gave nothing; `state` is the one after it. The address is named: it may not be the one the operator thinks of."""
    what = f"{without_password(address_of(state))}: {failure.what}"
    if state.failures > 1:
        since = f" since {_moment(state.failing_since)}" if state.failing_since else ""
        what += f", {state.failures:,} times in a row{since}"
    remedy = _USUAL_AT_YOUTUBE if _is_usual_at_youtube(address_of(state), failure.status) else failure.remedy
    again = f"it is asked again from {_moment(state.next_look_at)} on" if state.next_look_at else ""
    return Problem(where=_where(source), what=what, remedy="; ".join(filter(None, (remedy, again))))


def push_problem(source: Source, failure: Failed) -> Problem:
    """A hub pushed what cannot be read. The source itself is asked as before."""
    return Problem(
        where=_where(source),
        what=f"its hub pushed a document that cannot be read: {failure.what}",
        remedy="what it held is found when the source is asked",
        is_notice=True,
    )


def gone_problem(source: Source, state: SourceState) -> Problem:
    """The source said 410; it is told once when that happens, and again whenever all sources are asked for (R61).

    `state` is the one after it: where a source was gone only at the address that it moved to, it is asked again.
    """
    if state.gone_at is None:
        return Problem(
            where=_where(source),
            what="answered 410 Gone at the address that it moved to",
            remedy=f"it is asked at {without_password(source.url)} again",
        )
    return Problem(
        where=_where(source),
        what=f"{without_password(source.url)}: answered 410 Gone; it is not asked any more",
        remedy="give its new address in config/sources.toml, or remove it there",
    )


def gone_problems(sources: Iterable[Source], states: Mapping[str, SourceState]) -> list[Problem]:
    """A notice for each source that was gone before this pass."""
    return [
        replace(gone_problem(source, state), is_notice=True)
        for source in sources
        if (state := current_state(source, states.get(source.key))).gone_at is not None
    ]


def move_notices(source: Source, before: SourceState, after: SourceState) -> list[Problem]:
    """What a look shows of where a source lives, told once: that it moved, that it did not stay, that it says it moved."""
    notices = []
    if before.moved_url != after.moved_url:
        notices.append(_moved_notice(source, before, after))
    names = remembered_hints(after).new_feed_url if after.hints != before.hints else ""
    if names and names != remembered_hints(before).new_feed_url and not same_place(names, address_of(after)):
        notices.append(
            Problem(
                where=_where(source),
                what=f"says in its document that it lives at {without_password(names)} now, without redirecting there",
                remedy="look there, and give that address in config/sources.toml if it is the same feed",
                is_notice=True,
            )
        )
    return notices


def _moved_notice(source: Source, before: SourceState, after: SourceState) -> Problem:
    place = without_password(address_of(after))
    if after.moved_url:
        since = f" since {_moment(before.moving_since)}" if before.moving_since else ""
        return Problem(
            where=_where(source),
            what=f"{without_password(address_of(before))} has redirected permanently to {place}{since}; it is asked there now",
            remedy=f'write url = "{place}" into config/sources.toml',
            is_notice=True,
        )
    return Problem(
        where=_where(source),
        what=f"the address that it moved to, {without_password(before.moved_url)}, does not hold any more",
        remedy=f"it is asked at {place} again",
        is_notice=True,
    )


def held_problems(
    held: Iterable[HeldHost], sources: Iterable[Source], states: Mapping[str, SourceState]
) -> list[Problem]:
    """One problem for each host that is held; a notice where that was so before this pass."""
    held = list(held)
    if not held:
        return []
    here = Counter(host_of(address_of(current_state(source, states.get(source.key)))) for source in sources)
    return [
        Problem(
            where=f'host "{one.host}"',
            what=(
                f"{count_words(one.answers, 'source')} answered 429 Too Many Requests; "
                f"all {max(here[one.host], one.answers):,} of that host are left alone until {_moment(one.until)}"
            ),
            remedy="raise spacing or every under [watch] if that happens often",
            is_notice=one.is_old,
        )
        for one in held
    ]


def without_password(url: str) -> str:
    """An address without the name and password in it, for messages."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"


def _is_usual_at_youtube(url: str, status: int | None) -> bool:
    if status not in {404, 500}:
        return False
    try:
        parsed = URL(url)
    except ValueError:
        return False
    host = (parsed.host or "").removeprefix("www.")
    return host == "youtube.com" and parsed.path == "/feeds/videos.xml"


def _moment(moment: datetime | None) -> str:
    """``2 Mar 09:00 UTC``."""
    return (
        f"{date_words(moment, short=True)} {moment.astimezone(UTC):%H:%M} UTC"
        if moment
        else "an unknown time"
    )


def _where(source: Source) -> str:
    return f'source "{source.key}"'
