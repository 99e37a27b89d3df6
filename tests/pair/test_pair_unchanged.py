"""A pass over what did not change decides nothing anew; each kind of change makes it decide again, to the same result."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from letters.model import Card, Credit, Decision, Episode, Source
from letters.pair import PairReport, pair
from letters.pair.matching import match
from letters.settings import Settings
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    Secrets,
    SiteSettings,
    StoreSettings,
    WatchSettings,
)
from letters.store import Store, tables
from letters.store.cards import StoredCard, add_cards, load_cards, retire_cards, update_cards
from letters.store.entries import load_entries
from letters.store.episodes import insert_episodes, load_episodes, update_episodes
from letters.store.pairings import load_pairings

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
WRECK = "The wreck of the Halcyon"
TITLES = ("How harbours learn to sleep", "Salt, rope and patience", "The winter the ferries stopped")


def after(days: float) -> datetime:
    return START + timedelta(days=days)


def make_settings(*names: str, **pairing: Any) -> Settings:
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example"),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(**pairing),
        publish=PublishSettings(),
        delivery=DeliverySettings.model_validate({"from": "news@signal.example"}),
        sources=tuple(
            Source(key=key, url=f"https://{key}.example/feed", show="The Lantern Hour", names=names)
            for key in ("audio", "video")
        ),
        secrets=Secrets(link_keys=()),
    )


SETTINGS = make_settings()
PUBLISH = make_settings(uncarded="publish")


def episode(title: str, *, source: str = "audio", name: str = "", **fields: Any) -> Episode:
    identity = name or title
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source} {identity}"))
    fields.setdefault("published", START)
    return Episode(id=key, source=source, identity=identity, title=title, **fields)


def card(title: str, *, publisher: str = "The Lantern Hour", name: str = "") -> Card:
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"card {name or title}"))
    return Card(id=key, address=f"card-{key[:8]}", title=title, credit=Credit(publisher=publisher))


def add(store: Store, *things: Episode | Card, days: float = 0) -> None:
    now = after(days)
    with store.write() as c:
        insert_episodes(c, [one for one in things if isinstance(one, Episode)], now=now)
        cards = [one for one in things if isinstance(one, Card)]
        add_cards(
            c,
            [
                StoredCard(
                    card=one, path=f"{one.id}.txt", digest=one.title, first_read_at=now, changed_at=now
                )
                for one in cards
            ],
        )


def run(store: Store, days: float = 0, settings: Settings = SETTINGS) -> PairReport:
    return pair(store, settings, now=after(days))


def standing(store: Store) -> Any:
    with store.read() as c:
        entries = [(one.id, one.episode.id, one.card and one.card.id) for one in load_entries(c)]
        return load_pairings(c), entries


class ThoughtError(Exception):
    pass


@pytest.fixture
def thoughtless(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    def refuse(*_: object, **__: object) -> None:
        raise ThoughtError

    def context() -> Any:
        patch = monkeypatch.context()

        class Context:
            def __enter__(self) -> None:
                patch.__enter__().setattr("letters.pair.run.match", refuse)

            def __exit__(self, *told: Any) -> None:
                patch.__exit__(*told)

        return Context()

    return context


@pytest.fixture
def filled(store: Store) -> Store:
    doubtful = [episode(WRECK, name=str(n)) for n in range(2)]
    add(store, *(episode(title) for title in TITLES), *doubtful, days=-30)
    add(store, card(TITLES[0]), card(WRECK), card("Quite another matter"), days=-30)
    return store


def test_a_second_pass_over_the_same_decides_nothing_anew(filled: Store, thoughtless: Any) -> None:
    first, before = run(filled, 1), standing(filled)
    assert (first.paired, first.review, first.none) == (1, 1, 1)
    with thoughtless():
        assert run(filled, 2) == first
        assert run(filled, 3) == first
    assert standing(filled) == before


def test_without_thinking_overdue_episodes_are_told_and_published(store: Store, thoughtless: Any) -> None:
    late = episode(WRECK, is_new=True, first_seen=START)
    add(store, late)
    assert run(store, 1).overdue == 0
    with thoughtless():
        assert run(store, 14).overdue == 1
        assert run(store, 14, PUBLISH).overdue == 0
    assert standing(store)[1] == [(late.id, late.id, None)]
    run(store, 15, PUBLISH)
    with thoughtless():
        run(store, 16, PUBLISH)


def edit_episode(store: Store) -> None:
    with store.write() as c:
        (one,) = (one for one in load_episodes(c) if one.title == TITLES[1])
        update_episodes(c, [replace(one, title="Quite another matter")], now=after(1))


def edit_card(store: Store) -> None:
    with store.write() as c:
        (one,) = (one for one in load_cards(c) if one.card.title == "Quite another matter")
        edited = replace(one, card=replace(one.card, title=TITLES[1]), digest="new", changed_at=after(1))
        update_cards(c, [edited])


def retire_card(store: Store) -> None:
    with store.write() as c:
        retire_cards(c, [card(WRECK).id], at=after(1))


def title_feed(store: Store) -> None:
    with store.write() as c:
        row = {"source": "audio", "url": "https://audio.example/feed", "feed_title": "Night Desk"}
        c.execute(insert(tables.source_state).values(**row, failures=0, last_error=""))


def lose_decisions(store: Store) -> None:
    with store.write() as c:
        c.execute(delete(tables.pairing).where(tables.pairing.c.decision == "review"))


def move_date(store: Store) -> None:
    with store.write() as c:
        (one,) = (one for one in load_episodes(c) if one.title == TITLES[1])
        update_episodes(c, [replace(one, published=after(-5))], now=after(1))


CHANGES: list[Callable[[Store], None]] = [
    edit_episode,
    lambda store: add(store, episode("Quite another matter"), days=1),
    edit_card,
    lambda store: add(store, card(TITLES[2]), days=1),
    retire_card,
    title_feed,
    lose_decisions,
    move_date,
]


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_thought_over_though_it_bears_the_time_of_the_last_pass(
    filled: Store, thoughtless: Any, change: Callable[[Store], None]
) -> None:
    run(filled, 1)
    change(filled)
    with thoughtless(), pytest.raises(ThoughtError):
        run(filled, 1)
    report, found = run(filled, 1), standing(filled)
    with filled.write() as c:
        c.execute(delete(tables.pairing_state))
    assert (run(filled, 1), standing(filled)) == (report, found)


def test_a_new_name_in_the_settings_is_thought_over(filled: Store, thoughtless: Any) -> None:
    run(filled, 1)
    with thoughtless(), pytest.raises(ThoughtError):
        run(filled, 2, make_settings("Night Desk"))
    run(filled, 2, make_settings("Night Desk"))
    with thoughtless():
        run(filled, 3, make_settings("Night Desk", uncarded="drop"))


def test_a_new_matcher_decides_anew(filled: Store, thoughtless: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run(filled, 1)
    monkeypatch.setattr("letters.pair.unchanged.MATCHER", -1)
    with thoughtless(), pytest.raises(ThoughtError):
        run(filled, 2)


def test_what_came_while_we_were_thinking_is_thought_over_next(
    filled: Store, thoughtless: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*given: Any, **named: Any) -> Any:
        found = match(*given, **named)
        add(filled, card(TITLES[1]), days=1)
        return found

    with monkeypatch.context() as patch:
        patch.setattr("letters.pair.run.match", slow)
        assert run(filled, 1).paired == 1
    assert run(filled, 1).paired == 2


def test_a_pass_that_is_broken_off_remembers_nothing(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("letters.pair.run._count", killed)
        with pytest.raises(KeyboardInterrupt):
            run(filled, 1)
    with filled.read() as c:
        assert c.execute(select(tables.pairing_state)).all() == []


def twins(**fields: Any) -> list[Episode]:
    return [episode(WRECK, source=source, **fields) for source in ("audio", "video")]


def test_twins_are_one_overdue_episode_and_published_once(store: Store) -> None:
    add(store, *twins(is_new=True, first_seen=START))
    assert run(store, 14).overdue == 1
    run(store, 14, PUBLISH)
    run(store, 15, PUBLISH)
    assert len(standing(store)[1]) == 1
    add(store, card(WRECK), days=16)
    assert run(store, 16, PUBLISH).paired == 1
    assert len(standing(store)[1]) == 1


def test_a_twin_that_comes_later_is_neither_paired_nor_missed(store: Store) -> None:
    audio, video = twins(is_new=True, first_seen=START)
    add(store, *(episode(title) for title in TITLES), video, card(WRECK))
    assert run(store, 1).paired == 1
    add(store, replace(audio, description="Much better.", guid="x"), card(WRECK, name="again"), days=2)
    report = run(store, 20, PUBLISH)
    assert (report.paired, report.none, report.overdue) == (1, 1, 0)
    assert [episode_id for _, episode_id, _ in standing(store)[1]] == [video.id]


def test_a_twin_of_what_is_published_without_a_card_gives_way_to_it(store: Store) -> None:
    audio, video = twins(is_new=True, first_seen=START)
    add(store, *(episode(title) for title in TITLES), video)
    run(store, 14, PUBLISH)
    add(store, replace(audio, description="Much better."), card(WRECK), days=20)
    run(store, 40, PUBLISH)
    assert standing(store)[1] == [(video.id, video.id, card(WRECK).id)]


def test_a_recording_we_knew_before_is_not_new_by_its_twin(store: Store) -> None:
    audio, video = twins(first_seen=START)
    add(store, audio, replace(video, is_new=True, first_seen=after(1)))
    assert run(store, 40).overdue == 0


def test_of_twins_in_doubt_none_is_overdue(store: Store) -> None:
    add(store, *(episode(title) for title in TITLES), *twins(is_new=True, first_seen=START))
    other = episode(WRECK, source="audio", name="again", published=after(200), is_new=True, first_seen=START)
    add(store, other, card(WRECK))
    report = run(store, 20)
    assert (report.review, report.overdue) == (1, 1)
    assert [one.decision for one in standing(store)[0]] == [Decision.REVIEW]
