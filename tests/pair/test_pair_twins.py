"""One recording in several sources is paired once; what only looks alike stays apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from letters.model import Decision, Pairing
from letters.pair import CardToPair, EpisodeToPair, match, pair_files
from letters.pair.candidates import Catalogue

START = date(2026, 3, 1)
TITLES = ("How harbours learn to sleep", "Salt, rope and patience", "The winter the ferries stopped")
WRECK = "The wreck of the Halcyon"


def episode(name: str, title: str = WRECK, *, source: str = "audio", days: int = 0, **fields: Any) -> Any:
    fields.setdefault("names", ("The Lantern Hour",))
    return EpisodeToPair(
        id=name, show=source, source=source, title=title, published=START + timedelta(days=days), **fields
    )


def background() -> list[EpisodeToPair]:
    return [
        episode(f"{source} {n}", title, source=source, days=20 * n)
        for source in ("audio", "video")
        for n, title in enumerate(TITLES, start=1)
    ]


def card(name: str = "c", title: str = WRECK, **fields: Any) -> CardToPair:
    return CardToPair(id=name, title=title, publisher="The Lantern Hour", **fields)


def groups(*episodes: EpisodeToPair) -> tuple[tuple[str, ...], ...]:
    return Catalogue(episodes).twins.groups


def decide(
    episodes: Sequence[EpisodeToPair], *cards: CardToPair, **fields: Any
) -> list[tuple[Decision, str | None]]:
    found: list[Pairing] = match([*background(), *episodes], cards, **fields)
    return [(one.decision, one.episode_id) for one in found]


@pytest.mark.parametrize("many", [False, True])
def test_a_card_of_a_show_in_two_sources_is_paired_without_asking(many: bool) -> None:
    twins = [episode("a"), episode("b", source="video", days=2, description="Long.")]
    assert decide(twins, card(), many=many) == [(Decision.PAIRED, "b")]


@pytest.mark.parametrize(
    "fields",
    [
        {"guid": "halcyon-57"},
        {"addresses": ("https://lantern.example/57",)},
        {"addresses": ("", "https://media.example/57.mp3")},
    ],
)
def test_a_guid_or_an_address_makes_twins_whatever_the_titles_and_dates_say(fields: dict[str, Any]) -> None:
    assert groups(episode("a", **fields), episode("b", "Shipwreck!", source="video", days=90, **fields)) == (
        ("a", "b"),
    )


def test_addresses_are_compared_normalised() -> None:
    one = episode("a", addresses=("https://www.lantern.example/57/?utm_source=feed",))
    assert groups(
        one, episode("b", "Shipwreck!", source="video", addresses=("http://lantern.example/57",))
    ) == (("a", "b"),)


@pytest.mark.parametrize(("days", "joined"), [(0, True), (3, True), (-3, True), (4, False), (365, False)])
def test_equal_titles_make_twins_only_within_three_days(days: int, joined: bool) -> None:
    decorated = episode("b", f"#57: {WRECK} | The Lantern Hour", source="video", days=days)
    assert bool(groups(episode("a"), decorated)) == joined


def test_shows_that_share_no_name_have_no_twins() -> None:
    other = episode("b", source="tide", names=("Tidewater",), guid="1")
    assert groups(episode("a", guid="1"), other) == ()


def test_two_of_one_source_are_never_twins_not_even_by_a_third() -> None:
    first, second = episode("a", guid="1"), episode("b", days=1, guid="2", addresses=("https://x.example/2",))
    assert groups(first, second) == ()
    third = episode("c", source="video", guid="1", addresses=("https://x.example/2",))
    assert groups(first, second, third) == (("a", "c"),)


def test_an_address_that_a_source_gives_to_all_its_episodes_tells_nothing() -> None:
    home = ("https://lantern.example/",)
    some = [episode(f"a{n}", f"Tale {n} of the sea", days=30 * n, addresses=home) for n in range(3)]
    assert groups(*some, episode("b", source="video", addresses=home)) == ()


def test_other_parts_and_numbers_stay_apart() -> None:
    assert groups(episode("a", f"{WRECK} (Part 1)"), episode("b", f"{WRECK} (Part 2)", source="video")) == ()
    assert groups(episode("a", "#12 – Bonus"), episode("b", "#13 – Bonus", source="video")) == ()


def test_a_daily_title_joins_the_days_and_leaves_what_is_equally_near() -> None:
    audio = [episode(f"a{day}", "The news", days=day) for day in (1, 2, 3)]
    video = [episode(f"v{day}", "The news", source="video", days=day) for day in (1, 2, 3)]
    assert groups(*audio, *video) == (("a1", "v1"), ("a2", "v2"), ("a3", "v3"))
    assert groups(audio[0], audio[2], video[1]) == ()


def test_the_representative_has_most_enclosures_then_words_then_age_then_the_smallest_id() -> None:
    ordered = [
        episode("e", source="1", days=2, enclosures=2),
        episode("d", source="2", days=2, description="Some words more"),
        episode("c", source="3", days=2, description="Some words"),
        episode("f", source="4", days=1),
        episode("a", source="5", days=2),
        episode("b", source="6", days=2),
    ]
    for some in list(permutations(ordered))[::37]:
        assert groups(*some) == (("e", "d", "c", "f", "a", "b"),)


def test_where_a_twin_is_settled_none_takes_part() -> None:
    twins = [episode("a", description="Long."), episode("b", source="video")]
    for settled in ("a", "b"):
        found = decide(twins, card("first"), card("second"), settled={"first": settled})
        assert found == [(Decision.NONE, None)]


def test_a_twin_that_is_published_without_a_card_stands_for_the_recording() -> None:
    twins = [
        episode("a", description="Long."),
        episode("b", source="video", addresses=("https://v.example/b",)),
    ]
    assert decide(twins, card()) == [(Decision.PAIRED, "a")]
    assert decide(twins, card(), published={"b"}) == [(Decision.PAIRED, "b")]
    assert decide(twins, card(link="https://v.example/b"), published={"a"}) == [(Decision.PAIRED, "a")]


def test_a_link_finds_any_twin_and_another_card_does_not_get_the_other() -> None:
    twins = [
        episode("a", description="Long.", addresses=("https://a.example/57",)),
        episode("b", source="video", addresses=("https://v.example/57",)),
    ]
    bound = card("bound", "Quite another matter", link="https://v.example/57")
    assert decide(twins, bound, card()) == [(Decision.PAIRED, "b"), (Decision.NONE, None)]
    both = decide(twins, bound, card("other", link="https://a.example/57"))
    assert [decision for decision, _ in both] == [Decision.REVIEW, Decision.NONE]


def test_a_link_that_both_twins_have_binds() -> None:
    page = ("https://lantern.example/57",)
    twins = [episode("a", addresses=page), episode("b", source="video", addresses=page)]
    assert decide(twins, card(title="Quite another matter", link=page[0])) == [(Decision.PAIRED, "a")]


def test_a_show_learned_from_its_cards_is_searched_in_all_its_sources() -> None:
    old = [episode(f"o{n}", title, days=20 * n) for n, title in enumerate(TITLES)]
    new = [episode("n", source="new", days=200)]
    cards = [CardToPair(id=f"c{n}", title=title, publisher="A Network") for n, title in enumerate(TITLES)]
    wanted = CardToPair(id="c", title=WRECK, publisher="A Network")
    found = match([*old, *new], [*cards, wanted])
    assert [one.episode_id for one in found] == ["o0", "o1", "o2", "n"]


def test_of_files_the_feed_is_the_source(tmp_path: Path) -> None:
    def write(name: str, rows: list[dict[str, Any]]) -> Path:
        (tmp_path / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return tmp_path / name

    rows = [
        {
            "episode_id": one.id,
            "show": "The Lantern Hour",
            "title": one.title,
            "published": str(one.published),
        }
        | ({"feed_url": "https://video.example/feed"} if one.source == "video" else {})
        for one in [*background(), episode("a"), episode("b", source="video")]
    ]
    cards = write("c", [{"card_id": "c", "title": WRECK, "publisher": "The Lantern Hour"}])
    assert pair_files(write("e", rows), cards, tmp_path / "out").paired == 1
    for row in rows:
        row.pop("feed_url", None)
    assert pair_files(write("e", rows), cards, tmp_path / "out").paired == 0


def test_a_title_that_thousands_have_is_no_work() -> None:
    some = [episode(f"{source}{n}", "Bonus", source=source) for source in "ab" for n in range(4_000)]
    assert groups(*some) == ()
