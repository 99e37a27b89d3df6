"""Due times, headings, words, sizes and columns: values in, values out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from composing import make_edition, make_entry, monday
from hypothesis import given
from hypothesis import strategies as st

from builders import day
from letters.compose import words
from letters.compose.arrange import NO_HEADING, arrange, assign
from letters.compose.due import find_due, find_next, look_back
from letters.compose.rank import rank
from letters.compose.select import narrow, select
from letters.compose.size import LONGEST_LINK, Detail, fit, shorten, size_bytes
from letters.compose.wrap import WIDTH, columns, fill
from letters.errors import RenderError
from letters.model import Choice, Credit, Enclosure, GroupBy, PersonalLink

# --- due -----------------------------------------------------------------------------------------------------

SCHEDULES = st.sampled_from(["0 8 * * MON", "0 8 * * *", "30 6,18 * * *", "0 8 1,15 * *", "0 2 * * SUN"])
HOURS = st.lists(st.integers(1, 24 * 40), min_size=1, max_size=12)


@given(
    when=SCHEDULES,
    zone=st.sampled_from(["UTC", "America/New_York", "Pacific/Apia", "recipient"]),
    catch_up=st.sampled_from(["latest", "none"]),
    ready=st.lists(st.integers(0, 24 * 60 * 30), max_size=20),
    passes=HOURS,
)
def test_whenever_passes_run_each_entry_is_taken_once_and_each_occurrence_dealt_with_once(
    when: str, zone: str, catch_up: str, ready: list[int], passes: list[int]
) -> None:
    """Pain 12, for any schedule and any times of passes, those that come late or backwards among them."""
    begin = datetime(2026, 2, 20, tzinfo=UTC)
    edition = make_edition(when=when, zone=zone, catch_up=catch_up)
    floor = look_back(edition, first_read=begin)
    entries = [
        make_entry(number, ready_at=begin + timedelta(minutes=minutes))
        for number, minutes in enumerate(ready)
    ]
    used: Counter[str] = Counter()
    done: Counter[object] = Counter()
    newest: datetime | None = None
    for hours in passes:
        now = begin + timedelta(hours=hours)
        due = find_due(
            edition,
            first_read=begin,
            newest=newest,
            done={key for key in done if isinstance(key, tuple)},
            now=now,
        )
        settled = [missed.occurrence for missed in due.missed]
        settled += [due.occurrence] if due.occurrence else []
        for occurrence in settled:
            assert begin < occurrence.at <= now
            done[(occurrence.local_date, occurrence.slot)] += 1
            newest = max(newest or occurrence.at, occurrence.at)
        if due.occurrence:
            seen = [entry for entry in entries if entry.ready_at <= now]
            for entry in select(
                seen,
                edition,
                ready_from=floor,
                ready_before=due.occurrence.at,
                used=used,
                news_within=timedelta(days=60),
            ):
                used[entry.id] += 1
            owed = {entry.id for entry in entries if floor <= entry.ready_at < due.occurrence.at}
            assert owed == set(used) & owed
    assert set(used.values()) <= {1}
    assert set(done.values()) <= {1}


def test_the_next_issue_is_the_one_that_is_due_else_the_next_to_come() -> None:
    edition = make_edition()
    begin = monday(0, days=-1)
    past = {"first_read": begin, "newest": None, "done": frozenset[object]()}
    assert find_next(edition, now=monday(0, hours=1), **past).at == monday(0)  # type: ignore[arg-type, union-attr]
    assert find_next(edition, now=monday(0, days=-1), **past).at == monday(0)  # type: ignore[arg-type, union-attr]
    late = monday(0, hours=13)
    assert find_next(edition, now=late, **past).at == monday(1)  # type: ignore[arg-type, union-attr]


# --- selection and rank --------------------------------------------------------------------------------------


def test_a_choice_narrows_by_any_topic_and_any_audience() -> None:
    entries = [
        make_entry(1, topics=("Fog", "Ice"), audiences=("Keeper",)),
        make_entry(2, topics=("Ice",), audiences=("Pilot",)),
        make_entry(3, topics=("Sand",), audiences=("Keeper", "Pilot")),
        make_entry(4, carded=False),
    ]

    def left(topics: set[str], audiences: set[str]) -> list[str]:
        choice = Choice(topics=frozenset(topics), audiences=frozenset(audiences))
        return [entry.id[-1] for entry in narrow(entries, choice)]

    assert left(set(), set()) == ["1", "2", "3", "4"]
    assert left({"fog", "sand"}, set()) == ["1", "3"]
    assert left(set(), {"pilot"}) == ["2", "3"]
    assert left({"ice", "sand"}, {"keeper"}) == ["1", "3"]
    assert left({"rust"}, set()) == []


def test_cards_come_before_episodes_without_one_and_newer_before_older() -> None:
    entries = [
        make_entry(9, carded=False),
        make_entry(1),
        make_entry(5),
        make_entry(3, episode={"published": day(5)}),
    ]
    assert [one.entry.id for one in rank(entries, make_edition(), at=monday(2))] == [
        "entry-3",
        "entry-5",
        "entry-1",
        "entry-9",
    ]


# --- headings ------------------------------------------------------------------------------------------------

HEADINGS = st.dictionaries(
    st.integers(0, 200).map(str), st.lists(st.sampled_from("abcdefgh"), max_size=4, unique=True), max_size=40
)


@given(HEADINGS)
def test_every_card_gets_one_of_its_own_headings_whatever_the_order(headings: dict[str, list[str]]) -> None:
    places = assign(headings)
    assert set(places) == set(headings)
    for each, keys in headings.items():
        assert places[each] in (keys or [NO_HEADING])
    assert assign(headings) == places


@given(HEADINGS)
def test_no_section_of_one_is_left_that_could_join_another(headings: dict[str, list[str]]) -> None:
    places = assign(headings)
    sizes = Counter(place for place in places.values() if place)
    total = sum(sizes.values())
    for each, place in places.items():
        if sizes[place] == 1:
            for other in set(headings[each]) & set(sizes) - {place}:
                # Joining would make that section too large to be worth it.
                assert (sizes[other] + 1) ** 2 - sizes[other] ** 2 > total


def test_cards_that_share_a_topic_nobody_named_first_are_gathered_under_it() -> None:
    assert assign({"1": ["a", "z"], "2": ["b", "z"], "3": ["c", "z"]}) == {"1": "z", "2": "z", "3": "z"}


def test_one_topic_of_all_cards_does_not_swallow_them() -> None:
    headings = {str(number): ["ai", "abcd"[number % 4]] for number in range(24)}
    assert len(set(assign(headings).values())) > 2


def test_an_issue_is_grouped_by_topic_with_the_lead_first_and_the_rest_last() -> None:
    entries = [
        make_entry(9, topics=("Ice",)),
        make_entry(5, topics=()),
        make_entry(3, topics=("Fog",)),
        make_entry(2, topics=("Fog", "Ice")),
        make_entry(1, topics=("Fog",)),
    ]
    sections = arrange(entries, make_edition())
    assert [(section.name, [entry.id for entry in section.entries]) for section in sections] == [
        ("Ice", ["entry-9", "entry-2"]),
        ("Fog", ["entry-3", "entry-1"]),
        ("", ["entry-5"]),
    ]


def test_the_editions_own_topics_and_the_readers_before_them_give_the_headings() -> None:
    entries = [make_entry(number, topics=("Ice", "Fog", "Sand")) for number in (1, 2)]
    edition = make_edition(topics=("fog", "sand"))
    assert [section.key for section in arrange(entries, edition)] == ["fog"]
    choice = Choice(topics=frozenset({"sand"}))
    assert [section.key for section in arrange(entries, edition, choice)] == ["sand"]


def test_an_issue_can_be_grouped_by_audience_and_then_by_topic() -> None:
    entries = [
        make_entry(4, topics=("Ice",), audiences=("Pilot",)),
        make_entry(3, topics=("Ice",), audiences=("Keeper", "Pilot")),
        make_entry(2, topics=("Fog",), audiences=("Keeper",)),
        make_entry(1, topics=("Fog",), audiences=("Keeper",)),
    ]
    flat = arrange(entries, make_edition(group_by=GroupBy.AUDIENCE))
    assert [(s.name, [group.name for group in s.groups]) for s in flat] == [("Pilot", [""]), ("Keeper", [""])]
    deep = arrange(entries, make_edition(group_by=GroupBy.AUDIENCE_TOPIC))
    assert [(s.name, [group.name for group in s.groups]) for s in deep] == [
        ("Pilot", ["Ice"]),
        ("Keeper", ["Fog"]),
    ]


# --- words ---------------------------------------------------------------------------------------------------


def test_the_contents_line_counts_cards_headings_and_hours() -> None:
    entries = [make_entry(number, episode={"duration": timedelta(minutes=48)}) for number in range(7)]
    edition = make_edition()
    assert words.say_contents(entries, edition, 3) == "7 cards on 3 topics, about 6 hours of listening"
    assert words.say_contents(entries[:1], edition, 1) == "1 card, about 48 minutes of listening"
    by_audience = make_edition(group_by=GroupBy.AUDIENCE)
    unknown = [*entries[:2], make_entry(8, carded=False, episode={"duration": None})]
    assert words.say_contents(unknown, by_audience, 2) == "2 cards and 1 more episode for 2 audiences"
    assert words.say_contents(unknown[2:], edition, 0) == "1 episode"


@pytest.mark.parametrize(
    ("interval", "said"),
    [(1, "Also today"), (7, "Also this week"), (31, "Also this month"), (92, "Also"), (None, "Also")],
)
def test_the_heading_of_what_is_only_listed_goes_by_how_often_there_is_an_issue(
    interval: float | None, said: str
) -> None:
    assert words.say_also(None if interval is None else timedelta(days=interval, hours=1)) == said


def test_the_preheader_is_the_takeaway_cut_at_a_word_and_never_the_title() -> None:
    assert words.say_preheader(make_entry(1, takeaway="Mind the\n\nlamp."), "") == "Mind the lamp."
    assert (
        words.say_preheader(make_entry(1, takeaway="", summary="It shines."), "")
        == "Light carries further than sound."
    )
    long = words.say_preheader(make_entry(1, takeaway="lamp and oil " * 30), "")
    assert long.endswith("lamp and…")
    assert len(long) <= words.PREHEADER_LENGTH
    assert words.say_preheader(None, "There is nothing new this time.") == "There is nothing new this time."


@given(st.text(max_size=80), st.integers(1, 60))
def test_a_cut_text_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(words.cut(text, limit)) <= limit or text == words.cut(text, limit) == ""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"enclosures": (Enclosure(url="https://m.example/1", type="video/mp4"),)}, "Watch"),
        ({"enclosures": (), "link": "https://www.youtube.com/watch?v=1"}, "Watch"),
        ({"enclosures": (), "link": "https://notyoutube.com/1", "duration": None}, "Read the original"),
        ({"enclosures": (), "duration": None}, "Read the original"),
        ({"enclosures": ()}, "Listen"),
        ({}, "Listen"),
    ],
)
def test_the_link_to_the_episode_says_what_it_is_for(fields: dict[str, object], said: str) -> None:
    entry = make_entry(1, episode=fields, credit=Credit(publisher="The Lighthouse Show"))
    assert words.call_to_episode(entry) == said


def test_a_hostile_link_breaks_nothing() -> None:
    entry = make_entry(1, episode={"link": "https://[::1/", "enclosures": ()})
    assert words.call_to_episode(entry) == "Listen"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("az-Arab", "rtl"), ("ku-Latn", "ltr"), ("", "ltr")],
)
def test_the_direction_of_a_language_is_known(language: str, said: str) -> None:
    assert words.direction(language) == said


def test_spans_are_said_by_their_two_largest_units() -> None:
    assert words.say_span(timedelta(days=2, hours=3, minutes=4)) == "2 days 3 hours"
    assert words.say_span(timedelta(minutes=10)) == "10 minutes"
    assert words.say_span(timedelta(seconds=30)) == "less than a minute"


# --- size ----------------------------------------------------------------------------------------------------


@given(st.integers(1, 20), st.integers(0, 80))
def test_a_step_shortens_the_lowest_ranked_and_no_card_is_two_steps_ahead(count: int, steps: int) -> None:
    ranked = [str(number) for number in range(count)]
    details = list(shorten(ranked, min(steps, count * Detail.LEFT_OUT)).values())
    assert sum(details) == min(steps, count * Detail.LEFT_OUT)
    assert details == sorted(details)
    assert max(details) - min(details) <= 1


@given(st.lists(st.integers(1, 900), min_size=1, max_size=25), st.integers(1000, 20_000))
def test_what_fits_keeps_as_much_detail_as_it_can(sizes: list[int], limit: int) -> None:
    ranked = [str(number) for number in range(len(sizes))]

    def render(details: dict[str, Detail], *, extra: int = 0) -> str:
        return "x" * sum(sizes[int(each)] * (Detail.LEFT_OUT - detail) for each, detail in details.items())

    details, html = fit(ranked, render, limit=limit)  # type: ignore[arg-type]
    assert len(html) <= limit
    steps = sum(details.values())
    assert steps == 0 or len(render(shorten(ranked, steps - 1))) > limit


@given(st.lists(st.integers(1, 900), min_size=1, max_size=25), st.data())
def test_a_bad_guess_of_what_is_saved_costs_renderings_and_no_detail(
    sizes: list[int], data: st.DataObject
) -> None:
    ranked = [str(number) for number in range(len(sizes))]
    start = dict.fromkeys(data.draw(st.sets(st.sampled_from(ranked))), Detail.LINE)
    asked = 0

    def render(details: dict[str, Detail]) -> str:
        nonlocal asked
        asked += 1
        return "x" * sum(sizes[int(each)] * (Detail.LEFT_OUT - detail) for each, detail in details.items())

    limit = max(1, len(render(shorten(ranked, 0, start))) * 2 // 3)
    asked = 0
    exact = fit(ranked, render, start=start, limit=limit)  # type: ignore[arg-type]
    guess = data.draw(st.integers(0, 10_000))
    assert fit(ranked, render, start=start, saves=lambda *_: guess, limit=limit) == exact  # type: ignore[arg-type]
    expected = data.draw(st.integers(0, 100_000))
    assert fit(ranked, render, start=start, expected=expected, limit=limit) == exact  # type: ignore[arg-type]
    before = asked
    honest = fit(ranked, render, start=start, saves=lambda each, _: sizes[int(each)], limit=limit)  # type: ignore[arg-type]
    assert honest == exact
    assert asked - before <= 4
    assert all(honest[0][each] >= Detail.LINE for each in start)


def test_what_fits_whole_is_whole_though_it_was_expected_to_be_too_large() -> None:
    details, html = fit(["1"], lambda details: "x" * (50 - 10 * details["1"]), expected=10**6, limit=100)
    assert (details, len(html)) == ({"1": Detail.FULL}, 50)


def test_a_frame_that_is_too_large_by_itself_is_said() -> None:
    with pytest.raises(RenderError, match="make the templates smaller"):
        fit(["1"], lambda _: "x" * 200, limit=100)


def test_sizes_count_the_longest_personal_links_and_bytes() -> None:
    """R20: the rendering of each recipient, not of a stand-in."""
    assert size_bytes(f"é{PersonalLink.UNSUBSCRIBE}") == 2 + LONGEST_LINK


# --- columns -------------------------------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_wrapped_text_keeps_its_words_within_the_columns(text: str) -> None:
    wrapped = fill(text, hanging="  ")
    assert "".join(wrapped.split()) == "".join(text.split())
    for line in wrapped.split("\n"):
        assert columns(line) <= WIDTH or "://" in line


def test_addresses_are_never_broken_and_wide_letters_take_two_columns() -> None:
    address = "https://lighthouse.example/" + "a" * 90
    assert fill(f"See {address} now").split("\n") == ["See", address, "now"]
    assert [columns(line) for line in fill("灯" * 50).split("\n")] == [72, 28]
    assert fill("one two", 6, first="- ", hanging="  ") == "- one\n  two"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Pay for the speed of the answer, not its size. Then wait.", "Pay for the speed of the answer, not its size."),
        ("Dr. No says that towns should measure before they build. Do.", "Dr. No says that towns should measure before they build."),
        ("Stop. Look at the meter before you sign anything at all! Yes", "Stop. Look at the meter before you sign anything at all!"),
        ("灯台守は霧の夜に鐘を鳴らし続け、船はその音だけを頼りに港へ帰ってきた。それから朝が来た。", "灯台守は霧の夜に鐘を鳴らし続け、船はその音だけを頼りに港へ帰ってきた。"),
        ("It grew by 3.5 points in a year and nobody could say why or how", "It grew by 3.5 points in a year and nobody could say why or how"),
        ("x" * 90 + ". Short.", "x" * 90 + ". Short."),
        ("", ""),
    ],
)  # fmt: skip
def test_a_first_sentence_ends_where_one_ends(text: str, wanted: str) -> None:
    assert words.first_sentence(text, 80) == wanted
