"""Entries that come back under other identities, and those that share one. Pure: nothing here needs a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from remembering import Memory, seen_of
from watching import NOW, entry

from letters.model import Enclosure, Episode, Source
from letters.watch.changes import Changes, changes
from letters.watch.likeness import media_file, page, page_anywhere, same_guid, title_words
from letters.watch.parse.identity import identified
from letters.watch.recognise import enclosure_of
from letters.watch.remap import remap
from letters.watch.wanted import needs_all, wanted

DAY = timedelta(days=1)
SOURCE = Source(key="show", url="https://show.example/feed")


def show(number: int, **fields: object) -> Episode:
    """An entry of a podcast, whose guid is its page."""
    address = f"http://show.example/episodes/{number}"
    return replace(
        entry(number),
        identity=address,
        guid=address,
        link=address,
        enclosures=(Enclosure(url=f"https://cdn.example/files/{number}.mp3", type="audio/mpeg"),),
        **fields,
    )


def feed(*numbers: int) -> list[Episode]:
    """A document, newest first."""
    return [show(number) for number in sorted(numbers, reverse=True)]


def secure(one: Episode) -> Episode:
    return replace(one, guid=one.guid.replace("http:", "https:"), link=one.link.replace("http:", "https:"))


def on_another_host(one: Episode) -> Episode:
    """Guid, page and file all change; title and date stay."""
    number = one.title.rpartition(" ")[2]
    return replace(
        one,
        guid=f"new-{number}",
        link=f"https://other.example/p/{number}00",
        enclosures=(Enclosure(url=f"https://media.other.example/{number}99.mp3"),),
    )


def with_permalinks_renamed(one: Episode) -> Episode:
    number = one.title.rpartition(" ")[2]
    address = f"https://show.example/listen/the-{number}"
    return replace(one, guid=address, link=address)


def with_titles_rewritten(one: Episode) -> Episode:
    """Guid and title change; page and file stay."""
    return replace(one, guid=f"id-{one.link}", title=f"{one.title} | The Show")


def with_dates_reset(one: Episode) -> Episode:
    """As after some imports: everything is dated on the day of the move."""
    return replace(on_another_host(one), published=NOW)


def behind_a_counter(one: Episode) -> Episode:
    url = enclosure_of(one).removeprefix("https://")
    return replace(
        one,
        guid=f"urn:{one.title}",
        link="",
        title=f"The Show: {one.title}",
        enclosures=(Enclosure(url=f"https://counter.example/redirect.mp3/{url}?from=feed"),),
    )


MOVES: list[Callable[[Episode], Episode]] = [
    secure,
    on_another_host,
    with_permalinks_renamed,
    with_titles_rewritten,
    with_dates_reset,
    behind_a_counter,
]


@pytest.mark.parametrize("move", MOVES)
def test_a_whole_document_under_other_identities_is_recognised(move: Callable[[Episode], Episode]) -> None:
    """R64, pain 30: nothing is news again, every episode keeps its id, and the identities follow."""
    memory = Memory()
    memory.look(feed(*range(1, 21)))
    ids = {known.id for known in memory.seen.values()}
    moved = [move(one) for one in feed(*range(1, 21))]
    found = memory.look(moved)
    assert (found.added, found.quarantined, len(found.renamed)) == ((), (), 20)
    assert {known.id for known in memory.seen.values()} == ids
    assert {known.guid for known in memory.seen.values()} == {one.guid for one in moved}
    assert memory.look(moved) == Changes()
    (notice,) = found.problems(SOURCE)
    assert notice.is_notice
    assert "20 of its entries came under other identifiers and were recognised" in str(notice)


@pytest.mark.parametrize("move", MOVES)
def test_a_move_that_is_taken_back_is_followed_back(move: Callable[[Episode], Episode]) -> None:
    memory = Memory()
    memory.look(feed(*range(1, 21)))
    before = {known.guid: known.id for known in memory.seen.values()}
    memory.look([move(one) for one in feed(*range(1, 21))])
    memory.look(feed(*range(1, 21)))
    assert {known.guid: known.id for known in memory.seen.values()} == before
    assert memory.announced == []


def test_episodes_published_during_a_move_are_news() -> None:
    """R64: what is dated after everything stored cannot be one of the stored, whatever it is called now."""
    memory = Memory()
    memory.look(feed(*range(1, 21)))
    memory.look([on_another_host(one) for one in feed(*range(5, 23))])
    assert memory.announced == ["Episode 22", "Episode 21"]


def unknown_archive(*numbers: int) -> list[Episode]:
    """Entries as old as the stored ones, with nothing in common but the source."""
    return [
        replace(
            on_another_host(show(number)),
            title=f"Part {number * 7}",
            published=show(number).published - DAY / 3,
        )
        for number in numbers
    ]


def test_what_is_not_recognised_in_a_move_is_quarantined_and_told_and_never_news() -> None:
    """R64, pain 30."""
    memory = Memory()
    memory.look(feed(*range(1, 21)))
    document = [on_another_host(one) for one in feed(*range(11, 21))] + unknown_archive(1, 2, 3)
    found = memory.look(document)
    assert [one.title for one in found.quarantined] == ["Part 7", "Part 14", "Part 21"]
    assert (found.added, len(found.renamed), memory.announced) == ((), 10, [])
    (problem,) = found.problems(SOURCE)
    assert not problem.is_notice
    assert str(problem) == (
        'source "show": its entries came under other identifiers; 10 were recognised, 3 could not be, and are in '
        'quarantine, neither published nor mailed; look with "letters episodes list --quarantined --source show"; '
        'let them in with "letters episodes release show"'
    )
    assert memory.look(document) == Changes()


def test_a_document_of_which_nothing_is_recognised_is_quarantined_whole() -> None:
    """R64: a domain in other hands, or identifiers and words that all changed."""
    memory = Memory()
    memory.look(feed(*range(1, 21)))
    found = memory.look(unknown_archive(*range(1, 21)))
    assert (len(found.quarantined), memory.announced) == (20, [])


def test_quarantine_ends_by_itself_when_the_source_still_lists_what_is_in_it() -> None:
    """R64: three days later, at a calm document; then as stored, not as news."""
    memory = Memory()
    memory.look(feed(*range(1, 21)))
    document = unknown_archive(*range(1, 21))
    memory.look(document)
    assert memory.look(document, days=2).released == ()
    found = memory.look([show(30), *document], days=1)
    assert len(found.released) == 20
    assert memory.announced == ["Episode 30"]
    assert all(known.quarantined_at is None for known in memory.seen.values())
    assert ["left quarantine" in str(one) for one in found.problems(SOURCE)] == [True]


def test_what_the_source_took_back_stays_in_quarantine() -> None:
    memory = Memory()
    memory.look(feed(*range(1, 21)))
    memory.look(unknown_archive(*range(1, 21)))
    assert memory.look(feed(*range(1, 22)), days=10).released == ()
    assert memory.announced == ["Episode 21"]


def test_a_busy_source_that_nobody_looked_at_for_long_is_no_move() -> None:
    """All that was known has dropped out; the late ones among the new are news as ever."""
    memory = Memory()
    memory.look(feed(*range(1, 21)))
    late = replace(show(99), published=show(20).published - timedelta(hours=2))
    found = memory.look([*feed(*range(30, 49)), late])
    assert (len(memory.announced), found.quarantined, found.renamed) == (20, (), {})


def undated(one: Episode) -> Episode:
    return replace(one, published=None)


def test_a_source_that_gives_no_dates_and_turned_its_page_is_no_move() -> None:
    memory = Memory()
    memory.look([undated(one) for one in feed(*range(1, 11))])
    memory.look([undated(one) for one in feed(*range(11, 21))])
    assert len(memory.announced) == 10


@pytest.mark.parametrize("move", [secure, on_another_host, with_permalinks_renamed])
def test_a_source_that_gives_no_dates_is_recognised_too(move: Callable[[Episode], Episode]) -> None:
    memory = Memory()
    memory.look([undated(one) for one in feed(*range(1, 11))])
    found = memory.look([move(undated(one)) for one in feed(*range(1, 11))])
    assert (len(found.renamed), memory.announced) == (10, [])


def test_guids_given_where_there_were_none_become_the_identities() -> None:
    memory = Memory()
    memory.look([replace(one, guid="") for one in feed(*range(1, 11))])
    found = memory.look(feed(*range(1, 11)))
    assert (found.added, len(found.renamed)) == ((), 10)
    assert set(memory.seen) == {one.guid for one in feed(*range(1, 11))}


def test_a_larger_archive_is_no_move_and_no_news() -> None:
    """A publisher who lists 300 episodes where there were 10 floods nobody."""
    memory = Memory()
    memory.look(feed(*range(291, 301)))
    found = memory.look(feed(*range(1, 301)))
    assert (len(found.added), found.quarantined) == (290, ())
    # Those of the week before the newest; see the rules for dates.
    assert len(memory.announced) == 0


def test_a_single_entry_under_another_guid_is_recognised_by_date_and_title_or_file() -> None:
    memory = Memory()
    memory.look(feed(*range(1, 11)))
    again = replace(on_another_host(show(10)), guid="repaired")
    assert list(memory.look([again, *feed(*range(1, 10))]).renamed) == [show(10).guid]
    retitled = replace(show(9), guid="retitled", link="", title="Another title")
    found = memory.look([again, retitled, *feed(*range(1, 9))])
    assert (list(found.renamed), memory.announced) == ([show(9).guid], [])


def test_entries_on_one_page_are_told_apart_by_their_places_on_it() -> None:
    memory = Memory()
    now = "https://show.example/now.html#"
    notes = [entry(number, guid=f"{now}{number}", link=f"{now}{number}") for number in range(1, 31)]
    for last in range(10, 31):
        memory.look(list(reversed(notes[last - 10 : last])))
    assert len(memory.announced) == 20


def test_a_daily_show_with_one_title_and_page_for_all_is_news_each_day() -> None:
    """Pain 31: today's is not taken for the one that dropped out."""
    memory = Memory()
    days = [
        replace(show(number), title="The Daily", link="https://show.example/", guid=f"day-{number}")
        for number in range(1, 31)
    ]
    for last in range(10, 31):
        memory.look(list(reversed(days[last - 10 : last])))
    assert len(memory.announced) == 20
    assert len(memory.seen) == 30


@pytest.mark.parametrize(
    "shared", [{"guid": "same"}, {"link": "https://show.example/"}, {"guid": "same", "link": "x"}]
)
@pytest.mark.parametrize("has_files", [True, False])
def test_what_all_entries_share_neither_hides_nor_repeats_any(
    shared: dict[str, str], has_files: bool
) -> None:
    """R64, pain 31: from the first entry on, which had the guid or link for itself."""
    memory = Memory()
    entries = [
        replace(show(number), enclosures=show(number).enclosures if has_files else (), **shared)
        for number in range(1, 31)
    ]
    for last in range(1, 31):
        memory.look(list(reversed(entries[max(0, last - 10) : last])))
    assert memory.announced == [one.title for one in entries[1:]]
    assert len({known.title for known in memory.seen.values()}) == len(memory.seen) == 30


def test_an_only_entry_that_uses_its_guid_again_is_news_each_time() -> None:
    """Pain 31: a feed of the latest episode alone, always under one guid."""
    memory = Memory()
    for number in range(1, 6):
        memory.look([replace(show(number), guid="latest")])
    assert memory.announced == [f"Episode {number}" for number in range(2, 6)]


def test_an_entry_that_keeps_its_title_or_its_file_is_edited_not_new() -> None:
    memory = Memory()
    memory.look([show(1)])
    moved = replace(show(1), link="https://x.example/1", published=NOW, enclosures=show(2).enclosures)
    assert len(memory.look([moved]).changed) == 1
    retitled = replace(moved, title="Corrected", link="https://x.example/corrected", published=NOW + DAY)
    assert len(memory.look([retitled]).changed) == 1
    assert memory.announced == []


def test_an_entry_is_never_taken_for_one_that_was_kept() -> None:
    """R64: a new entry that bears the guid of one that stands unchanged beside it is another one."""
    stored = {one.identity: seen_of(one) for one in feed(1, 2)}
    again = replace(show(3), guid=show(2).guid, identity=show(2).guid)
    found = changes(stored, [again], kept={show(2).identity}, is_first=False, backfill=0, now=NOW)
    assert [one.title for one in found.added] == ["Episode 3"]
    assert found.identities == (enclosure_of(show(3)),)


def test_an_entry_listed_twice_is_one_even_if_only_one_of_the_two_is_read() -> None:
    stored = {show(1).identity: seen_of(show(1))}
    twice = replace(show(1), description="The same, with other words.")
    found = changes(stored, [twice], kept={show(1).identity}, is_first=False, backfill=0, now=NOW)
    assert found == Changes()
    assert found.identities == (show(1).identity,)


def test_identities_are_told_by_place() -> None:
    """What the next look recognises unread entries by."""
    memory = Memory()
    memory.look(feed(1, 2, 3))
    document = identified([show(4), secure(show(3)), show(2)])
    found = changes(memory.seen, document, is_first=False, backfill=0, now=NOW)
    assert found.identities == (show(4).guid, secure(show(3)).guid, show(2).guid)


def test_at_a_changed_address_nothing_is_quarantined_when_nothing_is_familiar() -> None:
    """The operator pointed the source at another feed: stored, and not news, as at a first look."""
    memory = Memory()
    memory.look(feed(*range(1, 11)))
    found = memory.look(unknown_archive(*range(1, 11)), is_first=True)
    assert (len(found.added), found.quarantined, memory.announced) == (10, (), [])


def test_at_a_changed_address_the_feed_is_recognised_under_other_identities() -> None:
    memory = Memory()
    memory.look(feed(*range(1, 11)))
    found = memory.look([on_another_host(one) for one in feed(*range(1, 12))], is_first=True)
    assert (len(found.renamed), memory.announced) == (10, ["Episode 11"])


# --- forms that can be compared --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "one", "other", "are_alike"),
    [
        (page, "http://www.show.example/1/", "https://show.example:443/1?utm_source=feed", True),
        (page, "https://show.example/?p=1", "https://show.example/?p=2", False),
        (page, "https://show.example/a%20b", "https://show.example/a b", True),
        (page_anywhere, "https://old.example/2026/one", "http://new.example/2026/one", True),
        (page_anywhere, "https://old.example/?b=2&a=1", "https://new.example/?a=1&b=2", True),
        (media_file, "https://cdn.example/a/1.mp3", "https://x.example/a/1.mp3?token=9", True),
        (
            media_file,
            "https://cdn.example/a/1.mp3",
            "https://t.example/track/3/redirect.mp3/cdn.example/a/1.mp3",
            True,
        ),
        (
            media_file,
            "https://cdn.example/a/1.mp3",
            "https://t.example/https%3A%2F%2Fcdn.example%2Fa%2F1.mp3",
            True,
        ),
        (media_file, "https://cdn.example/play?id=1", "https://cdn.example/play?id=2", False),
        (title_words, "Episode 1: “Ships”", "EPISODE 1 - ships", True),
        (title_words, "Episode 1", "Episode 11", False),
        (same_guid, "http://show.example/1", "https://www.show.example/1", True),
        (same_guid, "http", "https", False),
    ],
)
def test_what_is_written_differently_and_means_the_same_has_one_form(
    form: Callable[[str], str], one: str, other: str, are_alike: bool
) -> None:
    assert (form(one) == form(other)) == are_alike


@pytest.mark.parametrize("nothing", ["", "x", "mailto:ada@show.example", "https://[", "http:///1"])
def test_what_is_no_address_tells_nothing(nothing: str) -> None:
    assert (page(nothing), page_anywhere(nothing), media_file(nothing)) == ("", "", "")
    assert page_anywhere("https://show.example/") == ""


@given(st.text(), st.from_regex(r"https?://[a-z.:\[\]%/?&=#0-9]{0,30}"))
def test_no_text_breaks_a_form(text: str, address: str) -> None:
    for one in (text, address):
        assert [
            isinstance(form(one), str) for form in (page, page_anywhere, media_file, title_words, same_guid)
        ]


# --- what a comparison has to know -----------------------------------------------------------------------


def partly(
    memory: Memory, document: Sequence[Episode], listed: Sequence[Episode], kept: Sequence[Episode]
) -> Changes:
    """Compare as a pass does: with what is wanted first, with everything where that leaves a doubt."""
    names, held = {one.identity for one in listed}, {one.identity for one in kept}
    some = wanted(document, listed=names, kept=held, is_first=False)
    assert some is not None
    newest = max(memory.seen, key=lambda one: memory.seen[one].published or NOW)
    seen = {
        identity: known for identity, known in memory.seen.items() if identity in some or identity == newest
    }
    if needs_all(seen, document, kept=held):
        seen = memory.seen
    return changes(seen, document, kept=held, is_first=False, backfill=0, now=NOW)


@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_recognised_from_what_is_wanted(move: Callable[[Episode], Episode]) -> None:
    memory = Memory()
    memory.look(feed(*range(1, 101)))
    moved = identified([move(one) for one in feed(*range(71, 101))])
    found = partly(memory, moved, listed=feed(*range(81, 101)), kept=[])
    assert (found.added, found.quarantined, len(found.renamed)) == ((), (), 30)


def test_a_new_entry_among_kept_ones_needs_little_to_be_known() -> None:
    memory = Memory()
    memory.look(feed(*range(1, 101)))
    listed = feed(*range(91, 101))
    some = wanted(
        [show(101)],
        listed={one.identity for one in listed},
        kept={one.identity for one in listed[:-1]},
        is_first=False,
    )
    assert some is not None
    assert listed[-1].identity in some
    assert len(some) < 6
    found = partly(memory, [show(101)], listed=listed, kept=listed[:-1])
    assert [one.is_new for one in found.added] == [True]
    late = replace(show(102), published=show(50).published)
    assert [one.is_new for one in partly(memory, [late], listed=listed, kept=listed).added] == [False]


def test_a_guid_used_again_with_other_words_and_date_makes_everything_wanted() -> None:
    stored = {one.identity: seen_of(one) for one in feed(1)}
    assert needs_all(stored, [replace(show(2), identity=show(1).identity)])
    assert not needs_all(stored, [replace(show(1), title="Edited")])
    assert not needs_all(stored, [show(2), show(1)])


def test_a_first_look_wants_everything() -> None:
    assert wanted(feed(1), listed={"x"}, is_first=True) is None
    assert wanted(feed(1), listed=(), is_first=False) is None


# --- properties ------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(["", "a", "b", "c"])
_ENTRIES = st.lists(
    st.builds(
        lambda guid, link, title, file, day: Episode(
            source="show",
            identity="",
            guid=guid and f"http://show.example/{guid}",
            link=link and f"http://show.example/{link}",
            title=title,
            published=NOW + day * DAY if day else None,
            enclosures=(Enclosure(url=f"https://cdn.example/{file}.mp3"),) if file else (),
        ),
        guid=_WORDS,
        link=_WORDS,
        title=_WORDS,
        file=_WORDS,
        day=st.integers(-3, 3),
    ),
    max_size=8,
)


@given(st.lists(_ENTRIES, min_size=1, max_size=5))
def test_whatever_is_listed_ids_and_identities_stay_unique_and_a_second_look_finds_nothing(
    documents: list[list[Episode]],
) -> None:
    """R64: however guids, pages, files, titles and dates are missing, shared, exchanged or moved."""
    memory = Memory()
    for document in documents:
        found = memory.look(document)
        assert len(found.identities) == len(identified(document))
        assert set(found.identities) <= memory.seen.keys()
        again = memory.look(document, days=0)
        # An identity that somebody let go may still find a better owner.
        assert (again.added, again.quarantined, again.changed) == ((), (), ())


@given(_ENTRIES, _ENTRIES, st.booleans())
def test_re_mapping_is_one_to_one(unknown: list[Episode], stored: list[Episode], is_crowd: bool) -> None:
    absent = {one.identity: seen_of(one) for one in identified(stored)}
    found = remap(unknown, absent, is_crowd=is_crowd)
    assert found.keys() <= set(range(len(unknown)))
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= absent.keys()


@given(
    # Not up to the days of the move itself: dates that were reset to nearly what they were tell nothing.
    numbers=st.sets(st.integers(1, 50), min_size=4, max_size=30),
    move=st.sampled_from(MOVES),
    order=st.randoms(use_true_random=False),
)
def test_any_archive_survives_any_move_in_any_order(numbers, move, order) -> None:  # type: ignore[no-untyped-def]
    """R64, pain 30."""
    memory = Memory()
    memory.look(feed(*numbers))
    ids = {known.title.rpartition(" ")[2]: known.id for known in memory.seen.values()}
    moved = [move(one) for one in feed(*numbers)]
    order.shuffle(moved)
    found = memory.look(moved)
    assert (found.added, found.quarantined) == ((), ())
    now = {
        known.title.removesuffix(" | The Show").rpartition(" ")[2]: known.id for known in memory.seen.values()
    }
    assert now == ids


@given(numbers=st.sets(st.integers(1, 60), min_size=4, max_size=30), gone=st.data())
def test_what_a_move_leaves_out_stays_as_it_was(numbers: set[int], gone: st.DataObject) -> None:
    left_out = gone.draw(st.sets(st.sampled_from(sorted(numbers)), max_size=len(numbers) - 3))
    assume(len(numbers - left_out) >= 3)
    memory = Memory()
    memory.look(feed(*numbers))
    memory.look([on_another_host(one) for one in feed(*(numbers - left_out))])
    assert {known.guid for known in memory.seen.values()} >= {show(number).guid for number in left_out}
    assert len(memory.seen) == len(numbers)
    assert memory.announced == []
