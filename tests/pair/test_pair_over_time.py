"""What holds whatever happens, in whatever order: passes, answers, edits, cards and episodes that come and go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pair_kit import (
    SETTINGS,
    START,
    add,
    bring_back,
    card,
    edit_title,
    episode,
    mail,
    make_settings,
    publish,
    retire,
)
from sqlalchemy import delete, select

from letters.errors import UsageError
from letters.model import Card, Decision, Episode
from letters.pair import Answered, confirm, pair, reject, undo
from letters.store import Store, tables
from letters.store.hidden import remove_episodes, restore_episodes
from thorough import tries

# Few words, so that everything fits everything.
TITLES = ("The lamp and the harbour", "The lamp", "Salt", "Salt (Part 2)", "Patience")
EPISODES = [
    episode(TITLES[number % 5], name=f"e{number}", is_new=True, first_seen=START) for number in range(6)
]
CARDS = [card(TITLES[number % 5], name=f"c{number}") for number in range(5)]
SOME_CARD, SOME_EPISODE = st.sampled_from(CARDS), st.sampled_from(EPISODES)
PUBLISHING = make_settings(uncarded="publish", wait="5d")


#: What a world writes, in an order in which it can be forgotten.
TOUCHED = (
    tables.answer,
    tables.rejection,
    tables.confirmation,
    tables.pairing,
    tables.issue_entry,
    tables.issue,
    tables.entry,
    tables.card,
    tables.episode,
)


@dataclass
class Before:
    """What was confirmed and rejected before an answer that stands, and whether its card was mailed since."""

    card_id: str
    confirmed: dict[str, str]
    rejected: set[tuple[str, str]]
    is_mailed: bool = False


@dataclass
class World:
    """A store, and what a person who kept a list would know of it."""

    store: Store
    hours: int = 0
    cards: dict[str, Card] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    confirmed: dict[str, str] = field(default_factory=dict)
    rejected: set[tuple[str, str]] = field(default_factory=set)
    journal: list[Before] = field(default_factory=list)
    issues: int = 0

    @property
    def now(self) -> Any:
        return START + timedelta(hours=self.hours)

    def answered(self, one: Card, answer: Callable[[], Answered]) -> bool:
        """Give an answer about a card; False when it was refused or changed nothing."""
        before = Before(one.id, dict(self.confirmed), set(self.rejected))
        try:
            if answer().answer is None:
                return False
        except UsageError:
            return False
        self.journal.append(before)
        return True

    def rows(self, *kinds: Any) -> list[list[Any]]:
        with self.store.read() as c:
            return [list(c.execute(select(kind).order_by(*kind.primary_key))) for kind in kinds]

    def pairs(self) -> dict[str, str]:
        (entries,) = self.rows(tables.entry)
        return {row.card_id: row.episode_id for row in entries if row.card_id and not row.retired_at}

    def in_force(self) -> dict[str, str]:
        return {
            card_id: episode_id
            for card_id, episode_id in self.confirmed.items()
            if card_id not in self.away and episode_id not in self.away
        }


Step = Callable[[World], None]


def make_pass(world: World, *, publishing: bool) -> None:
    chosen = PUBLISHING if publishing else SETTINGS
    pair(world.store, chosen, now=world.now)
    pairs = world.pairs()
    for card_id, episode_id in world.in_force().items():
        assert pairs.get(card_id) == episode_id, "a confirmed pair never moves"
    (decisions,) = world.rows(tables.pairing)
    proposed = {(row.card_id, row.episode_id) for row in decisions} | set(pairs.items())
    assert not proposed & world.rejected, "a rejected pair is never proposed"
    paired = {row.card_id: row.episode_id for row in decisions if row.decision == Decision.PAIRED}
    assert paired == pairs, "what is paired has an entry, and nothing else has"
    held = [one for one in pairs.values() if one]
    assert len(held) == len(set(held)), "one to one"
    assert not set(pairs) & world.away
    assert not set(held) & world.away
    before = world.rows(tables.pairing, tables.entry)
    world.hours += 1
    kept = pair(world.store, chosen, now=world.now)
    assert world.rows(tables.pairing, tables.entry) == before, "a second pass changes nothing"
    with world.store.write() as c:
        c.execute(delete(tables.pairing_seal))
    anew = pair(world.store, chosen, now=world.now)
    assert world.rows(tables.pairing, tables.entry) == before, "nor does one that decides all anew"
    assert kept == anew, "and it tells the same"


def say(world: World, one: Card, what: Episode) -> None:
    if world.answered(one, lambda: confirm(world.store, one.id, what.id, actor="ada", now=world.now)):
        world.confirmed = {key: value for key, value in world.confirmed.items() if value != what.id}
        world.confirmed[one.id] = what.id
        world.rejected.discard((one.id, what.id))
        assert world.pairs()[one.id] == what.id, "it is ready at once"
        event("confirmed")


def deny(world: World, one: Card, what: Episode) -> None:
    if world.answered(one, lambda: reject(world.store, one.id, [what.id], actor="ada", now=world.now)):
        world.rejected.add((one.id, what.id))
        if world.confirmed.get(one.id) == what.id:
            del world.confirmed[one.id]
        assert world.pairs().get(one.id) != what.id, "it is parted at once"
        event("rejected")


def take_back(world: World) -> None:
    if world.journal and world.journal[-1].is_mailed:
        with pytest.raises(UsageError, match="cannot be taken back"):
            undo(world.store, actor="grace", now=world.now)
        event("not taken back")
        return
    done = undo(world.store, actor="grace", now=world.now)
    assert (done is None) == (not world.journal)
    if done is not None:
        before = world.journal.pop()
        world.confirmed, world.rejected = before.confirmed, before.rejected
        event("taken back")


def mail_all(world: World) -> None:
    world.issues += 1
    mail(world.store, world.issues)
    for before in world.journal:
        before.is_mailed = before.is_mailed or before.card_id in world.pairs()


def come(world: World, one: Card | Episode) -> None:
    """A card or an episode is there for the first time, or again."""
    known = {**world.cards, **world.episodes}
    if one.id not in known:
        if isinstance(one, Card):
            add(world.store, cards=[one])
            world.cards[one.id] = one
        else:
            add(world.store, episodes=[one])
            world.episodes[one.id] = one
    elif one.id in world.away:
        world.away.discard(one.id)
        if isinstance(one, Card):
            bring_back(world.store, one)
        else:
            with world.store.write() as c:
                restore_episodes(c, [one.id])


def go(world: World, one: Card | Episode) -> None:
    if one.id in world.away or one.id not in {**world.cards, **world.episodes}:
        return
    world.away.add(one.id)
    if isinstance(one, Card):
        retire(world.store, one, days=world.hours / 24)
    else:
        with world.store.write() as c:
            remove_episodes(c, [one.id], by="ada", now=world.now)


def edit(world: World, one: Card, title: str) -> None:
    if one.id in world.cards:
        edit_title(world.store, one, title)


def wait(world: World) -> None:
    world.hours += 24 * 3


STEPS: Mapping[str, st.SearchStrategy[Step]] = {
    "pass": st.booleans().map(lambda publishing: lambda world: make_pass(world, publishing=publishing)),
    "publish": st.just(lambda world: publish(world.store)),
    "confirm": st.tuples(SOME_CARD, SOME_EPISODE).map(lambda pair: lambda world: say(world, *pair)),
    "reject": st.tuples(SOME_CARD, SOME_EPISODE).map(lambda pair: lambda world: deny(world, *pair)),
    "undo": st.just(take_back),
    "mail": st.just(mail_all),
    "come": st.one_of(SOME_CARD, SOME_EPISODE).map(lambda one: lambda world: come(world, one)),
    "go": st.one_of(SOME_CARD, SOME_EPISODE).map(lambda one: lambda world: go(world, one)),
    "edit": st.tuples(SOME_CARD, st.sampled_from(TITLES)).map(
        lambda edit_: lambda world: edit(world, *edit_)
    ),
    "wait": st.just(wait),
}


@given(
    there=st.tuples(st.sets(st.integers(0, 4), min_size=3), st.sets(st.integers(0, 5), min_size=3)),
    steps=st.lists(st.one_of(*STEPS.values()), min_size=8, max_size=30),
)
@settings(max_examples=tries(20, thorough=400), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_words_stand_and_passes_agree(
    store: Store, there: tuple[set[int], set[int]], steps: list[Step]
) -> None:
    with store.write() as c:
        for table in TOUCHED:
            c.execute(delete(table))
    world = World(store)
    for number in there[0]:
        come(world, CARDS[number])
    for number in there[1]:
        come(world, EPISODES[number])
    for step in steps:
        world.hours += 1
        step(world)
    make_pass(world, publishing=False)
    confirmations, rejections = world.rows(tables.confirmation, tables.rejection)
    assert {row.card_id: row.episode_id for row in confirmations} == world.confirmed
    assert {(row.card_id, row.episode_id) for row in rejections} == world.rejected
