"""A feed's history: pages that never change, and readers that get every entry once (RFC 5005 section 4, R54)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from press_kit import Press, make_settings

from builders import DAY_ZERO, add_pair, change_card, day, make_card, make_id
from letters.model import PUBLIC, Edition, IssueState, Occurrence, Rendering
from letters.store import Store
from letters.store.entries import retire_entry
from letters.store.issues import add_issue

SIZE = 3
HISTORY = "{http://purl.org/syndication/history/1.0}archive"
ATOM = "{http://www.w3.org/2005/Atom}"
BASE = "https://signal.example/"


@pytest.fixture(scope="module")
def ten_cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with its database, to be copied: ten cards that came one by one; a document holds three."""
    root = tmp_path_factory.mktemp("history")
    press = opened(root)
    press.store.upgrade()
    for number in range(1, 11):
        add(press, number)
    press.store.close()
    return root


def opened(root: Path) -> Press:
    press = Press(root, Store(f"sqlite:///{root}/letters.db"))
    press.settings = make_settings(publish={"entries": SIZE})
    return press


@pytest.fixture
def newsroom(ten_cards: Path, tmp_path: Path) -> Iterator[Press]:
    press = opened(Path(shutil.copytree(ten_cards, tmp_path / "newsroom")))
    yield press
    press.store.close()


def add(press: Any, number: int) -> None:
    with press.store.write() as c:
        add_pair(c, number)
    press.publish(day(20 + number))


def root(press: Any, path: str) -> Any:
    return etree.fromstring((press.tree / path).read_bytes())


def links(press: Any, path: str) -> dict[str, str]:
    found = root(press, path).iterfind(f"{ATOM}link" if path.endswith(".atom") else f"channel/{ATOM}link")
    return {one.get("rel"): one.get("href").removeprefix(BASE) for one in found}


def is_archive(press: Any, path: str) -> bool:
    return next(root(press, path).iter(HISTORY), None) is not None


def back_from(press: Any, path: str) -> Iterator[str]:
    """The documents that a reader comes to."""
    while path:
        yield path
        path = links(press, path).get("prev-archive", "")


def titles(press: Any, path: str) -> list[str]:
    return [entry.title for entry in press.parse(path).entries]


def archive(press: Any) -> dict[str, bytes]:
    return {path: data for path, data in press.files().items() if path.startswith("archive/")}


@pytest.mark.parametrize("form", ["rss", "atom"])
@pytest.mark.parametrize("path", ["all", "topics/signals", "topics/signals/keeper"])
def test_a_reader_that_follows_the_links_gets_every_entry_once(newsroom: Any, path: str, form: str) -> None:
    documents = list(back_from(newsroom, f"{path}.{form}"))
    assert documents == [f"{path}.{form}", *(f"archive/{path}/{number}.{form}" for number in (3, 2, 1))]
    ids = [[entry.id for entry in newsroom.parse(one).entries] for one in documents]
    assert [len(one) for one in ids] == [SIZE, 3, 3, 3]
    # The current document repeats what the newest page has, under the same identifier.
    assert len({one for part in ids for one in part}) == 10
    assert [titles(newsroom, one) for one in documents[1:]] == [
        ["Card 9", "Card 8", "Card 7"],
        ["Card 6", "Card 5", "Card 4"],
        ["Card 3", "Card 2", "Card 1"],
    ]


def test_a_json_reader_follows_next_url(newsroom: Any) -> None:
    path, found = "all.json", []
    while path:
        feed = newsroom.json(path)
        assert feed["feed_url"] == BASE + path
        found += [item["id"] for item in feed["items"]]
        path = feed.get("next_url", "").removeprefix(BASE)
    assert len(set(found)) == 10


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_pages_say_what_they_are(newsroom: Any, form: str) -> None:
    assert not is_archive(newsroom, f"all.{form}")
    for number in (1, 2, 3):
        path = f"archive/all/{number}.{form}"
        assert is_archive(newsroom, path)
        found = links(newsroom, path)
        assert found["self"] == path
        assert found["current"] == f"all.{form}"
        assert found["next-archive"] == f"archive/all/{number + 1}.{form}"
        assert (newsroom.tree / found["next-archive"]).exists()
        assert found.get("prev-archive") == (f"archive/all/{number - 1}.{form}" if number > 1 else None)
    # Behind the newest full page stands the open one, which no reader may keep for ever.
    assert not is_archive(newsroom, f"archive/all/4.{form}")
    assert titles(newsroom, f"archive/all/4.{form}") == ["Card 10"]
    assert "next-archive" not in links(newsroom, f"archive/all/4.{form}")


def test_a_feed_without_a_full_page_has_no_history(sqlite_press: Any, with_settings: Any) -> None:
    sqlite_press.settings = with_settings(publish={"entries": SIZE})
    add(sqlite_press, 1)
    assert not (sqlite_press.tree / "archive").exists()
    assert "prev-archive" not in links(sqlite_press, "all.atom")
    assert "next_url" not in sqlite_press.json("all.json")


def test_full_pages_keep_their_bytes(newsroom: Any) -> None:
    """R54: whatever comes, is edited, joins another feed or loses a topic."""
    full = {
        path: data for path, data in archive(newsroom).items() if not path.partition(".")[0].endswith("/4")
    }
    for number in (11, 12, 13):
        add(newsroom, number)
    with newsroom.store.write() as c:
        change_card(c, make_card(1, title="Card one", summary="Other words."))
        change_card(c, make_card(2, topics=("Fog",)))
    newsroom.publish(day(50))
    newsroom.publish(day(51), everything=True)
    assert {path: archive(newsroom)[path] for path in full} == full


def test_an_edited_entry_is_in_the_current_document_again_under_its_identifier(newsroom: Any) -> None:
    with newsroom.store.write() as c:
        change_card(c, make_card(1, summary="Other words."))
    newsroom.publish(day(50))
    found = {item["title"]: item for item in newsroom.json("all.json")["items"]}
    # Card 10 stands on no full page, so that it must not make room.
    assert set(found) == {"Card 10", "Card 9", "Card 1"}
    assert found["Card 1"]["id"] == f"urn:uuid:{make_id('card', 1)}"
    assert found["Card 1"]["date_published"] == "2026-03-02T09:00:00Z"
    assert found["Card 1"]["date_modified"] == "2026-04-20T09:00:00Z"
    assert len(newsroom.json("topics/signals/keeper.json")["items"]) == SIZE


def test_a_retired_card_is_gone_from_its_page_and_no_other_page_changes(newsroom: Any) -> None:
    before = archive(newsroom)
    with newsroom.store.write() as c:
        retire_entry(c, make_id("card", 5), at=day(50))
    newsroom.publish(day(50))
    after = archive(newsroom)
    changed = {path for path in before if before[path] != after[path]}
    feeds = ("all", "topics/signals", "audiences/keeper", "topics/signals/keeper")
    assert changed == {f"archive/{path}/2.{form}" for path in feeds for form in ("rss", "atom", "json")}
    assert titles(newsroom, "archive/all/2.atom") == ["Card 6", "Card 4"]


def test_a_card_that_left_a_feed_stays_in_its_history_and_leaves_the_current_document(newsroom: Any) -> None:
    with newsroom.store.write() as c:
        change_card(c, make_card(9, topics=("Fog",)))
    newsroom.publish(day(50))
    assert titles(newsroom, "topics/signals.atom") == ["Card 10", "Card 8", "Card 7"]
    assert titles(newsroom, "archive/topics/signals/3.atom") == ["Card 9", "Card 8", "Card 7"]
    assert titles(newsroom, "topics/fog.rss") == ["Card 9"]


def test_a_rebuilt_tree_has_the_same_history(newsroom: Any) -> None:
    before = newsroom.files()
    shutil.rmtree(newsroom.tree)
    newsroom.publish(day(60))
    assert newsroom.files() == before


def test_pages_move_with_the_site(newsroom: Any, with_settings: Any) -> None:
    newsroom.settings = with_settings(
        publish={"entries": SIZE}, site={"base_url": "https://moved.example/news"}
    )
    ids = [entry.id for entry in newsroom.parse("archive/all/1.atom").entries]
    newsroom.publish(day(60))
    assert b"//signal.example" not in b"".join(archive(newsroom).values())
    assert [entry.id for entry in newsroom.parse("archive/all/1.atom").entries] == ids


def test_a_first_publishing_of_many_cuts_the_same_pages(newsroom: Any) -> None:
    """Cards that all came together, as after an import."""
    before = {path for path in newsroom.files() if path.startswith("archive/")}
    assert len(before) == 4 * 4 * 3
    with newsroom.store.write() as c:
        for number in range(11, 19):
            add_pair(c, number)
    newsroom.publish(day(70))
    assert titles(newsroom, "archive/all/6.atom") == ["Card 18", "Card 17", "Card 16"]
    assert titles(newsroom, "archive/all/7.atom") == []


def test_an_editions_issues_have_a_history_too(sqlite_press: Any, with_settings: Any) -> None:
    edition = Edition(key="weekly", title="The weekly Signal", when="0 8 * * MON")
    sqlite_press.settings = with_settings(publish={"entries": SIZE}, editions=(edition,))
    for number in range(1, 6):
        at = DAY_ZERO + timedelta(days=7 * number)
        rendering = Rendering(
            choice=PUBLIC, subject=f"Issue {number}", preheader="", html=f"<p>Number {number}</p>", text=""
        )
        with sqlite_press.store.write() as c:
            add_issue(
                c,
                edition="weekly",
                occurrence=Occurrence(at=at, local_date=date(2026, 3, 1) + timedelta(days=7 * number)),
                number=number,
                state=IssueState.SENT,
                subject=f"Issue {number}",
                composed_at=at,
                renderings=[rendering],
            )
        sqlite_press.publish(at)
    documents = list(back_from(sqlite_press, "editions/weekly.atom"))
    assert documents == ["editions/weekly.atom", "archive/editions/weekly/1.atom"]
    assert [titles(sqlite_press, one) for one in documents] == [
        ["Issue 5", "Issue 4", "Issue 3"],
        ["Issue 3", "Issue 2", "Issue 1"],
    ]
