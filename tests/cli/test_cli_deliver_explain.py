"""Who got an issue, who did not, and why; and pausing, by commands (R47)."""

from __future__ import annotations

import csv
from pathlib import Path

from cli_kit import MONDAY, START, Letters


def test_r47_who_got_it_and_who_did_not_as_table_and_as_csv(
    letters: Letters, workspace: Path, tmp_path: Path
) -> None:
    assert letters("subscribers", "import", workspace / "people.csv", "-w", workspace).code == 0
    for now in (START, MONDAY):
        assert letters("once", "--now", now.isoformat(), "-w", workspace).code == 0
    told = letters("deliver", "weekly/1", "--explain", "-w", workspace)
    assert told.code == 0, told.err
    assert "weekly/1 is sent" in told.out
    data = letters("deliver", "weekly/1", "--explain", "--json", "-w", workspace).data
    assert data["deliveries"] == {
        "pending": 0,
        "sending": 0,
        "sent": 2,
        "deferred": 0,
        "failed": 0,
        "unknown": 0,
        "dropped": 0,
    }
    file = tmp_path / "who.csv"
    assert letters("deliver", "weekly/1", "--explain", "--csv", file, "-w", workspace).code == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert sum(row["state"] == "sent" for row in rows) == 2
    assert {row["email"] for row in rows} == {one["email"] for one in data["people"]}
    assert all(row["sent_at"].startswith("2026") for row in rows if row["state"] == "sent")


def test_explaining_wants_an_issue_and_a_file_wants_explaining(letters: Letters, workspace: Path) -> None:
    assert letters("deliver", "--explain", "-w", workspace).code == 2
    wrong = letters("deliver", "weekly/1", "--csv", "x.csv", "-w", workspace)
    assert wrong.code == 2
    assert "--csv is for --explain" in wrong.err


def test_what_is_not_being_sent_cannot_be_paused(letters: Letters, workspace: Path) -> None:
    assert letters("subscribers", "import", workspace / "people.csv", "-w", workspace).code == 0
    for now in (START, MONDAY):
        letters("once", "--now", now.isoformat(), "-w", workspace)
    ran = letters("pause", "weekly/1", "--by", "Kim", "-w", workspace)
    assert ran.code == 2
    assert 'the issue is "sent"' in ran.err
