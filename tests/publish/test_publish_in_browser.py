"""The pages as Letters serves them and Chromium shows them: on a phone and at a desk, light and dark, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from press_kit import Press, make_settings

from browser_kit import overflow, small_targets, tags, violations, without_outline, worst_contrast
from builders import add_pair, day, make_card
from letters.model import RelatedCard
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.entries import retire_entry
from letters.web import WebServer, make_app

pytestmark = pytest.mark.browser

TITLES = {
    1: "منارات البحر الأحمر: كيف يهتدي البحارة في الليل",
    2: "灯台守の一日と、霧の中で光が届く距離についての長い長い話し合い",
    3: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    4: "Why the longest fog in forty years closed eleven ports, sank nobody, and changed what harbour masters believe",
    5: "</script><script>document.title = 'run'</script><!-- & <b>",
}
LANGUAGES = {1: "ar", 2: "ja", 3: "de"}


@dataclass(frozen=True, slots=True)
class House:
    """What the site needs of a house."""

    workspace: Workspace
    settings: Settings
    store: Store


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A full site: many topics, titles in all directions, similar cards, a feed with a history, a retired card."""
    root = tmp_path_factory.mktemp("site")
    store = Store(f"sqlite:///{root}/letters.db")
    store.upgrade()
    press = Press(root, store)
    press.settings = make_settings(
        site={"description": "Of lights and logs.", "contact": "desk@signal.example"}, publish={"entries": 20}
    )
    with press.store.write() as c:
        for number in range(1, 51):
            card = make_card(
                number,
                title=TITLES.get(number, f"Card {number} about lamps"),
                language=LANGUAGES.get(number, ""),
                topics=(f"{'ABCDEFGHIJ'[number % 10]} topic number {number}", "Signals", f"Pair {number % 25}", f"Pair, too {number % 25}"),
                related=(RelatedCard(title="Card 7 about lamps"), RelatedCard(title="Elsewhere", url="https://e.example/")),
            )  # fmt: skip
            add_pair(c, number, card=card)
        retire_entry(c, make_card(9).id, at=day(60))
    press.publish()
    house = House(press.workspace, press.settings, press.store)
    with WebServer(make_app(lambda: house), "127.0.0.1", 0) as server:
        server.start()
        yield server.url, press.tree
    store.close()


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails on messages in the console, of the content policy too."""
    context = browser.new_context(color_scheme=request.param, viewport={"width": 375, "height": 800})
    page = context.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    yield page
    context.close()
    # Browsers ask every site for an icon.
    assert [one for one in messages if "404" not in one] == []


PLACES = [
    "",
    "all/",
    "topics/",
    "topics/signals/",
    "audiences/keeper/",
    *(f"cards/{make_card(number).address}/" for number in (1, 2, 3, 4, 5, 9, 40)),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_page_fits_reads_and_can_be_used_by_thumb_and_by_keyboard(
    site: tuple[str, Path], page: Page, place: str
) -> None:
    url, tree = site
    page.goto(url + place)
    assert page.title() != "run"
    assert page.locator("script:not([type='application/ld+json'])").count() == 0
    for width in (320, 375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow(page) <= 0, width
    assert worst_contrast(page) >= 4.5
    assert small_targets(page) == []
    assert without_outline(page) == []
    assert violations(page) == []
    # Nothing had to be mended: the browser built what is written.
    assert tags(page) == written_tags((tree / place / "index.html").read_text())


def written_tags(html: str) -> list[str]:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(tag)

    Reader().feed(html)
    return found


def test_an_address_is_selected_as_a_whole_by_one_click(site: tuple[str, Path], page: Page) -> None:
    page.goto(f"{site[0]}topics/signals/")
    page.locator("code").first.click()
    assert page.evaluate("getSelection().toString()") == "https://signal.example/topics/signals.rss"


def test_cards_are_read_one_after_another_and_to_similar_ones(site: tuple[str, Path], page: Page) -> None:
    page.goto(f"{site[0]}cards/{make_card(40).address}/")
    page.locator(".turn a[rel=prev]").click()
    assert page.locator("h1").inner_text() == "Card 39 about lamps"
    page.locator(".similar a").first.click()
    assert page.locator("h1").inner_text() == "Card 14 about lamps"


def test_a_text_runs_the_way_its_language_does(site: tuple[str, Path], page: Page) -> None:
    directions = {}
    for number in (1, 2, 40):
        page.goto(f"{site[0]}cards/{make_card(number).address}/")
        directions[number] = page.evaluate("getComputedStyle(document.querySelector('h1')).direction")
    assert directions == {1: "rtl", 2: "ltr", 40: "ltr"}
