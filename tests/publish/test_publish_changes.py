"""What stays the same, and what moves when something changes (R49, R52, pain 38)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from builders import (
    add_card,
    add_pair,
    add_uncarded,
    change_card,
    day,
    make_card,
    make_episode,
    make_id,
)
from letters.model import Enclosure, RelatedCard
from letters.store import tables
from letters.store.codec import dump
from letters.store.entries import add_entry, attach_card, retire_entry


def publish_three(press: Any) -> Any:
    with press.store.write() as c:
        for number in (1, 2, 3):
            add_pair(c, number)
    press.publish(day(10))
    return press


@pytest.fixture
def published(sqlite_press: Any) -> Any:
    """Three cards, published."""
    return publish_three(sqlite_press)


@pytest.fixture
def published_on_both(press: Any) -> Any:
    """The same, on either database."""
    return publish_three(press)


def test_a_second_run_writes_nothing(published_on_both: Any) -> None:
    published = published_on_both
    before = published.files()
    report = published.publish(day(11))
    assert (report.written, report.unchanged, report.problems) == (0, len(before), ())
    assert published.files() == before


def test_the_same_data_gives_the_same_bytes(published: Any) -> None:
    """R52."""
    before = published.files()
    shutil.rmtree(published.tree)
    published.publish(day(20))
    assert published.files() == before


def updated(press: Any) -> dict[str, str]:
    return {item["title"]: item["date_modified"] for item in press.json("all.json")["items"]}


EDITED = "2026-03-16T09:00:00Z"  # day(15)


def change_title(c: Connection) -> None:
    change_card(c, make_card(1, title="Card one"))


def change_summary(c: Connection) -> None:
    change_card(c, make_card(1, summary="Other words."))


def add_a_topic(c: Connection) -> None:
    change_card(c, make_card(1, topics=("Signals", "Fog")))


def add_a_related_card(c: Connection) -> None:
    change_card(c, make_card(1, related=(RelatedCard(title="Another"),)))


def pair_with_another_episode(c: Connection) -> None:
    retire_entry(c, make_id("card", 1), at=day(14))
    retire_entry(c, make_id("card", 2), at=day(14))
    add_entry(
        c,
        id=make_id("card", 1),
        address="ignored",
        card_id=make_id("card", 1),
        episode_id=make_id("episode", 2),
        ready_at=day(15),
    )


@pytest.mark.parametrize(
    "change", [change_title, change_summary, add_a_related_card, pair_with_another_episode]
)
def test_an_entry_is_updated_when_a_reader_should_look_again(
    published: Any, change: Callable[[Connection], None]
) -> None:
    with published.store.write() as c:
        change(c)
    published.publish(day(15))
    by_id = {item["id"]: item for item in published.json("all.json")["items"]}
    item = by_id[f"urn:uuid:{make_id('card', 1)}"]
    assert item["date_modified"] == EDITED
    assert item["url"].endswith(f"/cards/card-1-{make_id('card', 1)[:6]}/")
    assert published.parse("all.atom").feed.updated == EDITED
    published.publish(day(16))
    assert published.json("all.json")["items"][-1]["date_modified"] == EDITED


def change_enclosure(c: Connection) -> None:
    other = (Enclosure(url="https://cdn.example/1.mp3?token=2", type="audio/mpeg"),)
    set_episode(c, enclosures=other)


def change_link(c: Connection) -> None:
    set_episode(c, link="https://lighthouse.example/moved/1")


def change_duration(c: Connection) -> None:
    set_episode(c, duration=None)


def rename_topic(c: Connection) -> None:
    c.execute(update(tables.topic).values(name="Signals and signs"))


def move_the_file(c: Connection) -> None:
    c.execute(update(tables.card).where(tables.card.c.id == make_id("card", 1)).values(path="elsewhere.txt"))


def set_episode(c: Connection, **fields: Any) -> None:
    episode = replace(make_episode(1), **fields)
    c.execute(update(tables.episode).where(tables.episode.c.id == episode.id).values(data=dump(episode)))


@pytest.mark.parametrize(
    "change", [change_enclosure, change_link, change_duration, rename_topic, add_a_topic, move_the_file]
)
def test_an_entry_is_not_updated_by_what_is_no_news_to_a_reader(
    published: Any, change: Callable[[Connection], None]
) -> None:
    before = updated(published)
    with published.store.write() as c:
        change(c)
    published.publish(day(15))
    assert updated(published) == before


def test_identifiers_and_dates_survive_a_move_of_the_site(published: Any, with_settings: Any) -> None:
    """R49: neither an entry's id nor a feed's depends on the host, and nothing comes back as new."""
    kept = ("id", "date_published", "date_modified")
    before = [[item[name] for name in kept] for item in published.json("all.json")["items"]]
    feed_id = published.parse("all.atom").feed.id
    published.settings = with_settings(site={"base_url": "https://moved.example/news/"})
    published.publish(day(15))
    assert [[item[name] for name in kept] for item in published.json("all.json")["items"]] == before
    assert published.parse("all.atom").feed.id == feed_id
    assert published.json("all.json")["feed_url"] == "https://moved.example/news/all.json"
    text = "".join(published.text(path) for path in ("all.rss", "all.atom", "all.json", "index.html"))
    assert "https://signal.example" not in text


def test_a_retired_card_leaves_the_feeds_and_its_page_says_so(published_on_both: Any) -> None:
    published = published_on_both
    with published.store.write() as c:
        retire_entry(c, make_id("card", 2), at=day(14))
    published.publish(day(15))
    for path in ("all", "topics/signals", "audiences/keeper", "topics/signals/keeper"):
        assert published.titles(path) == ["Card 3", "Card 1"]
        for form in ("rss", "atom"):
            assert [one.title for one in published.parse(f"{path}.{form}").entries] == ["Card 3", "Card 1"]
    page = published.text(f"cards/{make_card(2).address}/index.html")
    assert "withdrawn" in page
    assert "Card 2" in page
    assert '<meta name="robots" content="noindex">' in page
    assert 'href="../../"' in page
    assert "Remember number 2" not in page


def test_a_card_that_returns_takes_its_old_place(published: Any) -> None:
    with published.store.write() as c:
        retire_entry(c, make_id("card", 2), at=day(14))
    published.publish(day(15))
    with published.store.write() as c:
        add_entry(
            c,
            id=make_id("card", 2),
            address=make_card(2).address,
            card_id=make_id("card", 2),
            episode_id=make_id("episode", 2),
            ready_at=day(16),
        )
    published.publish(day(16))
    assert published.titles("all") == ["Card 3", "Card 2", "Card 1"]
    assert updated(published)["Card 2"] == "2026-03-03T09:00:00Z"
    assert "Remember number 2" in published.text(f"cards/{make_card(2).address}/index.html")


def test_a_feed_stays_when_its_last_entry_has_gone(published: Any) -> None:
    with published.store.write() as c:
        for number in (1, 2, 3):
            change_card(c, make_card(number, topics=("Fog",)))
    published.publish(day(15))
    assert published.titles("topics/signals") == []
    assert published.titles("topics/fog") == ["Card 3", "Card 2", "Card 1"]
    assert "topics/signals.rss" in published.text("index.opml")
    assert "topics/signals/" not in published.text("index.html")
    published.publish(day(16))
    assert published.parse("topics/signals.atom").feed.updated == "2026-03-11T09:00:00Z"


def test_an_entry_joins_a_feed_at_its_top_with_its_original_date(published_on_both: Any) -> None:
    published = published_on_both
    with published.store.write() as c:
        change_card(c, make_card(3, topics=("Fog",)))
    published.publish(day(15))
    with published.store.write() as c:
        change_card(c, make_card(1, topics=("Signals", "Fog")))
    published.publish(day(16))
    assert published.titles("topics/fog") == ["Card 1", "Card 3"]
    first = published.json("topics/fog.json")["items"][0]
    assert first["date_published"] == "2026-03-02T09:00:00Z"
    assert published.titles("topics/signals") == ["Card 2", "Card 1"]


def test_those_that_join_together_come_by_readiness_and_then_by_their_episodes_date(
    sqlite_press: Any,
) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1, episode=make_episode(1, published=day(5)), ready_at=day(20))
        add_pair(c, 2, episode=make_episode(2, published=day(7)), ready_at=day(20))
        add_pair(c, 3, episode=make_episode(3, published=day(9)), ready_at=day(19))
    sqlite_press.publish(day(21))
    assert sqlite_press.titles("all") == ["Card 2", "Card 1", "Card 3"]


def test_a_card_that_comes_late_keeps_the_entry_of_its_episode(sqlite_press: Any) -> None:
    with sqlite_press.store.write() as c:
        episode = add_uncarded(c, 1)
    sqlite_press.publish(day(2))
    (first,) = sqlite_press.json("all.json")["items"]
    with sqlite_press.store.write() as c:
        attach_card(c, episode.id, add_card(c, make_card(1)).id)
    sqlite_press.publish(day(5))
    (second,) = sqlite_press.json("all.json")["items"]
    assert (first["id"], first["url"]) == (second["id"], second["url"])
    assert (first["title"], second["title"]) == ("Lighthouse 1: keeping the light", "Card 1")
    assert second["date_modified"] == "2026-03-06T09:00:00Z"
    assert sqlite_press.titles("topics/signals") == ["Card 1"]


def test_an_undeclared_topic_is_a_mere_tag_where_the_settings_say_so(
    sqlite_press: Any, with_settings: Any
) -> None:
    sqlite_press.settings = with_settings(publish={"undeclared": "tag"})
    with sqlite_press.store.write() as c:
        card = add_pair(c, 1, card=make_card(1, topics=()))
        for_tag = make_card(1, topics=("Rumour",))
        change_card(c, for_tag)
        c.execute(update(tables.topic).values(declared=False))
    sqlite_press.publish()
    assert not (sqlite_press.tree / "topics").exists()
    item = sqlite_press.json("all.json")["items"][0]
    assert item["tags"] == ["Rumour", "Keeper"]
    assert "Topics: Rumour" in item["content_html"]
    assert "topics/rumour" not in sqlite_press.text(f"cards/{card.address}/index.html")
    sqlite_press.settings = with_settings()
    sqlite_press.publish()
    assert sqlite_press.titles("topics/rumour") == ["Card 1"]


def test_places_in_a_feed_are_never_given_twice(published: Any) -> None:
    with published.store.write() as c:
        retire_entry(c, make_id("card", 3), at=day(14))
        add_pair(c, 4)
    published.publish(day(15))
    with published.store.read() as c:
        places = tables.feed_entry.c
        joined = c.scalars(select(places.entry_id).where(places.feed == "all").order_by(places.position))
        assert list(joined) == [make_id("card", number) for number in (1, 2, 3, 4)]


def test_a_kill_between_the_record_and_the_tree_is_made_good(published: Any) -> None:
    with published.store.write() as c:
        add_pair(c, 4)
        change_card(c, make_card(1, title="Card one"))
    published.publish(day(15))
    wanted = published.files()
    # What a kill after half of the writing leaves: the record is there, some documents are old or missing.
    (published.tree / "all.rss").write_bytes(b"old")
    (published.tree / "topics" / "signals.json").unlink()
    (published.tree / ".letters-0123456789abcdef.tmp").write_bytes(b"<rss")
    report = published.publish(day(16), everything=True)
    assert report.written == 2
    assert {path: published.files()[path] for path in wanted} == wanted


def test_foreign_files_are_left_alone(published: Any) -> None:
    foreign = {
        "robots.txt": b"User-agent: *",
        "cards/mine/index.html": b"<p>Mine",
        "topics/old.rss": b"<rss/>",
    }
    for path, data in foreign.items():
        (published.tree / path).parent.mkdir(exist_ok=True)
        (published.tree / path).write_bytes(data)
    published.publish(day(15))
    assert {path: published.files()[path] for path in foreign} == foreign


def test_what_cannot_be_written_is_reported_and_the_rest_is_written(published: Any) -> None:
    (published.tree / "all.rss").unlink()
    (published.tree / "all.rss" / "inside").mkdir(parents=True)
    (published.tree / "all.json").unlink()
    report = published.publish(day(15), everything=True)
    (problem,) = report.problems
    assert str(problem).startswith("feeds/all.rss: the document cannot be written")
    assert report.written == 1


def test_a_broken_template_is_told_once_and_feeds_are_published(sqlite_press: Any) -> None:
    folder = sqlite_press.workspace.templates / "web"
    folder.mkdir(parents=True)
    (folder / "card.html").write_text("{% if %}")
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
        add_pair(c, 2)
    report = sqlite_press.publish()
    (problem,) = report.problems
    assert "card.html:1" in str(problem)
    assert sqlite_press.titles("all") == ["Card 2", "Card 1"]


def test_progress_ends_at_the_number_of_documents(sqlite_press: Any) -> None:
    steps: list[tuple[int, int]] = []
    report = sqlite_press.publish(progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (report.written, report.written)
