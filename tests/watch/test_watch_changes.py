"""Which entries are new or changed. Pure: nothing here needs a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from remembering import Memory, seen_of
from watching import NOW, entry

from letters.model import Enclosure, Episode, Person, Source
from letters.store.episodes import mint_id
from letters.store.hidden import RESTORED
from letters.store.seen import SeenEpisode
from letters.watch.changes import Changes, changes
from letters.watch.parse.identity import candidates, identified
from letters.watch.parse.values import Deleted


def known(entries: Sequence[Episode]) -> dict[str, SeenEpisode]:
    """What the store would say after these were stored."""
    return {one.identity: seen_of(one) for one in entries}


def later(seen: Sequence[Episode], found: Sequence[Episode]) -> Changes:
    return changes(known(seen), found, is_first=False, backfill=0, now=NOW)


def nothing(one: Episode) -> Episode:
    return one


def only_updated_moves(one: Episode) -> Episode:
    return replace(one, updated=NOW)


def date_that_is_only_the_last_edits_moves(one: Episode) -> Episode:
    return replace(one, published=NOW, updated=NOW)


def date_is_left_out(one: Episode) -> Episode:
    return replace(one, published=None)


def title_changes(one: Episode) -> Episode:
    return replace(one, title="Another")


def description_changes(one: Episode) -> Episode:
    return replace(one, description="Other words.")


def enclosure_is_added(one: Episode) -> Episode:
    return replace(one, enclosures=(Enclosure(url="https://cdn.example/1.mp3"),))


def guest_is_named(one: Episode) -> Episode:
    return replace(one, people=(Person(name="Bo"),))


def publication_is_redated(one: Episode) -> Episode:
    return replace(one, published=NOW - timedelta(days=7), updated=NOW)


def show_is_renamed(one: Episode) -> Episode:
    return replace(one, show="Another Show")


@pytest.mark.parametrize(
    "when",
    [
        title_changes,
        description_changes,
        enclosure_is_added,
        guest_is_named,
        publication_is_redated,
        show_is_renamed,
    ],
)
def test_entry_is_changed(when: object) -> None:
    found = later([entry(1)], [when(entry(1))])  # type: ignore[operator]
    assert (len(found.added), len(found.changed)) == (0, 1)


@pytest.mark.parametrize(
    "when", [nothing, only_updated_moves, date_that_is_only_the_last_edits_moves, date_is_left_out]
)
def test_entry_is_not_changed(when: object) -> None:
    assert later([entry(1)], [when(entry(1))]) == Changes()  # type: ignore[operator]


def test_changed_entry_keeps_what_we_knew_of_it() -> None:
    stored = replace(entry(1), is_new=True)
    edited = replace(entry(1), title="Another", published=NOW, updated=NOW)
    (changed,) = later([stored], [edited]).changed
    assert (changed.first_seen, changed.is_new, changed.published) == (NOW, True, stored.published)


def test_first_look_announces_the_newest_by_date() -> None:
    found = changes({}, [entry(1), entry(3), entry(2)], is_first=True, backfill=2, now=NOW)
    assert [(one.title, one.is_new) for one in found.added] == [
        ("Episode 1", False),
        ("Episode 3", True),
        ("Episode 2", True),
    ]


def test_first_look_at_undated_entries_goes_by_the_documents_order() -> None:
    undated = [replace(entry(number), published=None) for number in (3, 2, 1)]
    found = changes({}, undated, is_first=True, backfill=1, now=NOW)
    assert [one.is_new for one in found.added] == [True, False, False]


def test_vanished_entries_are_left_alone() -> None:
    assert later([entry(1), entry(2)], [entry(2)]) == Changes()


def test_guid_used_again_makes_the_new_entry_new_and_leaves_the_old_one() -> None:
    """R64, pain 31: from the look at which both are listed, and also when the old one has dropped out."""
    old = entry(1)
    again = replace(entry(2), guid=old.guid)
    both = identified([again, old])
    found = later([old], both)
    assert ([one.title for one in found.added], found.changed) == (["Episode 2"], ())
    stored = [old, *found.added]
    assert later(stored, both) == Changes()
    assert later(stored, identified([again])) == Changes()


def test_entry_that_loses_its_enclosure_or_link_is_still_known_by_its_guid() -> None:
    with_file = replace(entry(1), enclosures=(Enclosure(url="https://cdn.example/1.mp3"),))
    (plain,) = identified([replace(with_file, enclosures=(), link="")])
    found = later([with_file], [plain])
    assert (len(found.added), len(found.changed)) == (0, 1)


# --- dates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "is_news"),
    [
        (timedelta(days=-3), True),
        (timedelta(0), True),
        (timedelta(days=7), True),
        (timedelta(days=7, seconds=1), False),
        (timedelta(days=4000), False),
    ],
)
def test_unknown_entry_is_news_unless_it_is_a_week_older_than_the_newest_known(
    age: timedelta, is_news: bool
) -> None:
    late = replace(entry(9), published=entry(5).published - age)
    (added,) = later([entry(5), entry(1)], [late, entry(5), entry(1)]).added
    assert added.is_new == is_news


def test_age_is_measured_by_the_source_and_not_by_the_clock() -> None:
    """A source that nobody looked at for years loses nothing."""
    (added,) = changes(
        known([entry(1)]), [entry(2)], is_first=False, backfill=0, now=NOW + timedelta(days=4000)
    ).added
    assert added.is_new


def test_two_hundred_old_episodes_put_on_line_at_once_flood_nobody() -> None:
    memory = Memory()
    memory.look([entry(1000)])
    memory.look([entry(number) for number in (1000, *range(1, 201))])
    assert (len(memory.seen), memory.announced) == (201, [])


def test_entry_without_a_date_is_news() -> None:
    (added,) = later([entry(5)], [replace(entry(6), published=None), entry(5)]).added
    assert added.is_new


def test_date_that_was_in_the_future_is_given_when_it_has_come_true_and_is_no_news() -> None:
    memory = Memory()
    memory.look([entry(1)])
    premiere = entry(2, published=None)
    memory.look([premiere, entry(1)])
    assert memory.announced == ["Episode 2"]
    found = memory.look([entry(2), entry(1)], days=40)
    assert [one.published for one in found.changed] == [entry(2).published]
    assert memory.announced == ["Episode 2"]


# --- documents that hubs push ---------------------------------------------------------------------------


def test_a_part_of_a_document_says_nothing_of_what_it_does_not_hold() -> None:
    """An edited entry is edited, a new one is new, and old ones that nobody knows are no upheaval."""
    stored = known([entry(number) for number in range(20, 30)])
    strange = [
        entry(number, guid=f"x-{number}", identity=f"x-{number}", title="x", link="")
        for number in range(1, 5)
    ]
    part = [entry(30), entry(29, title="Edited"), *strange]
    found = changes(stored, part, is_first=False, backfill=0, is_whole=False, now=NOW)
    assert [one.title for one in found.added if one.is_new] == ["Episode 30"]
    assert [one.title for one in found.changed] == ["Edited"]
    assert (len(found.added), found.quarantined, found.renamed) == (5, (), {})


# --- tombstones ------------------------------------------------------------------------------------------


def test_removed_entry_does_not_come_back_nor_when_it_is_edited() -> None:
    """R65."""
    memory = Memory()
    memory.look([entry(1), entry(2)])
    memory.remove("guid-2")
    assert memory.look([entry(2), entry(1)]) == Changes()
    memory.look([replace(entry(2), title="Edited"), entry(1)])
    assert memory.seen["guid-2"].removed_at is not None
    assert memory.seen["guid-2"].title == "Edited"
    assert memory.announced == []


def test_removed_entry_does_not_come_back_under_another_identity() -> None:
    """R65: nor does an entry with its old guid, if it is another one, stay away with it."""
    memory = Memory()
    memory.look([entry(1), entry(2)])
    memory.remove("guid-2")
    again = replace(entry(2), guid="other", link="https://show.example/other")
    assert list(memory.look([again, entry(1)]).renamed) == ["guid-2"]
    assert memory.seen["other"].removed_at is not None
    reused = replace(entry(3), guid="other")
    memory.look([reused, entry(1)])
    assert memory.announced == ["Episode 3"]


def test_entry_that_its_publisher_withdrew_is_removed_once() -> None:
    """R65, RFC 6721."""
    memory = Memory()
    memory.look([entry(1), entry(2)])
    notice = Deleted(ref="guid-2", when=NOW)
    found = memory.look([entry(1)], deleted=[notice, Deleted(ref="never seen")])
    assert found.removed == (mint_id("show", "guid-2"),)
    (told,) = found.problems(Source(key="show", url="https://show.example/"))
    assert told.is_notice
    assert "its publisher withdrew 1 of its episodes; it is not published any more" in str(told)
    assert memory.look([entry(1)], deleted=[notice]) == Changes()


def test_entry_that_an_operator_brought_back_is_not_removed_by_the_same_notice() -> None:
    """R65: what a person decided outlasts what a document goes on saying."""
    stored = {"guid-1": seen_of(entry(1), removed_by=RESTORED)}
    notice = Deleted(ref="guid-1", when=NOW)
    assert changes(stored, [], deleted=[notice], is_first=False, backfill=0, now=NOW) == Changes()


@pytest.mark.parametrize(
    ("when", "is_removed"), [(None, False), (NOW - timedelta(days=900), False), (NOW, True)]
)
def test_notice_about_a_listed_entry_counts_if_it_is_later_than_the_entry(
    when: datetime | None, is_removed: bool
) -> None:
    found = changes(
        known([entry(1)]),
        [entry(1)],
        deleted=[Deleted(ref="guid-1", when=when)],
        is_first=False,
        backfill=0,
        now=NOW,
    )
    assert bool(found.removed) == is_removed


@given(st.lists(st.builds(
    lambda guid, link, title: Episode(source="show", identity="", guid=guid, link=link, title=title),
    guid=st.sampled_from(["", "g1", "g2"]), link=st.sampled_from(["", "l1", "l2"]), title=st.sampled_from(["", "t1", "t2"]),
)))  # fmt: skip
def test_looking_twice_finds_nothing_the_second_time(raw: list[Episode]) -> None:
    """R64: whatever guids and links are missing, shared or exchanged; and no two stored entries share an identity."""
    entries = identified(raw)
    first = changes({}, entries, is_first=True, backfill=3, now=NOW)
    identities = [one.identity for one in first.added]
    assert len(set(identities)) == len(identities)
    assert all(identity in candidates(one) for identity, one in zip(identities, first.added, strict=True))
    assert len({(one.guid, one.link, one.title) for one in raw}) == len(first.added)
    assert changes(known(first.added), entries, is_first=False, backfill=0, now=NOW) == Changes()
