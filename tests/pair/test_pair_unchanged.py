"""A pass decides anew when anything changed on which pairing decides, and otherwise not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from pair_kit import (
    BACKGROUND,
    SETTINGS,
    TITLES,
    add,
    after,
    bring_back,
    card,
    edit_title,
    episode,
    make_settings,
    publish,
    retire,
)
from sqlalchemy import delete, event, insert, update

from letters.model import Decision, Pairing
from letters.pair import CardToPair, EpisodeToPair, PairReport, confirm, match, pair, reject, undo
from letters.pair import inputs as inputs_module
from letters.pair.decide import Thresholds
from letters.pair.inputs import Inputs, is_kept, seal
from letters.settings import Settings
from letters.store import Store, tables
from letters.store.codec import dump
from letters.store.hidden import remove_episodes

DOUBTFUL, SURE, LATE = card("Of ropes and of ferries"), card(TITLES[0]), card("Quite another matter")
NEW = episode("The lamp on the quay")


def begin(store: Store) -> PairReport:
    add(store, episodes=BACKGROUND, cards=[DOUBTFUL, SURE])
    report, has_decided, _ = watched(store, 1)
    assert has_decided
    return report


def watched(store: Store, days: float, settings: Settings = SETTINGS) -> tuple[PairReport, bool, list[str]]:
    """A pass, whether it decided anew (it tells its progress then), and the statements with which it wrote."""
    told: list[int] = []
    wrote: list[str] = []

    def see(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.split(maxsplit=1)[0] in {"INSERT", "UPDATE", "DELETE"}:
            wrote.append(statement)

    event.listen(store.engine, "before_cursor_execute", see)
    try:
        report = pair(store, settings, now=after(days), progress=lambda done, of: told.append(done))
    finally:
        event.remove(store.engine, "before_cursor_execute", see)
    return report, bool(told), wrote


def test_where_nothing_changed_nothing_is_decided_and_nothing_written(store: Store) -> None:
    first = begin(store)
    for days in (2, 3, 400):
        assert watched(store, days) == (first, False, [])


def test_a_pass_after_publishing_decides_once(store: Store) -> None:
    """What readers saw stays from now on, which is an input."""
    first = begin(store)
    publish(store)
    assert [watched(store, days)[:2] for days in (2, 3)] == [(first, True), (first, False)]


def _set(table: Any, **values: Any) -> Callable[[Store], object]:
    def change(store: Store) -> None:
        with store.write() as c:
            c.execute(update(table).values(**values))

    return change


def _name_feed(store: Store) -> None:
    with store.write() as c:
        c.execute(
            insert(tables.source_state).values(
                source="lantern", url="https://lantern.example", feed_title="Night lamps"
            )
        )


def _hide(store: Store) -> None:
    with store.write() as c:
        remove_episodes(c, [BACKGROUND[3].id], by="ada", now=after(2))


def _retitle_episode(store: Store) -> None:
    with store.write() as c:
        of_one = update(tables.episode).where(tables.episode.c.id == BACKGROUND[3].id)
        c.execute(of_one.values(data=dump(replace(BACKGROUND[3], title="Ropes and ferries"))))


CHANGES: Mapping[str, Callable[[Store], object]] = {
    "an episode comes": lambda store: add(store, episodes=[NEW], days=2),
    "an episode is edited": _retitle_episode,
    "an episode is hidden": _hide,
    "a feed gives its show a name": _name_feed,
    "a card comes": lambda store: add(store, cards=[LATE], days=2),
    "a card is edited": lambda store: edit_title(store, DOUBTFUL, TITLES[1]),
    "a card goes": lambda store: retire(store, DOUBTFUL, days=2),
    "a pair is published": publish,
    "a pair is rejected": lambda store: reject(store, SURE.id, [BACKGROUND[0].id], actor="ada", now=after(2)),
    "a pair is confirmed": lambda store: confirm(
        store, DOUBTFUL.id, BACKGROUND[2].id, actor="ada", now=after(2)
    ),
    "another hand weighed a decision": _set(tables.pairing, probability=0.5),
    "another program sealed": _set(tables.pairing_seal, digest="of another version"),
    "the seal is gone": lambda store: _forget(store, tables.pairing_seal),
}


def _forget(store: Store, table: Any) -> None:
    with store.write() as c:
        c.execute(delete(table))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_pass_decides_anew_when(store: Store, change: Callable[[Store], object]) -> None:
    begin(store)
    change(store)
    report, has_decided, _ = watched(store, 3)
    assert has_decided
    assert watched(store, 4)[1:] == (False, [])
    _forget(store, tables.pairing_seal)
    assert watched(store, 5)[:2] == (report, True)


@pytest.mark.parametrize(
    "harm",
    [
        _set(tables.pairing, decision="none", episode_id=None),
        lambda store: _forget(store, tables.pairing),
    ],
)
def test_while_what_is_kept_is_not_what_was_decided_each_pass_decides_anew(
    store: Store, harm: Callable[[Store], object]
) -> None:
    """By another hand than ours the pair lost its row, and not the entry that was made with it."""
    first = begin(store)
    harm(store)
    assert [watched(store, days)[:2] for days in (2, 3)] == [(first, True), (first, True)]


@pytest.mark.parametrize(
    "settings",
    [
        make_settings(paired_from=0.99),
        make_settings(review_from=0.05),
        SETTINGS.model_copy(update={"sources": ()}),
    ],
    ids=["paired_from", "review_from", "names of shows"],
)
def test_a_pass_decides_anew_under_other_settings(store: Store, settings: Settings) -> None:
    begin(store)
    assert watched(store, 2, settings)[1]
    assert not watched(store, 3, settings)[1]
    assert watched(store, 4)[1]


def test_a_pass_decides_anew_by_another_program(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(store)
    with monkeypatch.context() as patch:
        patch.setattr(inputs_module, "_program", lambda: "of another version")
        assert [watched(store, days)[1] for days in (2, 3)] == [True, False]
    assert watched(store, 4)[1]


def test_what_was_said_and_taken_back_changes_nothing(store: Store) -> None:
    first = begin(store)
    reject(store, SURE.id, [BACKGROUND[0].id], actor="ada", now=after(2))
    undo(store, actor="grace", now=after(3))
    assert watched(store, 4)[0] == first


def test_a_card_that_was_away_between_two_passes_changes_nothing(store: Store) -> None:
    first = begin(store)
    retire(store, DOUBTFUL, days=2)
    bring_back(store, DOUBTFUL)
    assert watched(store, 3) == (first, False, [])


# --- the digest ------------------------------------------------------------------------------------------

EPISODE = EpisodeToPair(id="e1", show="s", names=("Tidewater",), title="The lamp on the quay")
CARD = CardToPair(id="c1", title="The lamp on the quay", publisher="Tidewater")
INPUTS = Inputs(episodes=[EPISODE], cards=[CARD], settled={}, rejected=frozenset(), thresholds=Thresholds())
#: Another value of each kind of field.
OTHER: Mapping[str, Any] = {
    "str": "other",
    "tuple[str, ...]": ("other",),
    "date | None": date(2026, 3, 1),
    "int | None": 7,
}


def test_inputs_are_all_that_match_takes() -> None:
    """But for what is no input of a pass: which coefficients it thinks by are a part of the program."""
    taken = inspect.signature(match).parameters.keys() - {"many", "coefficients", "progress"}
    assert {field.name for field in fields(Inputs)} == taken


@pytest.mark.parametrize("field", fields(EpisodeToPair), ids=lambda field: field.name)
def test_each_field_of_an_episode_counts(field: Any) -> None:
    other = replace(EPISODE, **{field.name: OTHER[field.type]})
    assert replace(INPUTS, episodes=[other]).digest() != INPUTS.digest()


@pytest.mark.parametrize("field", fields(CardToPair), ids=lambda field: field.name)
def test_each_field_of_a_card_counts(field: Any) -> None:
    other = replace(CARD, **{field.name: OTHER[field.type]})
    assert replace(INPUTS, cards=[other]).digest() != INPUTS.digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"settled": {"c1": "e1"}},
        {"rejected": frozenset({("c1", "e1")})},
        {"thresholds": Thresholds(paired_from=0.9)},
        {"thresholds": Thresholds(review_from=0.2)},
        {"episodes": []},
        {"cards": [CARD, replace(CARD, id="c2")]},
    ],
)
def test_all_else_that_is_given_counts(changed: Any) -> None:
    assert replace(INPUTS, **changed).digest() != INPUTS.digest()


def test_the_order_of_what_has_none_does_not_count() -> None:
    said = [(f"c{n}", f"e{n}") for n in range(9)]
    one = replace(INPUTS, settled=dict(said), rejected=frozenset(said))
    other = replace(INPUTS, settled=dict(reversed(said)), rejected=frozenset(reversed(said)))
    assert one.digest() == other.digest()


def test_texts_cannot_pass_for_others() -> None:
    """What an entry says is not ours, and neither a line's end nor half a character ends anything."""
    first = replace(INPUTS, cards=[replace(CARD, title="a'\n", summary="b\ud800")])
    second = replace(INPUTS, cards=[replace(CARD, title="a", summary="'\nb\ud800")])
    assert first.digest() != second.digest()


def test_a_seal_fits_its_decisions_in_any_order_and_no_others() -> None:
    pairs = [
        Pairing(card_id=f"c{n}", episode_id=f"e{n}", decision=Decision.PAIRED, probability=0.9, evidence=())
        for n in range(3)
    ]
    assert seal("digest", pairs) == seal("digest", pairs[::-1])
    assert seal("other", pairs) != seal("digest", pairs)
    for change in ({"episode_id": None}, {"decision": Decision.REVIEW}, {"probability": 0.8}):
        assert seal("digest", [replace(pairs[0], **change), *pairs[1:]]) != seal("digest", pairs)
    assert seal("digest", pairs[1:]) != seal("digest", pairs)


def test_what_is_kept_may_be_more_than_was_decided_but_not_otherwise() -> None:
    one = Pairing(card_id="c1", episode_id="e1", decision=Decision.PAIRED, probability=0.9, evidence=())
    other = replace(one, card_id="c2", episode_id="e2")
    assert is_kept([one], [one, other])
    assert is_kept([one], [replace(one, probability=0.95)])
    assert not is_kept([one, other], [one])
    assert not is_kept([one], [replace(one, decision=Decision.REVIEW)])
    assert not is_kept([one], [replace(one, episode_id="e2")])
