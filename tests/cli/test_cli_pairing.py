"""Pairs from the command line: what is doubtful, why, and what a person says about it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli_kit import CARD, MONDAY, START, Letters, Ran, feed
from httpserver import HttpServer

BRIDGE = "The long bridge home"
TITLES = (BRIDGE, BRIDGE, "Cheap sensors, expensive silence", "Another story")
HOUR = timedelta(hours=1)


@pytest.fixture
def doubtful(workspace: Path, letters: Letters, http_server: HttpServer) -> Path:
    """The workspace after a pass, with one card that two episodes fit equally well."""
    http_server.serve("/feed.xml", feed(*TITLES))
    sources = workspace / "config/sources.toml"
    sources.write_text(sources.read_text() + "backfill = 9\n")
    (workspace / "cards/bridge.txt").write_text(CARD.replace("Cheap sensors, expensive silence", BRIDGE))
    ran = letters("once", "--now", START.isoformat(), "-w", workspace)
    assert "To be answered by a person: 1 doubtful card, with: letters pair review" in ran.out
    return workspace


def at(hours: float) -> tuple[str, ...]:
    return "--now", (START + hours * HOUR).isoformat()


def queue(letters: Letters, workspace: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = letters("pair", "review", "--json", "-w", workspace).data["review"]
    return found


def published(workspace: Path) -> dict[str, dict[str, Any]]:
    items = json.loads((workspace / "feeds/all.json").read_text())["items"]
    return {item["title"]: item for item in items}


def explained(letters: Letters, workspace: Path, card: str = "bridge.txt") -> dict[str, Any]:
    return letters("pair", "explain", card, "--json", "-w", workspace).data


def candidates(letters: Letters, workspace: Path) -> list[str]:
    (question,) = queue(letters, workspace)
    return [one["episode_id"] for one in question["candidates"]]


def confirm(letters: Letters, workspace: Path, episode: str, *words: str) -> Ran:
    return letters("pair", "confirm", "bridge.txt", episode, *words, "--by", "ada", "-w", workspace)


def test_without_a_terminal_the_queue_is_listed_with_how_to_answer(letters: Letters, doubtful: Path) -> None:
    ran = letters("pair", "review", "-w", doubtful)
    assert ran.code == 0
    assert BRIDGE in ran.out
    first, second = candidates(letters, doubtful)
    assert first[:8] in ran.out
    assert second[:8] in ran.out
    assert '"letters pair confirm CARD EPISODE"' in ran.out


def test_a_confirmed_card_is_published_with_the_next_pass_and_mailed_once(
    letters: Letters, doubtful: Path
) -> None:
    (question,) = queue(letters, doubtful)
    chosen = question["candidates"][1]
    ran = confirm(letters, doubtful, chosen["episode_id"][:8], *at(1))
    assert (ran.code, ran.out.splitlines()[0]) == (0, f'"{BRIDGE}": confirmed')
    assert queue(letters, doubtful) == []
    assert BRIDGE not in published(doubtful)
    letters("publish", *at(2), "-w", doubtful)
    assert published(doubtful)[BRIDGE]["date_published"] == chosen["published"]
    letters("subscribers", "import", doubtful / "people.csv", "-w", doubtful)
    ran = letters("once", "--json", "--now", MONDAY.isoformat(), "-w", doubtful)
    assert ran.data["pairs"] == {"paired": 2, "review": 0, "none": 0}
    mails = list((doubtful / "var/outbox").rglob("*.eml"))
    assert mails
    assert all(BRIDGE in mail.read_text() for mail in mails)
    ran = letters("pair", "undo", "-w", doubtful)
    assert ran.code == 2
    assert "cannot be taken back, for the card is in weekly/1 since" in ran.err


def test_another_episode_in_a_published_card_is_an_update_of_the_same_entry(
    letters: Letters, doubtful: Path
) -> None:
    first, second = candidates(letters, doubtful)
    confirm(letters, doubtful, first, *at(1))
    letters("publish", *at(2), "-w", doubtful)
    before = published(doubtful)[BRIDGE]
    ran = confirm(letters, doubtful, second, *at(3))
    assert "its entry keeps its address" in ran.out
    letters("publish", *at(4), "-w", doubtful)
    after = published(doubtful)[BRIDGE]
    assert (after["id"], after["url"]) == (before["id"], before["url"])
    assert after["date_published"] != before["date_published"]
    assert after["date_modified"] > before["date_modified"]


def test_a_rejected_pair_is_withdrawn_and_comes_back_the_same_when_that_is_undone(
    letters: Letters, doubtful: Path
) -> None:
    title = "Cheap sensors, expensive silence"
    before = published(doubtful)[title]
    ran = letters("pair", "reject", "sensors.txt", "--by", "ada", *at(1), "-w", doubtful)
    assert ran.out.splitlines()[:3] == [
        f'"{title}": rejected',
        f'  not "{title}"',
        "  its entry is withdrawn",
    ]
    letters("pair", *at(2), "-w", doubtful)
    letters("publish", *at(2), "-w", doubtful)
    assert title not in published(doubtful)
    page = before["url"].partition("signal.example/")[2]
    assert "was withdrawn" in (doubtful / "feeds" / page / "index.html").read_text()
    again = letters("pair", "reject", "sensors.txt", title, "-w", doubtful)
    assert again.out == f'"{title}": nothing changed\n  it was rejected already\n'
    ran = letters("pair", "undo", "--by", "grace", *at(3), "-w", doubtful)
    assert f'rejected "{title}" for "{title}"' in ran.out
    letters("publish", *at(4), "-w", doubtful)
    after = published(doubtful)[title]
    assert (after["id"], after["url"], after["date_published"]) == tuple(
        before[name] for name in ("id", "url", "date_published")
    )
    assert letters("pair", "undo", "-w", doubtful).out == "No answer is left to take back.\n"


def test_a_decision_is_explained_in_words_and_as_a_table(letters: Letters, doubtful: Path) -> None:
    first, second = candidates(letters, doubtful)
    told = letters("pair", "explain", "long bridge", "-w", doubtful).out
    assert f'For review: the likeliest is "{BRIDGE}" at 0.' in told
    assert "Pairs are made without asking from 0." in told
    for words in ("comparison", "title words", "together", first[:8], second[:8], "The Quiet Grid"):
        assert words in told
    confirm(letters, doubtful, second, *at(1))
    letters("pair", "reject", "bridge.txt", first, "--by", "grace", *at(2), "-w", doubtful)
    told = letters("pair", "explain", "bridge.txt", "-w", doubtful).out
    assert f'Paired with "{BRIDGE}", confirmed by ada on 21 November 2026.' in told
    assert "rejected by grace" in told
    assert 'ada, 21 Nov 2026: confirmed "The long bridge home"' in told


def test_an_explanation_as_json_has_each_weight_and_who_said_what(letters: Letters, doubtful: Path) -> None:
    before = explained(letters, doubtful)
    assert before["decided"]["decision"] == before["now"]["decision"] == "review"
    for one in before["candidates"]:
        assert {"comparison", "weight", "words"} == set(one["evidence"][0])
    _, second = candidates(letters, doubtful)
    confirm(letters, doubtful, second, *at(1))
    after = explained(letters, doubtful)
    assert after["confirmed"] == {"episode_id": second, "by": "ada", "at": "2026-11-21T13:00:00Z"}
    assert after["decided"]["decision"] == "paired"
    assert not after["entry"]["published"]
    assert [one["action"] for one in after["answers"]] == ["confirm"]


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("sensors.txt", "It was published, so only an operator changes it"),
        ("alone.txt", "Without an episode: "),
        (
            "bound.txt",
            'Without an episode: it waits for its episode: none has the link "https://grid.example/9"',
        ),
        ("gone.txt", "Retired on"),
    ],
)
def test_every_state_has_its_words(letters: Letters, doubtful: Path, card: str, words: str) -> None:
    cards = doubtful / "cards"
    alone = CARD.replace("Cheap sensors, expensive silence", "Why gardens wait for nobody")
    (cards / "alone.txt").write_text(alone)
    (cards / "bound.txt").write_text(f"---\nlink: https://grid.example/9\n---\n{alone}")
    (cards / "gone.txt").write_text(alone)
    letters("pair", *at(1), "-w", doubtful)
    known = {
        one["path"]: one["id"] for one in letters("cards", "list", "--json", "-w", doubtful).data["cards"]
    }
    (cards / "gone.txt").unlink()
    letters("pair", *at(2), "-w", doubtful)
    told = letters("pair", "explain", known[card], "-w", doubtful).out
    assert words in told


def test_pairs_are_listed_with_who_confirmed_them(letters: Letters, doubtful: Path) -> None:
    first, _ = candidates(letters, doubtful)
    confirm(letters, doubtful, first)
    rows = letters("pair", "list", "--json", "-w", doubtful).data["pairs"]
    assert [(row["card"], row["decision"], row["confirmed_by"]) for row in rows] == [
        (BRIDGE, "paired", "ada"),
        ("Cheap sensors, expensive silence", "paired", None),
    ]
    assert letters("pair", "list", "--decision", "review", "--json", "-w", doubtful).data["pairs"] == []
    assert "ada" in letters("pair", "list", "-w", doubtful).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("explain", "long brigde"), 'card "long brigde" is not known; did you mean "The long bridge home"'),
        (("explain", ""), 'card "": wanted an id'),
        (("explain", "zzzz"), 'card "zzzz" is not known; "letters cards list" names all'),
        (("confirm", "bridge.txt", BRIDGE), f'episode "{BRIDGE}": 2 have this, such as "{BRIDGE}" ('),
        (("confirm", "bridge.txt", "Cheep sensors"), 'did you mean "Cheap sensors, expensive silence"'),
        (("reject", "bridge.txt", "nothing of the kind"), 'is not known; "letters episodes list" names all'),
        (("reveiw",), "No such command 'reveiw'"),
        (("--many",), "--many is for pairing files"),
        (("--cards", "cards.jsonl"), "pairing two files needs all of"),
        (("--many", "review"), '--many before "review" says nothing to it'),
        (("--now", "2026-01-01", "explain", "bridge.txt"), '--now before "explain" says nothing to it'),
    ],
)
def test_mistakes_are_told_with_what_mends_them(
    letters: Letters, doubtful: Path, words: tuple[str, ...], told: str
) -> None:
    ran = letters("-w", doubtful, "pair", *words)
    assert ran.code == 2
    assert told in ran.err


def test_a_card_without_an_episode_has_none_to_reject(letters: Letters, doubtful: Path) -> None:
    (doubtful / "cards/alone.txt").write_text(CARD.replace("Cheap sensors, expensive silence", "Quite alone"))
    letters("pair", *at(1), "-w", doubtful)
    ran = letters("pair", "reject", "alone.txt", "-w", doubtful)
    assert ran.code == 2
    assert 'card "Quite alone" has no episode to reject; name one' in ran.err


def test_the_workspace_may_stand_before_or_after_the_command(letters: Letters, doubtful: Path) -> None:
    for words in (
        ("-w", doubtful, "pair", "review"),
        ("pair", "-w", doubtful, "review"),
        ("pair", "review", "-w", doubtful),
    ):
        assert letters(*words).code == 0, words


def test_bare_pair_is_the_pass_it_always_was(letters: Letters, doubtful: Path) -> None:
    ran = letters("pair", "--json", *at(1), "-w", doubtful)
    assert ran.code == 0
    assert ran.data["pairs"] == {"paired": 1, "review": 1, "none": 0}


def test_several_episodes_are_rejected_in_one_answer(letters: Letters, doubtful: Path) -> None:
    ran = letters("pair", "reject", "bridge.txt", *candidates(letters, doubtful), "--json", "-w", doubtful)
    assert ran.data["changed"]
    assert queue(letters, doubtful) == []
    assert len(letters("pair", "undo", "--json", "-w", doubtful).data["undone"]["episode_ids"]) == 2
    assert len(queue(letters, doubtful)) == 1


def test_what_a_card_says_cannot_steer_the_terminal(letters: Letters, doubtful: Path) -> None:
    (doubtful / "cards/loud.txt").write_text(CARD.replace(TITLES[2], "Loud\x1b[31m\x07 card"))
    letters("pair", *at(1), "-w", doubtful)
    for words in (("explain", "loud.txt"), ("list",), ("reject", "loud.txt", TITLES[3])):
        ran = letters("pair", *words, "-w", doubtful)
        assert ran.code == 0
        assert "Loud" in ran.out
        assert "\x1b[31m" not in ran.out
