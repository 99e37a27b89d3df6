"""What a publication says of itself, and what an entry carries beside its text: the same in all three formats."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import feedparser
import pytest
from lxml import etree

from builders import day, make_card, make_episode
from feed_validator import validate
from letters.model import (
    Audience,
    Chapters,
    Entry,
    Feed,
    Person,
    RelatedCard,
    Topic,
    Transcript,
)
from letters.publish import atom, jsonfeed, rss
from letters.publish.addresses import Addresses
from letters.publish.assemble import make_document, make_item
from letters.publish.content import Surroundings
from letters.publish.imprint import Imprint
from letters.publish.items import Document, Item, Owner
from letters.store.feeds import StoredFeed

PATH = "topics/signals/keeper"
ADDRESSES = Addresses.of("https://signal.example")
GUID = "4fc40c39-2853-5881-893e-8a78a8c49909"
TOPIC, AUDIENCE = Topic(key="signals", name="Signals & Lamps"), Audience(key="keeper", name="Keeper")
WRITERS: dict[str, Any] = {"rss": rss, "atom": atom, "json": jsonfeed}
NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}


@pytest.fixture
def imprint(with_settings: Any) -> Imprint:
    settings = with_settings(
        site={
            "icon": "https://signal.example/icon.png",
            "image": "https://signal.example/cover.jpg",
            "rights": "© 2026 Signal & friends",
            "contact": "The Desk <desk@signal.example>",
        },
        publish={
            "hub": "https://hub.example/",
            "license": "https://license.example/by/4.0",
            "podcast_category": "News > Tech News",
        },
    )
    return Imprint.of(settings)


def item(imprint: Imprint) -> Item:
    episode = make_episode(
        1,
        season=2,
        number=7,
        image="https://lighthouse.example/1?size=large",
        people=(
            Person(name="Ada Keeper", role="Guest", url="https://ada.example/"),
            Person(name="Ada Keeper", role="guest"),
            Person(name=" "),
        ),
        transcripts=(Transcript(url="https://lighthouse.example/1.vtt", type="vtt", rel="captions"),),
        chapters=Chapters(url="https://lighthouse.example/1.json", type=""),
    )
    related = (RelatedCard(title="Card 2", url="https://lamps.example/2"), RelatedCard(title="A name"))
    card = make_card(1, related=related, language="en_GB")
    entry = Entry(
        id=card.id,
        address=card.address,
        card=card,
        episode=episode,
        topics=(TOPIC,),
        audiences=(AUDIENCE,),
        ready_at=day(1),
        updated_at=day(2),
    )
    around = Surroundings(addresses=ADDRESSES, paths=frozenset(), cards={})
    return make_item(entry, around, publication="Signal", imprint=imprint)


def document(items: list[Item], imprint: Imprint) -> Document:
    feed = Feed(path=PATH, title="Signal", description="Of lamps.", topic=TOPIC, audience=AUDIENCE)
    return make_document(
        feed,
        StoredFeed(path=PATH, guid=GUID, since=day(0)),
        items,
        addresses=ADDRESSES,
        publication="Signal",
        language="en",
        imprint=imprint,
    )


def written(form: str, shown: Document, items: list[Item]) -> bytes:
    data: bytes = WRITERS[form].write(shown, [WRITERS[form].render_item(one) for one in items])
    assert validate(data, shown.addresses[form]) == []
    return data


@pytest.fixture
def in_form(imprint: Imprint) -> dict[str, bytes]:
    items = [item(imprint)]
    return {form: written(form, document(items, imprint), items) for form in WRITERS}


def test_a_publication_says_whose_it_is_in_every_format(in_form: dict[str, bytes]) -> None:
    for form in ("rss", "atom"):
        feed = feedparser.parse(in_form[form]).feed
        assert feed.rights == "© 2026 Signal & friends"
        links = {link.rel: link.href for link in feed.links}
        assert links["hub"] == "https://hub.example/"
        assert links["license"] == "https://license.example/by/4.0"
        assert links["self"] == f"https://signal.example/{PATH}.{form}"
        assert links["alternate"] == f"https://signal.example/{PATH}/"
        found = [(tag.scheme, tag.label or tag.term) for tag in feed.tags if tag.scheme.startswith("https:")]
        assert found == [
            ("https://signal.example/topics/", "Signals & Lamps"),
            ("https://signal.example/audiences/", "Keeper"),
        ]
    feed = json.loads(in_form["json"])
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert (feed["icon"], feed["favicon"]) == (
        "https://signal.example/cover.jpg",
        "https://signal.example/icon.png",
    )
    assert feed["_atom"]["rights"] == "© 2026 Signal & friends"
    assert feed["_atom"]["link"] == [{"rel": "license", "href": "https://license.example/by/4.0"}]
    assert [one["label"] for one in feed["_atom"]["category"]] == ["Signals & Lamps", "Keeper"]


def test_pictures_stand_where_readers_look_for_them(in_form: dict[str, bytes]) -> None:
    channel = etree.fromstring(in_form["rss"])[0]
    assert [channel.findtext(f"image/{name}") for name in ("url", "title", "link")] == [
        "https://signal.example/cover.jpg",
        "Signal",
        f"https://signal.example/{PATH}/",
    ]
    assert channel.find("itunes:image", NAMES).get("href") == "https://signal.example/cover.jpg"
    feed = etree.fromstring(in_form["atom"])
    assert feed.findtext("atom:icon", namespaces=NAMES) == "https://signal.example/icon.png"
    assert feed.findtext("atom:logo", namespaces=NAMES) == "https://signal.example/cover.jpg"


def test_a_podcast_directory_finds_what_it_asks_for(in_form: dict[str, bytes]) -> None:
    channel = etree.fromstring(in_form["rss"])[0]
    assert channel.findtext("podcast:guid", namespaces=NAMES) == GUID
    locked = channel.find("podcast:locked", NAMES)
    assert (locked.text, locked.get("owner")) == ("yes", "desk@signal.example")
    for feed in (channel, etree.fromstring(in_form["atom"])):
        assert feed.findtext("itunes:owner/itunes:email", namespaces=NAMES) == "desk@signal.example"
        assert feed.findtext("itunes:owner/itunes:name", namespaces=NAMES) == "Signal"
        categories = [one.get("text") for one in feed.iter(f"{{{NAMES['itunes']}}}category")]
        assert categories == ["News", "Tech News"]
    podcast = json.loads(in_form["json"])["_podcast"]
    assert (podcast["guid"], podcast["locked"]) == (GUID, {"value": "yes", "owner": "desk@signal.example"})


def test_an_entry_carries_the_same_in_every_format(in_form: dict[str, bytes]) -> None:
    (of_json,) = json.loads(in_form["json"])["items"]
    assert of_json["_podcast"] == {
        "about": "https://podcasting2.org/docs/podcast-namespace",
        "season": 2,
        "episode": 7,
        "person": [{"name": "Ada Keeper", "role": "guest"}],
        "transcript": [{"url": "https://lighthouse.example/1.vtt", "type": "text/plain", "rel": "captions"}],
        "chapters": {"url": "https://lighthouse.example/1.json", "type": "application/json+chapters"},
    }
    links = {one["rel"]: one["href"] for one in of_json["_atom"]["link"]}
    assert links == {
        "via": "https://lighthouse.example/1",
        "related": "https://lamps.example/2",
        "license": "https://license.example/by/4.0",
    }
    assert of_json["language"] == "en-GB"
    for form, path in (("rss", "channel/item"), ("atom", "atom:entry")):
        (entry,) = feedparser.parse(in_form[form]).entries
        assert entry.rights == of_json["_atom"]["rights"]
        assert [one.name for one in entry.contributors] == ["Ada Keeper"]
        assert {one.rel: one.href for one in entry.links}["related"] == links["related"]
        assert {one.rel: one.href for one in entry.links}["license"] == links["license"]
        assert entry.media_thumbnail == [{"url": of_json["image"]}]
        element = etree.fromstring(in_form[form]).find(path, NAMES)
        assert element.findtext("podcast:season", namespaces=NAMES) == "2"
        assert element.findtext("podcast:episode", namespaces=NAMES) == "7"
        assert element.findtext("podcast:person", namespaces=NAMES) == "Ada Keeper"
        assert element.find("podcast:transcript", NAMES).get("rel") == "captions"
        assert element.findtext("itunes:duration", namespaces=NAMES) == "2880"
        assert element.find("itunes:image", NAMES).get("href") == of_json["image"]


def test_what_is_not_set_is_left_out(with_settings: Any) -> None:
    plain = replace(item(Imprint()), media=None, people=(), transcripts=(), chapters=None, season=None)
    plain = replace(plain, number=None, categories=(), related=(), origin=None, language="", image="")
    shown = replace(document([plain], Imprint.of(with_settings())), categories=())
    text = {form: written(form, shown, [plain]).decode() for form in WRITERS}
    for name in ("copyright", "rights", "license", "hub", "image", "category", "itunes:author", "fh:"):
        assert f"<{name}" not in text["rss"]
        assert f"<{name}" not in text["atom"]
        assert f'"{name}"' not in text["json"]
    # Atom has no place for the podcast's elements; it names them only where an entry bears some.
    assert "podcast" not in text["atom"]


def test_a_feed_may_be_taken_over_where_the_settings_say_so(with_settings: Any) -> None:
    imprint = Imprint.of(with_settings(publish={"locked": False}))
    assert imprint.owner == Owner(name="Signal", email="news@signal.example")
    items = [item(imprint)]
    assert b">no</podcast:locked>" in written("rss", document(items, imprint), items)


def test_a_page_of_a_feeds_history_leads_to_its_neighbours(imprint: Imprint) -> None:
    """RFC 5005, section 4; R54."""

    def by_form(page: str) -> dict[str, str]:
        return {form: f"https://signal.example/{page}.{form}" for form in WRITERS}

    items = [item(imprint)]
    shown = replace(
        document(items, imprint),
        addresses=by_form(f"{PATH}/archive/2"),
        archive=True,
        current=by_form(PATH),
        prev_archive=by_form(f"{PATH}/archive/1"),
        next_archive=by_form(f"{PATH}/archive/3"),
    )
    for form in ("rss", "atom"):
        data = written(form, shown, items)
        links = {link.rel: link.href for link in feedparser.parse(data).feed.links}
        assert links["current"] == f"https://signal.example/{PATH}.{form}"
        assert links["prev-archive"] == f"https://signal.example/{PATH}/archive/1.{form}"
        assert links["next-archive"] == f"https://signal.example/{PATH}/archive/3.{form}"
        assert len(list(etree.fromstring(data).iter(f"{{{NAMES['fh']}}}archive"))) == 1
    feed = json.loads(written("json", shown, items))
    assert feed["next_url"] == f"https://signal.example/{PATH}/archive/1.json"
    assert {"rel": "current", "href": f"https://signal.example/{PATH}.json"} in feed["_atom"]["link"]
