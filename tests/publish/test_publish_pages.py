"""The pages for people: what they show, and that every link inside the tree leads somewhere."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from lxml import html as lxml_html

from builders import add_pair, add_uncarded, change_card, day, make_card, make_id
from letters.model import PUBLIC, Edition, IssueState, Occurrence, RelatedCard, Rendering
from letters.publish.pages import rhythm
from letters.publish.when import sent_when
from letters.store.entries import retire_entry
from letters.store.issues import add_issue, set_state

EDITIONS = (
    Edition(key="weekly", title="The weekly Signal", when="0 8 * * MON", zone="Europe/Berlin"),
    Edition(key="keepers", title="For keepers", when="0 9 1 * *", audiences=("captain",)),
)


@pytest.fixture
def newsroom(sqlite_press: Any, with_settings: Any) -> Any:
    """Cards on two topics, one of them retired, an episode without a card, two editions and an issue."""
    press = sqlite_press
    press.settings = with_settings(
        editions=EDITIONS, site={"description": "Of lights and logs.", "contact": "desk@signal.example"}
    )
    with press.store.write() as c:
        for number in range(1, 8):
            topics = ("Signals", "Fog") if number > 4 else ("Signals",)
            related = (RelatedCard(title="Card 2"), RelatedCard(title="Elsewhere", url="https://e.example/"))
            add_pair(c, number, card=make_card(number, topics=topics, related=related))
        add_uncarded(c, 20)
        retire_entry(c, make_id("card", 3), at=day(30))
        add_one_issue(c)
    press.publish()
    return press


def add_one_issue(c: Any, number: int = 1, **fields: Any) -> None:
    occurrence = Occurrence(at=day(number * 7), local_date=date(2026, 3, 1 + number * 7))
    rendering = Rendering(
        choice=PUBLIC,
        subject=f"Issue {number} & more",
        preheader=f"What issue {number} is about",
        html=f"<!doctype html><html><body><h1>Issue {number}</h1><p>Words of issue {number}.</p></body></html>",
        text=f"Issue {number}",
    )
    values = {
        "edition": "weekly",
        "occurrence": occurrence,
        "number": number,
        "state": IssueState.APPROVED,
        "subject": rendering.subject,
        "composed_at": day(number * 7 + 0.5),
        "renderings": [rendering],
        **fields,
    }
    add_issue(c, **values)


def pages_of(tree: Path) -> list[Path]:
    return sorted(tree.rglob("*.html"))


def test_every_link_within_the_site_leads_to_a_document(newsroom: Any) -> None:
    base = "https://signal.example/"
    for page in pages_of(newsroom.tree):
        here = urljoin(base, str(page.relative_to(newsroom.tree).parent) + "/")
        root = lxml_html.document_fromstring(page.read_text())
        for link in root.xpath("//a[@href] | //link[@href]"):
            target = urljoin(here, link.get("href"))
            # Signing up is a page of the server's, not of the tree.
            if not target.startswith(base) or urlsplit(target).path == "/subscribe":
                continue
            path = newsroom.tree / unquote(urlsplit(target).path).lstrip("/")
            assert path.is_file() or (path / "index.html").is_file(), (page, link.get("href"))


def test_pages_lead_to_signing_up_with_what_they_are_about_ticked(newsroom: Any) -> None:
    found = set()
    for page in pages_of(newsroom.tree):
        root = lxml_html.document_fromstring(page.read_text())
        found |= {link.get("href") for link in root.xpath("//a[contains(@href, 'subscribe')]")}
    ways = {link.lstrip("./") for link in found}
    assert "subscribe" in ways
    assert any(way.startswith("subscribe?edition=") for way in ways)
    assert any(re.fullmatch(r"subscribe\?topic=[a-z0-9-]+", way) for way in ways)


def test_every_address_that_feeds_link_to_on_the_site_is_there(newsroom: Any) -> None:
    for document in newsroom.tree.rglob("*.json"):
        for item in newsroom.json(str(document.relative_to(newsroom.tree)))["items"]:
            root = lxml_html.fragment_fromstring(item["content_html"], create_parent="div")
            links = [item["url"], *(link.get("href") for link in root.iter("a"))]
            for link in links:
                if link.startswith("https://signal.example/"):
                    assert (newsroom.tree / urlsplit(link).path.lstrip("/") / "index.html").is_file()


def test_pages_need_no_script_no_inline_style_and_nothing_from_elsewhere(newsroom: Any) -> None:
    for page in pages_of(newsroom.tree):
        if "issues" in page.parts:
            continue  # a mail's page carries its styles with it
        root = lxml_html.document_fromstring(page.read_text())
        assert {one.get("type") for one in root.iter("script")} == {
            "application/ld+json"
        } or "noindex" in str(root.xpath("//meta[@name='robots']/@content"))
        assert not root.xpath("//style | //@style | //iframe | //img")
        assert [
            one.get("href").startswith(("../", "style.css"))
            for one in root.xpath("//link[@rel='stylesheet']")
        ] == [True]
        assert root.get("lang") == "en"
        assert len(root.xpath("//h1")) == 1
        assert root.xpath("//main")


def test_a_page_of_a_feed_and_the_feed_lead_to_each_other(newsroom: Any) -> None:
    page = lxml_html.document_fromstring(newsroom.text("topics/fog/index.html"))
    found = {one.get("type"): one.get("href") for one in page.xpath("//link[@rel='alternate']")}
    assert found == {
        "application/rss+xml": "https://signal.example/topics/fog.rss",
        "application/atom+xml": "https://signal.example/topics/fog.atom",
        "application/feed+json": "https://signal.example/topics/fog.json",
    }
    assert [one.text_content() for one in page.xpath("//code")] == list(found.values())
    assert newsroom.json("topics/fog.json")["home_page_url"] == "https://signal.example/topics/fog/"


def words(newsroom: Any, path: str) -> str:
    main = lxml_html.document_fromstring(newsroom.text(path)).xpath("//main")[0]
    return " ".join(main.text_content().split())


def test_the_home_asks_what_readers_want_and_counts_it(newsroom: Any) -> None:
    text = words(newsroom, "index.html")
    for part in (
        "Of lights and logs.",
        "What are you interested in? Fog 3 cards · 8 March 2026 Signals 6 cards · 8 March 2026",
        "What do you do? Keeper 6 cards · 8 March 2026",
        "The weekly Signal Mondays at 08:00, Berlin time",
        "For keepers On the 1st of each month at 09:00, UTC",
        "https://signal.example/all.rss",
    ):
        assert part in text


def test_a_feeds_page_says_what_it_holds_how_often_and_shows_the_newest_five(newsroom: Any) -> None:
    text = words(newsroom, "topics/signals/index.html")
    assert "Summaries and takeaways on Signals, each with its episode." in text
    assert "6 cards, about one a day" in text
    shown = [title for title in (f"Card {n}" for n in range(1, 8)) if title in text]
    assert shown == ["Card 2", "Card 4", "Card 5", "Card 6", "Card 7"]
    assert "Only what is best for Keeper 6 cards" in text
    assert "The weekly Signal" in text
    keeper = words(newsroom, "audiences/keeper/index.html")
    assert "For keepers" not in keeper  # that one is for captains


def test_a_card_page_follows_the_order_of_a_mail(newsroom: Any) -> None:
    text = words(newsroom, f"cards/{make_card(5).address}/index.html")
    parts = [
        "The Lighthouse Show · 48 min · 6 March 2026",
        "Card 5",
        "First paragraph of card 5.",
        "Listen",
        "Remember number 5.",
        "Light carries further than sound.",
        "Keep the lamp clean.",
        "Polish at dusk.",
        "Signals",
        "Keeper",
        "Card 2",
        "curation by Harbour Desk. Original episode published by The Lighthouse Show.",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_an_episode_without_a_card_has_a_page_too(newsroom: Any) -> None:
    text = words(newsroom, f"cards/episode-20-{make_id('episode', 20)[:6]}/index.html")
    assert "Lighthouse 20: keeping the light" in text
    assert "What episode 20 says of itself." in text


def test_a_templates_override_in_the_workspace_wins(sqlite_press: Any) -> None:
    folder = sqlite_press.workspace.templates / "web"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>{{ page.document.title }} of our own</p>\n")
    sqlite_press.publish()
    assert sqlite_press.text("index.html") == "<p>Signal of our own</p>\n"


def test_the_accent_is_the_workspaces_own(sqlite_press: Any, with_settings: Any) -> None:
    sqlite_press.settings = with_settings(site={"accent": "#123456", "accent_dark": "#abcdef"})
    sqlite_press.publish()
    style = sqlite_press.text("style.css")
    assert "--accent: #123456" in style
    assert "--accent: #abcdef" in style


# --- issues ----------------------------------------------------------------------------------------------


def test_an_issue_is_an_entry_of_its_editions_feed(newsroom: Any) -> None:
    (item,) = newsroom.json("editions/weekly.json")["items"]
    assert item["title"] == "Issue 1 & more"
    assert item["url"] == "https://signal.example/issues/weekly/1/"
    assert item["content_html"] == "<h1>Issue 1</h1><p>Words of issue 1.</p>"
    assert item["summary"] == "What issue 1 is about"
    assert (item["date_published"], item["date_modified"]) == ("2026-03-08T09:00:00Z", "2026-03-08T21:00:00Z")
    for form in ("rss", "atom"):
        (entry,) = newsroom.parse(f"editions/weekly.{form}").entries
        assert (entry.id, entry.title, entry.link) == (item["id"], item["title"], item["url"])
    assert "Words of issue 1." in newsroom.text("issues/weekly/1/index.html")
    assert newsroom.json("editions/keepers.json")["items"] == []
    assert "Issue 1 & more" in words(newsroom, "editions/weekly/index.html")


def test_an_issue_keeps_its_identifier_when_the_site_moves(newsroom: Any, with_settings: Any) -> None:
    before = newsroom.json("editions/weekly.json")["items"][0]["id"]
    newsroom.settings = with_settings(editions=EDITIONS, site={"base_url": "https://moved.example"})
    newsroom.publish()
    assert newsroom.json("editions/weekly.json")["items"][0]["id"] == before


@pytest.mark.parametrize(
    "state", [one for one in IssueState if one not in {IssueState.APPROVED, IssueState.SENT}]
)
def test_an_issue_that_is_not_approved_is_not_public(newsroom: Any, state: IssueState) -> None:
    with newsroom.store.write() as c:
        add_one_issue(c, 2, state=state)
    newsroom.publish()
    assert newsroom.titles("editions/weekly") == ["Issue 1 & more"]
    assert not (newsroom.tree / "issues" / "weekly" / "2").exists()


def test_the_newest_issue_comes_first_and_a_public_page_stays(newsroom: Any) -> None:
    with newsroom.store.write() as c:
        add_one_issue(c, 2, state=IssueState.SENT)
    newsroom.publish()
    assert newsroom.titles("editions/weekly") == ["Issue 2 & more", "Issue 1 & more"]
    with newsroom.store.write() as c:
        set_state(c, 1, IssueState.CANCELLED)
    newsroom.publish()
    assert (newsroom.tree / "issues" / "weekly" / "1" / "index.html").is_file()


def test_an_edition_that_left_the_settings_keeps_its_feed(newsroom: Any, with_settings: Any) -> None:
    newsroom.settings = with_settings()
    newsroom.publish()
    assert newsroom.titles("editions/weekly") == ["Issue 1 & more"]
    assert "weekly" in words(newsroom, "editions/weekly/index.html")


def test_pages_change_with_an_edited_card_only_where_it_shows(newsroom: Any) -> None:
    with newsroom.store.write() as c:
        change_card(c, make_card(1, takeaway="Remember the first one."))
    report = newsroom.publish(day(101))
    # Its page, and the three formats of the feeds that hold it: all, the topic, the audience, both. It is too old for the
    # newest five of any page.
    assert report.written == 1 + 4 * 3


# --- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "zone", "wanted"),
    [
        ("0 8 * * MON", "America/New_York", "Mondays at 08:00, New York time"),
        ("30 6 * * 1-5", "recipient", "Monday to Friday at 06:30, your time"),
        ("0 7 * * 0", "UTC", "Sundays at 07:00, UTC"),
        ("0 7 * * TUE,THU,7", "UTC", "Tuesdays, Thursdays and Sundays at 07:00, UTC"),
        ("5 18 * * *", "Asia/Tokyo", "Every day at 18:05, Tokyo time"),
        ("0 9 22 * *", "UTC", "On the 22nd of each month at 09:00, UTC"),
        ("0 9 L * *", "UTC", "By the plan 0 9 L * * (UTC)"),
        ("*/5 * * * *", "UTC", "By the plan */5 * * * * (UTC)"),
        ("0 9 * 6 *", "UTC", "By the plan 0 9 * 6 * (UTC)"),
        ("0 9 * * MON#1", "UTC", "By the plan 0 9 * * MON#1 (UTC)"),
        ("0 9 1 * MON", "UTC", "By the plan 0 9 1 * MON (UTC)"),
    ],
)
def test_when_an_edition_is_sent_is_said_in_words(when: str, zone: str, wanted: str) -> None:
    assert sent_when(Edition(key="x", title="X", when=when, zone=zone)) == wanted


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        ((), ""),
        ((1, 2), ""),
        ((1, 1.2, 1.4), "several a day"),
        ((1, 2, 3), "about one a day"),
        ((1, 4, 8), "a few a week"),
        ((1, 8, 15), "about one a week"),
        ((1, 15, 29), "about two a month"),
        ((1, 31, 61), "about one a month"),
        ((1, 200, 400), "now and then"),
    ],
)
def test_how_often_something_comes_is_told_by_the_newest(days: tuple[float, ...], wanted: str) -> None:
    assert rhythm([day(one) for one in days]) == wanted
