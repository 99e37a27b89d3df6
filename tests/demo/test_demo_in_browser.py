"""The demo's pages and mails as a browser shows them, on a phone and at a desk, light and dark."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser_kit import overflow, worst_contrast

pytestmark = pytest.mark.browser

WIDTHS = (320, 375, 700, 1280)


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails on anything asked from elsewhere, on scripts and on messages in the console."""
    context = browser.new_context(color_scheme=request.param)
    page = context.new_page()
    foreign: list[str] = []
    page.on("request", lambda asked: None if asked.url.startswith("file:") else foreign.append(asked.url))
    page.on("console", lambda message: foreign.append(message.text))
    yield page
    context.close()
    assert foreign == []


def mail_as_file(demo: dict[str, Any], folder: Path) -> Path:
    """The HTML part of the largest mail."""
    mail = max(demo["outbox"].glob("*/*/*.eml"), key=lambda file: file.stat().st_size)
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    html = message.get_body(("html",))
    assert html is not None
    file = folder / "mail.html"
    file.write_text(html.get_content(), encoding="utf-8")
    return file


def test_a_mail_fits_every_width_and_can_be_read(demo: dict[str, Any], page: Page, tmp_path: Path) -> None:
    """R21: language, one h1, contrast of text on its ground."""
    file = mail_as_file(demo, tmp_path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(file.as_uri())
        assert overflow(page) <= 0, width
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang")
    assert page.locator("table:not([role=presentation]):not([role=none])").count() == 0
    assert page.locator("img:not([alt])").count() == 0
    assert worst_contrast(page) >= 4.5


@pytest.mark.parametrize(
    "place",
    ["index.html", "all/index.html", "topics/*/index.html", "cards/*/index.html"],
)
def test_a_page_fits_every_width_and_can_be_read(demo: dict[str, Any], page: Page, place: str) -> None:
    file = max(demo["tree"].glob(place), key=lambda one: one.stat().st_size)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(file.as_uri())
        assert overflow(page) <= 0, (place, width)
    assert page.locator("h1").count() == 1
    assert worst_contrast(page) >= 4.5
    assert page.locator("script:not([type='application/ld+json'])").count() == 0


def test_the_way_from_the_index_to_a_card_works_by_links_alone(demo: dict[str, Any], page: Page) -> None:
    page.goto((demo["tree"] / "index.html").as_uri())
    href = page.locator("a[href*='cards/']").first.get_attribute("href")
    assert href is not None
    page.goto((demo["tree"] / re.sub(r"^\./", "", href) / "index.html").as_uri())
    assert page.locator("h1").inner_text()


def test_the_measure_of_contrast_sees_pale_text(page: Page, tmp_path: Path) -> None:
    (tmp_path / "pale.html").write_text(
        "<body style='background:#fff'><p style='color:#000'>dark</p><p style='color:#999'>pale</p>"
    )
    page.goto((tmp_path / "pale.html").as_uri())
    assert 2.8 < worst_contrast(page) < 2.9
