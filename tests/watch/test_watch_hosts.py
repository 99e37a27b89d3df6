"""Hosts that turn several sources away are left alone whole. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from watching import HOUR, NOW

from letters.model import Source
from letters.settings.types import WatchSettings
from letters.store.sources import SourceState
from letters.watch.hosts import UNSAID_WAIT, HostHolds
from letters.watch.poll import after_failure, due
from letters.watch.problems import held_problems
from letters.watch.values import Failed

MINUTE = timedelta(minutes=1)
SOURCES = [Source(key=f"s{number}", url=f"https://busy.example/{number}") for number in range(6)]
ELSEWHERE = Source(key="else", url="https://calm.example/")


def refusal(wait: timedelta | None = HOUR, status: int = 429) -> Failed:
    return Failed(what="answered 429 Too Many Requests", status=status, wait=wait)


def refused(
    count: int, *, status: int = 429, waits: tuple[timedelta | None, ...] = (HOUR,)
) -> dict[str, SourceState]:
    """States of so many sources that were turned away at NOW."""
    return {
        source.key: after_failure(
            SourceState(source=source.key, url=source.url),
            refusal(waits[number % len(waits)], status),
            settings=WatchSettings(),
            now=NOW,
        )
        for number, source in enumerate(SOURCES[:count])
    }


def never(_url: str) -> bool:
    return False


def asked(
    states: dict[str, SourceState], minutes: float, is_exempt: Callable[[str], bool] = never
) -> set[str]:
    now = NOW + minutes * MINUTE
    sources = [*SOURCES, ELSEWHERE]
    return {one.key for one in due(sources, states, now=now, everything=True, is_exempt=is_exempt)}


def test_two_sources_that_are_turned_away_hold_only_themselves() -> None:
    """R62."""
    assert asked(refused(2), 1) == {"s2", "s3", "s4", "s5", "else"}


def test_three_sources_of_one_host_hold_all_of_it_and_nothing_else() -> None:
    assert asked(refused(3), 1) == {"else"}


def test_host_is_held_until_the_latest_of_their_wishes_has_passed() -> None:
    states = refused(3, waits=(10 * MINUTE, 20 * MINUTE, 90 * MINUTE))
    for minutes in (1, 15, 30, 89):
        assert asked(states, minutes) == {"else"}
    assert asked(states, 91) == {one.key for one in [*SOURCES, ELSEWHERE]}


def test_answer_that_does_not_say_how_long_counts_for_a_while() -> None:
    states = refused(3, waits=(None,))
    assert asked(states, 59) == {"else"}
    assert len(asked(states, UNSAID_WAIT / MINUTE + 1)) == len(SOURCES) + 1


@pytest.mark.parametrize("status", [404, 500, 503])
def test_other_failures_hold_no_host(status: int) -> None:
    assert asked(refused(5, status=status, waits=(None,)), 1) >= {"s5", "else"}


def test_private_place_is_never_held() -> None:
    assert asked(refused(3), 1, is_exempt=lambda url: "busy" in url) == {"s3", "s4", "s5", "else"}


def test_refusals_that_were_not_in_force_together_do_not_add_up() -> None:
    holds = HostHolds(refused(2).values(), now=NOW + 2 * HOUR, is_exempt=never)
    holds.note(SOURCES[3].url, refusal())
    assert not holds.is_held(SOURCES[4].url)


def test_pass_stops_asking_a_host_on_its_way() -> None:
    holds = HostHolds(refused(1).values(), now=NOW + MINUTE, is_exempt=never)
    holds.note(SOURCES[1].url, refusal())
    holds.note(SOURCES[1].url, refusal())
    holds.note(SOURCES[2].url, refusal(None, 503))
    assert not holds.is_held(SOURCES[4].url)
    holds.note(SOURCES[2].url, refusal(2 * HOUR))
    assert holds.is_held(SOURCES[4].url)
    assert not holds.is_held(ELSEWHERE.url)
    assert holds.held_until(SOURCES[4].url) == NOW + MINUTE + 2 * HOUR


def test_held_host_is_told_once_as_a_problem_and_then_as_a_notice() -> None:
    states = refused(3)
    before = HostHolds((), now=NOW, is_exempt=never)
    for source in SOURCES[:3]:
        before.note(source.url, refusal())
    (problem,) = held_problems(before.held(), [*SOURCES, ELSEWHERE], {})
    assert str(problem) == (
        'host "busy.example": 3 sources answered 429 Too Many Requests; all 6 of that host are left alone until '
        "2 Mar 10:00 UTC; raise spacing or every under [watch] if that happens often"
    )
    assert not problem.is_notice
    later = HostHolds(states.values(), now=NOW + MINUTE, is_exempt=never)
    assert [one.is_notice for one in held_problems(later.held(), SOURCES, states)] == [True]
