"""The three looks in Chromium: no rule of axe is broken, in light and dark; and what a workspace changes of them."""

from __future__ import annotations

import re
from pathlib import Path

import lxml.html
import pytest
from axe_playwright_python.sync_playwright import Axe
from composing import make_edition, make_entry, make_press, render
from playwright.sync_api import Browser
from test_compose_render import issue_of_many_kinds, long_card

from browser_kit import overflow
from letters.compose.render import Renderer
from letters.compose.size import LIMIT_BYTES, size_bytes
from letters.errors import RenderError
from letters.model import Choice, Rendering

LOOKS = ["digest", "brief", "single"]

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Landmarks are the mail program's: it shows the mail as a part of its own page, and drops <main>, <nav> and their roles.
NOT_OF_MAILS = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}


@pytest.fixture(scope="module")
def renderings() -> dict[str, Rendering]:
    return {
        look: render(*issue_of_many_kinds(), edition=make_edition(look=look, max_cards=5)) for look in LOOKS
    }


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_shows_every_card_and_its_text_every_link(look: str, renderings: dict[str, Rendering]) -> None:
    """R16, R21."""
    found = renderings[look]
    page = lxml.html.document_fromstring(found.html)
    assert len(list(page.iter("h1"))) == 1
    for entry in issue_of_many_kinds():
        assert entry.title in page.text_content()
    for link in page.xpath("//a/@href"):
        assert link in found.text


def test_a_brief_card_is_its_title_and_one_line(renderings: dict[str, Rendering]) -> None:
    found = renderings["brief"]
    assert "Remember number 9." in found.html
    assert "First paragraph of card 9." not in found.html + found.text
    assert "Principles" not in found.html + found.text


def test_a_single_look_is_a_letter_about_the_best_card(renderings: dict[str, Rendering]) -> None:
    page = lxml.html.document_fromstring(renderings["single"].html)
    (title,) = page.iter("h1")
    assert title.text_content() == "Card 9"
    assert [each.text_content() for each in page.iter("h2")] == ["Also this week"]
    assert len(page.xpath("//p[@class='also']")) == 6


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_of_sixty_long_cards_is_below_the_limit(look: str) -> None:
    """R20."""
    found = render(*(long_card(number) for number in range(60)), edition=make_edition(look=look))
    assert size_bytes(found.html) <= LIMIT_BYTES
    assert all(f"/cards/card-{number}/" in found.html for number in range(60))


def test_a_workspace_changes_one_block_of_a_shipped_template(tmp_path: Path) -> None:
    own = tmp_path / "email" / "digest.mjml"
    own.parent.mkdir()
    own.write_text(
        '{% extends "shipped/email/digest.mjml" %}{% block left_out %}'
        "<mj-section><mj-column><mj-text>Ours</mj-text></mj-column></mj-section>{% endblock %}"
    )
    press = make_press()
    mine = type(press)(Renderer(tmp_path), press.settings, press.edition, press.occurrence, 7)
    found = mine.render([make_entry(1)], Choice()).html
    assert ">Ours<" in found
    assert ">Card 1<" in found


@pytest.mark.parametrize("part", ["email/card.mjml", "text/card.txt"])
def test_an_error_names_file_line_and_the_card_that_tripped_it(tmp_path: Path, part: str) -> None:
    own = tmp_path / part
    own.parent.mkdir()
    own.write_text(
        '{% macro show_card(card, level) %}\n{{ card.colour if card.title == "Card 2" }}{% endmacro %}'
    )
    press = make_press()
    mine = type(press)(Renderer(tmp_path), press.settings, press.edition, press.occurrence, 7)
    with pytest.raises(RenderError, match=rf'{re.escape(part)}:2: .*colour.*; card "Card 2"'):
        mine.render([make_entry(1), make_entry(2)], Choice())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_a_look_and_it_fits_a_small_phone(
    browser: Browser, renderings: dict[str, Rendering], look: str, scheme: str
) -> None:
    """R21."""
    page = browser.new_page(viewport={"width": 320, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page.set_content(renderings[look].html)
    found = Axe().run(page, options={"runOnly": AXE_RULES, "rules": NOT_OF_MAILS})
    assert found.violations_count == 0, found.generate_report()
    assert overflow(page) == 0
    page.close()


@pytest.mark.parametrize(
    ("language", "card_language", "edge", "bare"),
    [("en", "ar", "right", "left"), ("ar", "en", "left", "right")],
)
def test_a_card_that_runs_the_other_way_has_its_edge_and_insets_on_its_own_side(
    language: str, card_language: str, edge: str, bare: str
) -> None:
    entries = [make_entry(2), make_entry(1, language=card_language)]
    found = render(*entries, edition=make_edition(language=language))
    page = lxml.html.document_fromstring(found.html)
    (card,) = page.xpath(f"//div[@class='card' and @lang='{card_language}']")
    (takeaway,) = card.xpath(".//*[@class='takeaway']/@style")
    assert f"border-{edge}: 3px" in takeaway
    assert f"border-{bare}: 3px" not in takeaway
    for style in card.xpath(".//ul/@style"):
        assert f"padding-{edge}: 20px" in style
        assert f"padding-{bare}: 20px" not in style
    for style in card.xpath(".//*[@class='half']/@style"):
        assert f"padding-{bare}: 16px" in style
        assert f"padding-{edge}: 16px" not in style


@pytest.mark.parametrize("look", LOOKS)
def test_artwork_stands_beside_the_title_only_where_it_is_wanted(look: str) -> None:
    entries = [
        make_entry(9, episode={"image": "https://lighthouse.example/9.jpg?a=1&b=2"}),
        make_entry(8, episode={"image": "http://lighthouse.example/8.jpg"}),
        make_entry(7, episode={"image": "https://letters.invalid/personal/unsubscribe"}),
        make_entry(6, episode={"image": 'https://lighthouse.example/6.jpg"><script>'}),
    ]
    assert "<img" not in render(*entries, edition=make_edition(look=look)).html
    page = lxml.html.document_fromstring(render(*entries, edition=make_edition(look=look, artwork=True)).html)
    pictures = [dict(each.attrib) for each in page.iter("img")]
    for each in pictures:
        assert (each["alt"], each["width"], each["height"]) == ("", "72", "72")
    wanted = {
        "digest": ["https://lighthouse.example/9.jpg?a=1&b=2", "https://lighthouse.example/6.jpg%22%3E%3Cscript%3E"],
        "single": ["https://lighthouse.example/9.jpg?a=1&b=2"],
        "brief": [],
    }  # fmt: skip
    assert [each["src"] for each in pictures] == wanted[look]
    titles = [each.getparent().getnext().text_content() for each in page.iter("img")]
    assert all(f"Card {number}" in title for number, title in zip((9, 6), titles, strict=False))
