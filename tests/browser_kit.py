"""A real Chromium. Tests that ask for `browser` are skipped where there is none, unless one was promised."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright


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


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider


def violations(page: Page) -> list[str]:
    """What axe-core has to say against the page, each with the elements that it means."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


def worst_contrast(page: Page) -> float:
    """The lowest contrast of any visible text on the ground behind it (WCAG 2.2, 1.4.3)."""
    ratio: float = page.evaluate(
        """() => {
          const parse = color => (color.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
          const light = ([r, g, b]) => {
            const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * x + 0.7152 * y + 0.0722 * z;
          };
          const ground = element => {
            for (let at = element; at; at = at.parentElement) {
              const color = parse(getComputedStyle(at).backgroundColor);
              if (color.length < 4 || color[3] > 0) return color;
            }
            return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
          };
          let worst = 21;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const element = walker.currentNode.parentElement;
            const box = element.getBoundingClientRect();
            const style = getComputedStyle(element);
            if (!walker.currentNode.textContent.trim() || box.width < 2 || box.height < 2) continue;
            if (style.visibility === 'hidden' || Number(style.opacity) === 0) continue;
            const [a, b] = [light(parse(style.color)), light(ground(element))];
            worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
          }
          return worst;
        }"""
    )
    return ratio


def small_targets(page: Page, *, least: int = 24) -> list[str]:
    """What one clicks on and is lower than so many pixels (WCAG 2.2, 2.5.8); links within a line of text are exempt there."""
    found: list[str] = page.evaluate(
        """least => [...document.querySelectorAll('a, button, summary, input, select')]
          .map(one => one.closest('label') || one)  // a click on a box's label ticks it
          .filter(one => one.getBoundingClientRect().height && !one.closest('p') && one.getBoundingClientRect().right > 0)
          .filter(one => one.getBoundingClientRect().height < least)
          .map(one => one.textContent.trim())""",
        least,
    )
    return found


def without_outline(page: Page, *, most: int = 60) -> list[str]:
    """What the Tab key comes to without its being seen (WCAG 2.2, 2.4.7)."""
    unseen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const at = document.activeElement, style = getComputedStyle(at);
              if (at === document.body) return null;
              return [at.textContent.trim(), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
            }"""
        )
        if found is None:
            break
        if not found[1]:
            unseen.append(found[0])
    return unseen


def tags(page: Page) -> list[str]:
    """The names of all elements as the browser built them, in document order."""
    found: list[str] = page.evaluate("[...document.querySelectorAll('*')].map(one => one.localName)")
    return found
