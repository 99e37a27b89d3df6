"""Episodes on a whole workspace: edited, moved, withdrawn, in quarantine, and what readers see of it."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli_kit import START, Letters, Ran, feed
from httpserver import HttpServer

HOUR = timedelta(hours=1)
TITLES = ("Cheap sensors, expensive silence", "Another story")


@pytest.fixture
def signal(workspace: Path, http_server: HttpServer) -> Path:
    """The workspace, publishing episodes without a card after an hour, and announcing all it finds."""
    letters_toml, sources = workspace / "config/letters.toml", workspace / "config/sources.toml"
    settings = letters_toml.read_text().replace("[watch]\n", '[watch]\nevery = "1m"\nslowest = "1m"\n')
    letters_toml.write_text(settings + '[pair]\nuncarded = "publish"\nwait = "1h"\n')
    sources.write_text(sources.read_text() + "backfill = 9\n")
    return workspace


def once(letters: Letters, workspace: Path, hours: float) -> Ran:
    return letters("once", "--json", "--now", (START + hours * HOUR).isoformat(), "-w", workspace)


def listed(letters: Letters, workspace: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = letters("episodes", "list", "--json", "-w", workspace, *words).data[
        "episodes"
    ]
    return found


def published(workspace: Path) -> dict[str, dict[str, Any]]:
    """The items of the feed of everything, by title."""
    items = json.loads((workspace / "feeds/all.json").read_text())["items"]
    return {item["title"]: item for item in items}


def moved(item: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(item["date_modified"])


def test_what_is_published_follows_an_edited_entry(
    letters: Letters, signal: Path, http_server: HttpServer
) -> None:
    """Its words are news to readers of an episode without a card; of one with a card, the document follows, silently."""
    once(letters, signal, 0)
    once(letters, signal, 2)
    before = published(signal)
    assert set(before) == set(TITLES)
    edited = feed(*TITLES).replace("media.example/", "cdn.example/")
    edited = edited.replace(
        "<title>Another story", "<description>It was told twice.</description><title>Another story"
    )
    http_server.serve("/feed.xml", edited)
    assert once(letters, signal, 4).data["episodes"] == {"new": 0, "changed": 2}
    after = published(signal)
    assert {title: item["id"] for title, item in after.items()} == {
        title: item["id"] for title, item in before.items()
    }
    assert "It was told twice." in json.dumps(after["Another story"])
    assert moved(after["Another story"]) > moved(before["Another story"])
    assert "cdn.example/1.mp3" in json.dumps(after[TITLES[0]])
    assert moved(after[TITLES[0]]) == moved(before[TITLES[0]])


def test_other_guids_change_nothing_that_is_published(
    letters: Letters, signal: Path, http_server: HttpServer
) -> None:
    """R64, pain 30."""
    more = (*TITLES, "A third", "A fourth")
    http_server.serve("/feed.xml", feed(*more))
    once(letters, signal, 0)
    once(letters, signal, 2)
    before, ids = published(signal), {one["id"] for one in listed(letters, signal)}
    renamed = feed(*more).replace(
        "<guid isPermaLink='false'>", "<guid isPermaLink='false'>https://new.example/"
    )
    http_server.serve("/feed.xml", renamed)
    ran = once(letters, signal, 4)
    assert ran.data["episodes"]["new"] == 0
    assert [problem["notice"] for problem in ran.data["problems"]] == [True]
    assert published(signal) == before
    assert {one["id"] for one in listed(letters, signal)} == ids


def test_removed_episode_is_withdrawn_stays_away_and_comes_back_the_same(
    letters: Letters, signal: Path
) -> None:
    """R65."""
    once(letters, signal, 0)
    once(letters, signal, 2)
    before = published(signal)
    for title in TITLES:
        (wanted,) = [one for one in listed(letters, signal) if one["title"] == title]
        ran = letters("episodes", "remove", wanted["id"][:8], "--by", "ada", "-w", signal)
        assert ran.out.startswith("1 episode removed, by ada")
        assert letters("publish", "-w", signal).code == 0
        assert title not in published(signal)
        page = before[title]["url"].partition("signal.example/")[2]
        assert "was withdrawn" in (signal / "feeds" / page / "index.html").read_text()
        assert once(letters, signal, 3).data["episodes"]["new"] == 0
        assert title not in published(signal)
        (gone,) = listed(letters, signal, "--removed")
        assert (gone["id"], gone["removed_by"]) == (wanted["id"], "ada")
        assert "removed by ada" in letters("episodes", "list", "--removed", "-w", signal).out
        assert letters("episodes", "restore", wanted["id"], "-w", signal).out == "1 episode restored\n"
        once(letters, signal, 5)
        again = published(signal)[title]
        assert (again["id"], again["url"], again["date_published"]) == tuple(
            before[title][name] for name in ("id", "url", "date_published")
        )


def test_quarantine_is_told_and_holds_until_it_is_released(
    letters: Letters, signal: Path, http_server: HttpServer
) -> None:
    """R64."""
    # Its card would be compared with these.
    (signal / "cards/sensors.txt").unlink()
    http_server.serve("/feed.xml", feed("One", "Two", "Three", "Four"))
    once(letters, signal, 0)
    # Five older ones by other names in their place.
    dated = feed(*"1234", "Five", "Six", "Seven", "Eight", "Nine").replace("'false'>", "'false'>new-")
    head, *_, five_to_nine = re.split(r"(?=<item><title>[1-5F])", dated)
    http_server.serve("/feed.xml", head + five_to_nine.replace("media.example/", "media.example/new-"))
    ran = once(letters, signal, 2)
    assert ran.code == 1
    assert "5 could not be, and are in quarantine" in ran.data["problems"][0]["text"]
    assert ran.data["episodes"]["new"] == 0
    assert set(published(signal)) == {"One", "Two", "Three", "Four"}
    held = listed(letters, signal, "--quarantined", "--source", "grid")
    assert [one["title"] for one in held] == ["Five", "Six", "Seven", "Eight", "Nine"]
    told = letters("episodes", "list", "--quarantined", "-w", signal).out
    assert "in quarantine" in told
    assert '"letters episodes release SOURCE"' in told

    assert (
        letters("episodes", "release", held[0]["id"], "-w", signal).out == "1 episode let in, not as news\n"
    )
    assert letters(
        "episodes", "release", "grid", "--as-news", "--now", START.isoformat(), "-w", signal
    ).out == ("4 episodes let in, as news\n")
    assert letters("episodes", "release", "grid", "-w", signal).out == "Nothing was in quarantine.\n"
    assert once(letters, signal, 3).code == 0
    assert "Five" not in published(signal)
    assert {"Six", "Seven", "Eight", "Nine"} <= set(published(signal))


def test_mistakes_are_told_with_what_mends_them(letters: Letters, signal: Path) -> None:
    assert "No episodes yet" in letters("episodes", "list", "-w", signal).out
    once(letters, signal, 0)
    here = ("-w", signal)
    for words, told in [
        (("list", "--source", "gird"), 'source "gird" is not known; "letters sources list" names all'),
        (("list", "--quarantined", "--removed"), "--quarantined and --removed exclude each other"),
        (("remove", "zzzz"), 'episode "zzzz" is not known; "letters episodes list" names the newest'),
        (("restore", ""), 'episode "": several ids begin so'),
        (("release", "nobody"), 'episode "nobody" is not known'),
    ]:
        ran = letters("episodes", *words, *here)
        assert ran.code == 2, words
        assert told in ran.err
    wanted = listed(letters, signal, "--limit", "1")[0]["id"]
    assert letters("episodes", "restore", wanted, *here).out == "None of them was removed.\n"
    letters("episodes", "remove", wanted, *here)
    assert letters("episodes", "remove", wanted, *here).out == "Removed already.\n"
    assert "Nothing is in quarantine." in letters("episodes", "list", "--quarantined", *here).out
