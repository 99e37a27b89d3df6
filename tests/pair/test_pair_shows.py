"""The show is found by any of its names, as editors write them."""

from __future__ import annotations

import pytest

from letters.pair.shows import ShowFinder, gather_shows

TITLES = {
    "lantern": [f"TLP: story {number}" for number in range(8)],
    "quarry": [f"Stone {number}" for number in range(8)],
}
NAMES = {
    "lantern": ["The Lantern Hour", "Lantern Hour with Ada Quill: Stories After Dark"],
    "quarry": ["采石场", "Quarry Talk (QT): Geology for Everyone"],
}


@pytest.fixture
def finder() -> ShowFinder:
    return ShowFinder(gather_shows(TITLES, NAMES).values())


@pytest.mark.parametrize(
    "publisher",
    [
        "The Lantern Hour",
        "LANTERN HOUR",
        "Lantern Hour Podcast",
        "Låntern Hour (video)",
        "The Lantern Hour: Stories After Dark",
        "The Lantern Hour | Official Channel",
        "Ada Quill",
        "TLP",
    ],
)
def test_a_show_is_found_by_its_names(finder: ShowFinder, publisher: str) -> None:
    assert finder.find(publisher) == ("lantern",)


@pytest.mark.parametrize("publisher", ["采石场", "采石场播客", "QT", "Quarry Talk"])
def test_another_show_is_found_by_its_former_names(finder: ShowFinder, publisher: str) -> None:
    assert finder.find(publisher) == ("quarry",)


@pytest.mark.parametrize("publisher", ["", "The Podcast", "Harbour Talk", "!?"])
def test_a_name_of_no_show_finds_none(finder: ShowFinder, publisher: str) -> None:
    assert finder.find(publisher) == ()


def test_sources_that_share_a_name_are_both_found() -> None:
    shows = gather_shows({"a": ["One"], "b": ["Two"]}, {"a": ["Quarry"], "b": ["The Quarry"]})
    assert ShowFinder(shows.values()).find("Quarry") == ("a", "b")


def test_a_series_within_a_show_is_learned_from_its_titles() -> None:
    titles = [f"Keeper's Notes: day {word}" for word in ("one", "two", "six", "ten")]
    titles += [f"Something else about {number}" for number in range(20)]
    show = gather_shows({"lantern": titles}, {"lantern": ["The Lantern Hour"]})["lantern"]
    assert "keepersnotes" in show.series
