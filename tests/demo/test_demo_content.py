"""The demo's material: feeds that parse, cards that read, a workspace whose configuration loads."""

from __future__ import annotations

import csv
import gzip
import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest

from letters.cards import check_cards, sync_cards
from letters.demo import serve_demo, write_demo_workspace
from letters.demo.content import feed_documents
from letters.settings import Settings, Workspace, load_settings, warnings
from letters.store import Store
from letters.store.cards import load_card_topics, load_cards

NOW = datetime(2026, 11, 14, 9, 30, tzinfo=UTC)
ADDRESS = "http://127.0.0.1:8999"
ENVIRON = {"LETTERS_SECRET": "a secret of more than thirty-two characters"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    write_demo_workspace(tmp_path / "demo", feeds_address=ADDRESS, now=NOW)
    return Workspace(tmp_path / "demo")


def settings_of(workspace: Workspace) -> Settings:
    return load_settings(workspace, ENVIRON)


# --- feeds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name in feed_documents(NOW) if not name.endswith(".json")))
def test_a_feed_parses_well_and_its_entries_are_recent(name: str) -> None:
    parsed = feedparser.parse(feed_documents(NOW)[name].encode())
    assert not parsed.bozo
    assert len(parsed.entries) >= 4
    ages = [NOW - datetime(*entry.published_parsed[:6], tzinfo=UTC) for entry in parsed.entries]
    assert ages == sorted(ages)
    assert timedelta(0) < ages[0] < timedelta(days=4)
    assert ages[-1] < timedelta(days=31)
    for entry in parsed.entries:
        assert entry.title
        assert entry.id
        assert urlsplit(entry.link).hostname.endswith(".example")


def test_the_json_feed_is_one() -> None:
    feed = json.loads(feed_documents(NOW)["second-shift.json"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"]) >= 4
    for item in feed["items"]:
        assert datetime.fromisoformat(item["date_published"]) < NOW
        assert item["attachments"][0]["mime_type"] == "audio/mp4"


def test_nothing_is_left_to_fill_in() -> None:
    assert all("{{" not in text for text in feed_documents(NOW).values())


# --- the workspace ---------------------------------------------------------------------------------------


def test_the_configuration_loads_without_a_complaint(workspace: Workspace) -> None:
    settings = settings_of(workspace)
    assert len(settings.sources) == 5
    assert {edition.zone for edition in settings.editions} >= {"recipient"}
    assert settings.watch.allow_private == ("127.0.0.1:8999",)
    assert list(warnings(settings)) == []


def test_the_cards_read_without_a_complaint(workspace: Workspace) -> None:
    assert check_cards(workspace, settings_of(workspace)) == ()


def test_each_card_is_whole_and_on_declared_topics(workspace: Workspace, sqlite_store: Store) -> None:
    settings = settings_of(workspace)
    report = sync_cards(sqlite_store, workspace, settings, now=NOW)
    assert (report.read, report.problems) == (18, ())
    declared = {topic.key for topic in settings.topics}
    with sqlite_store.read() as c:
        assert {key for keys in load_card_topics(c).values() for key in keys} <= declared
        cards = [one.card for one in load_cards(c)]
    for card in cards:
        assert card.summary
        assert card.takeaway
        assert card.insights.lead
        assert card.audiences
        assert card.credit.publisher
        assert card.credit.curator == "Undercurrent"
        assert card.sections == ()


def test_all_cards_but_one_have_an_entry_of_their_title_or_name_its_link(
    workspace: Workspace, sqlite_store: Store
) -> None:
    feeds = " ".join(feed_documents(NOW).values()).replace("&amp;", "&")
    sync_cards(sqlite_store, workspace, settings_of(workspace), now=NOW)
    with sqlite_store.read() as c:
        cards = [one.card for one in load_cards(c)]
    alone = [card.title for card in cards if card.title not in feeds]
    bound = [card.title for card in cards if card.link and card.link in feeds]
    assert bound == ["Whose telephone rings at thirty-eight degrees?"]
    assert sorted(set(alone) - set(bound)) == [
        "Live from the harbour: six weeks with an autonomous tug",
        "The cache that ate the quarter | Loadbearing #7",
    ]


def test_subscribers_have_the_columns_of_the_import_and_editions_that_exist(workspace: Workspace) -> None:
    settings = settings_of(workspace)
    with (workspace.root / "subscribers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 8 <= len(rows) <= 10
    editions = {edition.key for edition in settings.editions}
    topics, audiences = {one.key for one in settings.topics}, {one.key for one in settings.audiences}
    for row in rows:
        assert set(row["editions"].split("|")) <= editions
        assert set(filter(None, row["topics"].split("|"))) <= topics
        assert set(filter(None, row["audiences"].split("|"))) <= audiences
        assert row["email"].endswith(".example")
        if row["status"] == "confirmed":
            assert datetime.fromisoformat(row["consent_at"]) < NOW


def test_making_it_again_changes_nothing(workspace: Workspace) -> None:
    before = {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()}
    write_demo_workspace(workspace.root, feeds_address=ADDRESS, now=NOW)
    assert {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()} == before


def test_a_demo_that_ran_keeps_what_was_tried_in_it_and_learns_the_new_address(
    workspace: Workspace, sqlite_store: Store, tmp_path: Path
) -> None:
    sync_cards(sqlite_store, workspace, settings_of(workspace), now=NOW)
    card = workspace.cards / "harbour-tugs.txt"
    card.write_text("My own title\nSummary\nMy own words.\n", encoding="utf-8")
    tree = str(tmp_path / 'a "quoted" tree')
    write_demo_workspace(workspace.root, feeds_address="http://127.0.0.1:1234", now=NOW, tree=tree)
    assert card.read_text(encoding="utf-8").startswith("My own title")
    settings = settings_of(workspace)
    assert settings.watch.allow_private == ("127.0.0.1:1234",)
    assert {urlsplit(source.url).port for source in settings.sources} == {1234}
    assert str(workspace.tree(settings)) == tree


def test_the_tree_may_be_elsewhere(tmp_path: Path) -> None:
    tree = str(tmp_path / 'a "quoted" tree')
    write_demo_workspace(tmp_path / "demo", feeds_address=ADDRESS, now=NOW, tree=tree)
    workspace = Workspace(tmp_path / "demo")
    assert str(workspace.tree(settings_of(workspace))) == tree


# --- the server ------------------------------------------------------------------------------------------


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    with serve_demo(NOW) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        yield connection
        connection.close()


def ask(
    connection: http.client.HTTPConnection, method: str = "GET", path: str = "/slow-grid.rss", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    response = connection.getresponse()
    return response, response.read()


def test_the_server_serves_each_feed_plain_and_compressed(connection: http.client.HTTPConnection) -> None:
    for name, text in feed_documents(NOW).items():
        response, body = ask(connection, path=f"/{name}")
        assert (response.status, body) == (200, text.encode())
        zipped, packed = ask(connection, path=f"/{name}", Accept_Encoding="gzip")
        assert (zipped.getheader("Content-Encoding"), gzip.decompress(packed)) == ("gzip", body)
        assert zipped.getheader("ETag") != response.getheader("ETag")


def test_the_server_answers_conditional_requests(connection: http.client.HTTPConnection) -> None:
    first, _ = ask(connection)
    etag, modified = first.getheader("ETag") or "", first.getheader("Last-Modified") or ""
    assert ask(connection, If_None_Match=etag)[0].status == 304
    assert ask(connection, If_Modified_Since=modified)[0].status == 304
    assert ask(connection, If_None_Match='"other"', If_Modified_Since=modified)[0].status == 200
    assert ask(connection, If_Modified_Since="not a date")[0].status == 200


def test_the_server_answers_head_and_says_what_it_lacks(connection: http.client.HTTPConnection) -> None:
    response, body = ask(connection, "HEAD")
    assert (response.status, body) == (200, b"")
    assert int(response.getheader("Content-Length") or 0) > 1000
    assert ask(connection, path="/nothing")[0].status == 404
