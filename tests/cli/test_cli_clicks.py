"""``letters clicks``: from an edition that counts to a table of its links."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cli_kit import MONDAY, START, Letters
from letters.store import Store
from letters.store.clicks import add_click


def test_an_issues_links_are_shown_by_clicks(letters: Letters, workspace: Path) -> None:
    schedule = workspace / "config/schedule.toml"
    schedule.write_text(schedule.read_text() + "clicks = true\n")
    assert letters("subscribers", "import", workspace / "people.csv", "-w", workspace).code == 0
    for moment in (START, MONDAY):
        letters("once", "-w", workspace, "--now", moment.isoformat())
    before = letters("clicks", "weekly/1", "-w", workspace, "--json").data["links"]
    assert before
    assert all(link["url"].startswith("http") and link["clicks"] == 0 for link in before)
    store = Store(f"sqlite:///{workspace}/var/letters.db")
    with store.write() as c:
        for day in (23, 23, 24):
            add_click(c, 1, 2, day=date(2026, 11, day))
    store.close()
    found = letters("clicks", "weekly/1", "-w", workspace, "--json").data["links"]
    assert found[1] == {"url": before[1]["url"], "clicks": 3, "days": {"2026-11-23": 2, "2026-11-24": 1}}
    shown = letters("clicks", "weekly/1", "-w", workspace)
    assert shown.code == 0
    first = shown.out.splitlines()[1].split()
    assert first == ["3", "2026-11-23", before[1]["url"]]
    assert letters("clicks", "weekly/7", "-w", workspace).code == 2
