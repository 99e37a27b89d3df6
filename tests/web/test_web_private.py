"""A reader's own feed, as it is asked for over HTTP."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import os
import string
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient
from sqlalchemy import delete, event
from structlog.testing import capture_logs

from builders import add_pair, make_card
from letters.links import Links, Purpose
from letters.model import Choice
from letters.publish import SharedDocument, publish
from letters.store import tables
from letters.store.private_feeds import find_private_feed
from letters.store.subscribers import save_subscribers
from letters.subscribe import make_private_feed, replace_private_feed, stop_private_feed, unsubscribe
from letters.web import WebServer, make_app
from letters.web.copies import Original
from letters.web.private import PrivateShelf
from thorough import tries

Client = TestClient[Any]
BASE = "https://signal.example"
THEN = datetime(2026, 11, 3, 9, tzinfo=UTC)
FORMS = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}


@pytest.fixture
def feeds(here: Any) -> Any:
    """Three cards are published; Ada, who chose robots, and Cem, who chose the same, have a feed."""
    with here.store.write() as c:
        save_subscribers(c, [replace(here.reader(), id=0, uid="cem", email="cem@reader.example")], now=THEN)
        for number, topic in enumerate(("Robots", "Chips", "Robots"), start=1):
            add_pair(c, number, card=make_card(number, topics=(topic,)))
    publish_now(here)
    for uid in ("ada", "cem"):
        assert make_private_feed(here.store, uid, now=THEN)
    return here


def publish_now(here: Any) -> None:
    publish(here.store, here.settings, here.workspace, now=THEN)


def serial_of(here: Any, uid: str = "ada") -> str:
    with here.store.read() as c:
        found = find_private_feed(c, uid)
    assert found is not None
    return found.serial


def path_of(here: Any, uid: str = "ada", form: str = "rss") -> str:
    return f"{here.path(here.links.private_url(uid, serial_of(here, uid)))}.{form}"


def titles(client: Client, path: str) -> list[str]:
    return [item["title"] for item in client.get(path).json()["items"]]


# --- what is answered --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_gets_what_they_chose(feeds: Any, client: Client, form: str) -> None:
    path = path_of(feeds, form=form)
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{FORMS[form]}; charset=utf-8"
    assert f"{BASE}{path}" in answer.text
    assert "Card 3" in answer.text
    assert "Card 2" not in answer.text


def test_other_choices_hold_at_once(feeds: Any, client: Client) -> None:
    path = path_of(feeds, form="json")
    before = client.get(path)
    assert titles(client, path) == ["Card 3", "Card 1"]
    with feeds.store.write() as c:
        save_subscribers(c, [replace(feeds.reader(), topics=("chips",))], now=THEN)
    assert titles(client, path) == ["Card 2"]
    again = client.get(path, headers={"if-none-match": before.headers["etag"]})
    assert again.status_code == 200


def test_what_is_published_is_in_it_at_once(feeds: Any, client: Client) -> None:
    path = path_of(feeds, form="json")
    assert titles(client, path) == ["Card 3", "Card 1"]
    with feeds.store.write() as c:
        add_pair(c, 4, card=make_card(4, topics=("Robots",)))
    assert titles(client, path) == ["Card 3", "Card 1"]
    publish_now(feeds)
    assert titles(client, path) == ["Card 4", "Card 3", "Card 1"]


def test_other_settings_hold_at_once(feeds: Any, client: Client) -> None:
    path = path_of(feeds, form="json")
    assert client.get(path).json()["title"] == "Signal, for you"
    site = feeds.settings.site.model_copy(update={"title": "Beacon"})
    feeds.settings = feeds.settings.model_copy(update={"site": site})
    assert client.get(path).json()["title"] == "Beacon, for you"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("condition", ["none", "held", "other"])
def test_every_answer_is_for_one_reader_and_no_robot(
    feeds: Any, client: Client, method: str, condition: str
) -> None:
    path = path_of(feeds)
    whole = client.get(path)
    etag = whole.headers["etag"]
    headers = {"none": {}, "held": {"if-none-match": etag}, "other": {"if-none-match": '"x"'}}[condition]
    answer = client.request(method, path, headers=headers)
    assert answer.status_code == (304 if condition == "held" else 200)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == etag
    assert not etag.startswith("W/")
    assert not {"set-cookie", "access-control-allow-origin", "link", "last-modified"} & answer.headers.keys()
    assert (answer.content == b"") == (method == "HEAD" or condition == "held")
    # A 304 has the length that 200 would have, or tells none (RFC 9110 section 8.6).
    lengths = {whole.headers["content-length"]} | ({None} if condition == "held" else set())
    assert answer.headers.get("content-length") in lengths


def test_each_reader_and_coding_has_a_tag_of_its_own(feeds: Any, client: Client) -> None:
    tags = set()
    for uid in ("ada", "cem"):
        for form in FORMS:
            for coding in ("identity", "gzip"):
                answer = client.get(path_of(feeds, uid, form), headers={"accept-encoding": coding})
                assert answer.headers.get("content-encoding", "identity") == coding
                tags.add(answer.headers["etag"])
    assert len(tags) == 12


def test_looking_changes_nothing(feeds: Any, client: Client) -> None:
    statements: list[str] = []
    event.listen(
        feeds.store.engine, "before_cursor_execute", lambda _c, _cur, sql, *_: statements.append(sql)
    )
    client.get(path_of(feeds))
    client.head(path_of(feeds))
    assert statements
    assert all(sql.lstrip().startswith(("SELECT", "BEGIN", "WITH")) for sql in statements)


def test_while_nothing_changes_a_request_is_one_query(feeds: Any, client: Client) -> None:
    mine, others = path_of(feeds), path_of(feeds, "cem")
    client.get(mine)
    statements: list[str] = []
    event.listen(
        feeds.store.engine, "before_cursor_execute", lambda _c, _cur, sql, *_: statements.append(sql)
    )
    for path in (mine, others, mine):
        assert client.get(path).status_code == 200
    assert len([sql for sql in statements if sql.lstrip().startswith("SELECT")]) == 3


def test_many_readers_at_once_get_their_own(feeds: Any, client: Client) -> None:
    paths = {uid: path_of(feeds, uid) for uid in ("ada", "cem")}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda uid: (uid, client.get(paths[uid]).text), ["ada", "cem"] * 8))
    for uid, text in answers:
        assert paths[uid] in text
        assert all(path not in text for other, path in paths.items() if other != uid)


def test_beyond_the_budget_documents_are_made_again_and_stay_right(feeds: Any) -> None:
    shelf = PrivateShelf(budget_bytes=1)
    with feeds.store.read() as c:
        feed = find_private_feed(c, "ada")
    assert feed is not None
    everything = replace(feed, choice=Choice())
    for _ in range(2):
        for one, count in ((feed, 2), (everything, 3)):
            original = shelf.find(feeds, one, "json")
            assert original is not None
            body = original.copy(token="t", uid="ada", gzipped=False).body
            assert len(json.loads(body)["items"]) == count
    assert [len(state.kept) for state in shelf._states] == [1]


def test_a_document_is_made_once_for_all_who_come_together(feeds: Any) -> None:
    shelf = PrivateShelf()
    with feeds.store.read() as c:
        feed = find_private_feed(c, "ada")
    assert feed is not None
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: shelf.find(feeds, feed, "rss"), range(32)))
    assert len({id(one) for one in made}) == 1


def test_only_the_newest_states_are_kept(feeds: Any) -> None:
    shelf = PrivateShelf()
    with feeds.store.read() as c:
        feed = find_private_feed(c, "ada")
    assert feed is not None
    for token in ("one", "two", "one", "three", "two"):
        shelf.find(feeds, replace(feed, tree_token=token), "rss")
    assert [state.tree_token for state in shelf._states] == ["three", "two"]


# --- who may read ------------------------------------------------------------------------------------------


def refused(client: Client, path: str, status: int) -> None:
    for method in ("GET", "HEAD"):
        answer = client.request(method, path)
        assert answer.status_code == status, path
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"].startswith("noindex")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "Card" not in answer.text


def test_a_replaced_address_is_gone_at_once_and_the_new_one_works(feeds: Any, client: Client) -> None:
    """R58."""
    old = path_of(feeds)
    guid = client.get(path_of(feeds, form="json")).json()["_podcast"]["guid"]
    replace_private_feed(feeds.store, "ada", serial_of(feeds), now=THEN)
    refused(client, old, 410)
    assert path_of(feeds) != old
    assert client.get(path_of(feeds, form="json")).json()["_podcast"]["guid"] == guid
    assert client.get(path_of(feeds, "cem")).status_code == 200


def test_a_stopped_feed_is_gone_and_one_made_later_lives_elsewhere(feeds: Any, client: Client) -> None:
    """R58."""
    old = path_of(feeds)
    stop_private_feed(feeds.store, "ada", serial_of(feeds))
    refused(client, old, 410)
    make_private_feed(feeds.store, "ada", now=THEN)
    refused(client, old, 410)
    assert client.get(path_of(feeds)).status_code == 200


def test_an_erased_readers_feed_is_gone(feeds: Any, client: Client) -> None:
    path = path_of(feeds)
    with feeds.store.write() as c:
        c.execute(delete(tables.subscriber).where(tables.subscriber.c.uid == "ada"))
    refused(client, path, 410)


def test_who_leaves_all_newsletters_keeps_the_feed(feeds: Any, client: Client) -> None:
    unsubscribe(feeds.store, "ada", None, now=THEN)
    assert client.get(path_of(feeds)).status_code == 200


def test_an_older_key_still_opens_and_a_dropped_one_does_not(feeds: Any, client: Client) -> None:
    path, old = path_of(feeds), feeds.settings.secrets.link_keys
    newer = type(old[0])("newer")
    for keys, status in (((newer, *old), 200), ((newer,), 404)):
        secrets = feeds.settings.secrets.model_copy(update={"link_keys": keys})
        feeds.settings = feeds.settings.model_copy(update={"secrets": secrets})
        assert path_of(feeds) != path
        assert client.get(path).status_code == status


@pytest.mark.parametrize(
    "path",
    ["/private", "/private/", "/private/x.rss", "/private/.rss", "/private/a/b.rss", "/private/.published"],
)
def test_an_address_that_we_never_gave_is_not_found(feeds: Any, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("ending", ["", ".", ".xml", ".opml", ".RSS", ".rss.br", "/index.html"])
def test_only_the_three_formats_are_there(feeds: Any, client: Client, ending: str) -> None:
    assert client.get(path_of(feeds).removesuffix(".rss") + ending).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(feeds: Any, client: Client, method: str) -> None:
    assert client.request(method, path_of(feeds)).status_code in {204, 405}
    assert client.get(path_of(feeds)).status_code == 200


def test_nothing_of_it_is_looked_for_in_the_tree(
    feeds: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(feeds)
    tree, looked, stat = make_app(lambda: feeds).tree, [], os.stat
    monkeypatch.setattr(
        "letters.web.tree.os.stat", lambda file, **named: looked.append(str(file)) or stat(file, **named)
    )
    for raw in (path, f"/{path}", path.replace("/p", "/%70"), f"{path}/"):
        for method in (b"GET", b"HEAD", b"OPTIONS"):
            assert tree.answer(method, raw.encode(), {}) is None
        assert tree.find_gone(raw.encode()) is None
    token = path.rpartition("/")[2]
    assert not [file for file in looked if token in file]
    stop_private_feed(feeds.store, "ada", serial_of(feeds))
    folder = feeds.tree / "private"
    folder.mkdir()
    (folder / path.rpartition("/")[2]).write_text("left behind")
    (folder / "all.rss").write_text("left behind")
    refused(client, path, 410)
    refused(client, "/private/all.rss", 404)


OTHERS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=16)


@given(data=st.data(), uid=OTHERS, serial=OTHERS, edition=OTHERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=tries(25, thorough=400))
def test_no_other_token_opens_it(
    feeds: Any, client: Client, data: st.DataObject, uid: str, serial: str, edition: str
) -> None:
    """Neither one of another purpose, reader, serial or key, nor one of which a byte was changed, added or left out."""
    mine, links = serial_of(feeds), feeds.links
    token = links.private_url("ada", mine).rpartition("/")[2]
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(
        st.sampled_from(string.ascii_letters + string.digits + "-_.~").filter(lambda c: c != token[place])
    )
    made = [
        links.preferences_url("ada"),
        links.confirm_url("ada"),
        links.unsubscribe_url("ada", edition),
        links.unsubscribe_url("ada", mine),
        Links(["another key"], BASE).private_url("ada", mine),
    ]
    if serial != mine:
        made += [links.private_url("ada", serial), links.private_url(uid if uid != "cem" else "dan", mine)]
    tokens = [url.rpartition("/")[2] for url in made]
    tokens += [token[:place] + other + token[place + 1 :], token[:place] + other + token[place:]]
    tokens.append(token[:place] + token[place + 1 :])
    for one in tokens:
        answer = client.get(f"/private/{one}.rss")
        assert answer.status_code in {404, 410}, one
        assert b"<item>" not in answer.content
    for purpose in Purpose:
        if purpose is not Purpose.PRIVATE:
            assert client.get(f"/{purpose}/{token}").status_code == 400


# --- where it must not appear ------------------------------------------------------------------------------


def test_no_log_line_holds_it_whether_requests_succeed_fail_or_break(
    feeds: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """R58. Over a real connection, with every logger at its most talkative."""
    token = path_of(feeds).rpartition("/")[2].removesuffix(".rss")
    signature = token.rpartition(".")[2]

    def ask(method: str, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request(method, path, body=b"x" if method == "POST" else None)
        status = connection.getresponse().status
        connection.close()
        return status

    with (
        caplog.at_level(logging.DEBUG),
        capture_logs() as ours,
        WebServer(make_app(lambda: feeds), "127.0.0.1", 0) as server,
    ):
        server.start()
        path = path_of(feeds)
        statuses = [ask("GET", path), ask("HEAD", path), ask("POST", path), ask("GET", f"{path}?{token}")]
        statuses += [ask("GET", path.replace("/private/", "/private/x")), ask("GET", f"/other{path}")]
        stop_private_feed(feeds.store, "ada", serial_of(feeds))
        statuses.append(ask("GET", path))
        make_private_feed(feeds.store, "ada", now=THEN)
        feeds.store.engine.dispose()
        with feeds.store.write() as c:
            c.exec_driver_sql("ALTER TABLE private_feed RENAME TO away")
        statuses.append(ask("GET", path))
    assert statuses == [200, 200, 405, 200, 404, 404, 410, 500]
    assert [line["event"] for line in ours] == ["a request broke"]
    printed = "".join(capfd.readouterr())
    for text in (caplog.text, repr(ours), printed):
        assert signature not in text
        assert token not in text


def test_no_document_of_the_tree_names_it_or_the_folder(feeds: Any, client: Client) -> None:
    client.get(path_of(feeds))
    publish_now(feeds)
    for file in feeds.tree.rglob("*"):
        if file.is_file():
            assert b"/private/" not in file.read_bytes(), file


def test_the_secret_is_not_in_the_database(feeds: Any, client: Client) -> None:
    signature = path_of(feeds).rpartition("/")[2].split(".")[2]
    client.get(path_of(feeds))
    with feeds.store.read() as c:
        dump = "\n".join(c.connection.driver_connection.iterdump())
    assert serial_of(feeds) in dump
    assert signature not in dump


# --- copies ------------------------------------------------------------------------------------------------


@given(
    beginning=st.binary(max_size=4_000),
    rest=st.binary(max_size=9_000),
    token=st.text("abc.-_", min_size=1, max_size=60),
)
def test_a_gzipped_copy_is_one_member_and_unpacks_to_the_plain_one(
    beginning: bytes, rest: bytes, token: str
) -> None:
    document = SharedDocument(
        beginning=beginning + b"MARK" + b"guid", rest=rest, token_mark=b"MARK", guid_mark=b"no such"
    )
    original = Original(document)
    plain = original.copy(token=token, uid="ada", gzipped=False)
    packed = original.copy(token=token, uid="ada", gzipped=True)
    assert plain.body == document.beginning_for(token=token, uid="ada") + rest
    assert gzip.decompress(packed.body) == plain.body
    # A client that stops after the first member, as some do, has all of it.
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert unpacker.decompress(packed.body) == plain.body
    assert unpacker.eof
    assert unpacker.unused_data == b""
    assert plain.etag != packed.etag
