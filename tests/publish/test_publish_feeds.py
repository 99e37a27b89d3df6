"""What a feed's documents say, and that all three say the same (R48, R49, R50, R51)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import struct_time
from typing import Any

import pytest
from lxml import etree

from builders import add_pair, add_uncarded, day, make_card, make_episode, make_id
from letters.model import Chapters, Enclosure, Person, Transcript
from letters.publish.addresses import feed_guid


def moment(parsed: struct_time) -> str:
    return datetime(*parsed[:6], tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seen_by_feedparser(parsed: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": entry.id,
            "url": entry.link,
            "title": entry.title,
            "author": entry.author,
            "published": moment(entry.published_parsed),
            "updated": moment(entry.updated_parsed),
            "content": entry.content[0].value,
            "tags": [tag.get("label") or tag.term for tag in entry.get("tags", [])],
            "media": [(one.href, one.type) for one in entry.enclosures],
        }
        for entry in parsed.entries
    ]


def seen_by_a_json_reader(feed: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": item["id"],
            "url": item["url"],
            "title": item["title"],
            "author": item["authors"][0]["name"],
            "published": item["date_published"],
            "updated": item["date_modified"],
            "content": item["content_html"],
            "tags": item.get("tags", []),
            "media": [(one["url"], one["mime_type"]) for one in item.get("attachments", [])],
        }
        for item in feed["items"]
    ]


def test_every_feed_says_the_same_in_all_three_formats(press: Any) -> None:
    """R51."""
    with press.store.write() as c:
        for number in range(1, 5):
            topics = ("Signals", "Fog & Ice") if number % 2 else ("Signals",)
            add_pair(c, number, card=make_card(number, topics=topics))
        add_uncarded(c, 9)
    press.publish()
    paths = [str(path.relative_to(press.tree).with_suffix("")) for path in press.tree.rglob("*.json")]
    assert len(paths) == 6
    for path in paths:
        wanted = seen_by_a_json_reader(press.json(f"{path}.json"))
        assert wanted
        assert seen_by_feedparser(press.parse(f"{path}.atom")) == wanted
        assert seen_by_feedparser(press.parse(f"{path}.rss")) == wanted


@pytest.mark.parametrize(
    "title",
    ["AT&T <b>", "1 < 2 & 3 > 2", 'She said "no"', "Ünïcödé – 日本語 🎈", "it's ]]> over", "x &amp y; 100%"],
)
def test_a_title_reads_back_equal_in_all_formats(sqlite_press: Any, title: str) -> None:
    """R51, pain 32."""
    with sqlite_press.store.write() as c:
        add_pair(c, 1, card=make_card(1, title=title))
    sqlite_press.publish()
    assert sqlite_press.json("all.json")["items"][0]["title"] == title
    assert sqlite_press.parse("all.atom").entries[0].title == title
    assert sqlite_press.parse("all.rss").entries[0].title == title


def test_an_rss_document_has_what_the_specification_asks_for(sqlite_press: Any) -> None:
    """R48."""
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    sqlite_press.publish()
    channel = etree.fromstring((sqlite_press.tree / "all.rss").read_bytes())[0]
    assert channel.findtext("title") == "Signal"
    assert channel.findtext("link") == "https://signal.example/all/"
    assert channel.findtext("description")
    (self_link,) = channel.findall("{http://www.w3.org/2005/Atom}link")
    assert dict(self_link.attrib) == {
        "href": "https://signal.example/all.rss",
        "rel": "self",
        "type": "application/rss+xml",
    }
    item = channel.find("item")
    assert item.find("guid").attrib == {"isPermaLink": "false"}
    assert item.findtext("guid") == f"urn:uuid:{make_id('card', 1)}"
    assert item.findtext("pubDate") == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert dict(item.find("enclosure").attrib) == {
        "url": "https://media.lighthouse.example/1.mp3",
        "length": "1000001",
        "type": "audio/mpeg",
    }
    assert (item.find("source").get("url"), item.findtext("source")) == (
        "https://lighthouse.example/1",
        "The Lighthouse Show",
    )
    assert [(one.get("domain"), one.text) for one in item.findall("category")] == [
        ("https://signal.example/topics/", "Signals"),
        ("https://signal.example/audiences/", "Keeper"),
    ]


def test_an_atom_document_has_what_the_specification_asks_for(sqlite_press: Any) -> None:
    """R49; the links' attributes, which feedgen loses."""
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    sqlite_press.publish()
    atom = "{http://www.w3.org/2005/Atom}"
    root = etree.fromstring((sqlite_press.tree / "all.atom").read_bytes())
    assert root.findtext(f"{atom}id") == f"urn:uuid:{feed_guid('https://signal.example/all.rss')}"
    entry = root.find(f"{atom}entry")
    assert entry.findtext(f"{atom}id") == f"urn:uuid:{make_id('card', 1)}"
    assert entry.find(f"{atom}title").get("type") == "text"
    assert entry.findtext(f"{atom}updated") == "2026-03-02T09:00:00Z"
    assert [dict(link.attrib) for link in entry.findall(f"{atom}link")] == [
        {
            "rel": "alternate",
            "type": "text/html",
            "href": f"https://signal.example/cards/card-1-{make_id('card', 1)[:6]}/",
        },
        {"rel": "via", "href": "https://lighthouse.example/1", "title": "The Lighthouse Show"},
        {
            "rel": "enclosure",
            "type": "audio/mpeg",
            "length": "1000001",
            "href": "https://media.lighthouse.example/1.mp3",
        },
    ]
    terms = [(one.get("term"), one.get("scheme")) for one in entry.findall(f"{atom}category")]
    assert terms == [
        ("signals", "https://signal.example/topics/"),
        ("keeper", "https://signal.example/audiences/"),
    ]


def test_a_json_document_has_what_the_specification_asks_for(sqlite_press: Any) -> None:
    """R50."""
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    sqlite_press.publish()
    feed = sqlite_press.json("topics/signals.json")
    (item,) = feed.pop("items")
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Signal: Signals",
        "home_page_url": "https://signal.example/topics/signals/",
        "feed_url": "https://signal.example/topics/signals.json",
        "description": "Summaries and takeaways on Signals, each with its episode.",
        "language": "en",
        "authors": [{"name": "Signal"}],
        "_atom": {
            "about": "https://www.rfc-editor.org/rfc/rfc4287",
            "id": f"urn:uuid:{feed_guid('https://signal.example/topics/signals.rss')}",
            "updated": "2026-03-02T09:00:00Z",
            "category": [{"term": "signals", "scheme": "https://signal.example/topics/", "label": "Signals"}],
        },
        "_podcast": {
            "about": "https://podcasting2.org/docs/podcast-namespace",
            "guid": feed_guid("https://signal.example/topics/signals.rss"),
            "locked": {"value": "yes"},
        },
    }
    assert item["authors"] == [{"name": "Harbour Desk"}]
    assert item["external_url"] == "https://lighthouse.example/1"
    assert item["summary"] == "First paragraph of card 1.\n\nSecond paragraph."
    assert item["attachments"] == [
        {
            "url": "https://media.lighthouse.example/1.mp3",
            "mime_type": "audio/mpeg",
            "size_in_bytes": 1000001,
            "duration_in_seconds": 2880,
        }
    ]


def test_a_podcast_keeps_its_fields(sqlite_press: Any) -> None:
    episode = make_episode(
        1,
        season=2,
        number=7,
        image="https://lighthouse.example/1?size=large",
        people=(Person(name="Ada Keeper", role="guest", url="https://ada.example/"),),
        transcripts=(
            Transcript(url="https://lighthouse.example/1.vtt", type="text/vtt", language="en"),
            Transcript(url="https://lighthouse.example/1.srt", type="application/x-subrip"),
        ),
        chapters=Chapters(url="https://lighthouse.example/1.json", type="application/json+chapters"),
    )
    with sqlite_press.store.write() as c:
        add_pair(c, 1, episode=episode)
    sqlite_press.publish()
    rss = etree.fromstring((sqlite_press.tree / "all.rss").read_bytes())
    names = {
        "podcast": "https://podcastindex.org/namespace/1.0",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    }
    item = rss.find("channel/item")
    assert [one.get("url") for one in item.findall("podcast:transcript", names)] == [
        "https://lighthouse.example/1.vtt",
        "https://lighthouse.example/1.srt",
    ]
    assert item.find("podcast:chapters", names).get("type") == "application/json+chapters"
    assert item.findtext("podcast:person", namespaces=names) == "Ada Keeper"
    assert item.findtext("itunes:season", namespaces=names) == "2"
    assert item.findtext("itunes:episode", namespaces=names) == "7"
    assert item.findtext("itunes:duration", namespaces=names) == "2880"
    assert item.find("itunes:image", names).get("href") == "https://lighthouse.example/1?size=large"
    assert rss.findtext("channel/itunes:explicit", namespaces=names) == "false"
    assert rss.findtext("channel/podcast:guid", namespaces=names) == feed_guid(
        "https://signal.example/all.rss"
    )


def test_the_podcast_guid_is_made_as_prescribed() -> None:
    """R56, with the vector of the specification."""
    wanted = "917393e3-1b1e-5cef-ace4-edaa54e1f810"
    assert feed_guid("https://mp3s.nashownotes.com/pc20rss.xml") == wanted
    assert feed_guid("http://mp3s.nashownotes.com/pc20rss.xml/") == wanted


@pytest.mark.parametrize(
    ("enclosure", "wanted"),
    [
        (Enclosure(url="https://m.example/a.m4a?x=1"), ("https://m.example/a.m4a?x=1", "audio/mp4", "0")),
        (
            Enclosure(url="https://m.example/a.mp3", type="mp3"),
            ("https://m.example/a.mp3", "audio/mpeg", "0"),
        ),
        (Enclosure(url="https://m.example/a"), ("https://m.example/a", "application/octet-stream", "0")),
        (Enclosure(url="https://m.example/ä b.mp3"), ("https://m.example/%C3%A4%20b.mp3", "audio/mpeg", "0")),
    ],
)
def test_what_a_publisher_left_out_of_an_enclosure_is_filled_in(
    sqlite_press: Any, enclosure: Enclosure, wanted: tuple[str, str, str]
) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1, episode=make_episode(1, enclosures=(enclosure,)))
    sqlite_press.publish()
    (found,) = sqlite_press.parse("all.rss").entries[0].enclosures
    assert (found.href, found.type, found.length) == wanted
    (found,) = sqlite_press.parse("all.atom").entries[0].enclosures
    # RSS wants a length, and takes 0 for one that nobody knows; Atom's is a hint that may be left out.
    assert (found.href, found.type, found.get("length")) == (*wanted[:2], None)
    assert sqlite_press.json("all.json")["items"][0]["attachments"][0]["mime_type"] == wanted[1]


def test_dates_are_whole_seconds_in_utc(sqlite_press: Any) -> None:
    odd = day(1) + timedelta(microseconds=654321)
    with sqlite_press.store.write() as c:
        add_pair(c, 1, episode=make_episode(1, published=odd), ready_at=odd)
    sqlite_press.publish()
    dates = re.findall(r"<(?:updated|published)>([^<]*)<", sqlite_press.text("all.atom"))
    assert dates == ["2026-03-02T09:00:00Z"] * 3


def test_an_episode_without_a_date_bears_the_time_it_was_first_seen(sqlite_press: Any) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1, episode=make_episode(1, published=None, first_seen=day(4)), ready_at=day(6))
    sqlite_press.publish()
    assert sqlite_press.json("all.json")["items"][0]["date_published"] == "2026-03-05T09:00:00Z"


def test_an_empty_feed_is_valid_and_dated_by_its_birth(sqlite_press: Any) -> None:
    sqlite_press.publish(day(3))
    assert sqlite_press.parse("all.rss").feed.updated == "Wed, 04 Mar 2026 09:00:00 +0000"
    assert sqlite_press.parse("all.atom").feed.updated == "2026-03-04T09:00:00Z"
    assert sqlite_press.json("all.json")["items"] == []


def test_a_document_holds_as_many_entries_as_the_settings_say(sqlite_press: Any, with_settings: Any) -> None:
    sqlite_press.settings = with_settings(publish={"entries": 3})
    with sqlite_press.store.write() as c:
        for number in range(1, 6):
            add_pair(c, number)
    sqlite_press.publish()
    assert sqlite_press.titles("all") == ["Card 5", "Card 4", "Card 3"]
    assert len(list((sqlite_press.tree / "cards").iterdir())) == 5


def test_the_list_of_feeds_names_each_once(sqlite_press: Any) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    sqlite_press.publish()
    root = etree.fromstring((sqlite_press.tree / "index.opml").read_bytes())
    assert [one.get("xmlUrl") for one in root.iter("outline") if one.get("type") == "rss"] == [
        "https://signal.example/all.rss",
        "https://signal.example/topics/signals.rss",
        "https://signal.example/audiences/keeper.rss",
        "https://signal.example/topics/signals/keeper.rss",
    ]


def test_a_common_locale_does_not_reach_the_dates(sqlite_press: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """feedgen calls `setlocale` for each RSS date; nothing of ours may, for it is shared by all threads."""
    import locale

    def refuse(*_args: object) -> None:
        raise AssertionError("setlocale was called")

    monkeypatch.setattr(locale, "setlocale", refuse)
    with sqlite_press.store.write() as c:
        add_pair(c, 1)
    assert sqlite_press.publish().problems == ()


def test_every_document_is_served_from_one_tree(sqlite_press: Any, tmp_path: Path) -> None:
    with sqlite_press.store.write() as c:
        card = add_pair(c, 1)
    report = sqlite_press.publish()
    assert sorted(sqlite_press.files()) == sorted(
        [
            *(f"{path}.{form}" for path in FEEDS for form in ("rss", "atom", "json")),
            *(f"{path}/index.html" for path in FEEDS),
            f"cards/{card.address}/index.html",
            "index.html",
            "index.opml",
            "style.css",
        ]
    )
    assert report.written == len(sqlite_press.files())


FEEDS = ("all", "topics/signals", "audiences/keeper", "topics/signals/keeper")
