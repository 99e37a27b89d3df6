"""How each source fares: what is remembered of it, brought together and put in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from letters.errors import Problem
from letters.model import Source
from letters.store.sources import SourceState
from letters.watch.hosts import HostHolds
from letters.watch.moves import address_of
from letters.watch.poll import current_state
from letters.watch.problems import without_password

# Failed looks in a row after which a source that asks to be left alone counts as failing.
_PATIENCE = 4


class Subscription(Protocol):
    """What is asked of a subscription at a source's hub (`letters.store.pushes.PushSubscription`)."""

    @property
    def hub(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def lease_ends_at(self) -> datetime | None: ...


class Condition(IntEnum):
    """What a source is in, the worst first: what needs a person comes before what mends itself."""

    GONE = 0
    FAILING = 1
    QUARANTINED = 2
    HELD = 3
    NEW = 4
    WELL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One source and how it fares."""

    source: Source
    #: Of its configured address; one that was never looked at has an empty state.
    state: SourceState
    condition: Condition
    subscription: Subscription | None = None
    episodes: int = 0
    quarantined: int = 0
    #: Until when its host, or it alone, asked to be left alone; and whether it is the host.
    held_until: datetime | None = None
    is_host_held: bool = False

    @property
    def show(self) -> str:
        return self.source.show or self.state.feed_title

    @property
    def needs_a_person(self) -> bool:
        return self.condition <= Condition.QUARANTINED


def examine(
    sources: Iterable[Source],
    states: Mapping[str, SourceState],
    *,
    subscriptions: Mapping[str, Subscription],
    counts: Mapping[str, tuple[int, int]],
    is_exempt: Callable[[str], bool],
    now: datetime,
) -> list[Health]:
    """Every source, in the order of the configuration. `counts`: its episodes, and those in quarantine."""
    holds = HostHolds(states.values(), now=now, is_exempt=is_exempt)
    found = []
    for source in sources:
        state = current_state(source, states.get(source.key))
        host_until = holds.held_until(address_of(state))
        alone = state.retry_after_until
        episodes, quarantined = counts.get(source.key, (0, 0))
        until = host_until or (alone if alone is not None and alone > now else None)
        found.append(
            Health(
                source=source,
                state=state,
                condition=_condition(state, quarantined=quarantined, is_held=until is not None),
                subscription=subscriptions.get(source.key),
                episodes=episodes,
                quarantined=quarantined,
                held_until=until,
                is_host_held=host_until is not None,
            )
        )
    return found


def worst_first(found: Sequence[Health]) -> list[Health]:
    """Those that need a person on top, the worst first; all others stay in the order of the configuration."""
    return sorted(found, key=lambda one: one.condition if one.needs_a_person else Condition.WELL)


def health_words(one: Health, *, when: Callable[[datetime], str]) -> str:
    """How a source fares, in a few words; `when` tells a moment as the reader's clock has it."""
    state = one.state
    match one.condition:
        case Condition.GONE:
            words = "gone (410): not asked any more"
        case Condition.FAILING:
            words = f"failing, {_times(state.failures)}"
        case Condition.QUARANTINED:
            words = f"{one.quarantined:,} in quarantine"
        case Condition.HELD:
            until = f" until {when(one.held_until)}" if one.held_until else ""
            words = (
                f"left alone{until}, as its host asks"
                if one.is_host_held
                else f"left alone{until}, as it asks"
            )
        case Condition.NEW:
            words = "not looked at yet"
        case Condition.WELL:
            words = (
                "well, but moved"
                if state.moved_url
                else "well, about to move"
                if state.moving_url
                else "well"
            )
    return words


def push_words(one: Health, *, when: Callable[[datetime], str], now: datetime) -> str:
    """What there is of a subscription at the source's hub (WebSub); empty without one."""
    push = one.subscription
    if push is None:
        return ""
    if push.state == "verified" and push.lease_ends_at is not None:
        return f"pushed until {when(push.lease_ends_at)}" if push.lease_ends_at > now else "lapsed"
    words = {"requested": "asked for", "verified": "pushed", "denied": "the hub refused", "ended": "ended"}
    return words.get(push.state, push.state)


def problem_of(one: Health, *, when: Callable[[datetime], str]) -> Problem | None:
    """What a person has to do, or may want to know, about a source."""
    where, shown = f'source "{one.source.key}"', without_password(address_of(one.state))
    match one.condition:
        case Condition.GONE:
            return Problem(
                where=where,
                what=f"{shown} answered 410 Gone; it is not asked any more",
                remedy="give its new address in config/sources.toml, or remove it there",
            )
        case Condition.FAILING:
            again = f", asked again {when(one.state.next_look_at)}" if one.state.next_look_at else ""
            often = f", {_times(one.state.failures)} in a row" if one.state.failures > 1 else ""
            return Problem(
                where=where,
                what=f"{shown}: {one.state.last_error}{often}{again}",
                remedy='if it moved, "letters sources add" finds its feed from its page',
            )
        case Condition.QUARANTINED:
            return Problem(
                where=where,
                what=f"{one.quarantined:,} of its episodes may be old ones under new identifiers",
                remedy=f'look at them with "letters episodes list --source {one.source.key} --quarantined"',
            )
    if one.state.moved_url:
        return Problem(
            where=where,
            what=f"{without_password(one.source.url)} has moved for good, and is asked at its new address",
            remedy=f'write url = "{shown}" into config/sources.toml',
            is_notice=True,
        )
    return None


def _condition(state: SourceState, *, quarantined: int, is_held: bool) -> Condition:
    if state.gone_at is not None:
        return Condition.GONE
    # A wish to be left alone is no failure, unless it is all that a source ever says.
    if is_held and state.failures < _PATIENCE:
        return Condition.HELD
    if state.failures:
        return Condition.FAILING
    if quarantined:
        return Condition.QUARANTINED
    return Condition.NEW if state.last_look_at is None else Condition.WELL


def _times(number: int) -> str:
    return "once" if number == 1 else "twice" if number == 2 else f"{number:,} times"
