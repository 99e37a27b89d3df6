"""From signing up to being forgotten, in Chromium: on a phone and at a desk, light and dark, by keyboard, without script.

With LETTERS_PICTURES=FOLDER each page is kept as pictures, at 375 and 1280 pixels in both schemes, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from test_web_sign_up import text_of

from browser_kit import overflow, small_targets, without_outline, worst_contrast
from letters.model import Frequency, SubscriberStatus
from letters.pipeline import House, notify
from letters.publish import publish
from letters.store.subscribers import find_by_email, save_subscribers
from letters.subscribe import ask_to_move, make_private_feed
from letters.web import WebServer, make_app

pytestmark = pytest.mark.browser
EMAIL = "eve@reader.example"
#: More than it takes for a press to be believed.
A_BREATH = 1_100
PICTURES = os.environ.get("LETTERS_PICTURES")


@contextmanager
def serving(here: Any) -> Iterator[str]:
    publish(here.store, here.settings, here.workspace, now=datetime(2026, 11, 3, 9, tzinfo=UTC))  # the style
    with WebServer(make_app(lambda: here), "127.0.0.1", 0) as server:
        server.start()
        yield server.url.rstrip("/")


def mailed(here: Any, kind: str) -> str:
    """The path that the newest mail leads to."""
    notify(House(here.workspace, here.settings, here.store), now=datetime.now(UTC))
    newest = max((here.workspace.outbox / "_notices").iterdir(), key=lambda path: path.stat().st_mtime)
    found = re.search(rf"https://signal\.example(/{kind}/[\w.-]+)", text_of(newest))
    assert found
    return found[1]


def press(page: Page, name: str) -> None:
    """By keyboard, after a breath."""
    page.wait_for_timeout(A_BREATH)
    page.get_by_role("button", name=name).press("Enter")


def test_signed_up_confirmed_chosen_paused_left_returned_and_forgotten(here: Any, browser: Browser) -> None:
    """Without script, on a phone, by keyboard."""
    with serving(here) as site:
        context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800})
        page = context.new_page()
        page.goto(f"{site}/subscribe?edition=weekly")
        expect(page.get_by_label("AI policy, weekly")).to_be_checked()
        page.get_by_label("Mail address").fill(EMAIL)
        page.wait_for_timeout(A_BREATH)
        # Enter in a field presses the form's button.
        page.get_by_label("Mail address").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Look into your inbox")

        page.goto(site + mailed(here, "confirm"))
        # Too quick for a person.
        page.get_by_role("button", name="Yes, send it to me").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Press the button once more.")
        press(page, "Yes, send it to me")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your subscription is confirmed")
        expect(page.locator(".coming")).to_contain_text("AI policy, weekly")

        page.get_by_role("link", name="Choose what you want").click()
        page.get_by_label("At most once a week").check()
        page.get_by_label("Titles only").check()
        page.get_by_label("Robots").check()
        until = (datetime.now(UTC) + timedelta(days=60)).date()
        page.get_by_label("Pause").fill(until.isoformat())
        page.get_by_role("button", name="Save").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        with here.store.read() as c:
            reader = find_by_email(c, EMAIL)
        assert reader is not None
        assert (reader.frequency, reader.titles_only, reader.topics, reader.paused_until) == (
            Frequency.WEEKLY,
            True,
            ("robots",),
            until,
        )

        page.goto(site + here.unsubscribe_path(reader.uid))
        page.get_by_role("button", name="Unsubscribe", exact=True).press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("You have unsubscribed")
        page.get_by_role("button", name="Undo").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("You get it as before")
        page.get_by_role("link", name="See and change").click()
        page.get_by_role("button", name="Unsubscribe from everything").press("Enter")
        page.get_by_role("link", name="come back").click()
        page.get_by_label("AI policy, weekly").check()
        page.get_by_role("button", name="Save").press("Enter")
        with here.store.read() as c:
            back = find_by_email(c, EMAIL)
        assert back is not None
        assert (back.status, back.editions) == (SubscriberStatus.CONFIRMED, ("weekly",))

        page.get_by_role("link", name="Have it erased").click()
        press(page, "Erase it")
        expect(page.get_by_role("heading", level=1)).to_have_text("You are forgotten")
        with here.store.read() as c:
            assert find_by_email(c, EMAIL) is None
        context.close()


def pages_of(here: Any) -> dict[str, str | Callable[[Page, str], None]]:
    """Paths by name; or how one comes to a page that a button shows."""
    make_private_feed(here.store, "ada", now=datetime(2026, 11, 3, tzinfo=UTC))
    ask_to_move(
        here.store, here.settings, "ada", "ada.lovelace@a-rather-long-domain.example", now=datetime.now(UTC)
    )
    plain = replace(here.reader(), id=0, uid="cyd", email="cyd@reader.example", topics=(), titles_only=True)
    with here.store.write() as c:
        save_subscribers(c, [replace(plain, frequency=Frequency.WEEKLY)], now=datetime.now(UTC))

    def submitted(path: str, button: str) -> Callable[[Page, str], None]:
        def go(page: Page, site: str) -> None:
            page.goto(site + path)
            if path == "/subscribe":
                page.get_by_label("Mail address").fill("nobody@nowhere")
                page.wait_for_timeout(A_BREATH)
            page.get_by_role("button", name=button, exact=True).click()

        return go

    return {
        "subscribe": "/subscribe?edition=weekly&topic=chips",
        "subscribe-wrong": submitted("/subscribe", "Send me the mail to confirm"),
        "confirm": here.confirm_path("bob"),
        "confirm-again": submitted(here.confirm_path("bob"), "Yes, send it to me"),
        "preferences": here.preferences_path(),
        "unsubscribe": here.unsubscribe_path("cyd"),
        "left": submitted(here.unsubscribe_path("cyd"), "Unsubscribe"),
        "address": mailed(here, "address"),
        "erase": f"{here.preferences_path()}/erase",
    }


def take_pictures(page: Page, name: str) -> None:
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=Path(PICTURES or ".", f"{name}-{width}.png"), full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_and_used(here: Any, browser: Browser, scheme: Any) -> None:
    """axe-core finds nothing; nothing is too wide, too faint, too small, or reached unseen by the Tab key."""
    with serving(here) as site:
        context = browser.new_context(color_scheme=scheme, viewport={"width": 375, "height": 800})
        page = context.new_page()
        axe = Axe()
        for name, way in pages_of(here).items():
            page.goto(site + way) if isinstance(way, str) else way(page, site)
            # All that the scheme changes is colours.
            results = axe.run(page, options={} if scheme == "light" else {"runOnly": ["color-contrast"]})
            assert results.violations_count == 0, f"{name}: {results.generate_report()}"
            assert worst_contrast(page) >= 4.5, name
            if PICTURES:
                take_pictures(page, f"{name}-{scheme}")
            if scheme == "light":
                assert small_targets(page) == [], name
                page.set_viewport_size({"width": 320, "height": 800})
                assert overflow(page) <= 0, name
                page.set_viewport_size({"width": 375, "height": 800})
            if name == "address":
                assert without_outline(page) == [], name
        context.close()
