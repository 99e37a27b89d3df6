"""A real Chromium. Tests that ask for `browser` are skipped where there is none, unless one was promised."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, named by CHROMIUM or found on the PATH.

    For one module only: while it is there, Playwright's event loop runs in this thread, and nobody else's can.
    """
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        if os.environ.get("LETTERS_TESTS_REQUIRE_CHROMIUM"):
            pytest.fail("LETTERS_TESTS_REQUIRE_CHROMIUM is set, and there is no Chromium on the PATH")
        pytest.skip("no Chromium on the PATH, and none named by CHROMIUM")
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()
