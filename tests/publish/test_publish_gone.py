"""Feeds of topics and audiences that an operator withdrew: taken away, with a word where to go."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from builders import add_pair, change_card, day, make_card
from letters.model import Audience, Topic
from letters.publish.gone import Gone, gone_keys
from letters.publish.twins import TWINS
from letters.store.vocabulary import save_audiences, save_topics, withdrawn_keys

SIGNALS = Topic(key="signals", name="Signals", declared=True)
SIGNS = Topic(key="signs", name="Signs", aliases=("Signals",), declared=True)
KEEPER = Audience(key="keeper", name="Keeper", declared=True)


@pytest.fixture
def newsroom(sqlite_press: Any, with_settings: Any) -> Any:
    """Three cards on a declared topic, so many that it has pages of history."""
    declare(sqlite_press, with_settings, [SIGNALS])
    with sqlite_press.store.write() as c:
        for number in (1, 2, 3):
            add_pair(c, number)
    sqlite_press.publish(day(10))
    return sqlite_press


def declare(press: Any, with_settings: Any, topics: list[Topic]) -> None:
    """What a pass stores when topics.toml declares these."""
    press.settings = with_settings(publish={"entries": 2}, topics=tuple(topics), audiences=(KEEPER,))
    stored = [one for one in (SIGNALS, SIGNS) if one.key not in {topic.key for topic in topics}]
    with press.store.write() as c:
        save_audiences(c, [KEEPER], now=day(1))
        save_topics(c, topics, now=day(1))
        save_topics(c, [replace(one, declared=False) for one in stored if one.key == "signals"], now=day(12))


def move_cards(press: Any, *topics: str) -> None:
    with press.store.write() as c:
        for number in (1, 2, 3):
            change_card(c, make_card(number, topics=topics))


def gone(press: Any) -> dict[str, str]:
    return dict(json.loads(press.text(".gone"))) if (press.tree / ".gone").exists() else {}


def of_signals(press: Any) -> list[str]:
    return [path for path in press.files() if "topics/signals" in path]


def test_a_withdrawn_topic_is_taken_away_with_all_of_its_documents(newsroom: Any, with_settings: Any) -> None:
    assert len(of_signals(newsroom)) == 2 * 4 + 2 * 2 * 3
    declare(newsroom, with_settings, [])
    move_cards(newsroom, "Fog")
    report = newsroom.publish(day(12))
    assert of_signals(newsroom) == []
    assert not [one for one in newsroom.tree.rglob("*") if "signals" in str(one) and one.suffix in TWINS]
    assert not (newsroom.tree / "topics" / "signals").exists()
    endings = ("/", ".rss", ".atom", ".json")
    # Who is left of a topic for an audience may want what else is for them.
    assert gone(newsroom) == {
        **{f"topics/signals{ending}": "" for ending in endings},
        **{f"topics/signals/keeper{ending}": f"audiences/keeper{ending}" for ending in endings},
    }
    assert "topics/signals" not in newsroom.text("index.opml")
    assert "topics/signals" not in newsroom.text("index.html")
    assert newsroom.publish(day(13)).written == 0
    assert report.written + report.unchanged == len([one for one in newsroom.files() if one != ".gone"]) + 1


def test_a_withdrawn_topic_stays_as_long_as_cards_name_it(newsroom: Any, with_settings: Any) -> None:
    declare(newsroom, with_settings, [])
    newsroom.publish(day(12))
    assert newsroom.titles("topics/signals") == ["Card 3", "Card 2"]
    assert gone(newsroom) == {}


def test_a_topic_that_means_another_one_leads_there(newsroom: Any, with_settings: Any) -> None:
    declare(newsroom, with_settings, [SIGNS])
    move_cards(newsroom, "Signs")
    newsroom.publish(day(12))
    found = gone(newsroom)
    assert found["topics/signals/"] == "topics/signs/"
    assert found["topics/signals.atom"] == "topics/signs.atom"
    assert found["topics/signals/keeper.rss"] == "topics/signs/keeper.rss"
    assert all((newsroom.tree / path).exists() for path in found.values())


def test_what_is_declared_again_is_published_again_under_its_old_identity(
    newsroom: Any, with_settings: Any
) -> None:
    identity = newsroom.parse("topics/signals.atom").feed.id
    declare(newsroom, with_settings, [])
    move_cards(newsroom, "Fog")
    newsroom.publish(day(12))
    declare(newsroom, with_settings, [SIGNALS])
    move_cards(newsroom, "Signals")
    newsroom.publish(day(14))
    assert newsroom.parse("topics/signals.atom").feed.id == identity
    assert len(of_signals(newsroom)) == 2 * 4 + 2 * 2 * 3
    assert gone(newsroom) == {}


def test_an_undeclared_topic_that_cards_name_no_more_stays(sqlite_press: Any) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    sqlite_press.publish(day(10))
    with sqlite_press.store.write() as c:
        change_card(c, make_card(1, topics=("Fog",)))
    sqlite_press.publish(day(12))
    assert sqlite_press.titles("topics/signals") == []
    assert gone(sqlite_press) == {}


def test_files_that_are_not_ours_keep_their_folder(newsroom: Any, with_settings: Any) -> None:
    foreign = newsroom.tree / "topics" / "signals" / "notes.txt"
    foreign.write_text("mine")
    declare(newsroom, with_settings, [])
    move_cards(newsroom, "Fog")
    newsroom.publish(day(12))
    assert foreign.read_text() == "mine"
    assert list(foreign.parent.iterdir()) == [foreign]


def test_when_a_topic_was_withdrawn_is_kept(newsroom: Any, with_settings: Any) -> None:
    declare(newsroom, with_settings, [])
    with newsroom.store.write() as c:
        assert withdrawn_keys(c) == (frozenset({"signals"}), frozenset())
        save_topics(c, [Topic(key="signals", name="Other name", declared=False)], now=day(20))
        assert withdrawn_keys(c) == (frozenset({"signals"}), frozenset())
        save_topics(c, [SIGNALS], now=day(21))
        assert withdrawn_keys(c) == (frozenset(), frozenset())


def test_where_to_go() -> None:
    gone = Gone(topics={"old": "new", "lost": ""}, audiences={"clerk": "officer"})
    assert {
        path: gone.successor(path) for path in ("topics/old", "topics/old/keeper", "topics/old/clerk")
    } == {
        "topics/old": "topics/new",
        "topics/old/keeper": "topics/new/keeper",
        "topics/old/clerk": "topics/new/officer",
    }
    assert gone.successor("audiences/clerk") == "audiences/officer"
    assert gone.successor("topics/lost") == ""
    assert gone.successor("topics/lost/keeper") == "audiences/keeper"
    assert "topics/new" not in gone
    assert "all" not in gone
    assert "editions/old" not in gone


def test_only_declared_ones_follow() -> None:
    meanings = {"a": "b", "b": "b", "c": "d", "d": "d"}
    assert gone_keys(["x", "b"], meanings, declared=["b"]) == {"x": "", "a": "b"}
