"""Choosing: which cards come first and why, what is put off, what becomes a line. Values in, values out."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from composing import make_edition, make_entry, make_press, make_settings, monday
from hypothesis import given
from hypothesis import strategies as st

from builders import day
from letters.compose.explain import explain_issue
from letters.compose.plan import make_plan
from letters.compose.rank import HALF_LIFE, Points, Ranked, Tier, audience_points, freshness_points, rank
from letters.compose.select import Objection, objection, select, too_few
from letters.compose.size import Detail
from letters.model import Choice, Edition, Entry

AT = monday(2)
NEWS = timedelta(days=60)


def order(*entries: Entry, edition: Edition | None = None, choice: Choice | None = None) -> str:
    """The numbers of the entries as they are ranked: "3 1 2"."""
    ranked = rank(entries, edition or make_edition(), choice, at=AT)
    return " ".join(one.entry.id.removeprefix("entry-") for one in ranked)


def of_show(number: int, show: str) -> Entry:
    return make_entry(number, episode={"source": show})


# --- rank ----------------------------------------------------------------------------------------------------


def test_without_anybodys_word_the_newer_episode_comes_first() -> None:
    assert order(make_entry(1), make_entry(9), make_entry(5)) == "9 5 1"


def test_one_step_of_an_editors_weight_outdoes_all_other_rules() -> None:
    keeper = make_edition(audiences=("keeper",))
    meant, heavy = make_entry(15), make_entry(1, audiences=("Pilot", "Keeper", "Cook"), weight=1)
    assert order(meant, heavy, edition=keeper) == "1 15"
    assert order(make_entry(1), make_entry(15, weight=-1)) == "1 15"


def test_a_pinned_card_leads_whatever_the_others_weigh_and_an_episode_without_a_card_comes_last() -> None:
    entries = make_entry(1, pinned=True), make_entry(5, weight=9), make_entry(14, carded=False)
    assert order(*entries) == "1 5 14"
    assert [one.tier for one in rank(entries, make_edition(), at=AT)] == [
        Tier.PINNED,
        Tier.CARD,
        Tier.EPISODE,
    ]


def test_a_card_for_those_who_asked_comes_before_one_for_everybody() -> None:
    all_round = make_entry(14, audiences=("Keeper", "Pilot", "Cook", "Owner"))
    specific = make_entry(13, audiences=("Keeper",))
    assert order(all_round, specific) == "14 13"
    assert order(all_round, specific, edition=make_edition(audiences=("keeper",))) == "13 14"
    assert order(all_round, specific, choice=Choice(audiences=frozenset({"keeper"}))) == "13 14"


def test_what_the_reader_is_outranks_what_the_edition_is_for() -> None:
    keeper, pilot = make_entry(1, audiences=("Keeper",)), make_entry(2, audiences=("Pilot",))
    edition = make_edition(audiences=("keeper",))
    assert order(keeper, pilot, edition=edition) == "1 2"
    assert order(keeper, pilot, edition=edition, choice=Choice(audiences=frozenset({"pilot"}))) == "2 1"


@given(st.lists(st.sampled_from("abcd"), max_size=4, unique=True), st.sets(st.sampled_from("abcd")))
def test_points_for_an_audience_are_the_share_of_those_who_are_meant(
    named: list[str], wanted: set[str]
) -> None:
    entry = make_entry(1, audiences=named)
    points = audience_points(entry, frozenset(wanted))
    assert 0 <= points <= 10
    assert points == (10 * len(wanted & set(named)) / len(named) if named and wanted else 0)


def test_freshness_halves_with_every_week_and_does_not_overflow() -> None:
    entry = make_entry(1, episode={"published": AT - HALF_LIFE})
    assert freshness_points(entry, AT) == pytest.approx(5)
    assert freshness_points(entry, AT + HALF_LIFE) == pytest.approx(2.5)
    assert freshness_points(entry, AT - 2 * HALF_LIFE) == 10
    assert freshness_points(make_entry(1, episode={"published": day(-300_000)}), AT) == pytest.approx(0)


def test_shows_take_turns_among_cards_that_are_about_as_good() -> None:
    entries = [of_show(14, "a"), of_show(13, "a"), of_show(12, "a"), of_show(11, "b"), of_show(10, "b")]
    assert order(*entries) == "14 11 13 10 12"


def test_a_show_that_stands_out_is_not_held_back_for_good() -> None:
    fresh = [of_show(16 - number, "a") for number in range(4)]
    old = of_show(-60, "b")
    assert order(*fresh, old) == "16 15 14 13 -60"


ENTRIES = st.lists(
    st.builds(
        make_entry,
        st.integers(0, 40),
        topics=st.lists(st.sampled_from(["Fog", "Ice", "Sand", "Rust"]), max_size=3, unique=True),
        audiences=st.lists(st.sampled_from(["Keeper", "Pilot", "Cook"]), max_size=3, unique=True),
        carded=st.sampled_from([True, True, True, False]),
        episode=st.fixed_dictionaries({"source": st.sampled_from("abc")}),
        weight=st.sampled_from([0, 0, 0, 1, -2]),
        pinned=st.sampled_from([False, False, False, True]),
    ),
    max_size=25,
    unique_by=lambda entry: entry.id,
)
CHOICES = st.builds(
    Choice,
    topics=st.frozensets(st.sampled_from(["fog", "ice"])),
    audiences=st.frozensets(st.sampled_from(["keeper", "cook"])),
    titles_only=st.booleans(),
)
EDITIONS = st.builds(
    make_edition,
    group_by=st.sampled_from(["topic", "audience", "audience-topic"]),
    max_cards=st.sampled_from([0, 3, 10]),
    uncarded=st.just(True),
)


@given(ENTRIES)
def test_the_order_is_by_tier_then_by_points(entries: list[Entry]) -> None:
    ranked = rank(entries, make_edition(), at=AT)
    assert {one.entry.id for one in ranked} == {entry.id for entry in entries}
    assert [one.tier for one in ranked] == sorted(one.tier for one in ranked)
    # What a card had without its own show's turn is never less than what the next one is worth.
    for before, after in itertools.pairwise(ranked):
        assert before.tier < after.tier or before.points.total >= after.points._replace(variety=-9).total


@given(ENTRIES, EDITIONS, CHOICES, st.randoms())
def test_the_same_entries_in_any_order_make_the_same_plan(
    entries: list[Entry], edition: Edition, choice: Choice, chance: object
) -> None:
    mixed = list(entries)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert make_plan(mixed, edition, choice, at=AT) == make_plan(entries, edition, choice, at=AT)


@given(ENTRIES, EDITIONS, CHOICES)
def test_each_card_is_in_an_issue_once(entries: list[Entry], edition: Edition, choice: Choice) -> None:
    plan = make_plan(entries, edition, choice, at=AT)
    shown = [entry.id for entry in plan.reading_order]
    assert len(shown) == len(set(shown))
    assert set(shown) == {one.entry.id for one in plan.ranked}
    if edition.max_cards and not choice.titles_only:
        assert len(shown) - len(plan.also) <= edition.max_cards
        first = {one.entry.id for one in plan.ranked[: edition.max_cards]}
        assert not first & {entry.id for entry in plan.also}


# --- what there are too few or too many of -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cards", "waited", "said"),
    [
        (0, 0, ""),
        (1, 0, "only 1 card, and min_cards is 3; what there is goes into the next issue"),
        (2, 1, "only 2 cards, and min_cards is 3; what there is goes into the next issue"),
        (3, 0, ""),
        (2, 2, ""),
    ],
)
def test_an_issue_of_too_few_cards_is_put_off_but_not_for_ever(cards: int, waited: int, said: str) -> None:
    """Pain 13."""
    edition = make_edition(min_cards=3, min_cards_wait=2)
    assert too_few([make_entry(number) for number in range(cards)], edition, waited=waited) == said


def test_episodes_without_a_card_do_not_make_an_issue_full() -> None:
    edition = make_edition(min_cards=1, uncarded=True)
    said = too_few([make_entry(1, carded=False)], edition, waited=0)
    assert said == "no card, and min_cards is 1; what there is goes into the next issue"
    assert too_few([make_entry(1, carded=False)], make_edition(uncarded=True), waited=0) == ""


def test_what_is_beyond_max_cards_is_a_line_at_the_end() -> None:
    entries = [make_entry(number) for number in range(5)]
    plan = make_plan(entries, make_edition(max_cards=3), Choice(), at=AT)
    assert [entry.id for entry in plan.also] == ["entry-1", "entry-0"]
    assert plan.start == {"entry-1": Detail.LINE, "entry-0": Detail.LINE}


def test_max_cards_counts_what_a_reader_chose() -> None:
    entries = [make_entry(number, topics=("Fog" if number < 3 else "Ice",)) for number in range(9)]
    plan = make_plan(entries, make_edition(max_cards=3), Choice(topics=frozenset({"fog"})), at=AT)
    assert (len(plan.ranked), plan.also, plan.start) == (3, (), {})


def test_a_reader_who_wants_titles_gets_a_line_for_each_card_below_its_heading() -> None:
    entries = [make_entry(number) for number in range(5)]
    plan = make_plan(entries, make_edition(max_cards=3), Choice(titles_only=True), at=AT)
    assert (len(plan.sections[0].entries), plan.also) == (5, ())
    assert set(plan.start.values()) == {Detail.LINE}


# --- nothing is lost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "fields", "reason"),
    [
        (make_entry(1), {}, None),
        (make_entry(1), {"audiences": ("pilot",)}, Objection.AUDIENCE),
        (make_entry(1), {"topics": ("fog",)}, Objection.TOPIC),
        (make_entry(1, carded=False), {}, Objection.NO_CARD),
        (make_entry(1, carded=False), {"uncarded": True}, None),
        (make_entry(1, ready_at=AT), {}, Objection.LATER),
        (make_entry(1, ready_at=day(-9)), {}, Objection.BEFORE),
        (make_entry(1, episode={"published": day(-99)}), {}, Objection.OLD),
        (make_entry(2), {}, Objection.USED),
    ],
)
def test_what_is_not_taken_has_its_reason(
    entry: Entry, fields: dict[str, object], reason: Objection | None
) -> None:
    found = objection(
        entry,
        make_edition(**fields),
        ready_from=day(-1),
        ready_before=AT,
        used={"entry-2"},
        news_within=NEWS,
    )
    assert found is reason


@given(ENTRIES, EDITIONS, CHOICES, st.sampled_from(["", "only 1 card"]))
def test_every_card_that_was_thought_of_is_in_the_explanation_once(
    entries: list[Entry], edition: Edition, choice: Choice, put_off: str
) -> None:
    """In the issue, among its lines, or not taken and told why; also when the issue is put off."""
    edition = Edition(**{**{name: getattr(edition, name) for name in edition.__slots__}, "topics": ("fog",)})
    taken = select(entries, edition, ready_from=day(0), ready_before=day(20), news_within=NEWS)
    press = make_press(edition, make_settings(edition))
    about = explain_issue(press, taken, entries, choice, ready_from=day(0), since=day(5), put_off=put_off)
    told = [one.entry.id for one in (*about.entries, *about.not_taken)]
    assert sorted(told) == sorted(entry.id for entry in entries)
    assert all(one.why for one in about.not_taken)
    assert all(one.why_there and one.shown for one in about.entries)
    assert about.is_composed is bool(taken and not put_off)


def test_an_explanation_says_the_points_the_place_and_what_was_shortened() -> None:
    edition = make_edition(max_cards=3, audiences=("keeper",))
    entries = [
        make_entry(1, topics=("Fog", "Ice"), audiences=("Keeper", "Pilot"), pinned=True),
        make_entry(14, topics=("Sand", "Ice"), summary="lamp " * 30_000),
        make_entry(13, topics=("Ice",), weight=-1),
        make_entry(12),
    ]
    about = explain_issue(
        make_press(edition), entries, entries, Choice(), ready_from=day(0), since=day(0), put_off=""
    )
    said = [(one.entry.id, one.heading, one.why_there, one.shown) for one in about.entries]
    assert said == [
        ("entry-1", "Ice", "its second topic, with 1 other", "without its insights, for size"),
        ("entry-14", "Ice", "its second topic, with 1 other", "without insights and summary, for size"),
        ("entry-12", "Signals", "its only topic", "without insights and summary, for size"),
        ("entry-13", "Also this week", "beyond max_cards = 3", "a line at the end"),
    ]
    assert about.outcome.endswith("of at most 100,000 bytes, 3 shortened for it")
    assert about.entries[0].ranked.points.audience == 5
    assert about.entries[-1].ranked.points.weight == -25


def test_points_are_summed() -> None:
    one = Ranked(entry=make_entry(1), tier=Tier.CARD, points=Points(1, 2, 3, -1.5))
    assert one.points.total == 4.5
