"""Whoever changes what is published leaves a mark, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection, delete, insert, update

from builders import add_card, add_pair, change_card, day, make_card, make_episode, make_id
from letters.model import PUBLIC, IssueState, Occurrence, Rendering
from letters.store import Store, tables
from letters.store.codec import dump
from letters.store.entries import attach_card, mark_updated, retire_entry
from letters.store.issues import add_issue, add_rendering, set_state
from letters.store.unpublished import forget_marks, load_marks

CARD, EPISODE = make_id("card", 1), make_id("episode", 1)


@pytest.fixture
def published(store: Store) -> Store:
    """Two pairs and an issue that were published."""
    with store.write() as c:
        add_pair(c, 1)
        add_pair(c, 2)
        add_issue(
            c,
            edition="weekly",
            occurrence=Occurrence(at=day(8), local_date=date(2026, 3, 9)),
            number=1,
            state=IssueState.HELD,
            subject="One lamp",
        )
        forget_marks(c, load_marks(c))
    return store


def marked_by(store: Store, change: Callable[[Connection], object]) -> list[tuple[str, str]]:
    with store.write() as c:
        change(c)
        return [(mark.kind, mark.key) for mark in load_marks(c)]


def edit_the_card(c: Connection) -> None:
    change_card(c, make_card(1, summary="Other words."))


def edit_the_episode(c: Connection) -> None:
    other = replace(make_episode(1), link="https://lighthouse.example/moved")
    c.execute(update(tables.episode).where(tables.episode.c.id == EPISODE).values(data=dump(other)))


def date_the_episode(c: Connection) -> None:
    c.execute(update(tables.episode).where(tables.episode.c.id == EPISODE).values(published=day(50)))


def retire_the_card(c: Connection) -> None:
    retire_entry(c, CARD, at=day(9))


def take_a_topic_away(c: Connection) -> None:
    c.execute(delete(tables.card_topic).where(tables.card_topic.c.card_id == CARD))


def add_an_audience(c: Connection) -> None:
    c.execute(insert(tables.audience).values(key="pilot", name="Pilot", declared=True, first_named_at=day(1)))
    c.execute(insert(tables.card_audience).values(card_id=CARD, audience="pilot", position=9))


@pytest.mark.parametrize(
    "change",
    [edit_the_card, edit_the_episode, date_the_episode, retire_the_card, take_a_topic_away, add_an_audience],
)
def test_what_changes_an_entry_marks_it(published: Store, change: Callable[[Connection], None]) -> None:
    assert marked_by(published, change) == [("entry", CARD)]


def rewrite_the_same(c: Connection) -> None:
    card = tables.card
    c.execute(update(card).where(card.c.id == CARD).values(data=dump(make_card(1)), path="elsewhere.txt"))
    c.execute(update(tables.episode).values(changed_at=day(60), digest="other"))


def publish(c: Connection) -> None:
    mark_updated(c, {CARD: ("digest", day(60))})


def read_a_card_without_entry(c: Connection) -> None:
    add_card(c, make_card(7))
    change_card(c, make_card(7, summary="Not published yet."))


@pytest.mark.parametrize("change", [rewrite_the_same, publish, read_a_card_without_entry])
def test_what_no_document_shows_marks_nothing(published: Store, change: Callable[[Connection], None]) -> None:
    assert marked_by(published, change) == []


def test_a_new_entry_is_marked_and_one_that_gets_a_card(published: Store) -> None:
    def change(c: Connection) -> None:
        add_pair(c, 3)
        c.execute(update(tables.entry).where(tables.entry.c.id == CARD).values(card_id=None))
        attach_card(c, CARD, CARD)

    assert marked_by(published, change) == sorted([("entry", CARD), ("entry", make_id("card", 3))])


def test_an_issue_is_marked_by_its_state_and_by_what_everybody_sees_of_it(published: Store) -> None:
    def rendering(choice: str) -> Rendering:
        return Rendering(choice=choice, subject="", preheader="", html="<p>", text="")

    assert marked_by(published, lambda c: set_state(c, 1, IssueState.APPROVED)) == [("issue", "1")]
    with published.write() as c:
        forget_marks(c, load_marks(c))
    assert marked_by(published, lambda c: set_state(c, 1, IssueState.APPROVED)) == []
    assert marked_by(published, lambda c: add_rendering(c, 1, rendering("somebody"))) == []
    assert marked_by(published, lambda c: add_rendering(c, 1, rendering(PUBLIC))) == [("issue", "1")]


def test_what_changes_while_it_is_published_stays_marked(published: Store) -> None:
    with published.write() as c:
        edit_the_card(c)
    with published.read() as c:
        seen = load_marks(c)
    with published.write() as c:
        change_card(c, make_card(1, summary="Again other words."))
    with published.write() as c:
        forget_marks(c, seen)
        left = load_marks(c)
    assert [mark.key for mark in left] == [CARD]
    with published.write() as c:
        forget_marks(c, left)
        assert load_marks(c) == []
