"""Whatever comes in, every document is valid and holds no markup but ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from builders import day, make_card, make_episode
from feed_validator import validate
from letters.model import (
    Audience,
    Credit,
    Enclosure,
    Entry,
    Feed,
    Insights,
    Issue,
    IssueState,
    Occurrence,
    Person,
    RelatedCard,
    Topic,
    Transcript,
)
from letters.publish import atom, jsonfeed, rss
from letters.publish.addresses import FORMATS, Addresses
from letters.publish.assemble import make_document, make_issue_item, make_item
from letters.publish.clean import clean_line, paragraphs, web_address
from letters.publish.content import UNTITLED, Reference, Surroundings, title_of
from letters.publish.imprint import Imprint
from letters.publish.issues import issue_content
from letters.publish.items import Document, Item, Owner
from letters.publish.metadata import Publication
from letters.publish.pages import Pages, make_card_page
from letters.publish.similar import words_of
from letters.settings.types import SiteSettings
from letters.store.feeds import StoredFeed

POISON = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</p></content></entry>",
    "]]><!--",
    "&lt;b&gt; &amp;amp; &#60;",
    "javascript:alert(1)",
    "\x00\x08\x0b\ufffe\ud800",
    "<a href='/relative'>x</a>",
    "\u202e\u2028 \r\n\t",
]
anything = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=40),
    st.sampled_from(POISON),
    st.lists(st.sampled_from(POISON), min_size=1, max_size=3).map(" \n\n".join),
)
addresses = st.one_of(
    anything,
    st.sampled_from(
        [
            "https://ok.example/a b?q=<ü>",
            "http://[::1",
            "//host.example/x",
            "/x",
            "data:text/html,<script>",
            "https://bücher.example:8443/ä",
            "https://u:p@ok.example/100%?q[]=%zz#a#b",
            "https://[2001:db8::1]/[x]",
        ]
    ),
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    text = lambda: draw(anything)  # noqa: E731 - the strategy is drawn anew for each field
    url = lambda: draw(addresses)  # noqa: E731
    card = make_card(
        1,
        title=text(),
        summary=text(),
        takeaway=text(),
        insights=Insights(lead=text(), principles=(text(),), in_practice=(text(),)),
        related_on=text(),
        related=(RelatedCard(title=text(), url=url()),),
        credit=Credit(curator=text(), publisher=text(), medium=text()),
        language=draw(st.sampled_from(["", "en", "zh-Hant"])),
    )
    episode = make_episode(
        1,
        title=text(),
        show=text(),
        link=url(),
        description=text(),
        image=url(),
        enclosures=(Enclosure(url=url(), type=text(), length_bytes=draw(st.integers() | st.none())),),
        people=(Person(name=text(), role=text(), url=url(), image=url()),),
        transcripts=(Transcript(url=url(), type=text(), language=text(), rel=text()),),
        season=draw(st.integers() | st.none()),
        duration=timedelta(seconds=draw(st.integers(0, 10**6))),
    )
    return Entry(
        id=card.id,
        address=card.address,
        card=draw(st.sampled_from([card, None])),
        episode=episode,
        topics=(Topic(key="signals", name=text()), Topic(key="tag", name=text())),
        audiences=(Audience(key="keeper", name=text()),),
        ready_at=day(1),
        updated_at=day(2),
    )


def hostile_entry(*, title: str, summary: str) -> Entry:
    card = make_card(
        1, title=title, summary=summary, credit=Credit(curator=title[:200], publisher=summary[:200])
    )
    return Entry(
        id=card.id,
        address=card.address,
        card=card,
        episode=make_episode(1, title=title, description=summary, people=(Person(name=title),)),
        topics=(Topic(key="signals", name=title[:200]),),
        ready_at=day(1),
        updated_at=day(2),
    )


AROUND = Surroundings(
    addresses=Addresses.of("https://signal.example"),
    paths=frozenset({"all", "topics/signals"}),
    cards={"Another": "another-123456"},
)


def document() -> Document:
    return Document(
        title="Signal",
        description="What it is.",
        page="https://signal.example/all/",
        addresses={form: f"https://signal.example/all.{form}" for form in FORMATS},
        guid="4fc40c39-2853-5881-893e-8a78a8c49909",
        author="Signal",
        language="en",
        updated=day(2),
        has_media=True,
        podcast_category="News",
        owner=Owner(name="Signal", email="news@signal.example"),
    )


SITE = SiteSettings(title="Signal", base_url="https://signal.example")
PAGES, PUBLICATION = Pages(Path("/nowhere"), SITE, sign_up=False), Publication(SITE)
OURS = {"a", "h3", "h4", "li", "p", "ul"}


def check_article(html: str) -> None:
    """Only elements of ours, only whole web addresses, no attribute that could act."""
    if not html:
        return
    for element in lxml_html.fragment_fromstring(html, create_parent="body").iterdescendants():
        assert element.tag in OURS
        assert set(element.attrib) <= {"href"}
        if element.tag == "a":
            assert urlsplit(element.get("href")).scheme in {"http", "https"}
            assert urlsplit(element.get("href")).hostname


# A text may well speak of "&amp;": that it stands there once only is told by comparing it with what went in.
ALLOWED = {"escaped-twice"}
WRITERS: dict[str, Any] = {"rss": rss, "atom": atom, "json": jsonfeed}


def written(item: Item) -> dict[str, bytes]:
    """The three documents with the one item; they keep all rules of their formats."""
    documents = {}
    for form, module in WRITERS.items():
        documents[form] = module.write(document(), [module.render_item(item)])
        findings = validate(documents[form], document().addresses[form])
        assert [one for one in findings if one.rule not in ALLOWED] == []
    return documents


def by_feedparser(data: bytes, **options: Any) -> dict[str, Any]:
    parsed = feedparser.parse(data, **options)
    assert not parsed.bozo
    (entry,) = parsed.entries
    return {
        "id": entry.id,
        "url": entry.link,
        "title": entry.title,
        "author": entry.author,
        "published": datetime(*entry.published_parsed[:6], tzinfo=UTC),
        "updated": datetime(*entry.updated_parsed[:6], tzinfo=UTC),
        "content": entry.content[0].value,
        "tags": [(tag.scheme, tag.label or tag.term) for tag in entry.get("tags", [])],
        "media": [(one.href, one.type, one.get("length", "0")) for one in entry.enclosures],
        "rights": entry.get("rights", ""),
        "people": [one.name for one in entry.get("contributors", [])],
    }


def by_a_json_reader(data: bytes) -> dict[str, Any]:
    (entry,) = json.loads(data)["items"]
    categories = entry.get("_atom", {}).get("category", [])
    assert [one["label"] for one in categories] == entry.get("tags", [])
    return {
        "id": entry["id"],
        "url": entry["url"],
        "title": entry["title"],
        "author": entry["authors"][0]["name"],
        "published": datetime.fromisoformat(entry["date_published"]),
        "updated": datetime.fromisoformat(entry["date_modified"]),
        "content": entry["content_html"],
        "tags": [(one["scheme"], one["label"]) for one in categories],
        "media": [
            (one["url"], one["mime_type"], str(one.get("size_in_bytes", 0)))
            for one in entry.get("attachments", [])
        ],
        "rights": entry.get("_atom", {}).get("rights", ""),
        "people": [one["name"] for one in entry.get("_podcast", {}).get("person", [])],
    }


def looks_misread(text: str) -> bool:
    """Whether feedparser takes an element's text for UTF-8 that was read as Latin-1, and mends what is not broken."""
    try:
        return text.encode("latin-1").decode("utf-8") != text
    except UnicodeError:
        return False


def is_misread(seen: dict[str, Any]) -> bool:
    texts = [seen["title"], seen["author"], seen["content"], *seen["people"]]
    return any(map(looks_misread, [*texts, *(label for _scheme, label in seen["tags"])]))


@given(entries())
@example(hostile_entry(title="AT&T <b>, ]]> and <![CDATA[x]]>", summary="&amp;lt; \x00\ud800"))
@example(hostile_entry(title="\u202eדגל\u202c \u200f", summary="\u2066 \u2069"))
@example(hostile_entry(title="<p>" * 33_333, summary="&" * 100_000))
def test_all_readers_see_the_same_whatever_comes_in(entry: Entry) -> None:
    """R51, pain 32."""
    item = make_item(entry, AROUND, publication="Signal", imprint=Imprint(rights="© Signal"))
    check_article(item.content_html)
    documents = written(item)
    wanted = by_a_json_reader(documents["json"])
    assume(not is_misread(wanted))
    assert wanted["title"] == clean_line(entry.title) or UNTITLED
    assert (wanted["content"], wanted["published"]) == (item.content_html, day(1))
    for form in ("rss", "atom"):
        assert by_feedparser(documents[form], sanitize_html=False, resolve_relative_uris=False) == wanted
        cleaned = by_feedparser(documents[form])
        # As it is used, feedparser cleans HTML, and takes an RSS title for that if it looks like it.
        assert {**cleaned, "title": "", "content": ""} == {**wanted, "title": "", "content": ""}
    title = etree.fromstring(documents["rss"]).findtext("channel/item/title")
    assert title == wanted["title"]


@given(anything, anything, anything, addresses)
def test_a_feeds_own_fields_are_the_same_to_all_readers(title: str, about: str, name: str, url: str) -> None:
    feed = Feed(
        path="topics/signals",
        title=title,
        description=about,
        topic=Topic(key="signals", name=name),
        audience=Audience(key="keeper", name=name),
    )
    shown = make_document(
        feed,
        StoredFeed(path=feed.path, guid=document().guid, since=day(0)),
        [],
        addresses=AROUND.addresses,
        publication="Signal",
        language="en",
        imprint=Imprint(rights=clean_line(about), license=web_address(url), image=web_address(url)),
    )
    texts = {form: module.write(shown, []) for form, module in WRITERS.items()}
    for form, data in texts.items():
        findings = validate(data, shown.addresses[form])
        assert [one for one in findings if one.rule not in ALLOWED] == []
    wanted = json.loads(texts["json"])
    assume(not any(map(looks_misread, [shown.title, shown.description, shown.rights])))
    for form in ("rss", "atom"):
        seen = feedparser.parse(texts[form], sanitize_html=False, resolve_relative_uris=False).feed
        assert (seen.title, seen.subtitle) == (wanted["title"], wanted["description"])
        assert seen.get("rights", "") == wanted["_atom"].get("rights", "")


@given(entries())
def test_a_card_page_holds_no_foreign_markup(entry: Entry) -> None:
    page = make_card_page(
        entry,
        AROUND,
        url="https://signal.example/cards/x/",
        zone="UTC",
        metadata=PUBLICATION.of_card(entry),
        similar=[entry],
        neighbours=(Reference(title_of(entry), "../x/"), None),
    )
    rendered = PAGES.render("card.html", root="../../", page=page, document=document())
    root = lxml_html.document_fromstring(rendered)
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    assert not {element.tag for element in elements} & {"img", "svg", "iframe", "style", "form"}
    (script,) = root.iter("script")
    assert script.get("type") == "application/ld+json"
    json.loads(script.text)
    for element in elements:
        assert not [name for name in element.attrib if name.startswith("on") or name == "style"]
    for link in root.iter("a"):
        assert urlsplit(link.get("href")).scheme in {"http", "https", ""}


@given(entries())
def test_words_can_be_kept_by_any_database(entry: Entry) -> None:
    for word, count in words_of(entry).items():
        assert 0 < len(word.encode()) < 2_700
        assert "\x00" not in word
        assert count > 0


@given(st.lists(anything, max_size=5).map("".join))
@example("<table><tr><td>a<div style='display:none'>hidden</div></td></tr></table>")
def test_an_issues_mail_becomes_a_harmless_article(html: str) -> None:
    content = issue_content(html, base_url="https://signal.example/")
    etree.fromstring(f"<div>{content}</div>")
    root = lxml_html.fragment_fromstring(content, create_parent="body")
    for element in root.iterdescendants():
        assert element.tag not in {"script", "style", "svg", "iframe", "table", "td"}
        assert not [name for name in element.attrib if name.startswith("on") or name == "style"]
        assert element.get("href", "https:").startswith(("https:", "http:", "mailto:"))


@given(st.lists(anything, max_size=5).map("".join), anything)
def test_an_issue_is_the_same_to_all_readers(html: str, subject: str) -> None:
    """R51."""
    issue = Issue(
        id=1,
        edition="weekly",
        occurrence=Occurrence(at=day(1), local_date=day(1).date()),
        number=1,
        state=IssueState.SENT,
        subject=subject,
        composed_at=day(2),
    )
    item = make_issue_item(
        issue,
        guid=document().guid,
        content_html=issue_content(html, base_url="https://signal.example/") or "<p>Nothing.</p>",
        summary=subject,
        addresses=AROUND.addresses,
        publication="Signal",
        language="en",
        imprint=Imprint(rights="© Signal"),
    )
    documents = written(item)
    wanted = by_a_json_reader(documents["json"])
    assume(not is_misread(wanted))
    for form in ("rss", "atom"):
        assert by_feedparser(documents[form], sanitize_html=False, resolve_relative_uris=False) == wanted


def test_an_issues_article_keeps_words_and_links_and_loses_the_furniture() -> None:
    mail = """<!doctype html><html><head><title>T</title><style>p{color:red}</style></head><body>
      <div style="display:none;max-height:0">Seen in the list of mails only</div>
      <table role="presentation"><tr><td style="padding:8px"><h1>Issue <em>one</em></h1></td></tr>
      <tr><td>Signal · 2 March</td><td><p>Words with <a href="https://a.example/x?y=1&amp;z=2">a link</a>.</p>
      <ul><li>One</li></ul></td></tr></table></body></html>"""
    content = issue_content(mail, base_url="https://signal.example/")
    assert content.split("\n") == [
        "<h1>Issue <em>one</em></h1>",
        '<p>Signal · 2 March</p><p>Words with <a href="https://a.example/x?y=1&amp;z=2" rel="noopener nofollow">a link</a>.</p>',
        "<ul><li>One</li></ul>",
    ]


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://a.example/x", "https://a.example/x"),
        (" https://a.example/a b ", "https://a.example/a%20b"),
        ("https://a.example/%C3%A4?q=%3C", "https://a.example/%C3%A4?q=%3C"),
        ("https://bücher.example:8443/ä", "https://xn--bcher-kva.example:8443/%C3%A4"),
        ("HTTPS://a.example/", "https://a.example/"),
        ("https://a.example/100%?q[]=%zz#a#b", "https://a.example/100%25?q%5B%5D=%25zz#a%23b"),
        ("https://[2001:db8::1]:8443/[x]", "https://[2001:db8::1]:8443/%5Bx%5D"),
        ("https://user:word@a.example:8443/x", "https://a.example:8443/x"),
        ("https://ü:w@bücher.example/", "https://xn--bcher-kva.example/"),
        ("javascript:alert(1)", ""),
        ("//a.example/x", ""),
        ("https://", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_only_whole_addresses_of_the_web_are_published(url: str, wanted: str) -> None:
    assert web_address(url) == wanted


@given(addresses)
def test_a_published_address_is_ascii_and_is_published_the_same_again(url: str) -> None:
    once = web_address(url)
    assert once.isascii()
    assert web_address(once) == once


@given(anything)
def test_paragraphs_hold_no_line_ends(text: str) -> None:
    parts: list[Any] = paragraphs(text)
    assert all(part and part == clean_line(part) for part in parts)
