"""Pages are HTML as the standard wants it: what browsers forgive, others that read them need not."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import html as lxml_html

from builders import add_pair, add_uncarded, day, make_card
from letters.model import RelatedCard
from letters.store.entries import retire_entry

VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}
PHRASING = {"a", "bdi", "code", "h1", "h2", "h3", "p", "small", "span", "strong", "summary"}
BLOCKS = {"article", "dl", "details", "div", "footer", "h1", "h2", "h3", "header", "main", "nav", "ol", "p", "section", "ul"}  # fmt: skip
CHILDREN = {"ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd"}}
BODY_ONLY = BLOCKS | PHRASING


class Checker(HTMLParser):
    """Says what is wrong with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self.open[-1] if self.open else ""
        names = [name for name, _ in attrs]
        self._expect(len(set(names)) == len(names), f"<{tag}> has an attribute twice")
        self._expect(tag in CHILDREN.get(parent, {tag}), f"<{tag}> in <{parent}>")
        self._expect(not (parent in PHRASING - {"a"} and tag in BLOCKS), f"<{tag}> in <{parent}>")
        self._expect(not (tag in {"a", "button", "summary"} and "a" in self.open), f"<{tag}> within a link")
        self._expect(not ("head" in self.open and tag in BODY_ONLY), f"<{tag}> in the head")
        self._expect(not (tag in {"link", "meta", "title"} and "body" in self.open), f"<{tag}> in the body")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._expect(bool(self.open) and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}")
        if self.open:
            self.open.pop()

    def close(self) -> None:
        super().close()
        self._expect(not self.open, f"{self.open} left open")

    def _expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(f"{self.getpos()[0]}: {fault}")


def faults_of(html: str) -> list[str]:
    checker = Checker()
    checker.feed(html)
    checker.close()
    root = lxml_html.document_fromstring(html)
    faults = checker.faults
    ids = root.xpath("//@id")
    faults += [f"id {one} twice" for one in set(ids) if ids.count(one) > 1]
    faults += [f"no id {href}" for href in root.xpath("//@href") if href[:1] == "#" and href[1:] not in ids]
    levels = [int(one.tag[1]) for one in root.xpath("//h1 | //h2 | //h3 | //h4")]
    faults += [
        "heading skips a level" for one, next_ in zip([0, *levels], levels, strict=False) if next_ > one + 1
    ]
    faults += [
        "image without alt or size"
        for one in root.iter("img")
        if not {"alt", "width", "height"} <= set(one.keys())
    ]
    faults += [
        f"link without words to {one.get('href')}" for one in root.iter("a") if not one.text_content().strip()
    ]
    faults += [
        f"relative address in {one.get('property')}"
        for one in root.xpath("//meta[@property='og:url' or @property='og:image']")
        if not urlsplit(one.get("content")).netloc
    ]
    return faults  # fmt: skip


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p><div></div></p>", "<div> in <p>"),
        ("<ul><p></p></ul>", "<p> in <ul>"),
        ("<a href=x>x<a href=y>y</a></a>", "within a link"),
        ("<p id=a></p><p id=a></p>", "id a twice"),
        ("<h1>x</h1><h3>y</h3>", "skips a level"),
        ("<p><b>x</p>", "</p> closes"),
        ("<div>", "left open"),
        ("<a href='#x'>x</a>", "no id #x"),
        ("<img src=x alt=''>", "without alt or size"),
        ("<a href=x></a>", "without words"),
        ("<meta property='og:url' content='../x'>", "relative address"),
    ],
)
def test_the_checker_sees_what_is_wrong(html: str, fault: str) -> None:
    assert any(fault in one for one in faults_of(html))


@pytest.fixture
def full(sqlite_press: Any, with_settings: Any) -> Any:
    """All kinds of pages, with all that can be on them."""
    press = sqlite_press
    press.settings = with_settings(
        site={"description": "Of <lights> & logs.", "contact": "desk@signal.example"}, publish={"entries": 20}
    )
    with press.store.write() as c:
        for number in range(1, 51):
            topics = (
                "Signals & <signs>",
                f"Only {number}",
                f"Pair {number % 25}",
                f"Pair, too {number % 25}",
            )
            related = (
                RelatedCard(title="Card 2"),
                RelatedCard(title='"Else" & <where>', url="https://e.example/?a=1&b"),
            )
            title = f"Card {number}" if number % 2 else f'“{number}” & "quotes" <b>'
            add_pair(c, number, card=make_card(number, title=title, topics=topics, related=related))
        add_uncarded(c, 60)
        retire_entry(c, make_card(3).id, at=day(70))
    press.publish()
    return press


def test_every_page_is_as_the_standard_wants_it(full: Any) -> None:
    pages = sorted(full.tree.rglob("*.html"))
    assert len(pages) > 200
    for page in pages:
        assert faults_of(page.read_text()) == [], page.relative_to(full.tree)
    assert "More like this" in full.text(f"cards/{make_card(5).address}/index.html")
    assert "Its archive holds 40 older cards on 2 pages" in full.text("all/index.html")
    assert 'href="../archive/all/1.rss"' in full.text("all/index.html")
