"""Answers that are killed anywhere, and answers and passes that happen at the same time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pair_kit import BACKGROUND, TITLES, add, after, card, counts, decisions, entries, episode, publish, run
from sqlalchemy import event, select

from letters.errors import UsageError
from letters.model import Card
from letters.pair import confirm, match, reject, undo
from letters.store import Store, tables

WRECK = "The wreck of the Halcyon"
TWINS = [episode(WRECK, name=name) for name in ("one", "two")]
DOUBTFUL, SURE = card(WRECK), card(TITLES[0])
TABLES = (
    tables.pairing,
    tables.pairing_seal,
    tables.entry,
    tables.confirmation,
    tables.rejection,
    tables.answer,
)


def everything(store: Store) -> list[Any]:
    with store.read() as c:
        return [c.execute(select(table).order_by(*table.primary_key)).all() for table in TABLES]


def begin(store: Store) -> None:
    """A published pair, and a card that two episodes fit equally well."""
    add(store, episodes=[*BACKGROUND, *TWINS], cards=[DOUBTFUL, SURE])
    run(store, 1)
    publish(store)


def confirm_another(store: Store) -> object:
    """Takes the episode of a published pair, whose entry is retired."""
    return confirm(store, DOUBTFUL.id, BACKGROUND[0].id, actor="ada", now=after(2))


def reject_published(store: Store) -> object:
    return reject(store, SURE.id, [BACKGROUND[0].id], actor="ada", now=after(2))


def take_back_a_move(store: Store) -> object:
    return undo(store, actor="grace", now=after(3))


def make_a_pass(store: Store) -> object:
    return run(store, 4)


def _none(store: Store) -> None:
    pass


def _moved(store: Store) -> None:
    confirm_another(store)


def _returned(store: Store) -> None:
    """A confirmation that has to take its episode back from a pair that was published meanwhile."""
    confirm(store, DOUBTFUL.id, BACKGROUND[0].id, actor="ada", now=after(2))
    with store.write() as c:
        c.execute(tables.card.update().where(tables.card.c.id == DOUBTFUL.id).values(retired_at=after(2)))
    run(store, 3)
    publish(store)
    with store.write() as c:
        c.execute(tables.card.update().where(tables.card.c.id == DOUBTFUL.id).values(retired_at=None))


@pytest.mark.parametrize(
    ("before", "act"),
    [
        (_none, confirm_another),
        (_none, reject_published),
        (_moved, take_back_a_move),
        (_returned, make_a_pass),
    ],
)
def test_killed_at_any_statement_an_answer_is_there_whole_or_not_at_all(
    sqlite_store: Store, before: Callable[[Store], None], act: Callable[[Store], object]
) -> None:
    begin(sqlite_store)
    before(sqlite_store)
    old = everything(sqlite_store)
    sqlite_store.engine.dispose()
    kills = 0
    while _is_killed(sqlite_store, act, at=kills + 1):
        kills += 1
        assert everything(sqlite_store) == old, f"killed before statement {kills}"
        sqlite_store.engine.dispose()
    assert kills > 5
    assert everything(sqlite_store) != old


def _is_killed(store: Store, act: Callable[[Store], object], *, at: int) -> bool:
    """Act in a child that dies without a word before its `at`-th statement, or commit; False if it came to its end."""
    with warnings.catch_warnings():
        # Newer Pythons warn of forking beside threads; the child opens a database of its own and takes no lock of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _act_and_die(store.url.render_as_string(), act, at=at)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, 9}
    return code == 9


def _act_and_die(url: str, act: Callable[[Store], object], *, at: int) -> None:
    code = 1
    try:
        store, count = Store(url), 0

        def die(*_: Any) -> None:
            nonlocal count
            count += 1
            if count == at:
                os._exit(9)

        event.listen(store.engine, "before_cursor_execute", die)
        event.listen(store.engine, "commit", die)
        act(store)
        code = 0
    finally:
        os._exit(code)


def test_of_two_who_confirm_one_episode_at_once_one_is_told(store: Store) -> None:
    cards = [card(WRECK, name=str(number)) for number in range(6)]
    add(store, episodes=[*BACKGROUND, *TWINS], cards=cards)

    def say(one: Card) -> str:
        try:
            confirm(store, one.id, TWINS[0].id, actor="ada", now=after(1))
        except UsageError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(say, cards))
    assert told.count("") == 1
    assert all("is confirmed for the card" in one for one in told if one)
    (entry,) = entries(store)
    assert entry.id == cards[told.index("")].id


def answered_while_thinking(
    monkeypatch: pytest.MonkeyPatch, store: Store, answer: Callable[[], object]
) -> None:
    """A pass, in the middle of whose thinking somebody answers."""

    def slowly(*given: Any, **named: Any) -> Any:
        decided = match(*given, **named)
        answer()
        return decided

    with monkeypatch.context() as patch:
        patch.setattr("letters.pair.inputs.match", slowly)
        run(store, 2)


def test_what_is_confirmed_while_a_pass_thinks_stands(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, episodes=[*BACKGROUND, *TWINS], cards=[DOUBTFUL, SURE])
    answered_while_thinking(
        monkeypatch,
        store,
        lambda: confirm(store, DOUBTFUL.id, BACKGROUND[0].id, actor="ada", now=after(2)),
    )
    assert decisions(store)[DOUBTFUL.id][1] == BACKGROUND[0].id
    assert [entry.id for entry in entries(store)] == [DOUBTFUL.id]
    assert counts(run(store, 3)) == (1, 0, 1)


def test_what_is_rejected_while_a_pass_thinks_is_not_proposed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, episodes=BACKGROUND, cards=[SURE])
    answered_while_thinking(
        monkeypatch,
        store,
        lambda: reject(store, SURE.id, [BACKGROUND[0].id], actor="ada", now=after(2)),
    )
    assert (decisions(store), entries(store)) == ({}, [])
    assert counts(run(store, 3)) == (0, 0, 1)


def test_what_was_dropped_for_an_answer_is_decided_when_that_is_taken_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cards, episodes and answers are then what that pass thought about, but what it decided is not there."""
    add(store, episodes=BACKGROUND, cards=[SURE])
    answered_while_thinking(
        monkeypatch,
        store,
        lambda: reject(store, SURE.id, [BACKGROUND[0].id], actor="ada", now=after(2)),
    )
    undo(store, actor="grace", now=after(3))
    assert decisions(store) == {}
    assert counts(run(store, 4)) == (1, 0, 0)
