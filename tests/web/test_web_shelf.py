"""What is held in memory, and what must not be."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from letters.web.shelf import Shelf, Version


@dataclass(frozen=True)
class Thing:
    name: str
    size_bytes: int = 10


def version(*, changed_seconds_ago: float = 60.0, size: int = 1) -> Version:
    return Version(1, size, 0, time.time_ns() - int(changed_seconds_ago * 1e9), 1)


def test_only_the_very_version_is_given_back() -> None:
    shelf: Shelf[Thing] = Shelf(budget_bytes=100)
    held = version()
    shelf.add("a", held, Thing("a"))
    assert shelf.get("a", held) == Thing("a")
    for name, value in held._asdict().items():
        assert shelf.get("a", held._replace(**{name: value + 1})) is None, name
    assert shelf.get("b", held) is None


@pytest.mark.parametrize(("seconds", "is_held"), [(0.0, False), (0.9, False), (1.5, True), (-3600.0, False)])
def test_what_changed_just_now_is_not_held(seconds: float, is_held: bool) -> None:
    """Within one tick of a file system's clock, a second change may leave no trace; nor is a clock ahead of ours trusted."""
    shelf: Shelf[Thing] = Shelf(budget_bytes=100)
    lately = version(changed_seconds_ago=seconds)
    shelf.add("a", lately, Thing("a"))
    assert (shelf.get("a", lately) is not None) is is_held
    assert shelf.size_bytes == (10 if is_held else 0)


def test_another_version_takes_the_place_of_the_one_before() -> None:
    shelf: Shelf[Thing] = Shelf(budget_bytes=100)
    old, new = version(size=1), version(size=2)
    shelf.add("a", old, Thing("old", 30))
    shelf.add("a", new, Thing("new", 40))
    assert shelf.size_bytes == 40
    shelf.add("a", version(changed_seconds_ago=0), Thing("newest"))
    assert shelf.get("a", new) is None
    assert shelf.size_bytes == 0


def test_what_was_not_asked_for_longest_goes_first() -> None:
    shelf: Shelf[Thing] = Shelf(budget_bytes=30)
    held = version()
    for name in "abc":
        shelf.add(name, held, Thing(name))
    assert shelf.get("a", held)
    shelf.add("d", held, Thing("d"))
    assert [name for name in "abcd" if shelf.get(name, held)] == ["a", "c", "d"]
    shelf.add("e", held, Thing("e", 31))
    assert (shelf.get("e", held), shelf.size_bytes) == (None, 0)
