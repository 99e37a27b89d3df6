"""Which cards a card's page lists as similar, and which lists move when a card comes, changes or goes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from sqlalchemy import Connection, func, select

from builders import add_pair, change_card, day, make_card, make_episode, make_id
from letters.model import Card, Entry, RelatedCard, Topic
from letters.publish import relating, similar
from letters.publish.record import record
from letters.publish.relating import relate
from letters.publish.similar import LISTED, Frequencies, Gathered, Vector, list_all, nearest, words_of
from letters.store import Store, tables
from letters.store.entries import retire_entry
from letters.store.similar import load_learnt, load_lists
from letters.store.unpublished import forget_marks, load_marks

ON_LIGHT = (
    "Keepers compare lenses, lamps and mercury baths, and the Fresnel glass that nobody grinds any more."
)
ON_FOG = "Pilots tell how horns, bells and radar guide a convoy through fog banks off the estuary."
ON_ROPE = "A rigger splices hemp, nylon and wire, and explains which knot fails first in frost."
SUBJECTS = (ON_LIGHT, ON_FOG, ON_ROPE)
SYLLABLES = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo"]


def about(number: int, summary: str, **fields: Any) -> Card:
    """A card of which only the summary has words that others have too."""
    chance = random.Random(number)
    own = " ".join("".join(chance.choices(SYLLABLES, k=5)) for _ in range(6))
    values = {"title": own, "summary": summary, "takeaway": "", "topics": (), **fields}
    return make_card(number, **values)


def add_about(c: Connection, number: int, summary: str, **fields: Any) -> None:
    add_pair(c, number, card=about(number, summary, **fields))


def settle(c: Connection) -> set[str]:
    """Relate what changed, as publishing does; returns whose list moved."""
    marks = load_marks(c)
    moved = relate(c, [mark.key for mark in marks])
    forget_marks(c, marks)
    return moved


def listed(c: Connection, number: int) -> list[str]:
    card = make_id("card", number)
    return [other for other, _ in load_lists(c, [card]).get(card, [])]


def ids(numbers: Iterable[int]) -> set[str]:
    return {make_id("card", number) for number in numbers}


# --- words -----------------------------------------------------------------------------------------------


def entry_of(card: Card | None, *topics: Topic, **episode: Any) -> Entry:
    return Entry(
        id="x",
        address="x",
        card=card,
        episode=make_episode(1, **episode),
        topics=topics,
        ready_at=day(1),
        updated_at=day(1),
    )


def test_the_title_counts_thrice_and_a_topic_most() -> None:
    card = make_card(1, title="Lamps at sea", summary="A lamp.\n\nGlass.", takeaway="Clean the glass.")
    entry = entry_of(card, Topic(key="fog", name="Fog & mist"))
    assert words_of(entry) == {"lamp": 4, "sea": 3, "glass": 2, "clean": 1, "#fog": 12}


def test_the_shows_name_and_numbers_do_not_count() -> None:
    card = make_card(1, title="The Lighthouse Show #221: Tides in 1999", summary="", takeaway="")
    assert words_of(entry_of(card)) == {"tide": 3}


def test_an_episode_without_a_card_is_known_by_its_own_words() -> None:
    entry = entry_of(None, title="Tides", description="Moon and water.", show="")
    assert words_of(entry) == {"tide": 3, "moon": 1, "and": 1, "water": 1}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("灯台の光", {"灯台", "台の", "の光"}),
        ("GPT5で灯台を", {"gpt5", "で灯", "灯台", "台を"}),
        ("ＦＯＧ Ｆog", {"fog"}),
        ("Straße STRASSE", {"strasse"}),
        ("lamp " + "x" * 4_000, {"lamp"}),
        ("منارة البحر", {"منارة", "البحر"}),
    ],
)
def test_words_of_any_script_are_found(text: str, wanted: set[str]) -> None:
    card = make_card(1, title=text, summary="", takeaway="")
    assert set(words_of(entry_of(card))) == wanted


# --- scores ----------------------------------------------------------------------------------------------

words = st.dictionaries(st.sampled_from([f"word{n}" for n in range(40)]), st.integers(1, 9), max_size=12)
collections = st.dictionaries(st.uuids().map(str), words, min_size=1, max_size=25)


def learn(entries: dict[str, Any]) -> tuple[dict[str, Vector], Frequencies]:
    gathered = Gathered()
    for entry_id, one in entries.items():
        gathered.add(entry_id, one)
    frequencies = gathered.frequencies()
    return gathered.vectors(frequencies), frequencies


def lists_of(entries: dict[str, Any]) -> dict[str, Any]:
    return list_all(*learn(entries))


@given(collections, st.randoms(use_true_random=False))
def test_lists_do_not_depend_on_the_order_of_entries(entries: dict[str, Any], chance: random.Random) -> None:
    shuffled = list(entries.items())
    chance.shuffle(shuffled)
    other = {entry_id: dict(sorted(one.items(), reverse=True)) for entry_id, one in shuffled}
    assert lists_of(entries) == lists_of(other)


@given(collections)
def test_a_list_is_what_comparing_with_everybody_gives(entries: dict[str, Any]) -> None:
    vectors, frequencies = learn(entries)
    wanted = {
        one: nearest(vector, {other: its for other, its in vectors.items() if other != one})[:LISTED]
        for one, vector in vectors.items()
    }
    assert list_all(vectors, frequencies) == {one: near for one, near in wanted.items() if near}


@given(collections)
def test_an_entry_is_never_on_its_own_list_and_scores_are_at_most_one(entries: dict[str, Any]) -> None:
    for entry_id, near in lists_of(entries).items():
        assert len(near) <= LISTED
        assert entry_id not in {one.id for one in near}
        assert len({one.id for one in near}) == len(near)
        # Weights are rounded to thousandths, each by half of one at the most.
        assert all(120_000 <= one.score <= 1_020_000 for one in near)


def spread(count: int, text: Callable[[int], dict[str, int]]) -> dict[str, Any]:
    """Entries that share nothing but what `text` gives."""
    return {str(number): {f"own{number}": 1, **text(number)} for number in range(count)}


def test_one_word_in_common_is_no_likeness() -> None:
    assert lists_of(spread(10, lambda number: {"lamp": 1} if number < 2 else {})) == {}
    both = lists_of(spread(10, lambda number: {"lamp": 1, "lens": 1} if number < 2 else {}))
    assert {one: [other.id for other in near] for one, near in both.items()} == {"0": ["1"], "1": ["0"]}


def test_words_that_more_than_a_quarter_has_say_nothing() -> None:
    common = {"lamp": 1, "lens": 1}
    assert len(lists_of(spread(12, lambda number: common if number < 3 else {}))) == 3
    assert lists_of(spread(12, lambda number: common if number < 4 else {})) == {}


def test_of_very_many_alike_each_still_lists_the_nearest() -> None:
    common = {"lamp": 1, "lens": 1}
    entries = spread(700, lambda number: {**common, f"shade{number % 7}": 1} if number < 150 else {})
    vectors, frequencies = learn(entries)
    lists = list_all(vectors, frequencies)
    assert len(lists) == 150
    for one in ("0", "77", "149"):
        others = {other: its for other, its in vectors.items() if other != one}
        assert lists[one] == nearest(vectors[one], others)[:LISTED]


def test_who_shares_no_word_that_few_have_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words that many have count as before once two entries are compared."""
    common, rare = {"lamp": 1, "lens": 1}, {"mercury": 1}
    entries = spread(40, lambda number: {**common, **(rare if number < 2 else {})} if number < 6 else {})
    assert len(lists_of(entries)) == 6
    scores = lists_of(entries)["0"][0].score
    monkeypatch.setattr(similar, "_FEW", 5)
    lists = lists_of(entries)
    assert {one: [other.id for other in near] for one, near in lists.items()} == {"0": ["1"], "1": ["0"]}
    assert lists["0"][0].score == scores


# --- lists that move -------------------------------------------------------------------------------------


def test_cards_on_one_subject_list_each_other(store: Store) -> None:
    with store.write() as c:
        for number in range(1, 13):
            add_about(c, number, SUBJECTS[number % 3] if number <= 6 else "")
        settle(c)
        for number in range(1, 7):
            assert set(listed(c, number)) == ids(one for one in range(1, 7) if one % 3 == number % 3) - ids(
                [number]
            )
        assert listed(c, 7) == []


def test_topics_alone_bring_cards_together(sqlite_store: Store) -> None:
    with sqlite_store.write() as c:
        for number in range(1, 13):
            add_about(c, number, "", topics=("Fog", "Radar") if number < 3 else (f"Topic {number}",))
        settle(c)
        assert listed(c, 1) == [make_id("card", 2)]


def a_few_of(count: int, c: Connection) -> None:
    """A settled collection with a few cards on each subject, large enough not to be counted again each time."""
    for number in range(1, count + 1):
        add_about(c, number, SUBJECTS[number % 3] if number <= 9 else "")
    settle(c)
    assert listed(c, 1)


def come(c: Connection) -> None:
    add_about(c, 900, ON_FOG)


def change(c: Connection) -> None:
    change_card(c, about(1, ON_ROPE))


def go(c: Connection) -> None:
    retire_entry(c, make_id("card", 1), at=day(99))


def come_like_many(c: Connection) -> None:
    add_about(c, 900, f"{ON_FOG} {ON_LIGHT} {ON_ROPE}")


@pytest.mark.parametrize("happens", [come, change, go, come_like_many])
def test_lists_after_a_change_are_those_that_making_all_again_gives(
    store: Store, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Connection], None]
) -> None:
    """With the same frequencies: those of before the change."""
    monkeypatch.setattr(similar, "_FEW", 3)
    with store.write() as c:
        a_few_of(60, c)
        before = load_lists(c)
        happens(c)
        moved = settle(c)
        after = load_lists(c)
        learnt = load_learnt(c)
        assert learnt is not None
        assert (learnt.entries, learnt.changed) == (60, 1)
        assert moved == {one for one in {*before, *after} if before.get(one) != after.get(one)}
        assert moved

        vectors: dict[str, dict[str, int]] = {}
        for row in c.execute(select(tables.similar_word)):
            vectors.setdefault(row.entry_id, {})[row.word] = row.weight
        known = {row.word: row.entries for row in c.execute(select(tables.word_frequency))}
        assert list_all(vectors, Frequencies(60, known)) == after


def test_frequencies_are_counted_again_when_a_twentieth_has_changed(store: Store) -> None:
    with store.write() as c:
        a_few_of(60, c)
        for number, wanted in ((901, (60, 1)), (902, (60, 2)), (903, (63, 0))):
            add_about(c, number, ON_FOG)
            settle(c)
            learnt = load_learnt(c)
            assert learnt is not None
            assert (learnt.entries, learnt.changed) == wanted


def test_up_to_twenty_cards_give_the_same_lists_in_whatever_order_they_come(tmp_path: Any) -> None:
    numbers, found = list(range(1, 13)), []
    for order in (numbers, numbers[::-1], numbers[6:] + numbers[:6]):
        store = Store(f"sqlite:///{tmp_path}/{order[0]}.db")
        store.upgrade()
        with store.write() as c:
            for number in order:
                add_about(c, number, SUBJECTS[number % 3] if number <= 6 else "")
                settle(c)
            found.append(load_lists(c))
        store.close()
    assert found[0]
    assert found[0] == found[1] == found[2]


def test_newcomers_to_the_same_collection_give_the_same_lists_in_whatever_order(tmp_path: Any) -> None:
    """As long as frequencies are not counted again in between (decision 161)."""
    found = []
    for turn, order in enumerate(itertools.permutations((901, 902, 903))):
        store = Store(f"sqlite:///{tmp_path}/{turn}.db")
        store.upgrade()
        with store.write() as c:
            a_few_of(80, c)
            for number in order:
                add_about(c, number, SUBJECTS[number % 2])
                settle(c)
            found.append(load_lists(c))
        store.close()
    assert all(one == found[0] for one in found)


def test_making_lists_twice_changes_nothing(store: Store) -> None:
    with store.write() as c:
        a_few_of(60, c)
        add_about(c, 900, ON_FOG)
        marks = [mark.key for mark in load_marks(c)]
        assert relate(c, marks)
        before = load_lists(c), load_learnt(c)
        assert relate(c, marks) == set()
        assert (load_lists(c), load_learnt(c)) == before


def test_other_rules_make_all_lists_again(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite_store.write() as c:
        a_few_of(60, c)
        c.execute(tables.similar.delete())
        assert settle(c) == set()
        monkeypatch.setattr(relating, "RULES", 7)
        assert settle(c)
        assert listed(c, 1)


# --- pages -----------------------------------------------------------------------------------------------


def similar_on(press: Any, card: Card) -> list[str]:
    page = lxml_html.document_fromstring(press.text(f"cards/{card.address}/index.html"))
    return [
        one.text_content() for one in page.xpath("//section[@class='similar']//*[contains(@class, 'what')]")
    ]


@pytest.fixture
def shelf(sqlite_press: Any) -> Any:
    with sqlite_press.store.write() as c:
        for number in range(1, 61):
            add_about(c, number, SUBJECTS[number % 3] if number <= 9 else "")
    sqlite_press.publish()
    return sqlite_press


def test_a_page_lists_similar_cards_with_their_show_and_date(shelf: Any) -> None:
    assert set(similar_on(shelf, about(1, ON_FOG))) == {about(4, "").title, about(7, "").title}
    page = lxml_html.document_fromstring(shelf.text(f"cards/{about(1, '').address}/index.html"))
    (section,) = page.xpath("//section[@class='similar']")
    assert "The Lighthouse Show · 5 March 2026" in section.text_content()
    assert similar_on(shelf, about(20, "")) == []


def test_a_card_that_its_editors_named_is_not_repeated(shelf: Any) -> None:
    named = (
        RelatedCard(title=about(4, "").title),
        RelatedCard(title="By its address", url=f"https://signal.example/cards/{about(7, '').address}/"),
    )
    with shelf.store.write() as c:
        change_card(c, about(1, ON_FOG, related=named))
    shelf.publish(day(101))
    assert similar_on(shelf, about(1, ON_FOG)) == []
    assert "By its address" in shelf.text(f"cards/{about(1, '').address}/index.html")


def test_a_retired_card_vanishes_from_lists_and_returns_to_them(shelf: Any) -> None:
    with shelf.store.write() as c:
        retire_entry(c, make_id("card", 4), at=day(100))
    shelf.publish(day(101))
    assert similar_on(shelf, about(1, ON_FOG)) == [about(7, "").title]
    with shelf.store.write() as c:
        c.execute(
            tables.entry.update()
            .where(tables.entry.c.id == make_id("card", 4))
            .values(retired_at=None, episode_id=make_id("episode", 4))
        )
    shelf.publish(day(102))
    assert len(similar_on(shelf, about(1, ON_FOG))) == 2


def test_a_new_title_shows_on_the_pages_that_list_its_card(shelf: Any) -> None:
    """Also where the list itself stays: numbers are no words."""
    title = f"{about(4, '').title} 2026"
    with shelf.store.write() as c:
        change_card(c, about(4, ON_FOG, title=title))
    shelf.publish(day(101))
    assert title in similar_on(shelf, about(1, ON_FOG))


def test_what_was_published_bit_by_bit_is_what_publishing_everything_gives(shelf: Any) -> None:
    with shelf.store.write() as c:
        add_about(c, 900, ON_FOG)
        change_card(c, about(2, ON_FOG))
        retire_entry(c, make_id("card", 9), at=day(100))
    shelf.publish(day(101))
    before = shelf.files()
    assert shelf.publish(day(102), everything=True).written == 0
    assert shelf.files() == before


def test_a_new_card_touches_no_page_of_another_subject(shelf: Any) -> None:
    before = shelf.files()
    with shelf.store.write() as c:
        add_about(c, 900, ON_FOG)
    shelf.publish(day(101))
    after = shelf.files()
    cards = {path for path in before if path.startswith("cards/") and before[path] != after[path]}
    # Those on fog list it, and the newest of before has somebody after it.
    assert cards == {f"cards/{about(number, '').address}/index.html" for number in (1, 4, 7, 60)}


def test_pages_whose_lists_moved_are_written_although_the_first_try_was_killed(shelf: Any) -> None:
    """The lists are recorded before the pages are written; the next run no longer sees them move."""
    with shelf.store.write() as c:
        retire_entry(c, make_id("card", 4), at=day(100))
    with shelf.store.write() as c:
        record(c, shelf.settings, now=day(101), everything=False)  # and then the kill
    shelf.publish(day(102))
    assert similar_on(shelf, about(1, ON_FOG)) == [about(7, "").title]
    with shelf.store.read() as c:
        assert load_marks(c) == []


def test_a_database_from_before_gets_its_lists(shelf: Any) -> None:
    with shelf.store.write() as c:
        for table in (tables.similar_state, tables.similar, tables.similar_word, tables.word_frequency):
            c.execute(table.delete())
    before = shelf.files()
    shelf.publish(day(101), everything=True)
    assert shelf.files() == before
    with shelf.store.read() as c:
        assert c.scalar(select(func.count()).select_from(tables.similar))
