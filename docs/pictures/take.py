"""Take the README's pictures from the demo's output: an issue as mailed, and the page of a feed.

    make pictures

Wants a Chromium (CHROMIUM, or one on the PATH) and what ``make demo`` left in var/demo and feeds/.
"""

from __future__ import annotations

import email
import email.policy
import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WIDTH, HEIGHT = 700, 1080


def main() -> int:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    mails = sorted((ROOT / "var/demo/var/outbox").glob("*/*/*.eml"), key=lambda file: file.stat().st_size)
    if chromium is None or not mails:
        print('wanted a Chromium on the PATH, and the output of "make demo"', file=sys.stderr)
        return 2
    message = email.message_from_bytes(mails[-1].read_bytes(), policy=email.policy.default)
    html = message.get_body(("html",))
    assert html is not None, "every mail has an HTML part"
    feed = max((ROOT / "feeds/topics").glob("*/index.html"), key=lambda file: file.stat().st_size)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        issue = Path(folder) / "issue.html"
        issue.write_text(html.get_content(), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        _take(browser, issue.as_uri(), HERE / "issue.png")
        _take(browser, feed.as_uri(), HERE / "feed.png")
        browser.close()
    return 0


def _take(browser: Browser, address: str, picture: Path) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1)
    page.goto(address)
    page.screenshot(path=picture)
    page.close()


if __name__ == "__main__":
    sys.exit(main())
