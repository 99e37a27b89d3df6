"""What pages say of themselves to machines: previews, search, and readers that feeds can be opened in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from lxml import html as lxml_html

from builders import add_pair, day, make_card, make_episode
from letters.model import Credit, Entry, Topic
from letters.publish.metadata import Publication
from letters.publish.readers import in_podcast_apps, in_readers
from letters.settings.types import SiteSettings

SITE = SiteSettings(title="Signal & Co", base_url="https://signal.example")
HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 ]]> <script"


def entry_of(number: int = 1, *, episode: Any = None, **card: Any) -> Entry:
    made = make_card(number, **card)
    return Entry(
        id=made.id,
        address=made.address,
        card=made,
        episode=episode or make_episode(number),
        topics=(Topic(key="fog", name="Fog"),),
        ready_at=day(2),
        updated_at=day(9),
    )


def linked_data(entry: Entry) -> Any:
    return json.loads(Publication(SITE).of_card(entry).linked_data)


def test_a_card_is_an_article_that_is_based_on_its_episode() -> None:
    found = linked_data(entry_of())
    assert found["@context"] == "https://schema.org"
    assert found["@type"] == "Article"
    assert found["headline"] == "Card 1"
    assert found["author"] == {"@type": "Organization", "name": "Harbour Desk"}
    assert found["publisher"]["name"] == "Signal & Co"
    assert (found["datePublished"], found["dateModified"]) == ("2026-03-02T09:00:00Z", "2026-03-10T09:00:00Z")
    assert found["about"] == [{"@type": "Thing", "name": "Fog"}]
    assert found["isBasedOn"] == {
        "@type": "PodcastEpisode",
        "url": "https://lighthouse.example/1",
        "name": "Lighthouse 1: keeping the light",
        "datePublished": "2026-03-02T09:00:00Z",
        "partOfSeries": {"@type": "PodcastSeries", "name": "The Lighthouse Show"},
        "associatedMedia": {"@type": "MediaObject", "contentUrl": "https://media.lighthouse.example/1.mp3"},
        "duration": "PT2880S",
    }


@pytest.mark.parametrize(
    ("link", "medium", "wanted"),
    [
        ("https://www.youtube.com/watch?v=1", "episode", "VideoObject"),
        ("https://lighthouse.example/1", "article", "Article"),
    ],
)
def test_an_original_is_what_one_does_with_it(link: str, medium: str, wanted: str) -> None:
    episode = make_episode(1, link=link, enclosures=())
    found = linked_data(entry_of(episode=episode, credit=Credit(publisher="The Show", medium=medium)))
    assert found["isBasedOn"]["@type"] == wanted
    assert found["isBasedOn"]["publisher"]["name"] == "The Lighthouse Show"


def test_what_nobody_knows_is_left_out() -> None:
    bare = entry_of(episode=make_episode(1, link="", title="", enclosures=(), published=None), takeaway="")
    metadata = Publication(SITE).of_card(replace(bare, topics=()))
    found = json.loads(metadata.linked_data)
    assert {"abstract", "image", "about", "isBasedOn"}.isdisjoint(found)
    assert "og:image" not in dict(metadata.properties)


def test_an_entry_is_never_changed_before_it_was_published() -> None:
    """An episode's date may lie in the future."""
    found = linked_data(entry_of(episode=make_episode(1, published=day(50))))
    assert found["dateModified"] == found["datePublished"] == "2026-04-20T09:00:00Z"


def test_nothing_in_a_title_ends_the_script_element() -> None:
    metadata = Publication(SITE).of_card(entry_of(title=HOSTILE))
    assert not set(metadata.linked_data) & set("<>&\u2028")
    assert json.loads(metadata.linked_data)["headline"] == " ".join(HOSTILE.split())


def test_a_hostile_title_leaves_the_page_whole(sqlite_press: Any) -> None:
    with sqlite_press.store.write() as c:
        card = add_pair(c, 1, card=make_card(1, title=HOSTILE, topics=(f"Fog {HOSTILE}",)))
    sqlite_press.publish()
    for page in sqlite_press.tree.rglob("*.html"):
        root = lxml_html.document_fromstring(page.read_text())
        assert [one.get("type") for one in root.iter("script")] == ["application/ld+json"], page
        json.loads(root.xpath("//script")[0].text)
    root = lxml_html.document_fromstring(sqlite_press.text(f"cards/{card.address}/index.html"))
    assert root.xpath("//meta[@property='og:title']/@content") == [" ".join(HOSTILE.split())]


def test_every_page_has_a_preview_and_data_with_absolute_addresses(sqlite_press: Any) -> None:
    topics = ("Signals", *(f"Topic {number}" for number in range(30)))
    with sqlite_press.store.write() as c:
        episode = make_episode(1, image="https://media.example/1.png")
        add_pair(c, 1, card=make_card(1, topics=topics), episode=episode)
    sqlite_press.publish()
    kinds = {
        "index.html": ("website", "WebSite"),
        "all/index.html": ("website", "CollectionPage"),
        "topics/index.html": ("website", "CollectionPage"),
        "topics/signals/index.html": ("website", "CollectionPage"),
        "audiences/keeper/index.html": ("website", "CollectionPage"),
        f"cards/{make_card(1).address}/index.html": ("article", "Article"),
    }
    for path, (preview, kind) in kinds.items():
        root = lxml_html.document_fromstring(sqlite_press.text(path))
        properties = {one.get("property"): one.get("content") for one in root.xpath("//meta[@property]")}
        url = f"https://signal.example/{path.removesuffix('index.html')}"
        assert root.xpath("//link[@rel='canonical']/@href") == [url]
        assert (properties["og:type"], properties["og:url"], properties["og:site_name"]) == (
            preview,
            url,
            "Signal",
        )
        data = json.loads(root.xpath("//script")[0].text)
        assert (data["@type"], data["url"]) == (kind, url)
    assert properties["og:image"] == "https://media.example/1.png"
    assert properties["article:published_time"] == "2026-03-02T09:00:00Z"
    assert root.xpath("//meta[@property='article:tag']/@content")[:2] == ["Signals", "Topic 0"]


# --- readers ---------------------------------------------------------------------------------------------

FEED = "https://signal.example/topics/rope-&-wire/keeper.rss"


def test_readers_get_the_whole_address_once_escaped() -> None:
    for reader in in_readers(FEED):
        if reader.url.startswith("feed:"):
            assert reader.url == f"feed:{FEED}"
            continue
        parts = urlsplit(reader.url)
        given = [value for values in parse_qs(parts.query).values() for value in values]
        assert FEED in (given or [unquote(parts.path).partition("/feed/")[2]]), reader
        assert parts.scheme == "https"


def test_podcast_apps_are_given_what_they_document() -> None:
    bare = FEED.removeprefix("https://")
    escaped = "https%3A%2F%2Fsignal.example%2Ftopics%2Frope-%26-wire%2Fkeeper.rss"
    assert {one.name: one.url for one in in_podcast_apps(FEED)} == {
        "Apple Podcasts": f"podcast://{bare}",
        "Overcast": f"overcast://x-callback-url/add?url={escaped}",
        "AntennaPod": f"https://antennapod.org/deeplink/subscribe?url={escaped}",
        "Pocket Casts": f"pktc://subscribe/{bare}",
    }


def test_only_a_feed_with_sound_is_offered_to_podcast_apps(sqlite_press: Any) -> None:
    with sqlite_press.store.write() as c:
        add_pair(c, 1, card=make_card(1, topics=("Fog",)))
        add_pair(
            c, 2, card=make_card(2, topics=("Read",)), episode=make_episode(2, enclosures=(), duration=None)
        )
    sqlite_press.publish()
    assert "podcast://signal.example/topics/fog.rss" in sqlite_press.text("topics/fog/index.html")
    assert "podcast://" not in sqlite_press.text("topics/read/index.html")
    assert "feedly.com" in sqlite_press.text("topics/read/index.html")
