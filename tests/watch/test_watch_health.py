"""How a source fares, in words; and what is counted for it on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from watching import HOUR, NOW, entry

from letters.model import Source
from letters.store import Store
from letters.store.episodes import insert_episodes
from letters.store.sources import SourceState, count_episodes
from letters.store.tables import episode as episode_table
from letters.watch.health import (
    Condition,
    Health,
    examine,
    health_words,
    problem_of,
    push_words,
    worst_first,
)

URL = "https://show.example/feed"


@dataclass(frozen=True)
class Push:
    state: str
    lease_ends_at: datetime | None = None
    hub: str = "https://hub.example/"


def when(moment: datetime) -> str:
    return f"{moment:%H:%M}"


def health(*, quarantined: int = 0, push: Push | None = None, **remembered: Any) -> Health:
    """A source that was looked at an hour ago, but for what is said of it."""
    values: dict[str, Any] = {
        "url": URL,
        "last_look_at": NOW - HOUR,
        "first_look_at": NOW - HOUR,
    } | remembered
    [found] = examine(
        [Source(key="show", url=URL)],
        {"show": SourceState(source="show", **values)},
        subscriptions={"show": push} if push else {},
        counts={"show": (5, quarantined)},
        is_exempt=lambda _url: False,
        now=NOW,
    )
    return found


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (health(), "well"),
        (health(last_look_at=None, first_look_at=None), "not looked at yet"),
        (health(url="https://old.example/"), "not looked at yet"),
        (health(failures=1, last_error="x"), "failing, once"),
        (health(failures=1200, last_error="x"), "failing, 1,200 times"),
        (health(failures=1, gone_at=NOW), "gone (410): not asked any more"),
        (health(quarantined=2), "2 in quarantine"),
        (health(quarantined=2, failures=2), "failing, twice"),
        (
            health(failures=1, last_status=429, retry_after_until=NOW + HOUR),
            "left alone until 10:00, as it asks",
        ),
        (health(failures=9, last_status=503, retry_after_until=NOW + HOUR), "failing, 9 times"),
        (health(failures=1, last_status=429, retry_after_until=NOW - HOUR), "failing, once"),
        (health(moved_url="https://new.example/"), "well, but moved"),
        (health(moving_url="https://new.example/", moving_since=NOW), "well, about to move"),
    ],
)
def test_health_is_told_in_words(one: Health, words: str) -> None:
    assert health_words(one, when=when) == words


@pytest.mark.parametrize(
    ("push", "words"),
    [
        (None, ""),
        (Push("requested"), "asked for"),
        (Push("verified", NOW + HOUR), "pushed until 10:00"),
        (Push("verified", NOW), "lapsed"),
        (Push("denied"), "the hub refused"),
    ],
)
def test_a_subscription_is_told_in_words(push: Push | None, words: str) -> None:
    assert push_words(health(push=push), when=when, now=NOW) == words


def test_what_a_person_has_to_do_is_told_with_the_command_or_file() -> None:
    """R61."""
    remedies = {
        "config/sources.toml": health(gone_at=NOW),
        '"letters sources add"': health(failures=3, last_error="answered 404"),
        '"letters episodes list --source show --quarantined"': health(quarantined=1),
        'url = "https://new.example/"': health(moved_url="https://new.example/"),
    }
    for remedy, one in remedies.items():
        problem = problem_of(one, when=when)
        assert problem is not None
        assert remedy in problem.remedy
        assert problem.is_notice == bool(one.state.moved_url)
    assert problem_of(health(), when=when) is None


def test_no_problem_shows_a_password() -> None:
    secret = "https://ada:secret@show.example/feed"
    [one] = examine(
        [Source(key="show", url=secret)],
        {"show": SourceState(source="show", url=secret, failures=1, last_error="x", last_look_at=NOW)},
        subscriptions={},
        counts={},
        is_exempt=lambda _url: False,
        now=NOW,
    )
    assert "secret" not in str(problem_of(one, when=when))


def test_trouble_comes_first_and_the_rest_stays_in_order() -> None:
    well, new = health(), health(last_look_at=None)
    held = health(failures=1, last_status=429, retry_after_until=NOW + timedelta(days=1))
    failing, gone, odd = health(failures=1), health(gone_at=NOW), health(quarantined=1)
    assert worst_first([new, odd, well, failing, held, gone]) == [gone, failing, odd, new, well, held]
    assert held.condition is Condition.HELD


def test_episodes_are_counted_without_the_removed_ones(store: Store) -> None:
    with store.write() as c:
        insert_episodes(c, [entry(number) for number in range(5)], now=NOW)
        rows = episode_table.c
        c.execute(update(episode_table).where(rows.identity == "guid-1").values(quarantined_at=NOW))
        c.execute(
            update(episode_table).where(rows.identity == "guid-2").values(removed_at=NOW, removed_by="desk")
        )
    with store.read() as c:
        assert count_episodes(c) == {"show": (4, 1)}
