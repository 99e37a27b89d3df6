"""A reader's own feed on the preferences page: on a phone and at a desk, light and dark, by keyboard, without script."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from letters.publish import publish
from letters.web import WebServer, make_app

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_made_replaced_and_stopped_by_keyboard_alone(here: Any, browser: Browser, scheme: Any) -> None:
    publish(here.store, here.settings, here.workspace, now=datetime(2026, 11, 3, 9, tzinfo=UTC))  # the style
    with WebServer(make_app(lambda: here), "127.0.0.1", 0) as server:
        server.start()
        context = browser.new_context(
            color_scheme=scheme, java_script_enabled=False, viewport={"width": 375, "height": 800}
        )
        page = context.new_page()
        page.goto(server.url.rstrip("/") + here.preferences_path())
        button = page.get_by_role("button", name="Make my feed")
        # From the button before it, by the key that goes on.
        page.get_by_role("button", name="Save").focus()
        page.keyboard.press("Tab")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        addresses = page.locator("#feed code")
        expect(addresses).to_have_count(3)
        first = addresses.first.inner_text()
        assert re.fullmatch(r"https://signal\.example/private/ada\.[\w-]+\.[\w-]+\.rss", first)
        # The browser comes to rest where something happened, not at the top of a long page.
        expect(page.get_by_role("heading", name="A feed of your own")).to_be_in_viewport()
        for width in (320, 375, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for box in page.locator("#feed *").all():
                place = box.bounding_box()
                assert place is None or place["x"] + place["width"] <= width
        page.get_by_role("button", name="Replace the address").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("This is the new address.")
        assert page.locator("#feed code").first.inner_text() != first
        page.reload()
        page.get_by_role("button", name="Stop the feed").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Stopped.")
        expect(page.get_by_role("button", name="Make my feed")).to_be_visible()
        context.close()
