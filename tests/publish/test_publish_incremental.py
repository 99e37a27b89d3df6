"""Writing only what changed leaves the tree that writing everything makes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from press_kit import Press, make_settings
from sqlalchemy import Connection, update

from builders import add_pair, add_uncarded, change_card, day, make_card, make_episode, make_id
from letters.model import RelatedCard
from letters.publish import publish
from letters.settings import Workspace
from letters.store import Store, tables
from letters.store.codec import dump
from letters.store.entries import add_entry, retire_entry
from letters.store.unpublished import load_marks
from thorough import tries

CARDS = range(1, 9)
_numbers = st.sampled_from(CARDS)
_names = st.sampled_from(["Signals", "Fog", "Ice"])
_titles = st.sampled_from(["Card 1", "Card 2", "Another", "AT&T <b>"])


class Newsroom:
    """What happens in one; `present` are the numbers of cards that have an entry now, and `ever` of those that had."""

    def __init__(self, c: Connection, ever: dict[int, bool]) -> None:
        self.c, self.ever = c, ever

    def come(self, number: int, topics: list[str], title: str) -> None:
        if number not in self.ever:
            related = (RelatedCard(title="Another"), RelatedCard(title="Card 1"))
            add_pair(
                self.c, number, card=make_card(number, title=title, topics=tuple(topics), related=related)
            )
        elif not self.ever[number]:
            add_entry(
                self.c,
                id=make_id("card", number),
                address=make_card(number).address,
                card_id=make_id("card", number),
                episode_id=make_id("episode", number),
                ready_at=day(50),
            )
        self.ever[number] = True

    def edit(self, number: int, topics: list[str], title: str) -> None:
        if number in self.ever:
            change_card(self.c, make_card(number, title=title, topics=tuple(topics)))

    def retire(self, number: int, *_: object) -> None:
        if self.ever.get(number):
            retire_entry(self.c, make_id("card", number), at=day(50))
            self.ever[number] = False

    def move_episode(self, number: int, _topics: list[str], title: str) -> None:
        other = make_episode(
            number, link=f"https://moved.example/{title}", image="https://moved.example/i.png"
        )
        episode = tables.episode
        self.c.execute(update(episode).where(episode.c.id == other.id).values(data=dump(other)))


_events = st.tuples(
    st.sampled_from(["come", "come", "edit", "retire", "move_episode"]),
    _numbers,
    st.lists(_names, unique=True, max_size=2),
    _titles,
)


def documents(press: Press) -> dict[str, bytes]:
    """All but full pages of history, which are left as they were."""
    return {path: data for path, data in press.files().items() if not path.startswith("archive/")}


@settings(
    max_examples=tries(10, thorough=600),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(passes=st.lists(st.lists(_events, min_size=1, max_size=3), min_size=2, max_size=6))
def test_what_changed_is_all_that_has_to_be_written(
    tmp_path_factory: pytest.TempPathFactory, passes: list[list[Any]]
) -> None:
    root = tmp_path_factory.mktemp("newsroom")
    store = Store(f"sqlite:///{root}/letters.db")
    store.upgrade()
    press = Press(root, store)
    press.settings = make_settings(publish={"entries": 2})
    ever: dict[int, bool] = {}
    for number, events in enumerate(passes):
        with store.write() as c:
            newsroom = Newsroom(c, ever)
            for name, card, topics, title in events:
                getattr(newsroom, name)(card, topics, title)
        press.publish(day(100 + number))
    with store.read() as c:
        assert load_marks(c) == []
    whole = Press(root / "whole", store)
    whole.settings = press.settings
    whole.publish(day(200))
    assert documents(press) == documents(whole)
    store.close()


def test_a_card_that_names_its_own_title_as_related_is_linked_to_by_its_neighbour(sqlite_press: Any) -> None:
    sqlite_press.settings = make_settings(publish={"entries": 2})
    related = (RelatedCard(title="Card 4"),)
    with sqlite_press.store.write() as c:
        add_pair(c, 7)
    sqlite_press.publish(day(10))
    with sqlite_press.store.write() as c:
        add_pair(c, 4, card=make_card(4, title="Card 4", related=related))
    sqlite_press.publish(day(11))
    page = next(data for path, data in sqlite_press.files().items() if path.startswith("cards/card-7-"))
    assert b'rel="next"' in page


def test_nothing_new_reads_no_entry_and_writes_nothing(
    sqlite_press: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
        add_uncarded(c, 2)
    sqlite_press.publish(day(10))
    count = len(sqlite_press.files())
    monkeypatch.setattr("letters.publish.record.load_entries", pytest.fail)
    monkeypatch.setattr("letters.publish.reading.load_entries", pytest.fail)
    report = sqlite_press.publish(day(11))
    assert (report.written, report.unchanged) == (0, count)


def test_one_card_more_writes_what_holds_it(sqlite_press: Any) -> None:
    with sqlite_press.store.write() as c:
        for number in range(1, 6):
            add_pair(c, number, card=make_card(number, topics=(f"Topic {number}",), audiences=()))
    sqlite_press.publish(day(10))
    with sqlite_press.store.write() as c:
        add_pair(c, 6, card=make_card(6, topics=("Topic 1",), audiences=()))
    report = sqlite_press.publish(day(11))
    # Its page and that of the card before it; three formats and the page of "all" and of its topic; the home.
    assert report.written == 2 + 2 * 4 + 1
    assert report.unchanged + report.written == len(sqlite_press.files())


@pytest.mark.parametrize("lost", ["tree", "stamp", "database"])
def test_a_tree_that_is_not_the_one_that_was_written_last_is_looked_at_whole(
    sqlite_press: Any, tmp_path: Path, lost: str
) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    sqlite_press.publish(day(10))
    before = sqlite_press.files()
    backup = tmp_path / "backup.db"
    with (
        closing(sqlite3.connect(sqlite_press.store.url.database)) as one,
        closing(sqlite3.connect(backup)) as two,
    ):
        one.backup(two)
    with sqlite_press.store.write() as c:
        add_pair(c, 2)
    sqlite_press.publish(day(11))
    store = sqlite_press.store
    if lost == "tree":
        for path in sqlite_press.tree.rglob("*.rss"):
            path.unlink()
        (sqlite_press.tree / ".published").unlink()
        wanted = {**sqlite_press.files()}
    elif lost == "stamp":
        (sqlite_press.tree / ".published").unlink()
        (sqlite_press.tree / "all.rss").write_bytes(b"another tree's")
        wanted = {}
    else:
        store, wanted = Store(f"sqlite:///{backup}"), before
    publish(store, sqlite_press.settings, Workspace(sqlite_press.workspace.root), now=day(12))
    after = sqlite_press.files()
    assert {path: after[path] for path in wanted} == wanted
    assert after["all.rss"].startswith(b"<?xml")
    assert sqlite_press.titles("all") == (["Card 1"] if lost == "database" else ["Card 2", "Card 1"])
