"""The command contract, by commands on a whole workspace with a real feed."""

from __future__ import annotations

import email
import email.policy
import subprocess
import sys
from pathlib import Path

import pytest

from cli_kit import MONDAY, START, Letters, feed
from httpserver import HttpServer

COUNTS = {
    "sources": {"polled", "unchanged", "failed"},
    "episodes": {"new", "changed"},
    "cards": {"read", "problems"},
    "pairs": {"paired", "review", "none"},
    "feeds": {"written", "unchanged"},
    "issues": {"composed", "skipped"},
    "deliveries": {"sent", "deferred", "failed", "unknown", "dropped"},
}


def once(letters: Letters, workspace: Path, now) -> dict:
    ran = letters("once", "--json", "--now", now.isoformat(), "--workspace", workspace)
    assert ran.code == 0, ran.out + ran.err
    return ran.data


def test_three_passes_read_send_and_rest(letters: Letters, workspace: Path) -> None:
    assert letters("subscribers", "import", workspace / "people.csv", "-w", workspace).code == 0
    first = once(letters, workspace, START)
    assert {name: set(first[name]) for name in COUNTS} == COUNTS
    assert first["problems"] == []
    assert set(first["seconds"]) >= {"watch", "pair", "publish", "compose", "deliver"}
    assert first["sources"] == {"polled": 1, "unchanged": 0, "failed": 0}
    assert first["pairs"] == {"paired": 1, "review": 0, "none": 0}
    assert first["feeds"]["written"] > 0
    assert first["issues"] == {"composed": 0, "skipped": 0}

    second = once(letters, workspace, MONDAY)
    assert second["issues"] == {"composed": 1, "skipped": 0}
    assert second["deliveries"]["sent"] == 2
    mails = sorted((workspace / "var/outbox/weekly/1").glob("*.eml"))
    assert len(mails) == 2
    for mail in mails:
        message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
        assert not message.defects
        assert "Cheap sensors" in message["Subject"]
    assert (workspace / "feeds/issues/weekly/1/index.html").exists()

    third = once(letters, workspace, MONDAY.replace(minute=10))
    assert third["feeds"]["written"] == 0
    assert third["issues"] == {"composed": 0, "skipped": 0}
    assert set(third["deliveries"].values()) == {0}


def test_a_card_that_comes_late_is_in_the_next_issue_only(letters: Letters, workspace: Path) -> None:
    letters("subscribers", "import", workspace / "people.csv", "-w", workspace)
    card = workspace / "cards" / "sensors.txt"
    text = card.read_text()
    card.unlink()
    once(letters, workspace, START)
    assert once(letters, workspace, MONDAY)["issues"] == {"composed": 0, "skipped": 1}
    card.write_text(text)
    late = MONDAY.replace(hour=12)
    assert once(letters, workspace, late)["pairs"]["paired"] == 1
    next_monday = MONDAY.replace(day=30)
    assert once(letters, workspace, next_monday)["issues"] == {"composed": 1, "skipped": 0}
    assert once(letters, workspace, MONDAY.replace(month=12, day=7))["issues"] == {
        "composed": 0,
        "skipped": 1,
    }


def test_each_verb_prints_its_part_of_the_pass(letters: Letters, workspace: Path) -> None:
    now = ("--now", START.isoformat(), "--json", "--workspace", workspace)
    assert set(letters("watch", *now).data) == {"sources", "episodes", "seconds", "problems"}
    assert set(letters("pair", *now).data) == {"cards", "pairs", "seconds", "problems"}
    assert set(letters("publish", *now).data) == {"feeds", "seconds", "problems"}
    assert letters("deliver", *now).data["deliveries"]["sent"] == 0


def test_composing_when_nothing_is_due_writes_a_preview_and_stores_nothing(
    letters: Letters, workspace: Path
) -> None:
    once(letters, workspace, START)
    ran = letters("compose", "weekly", "--json", "--now", START.isoformat(), "-w", workspace)
    assert ran.code == 0, ran.out
    assert ran.data["preview"]["entries"] == 1
    preview = workspace / "var/preview/weekly/issue.html"
    assert "Cheap sensors" in preview.read_text()
    assert once(letters, workspace, MONDAY)["issues"]["composed"] == 1


def test_a_dead_source_is_a_problem_that_stops_nothing(
    letters: Letters, workspace: Path, http_server: HttpServer
) -> None:
    sources = workspace / "config" / "sources.toml"
    sources.write_text(
        sources.read_text() + f'[[source]]\nkey = "dead"\nurl = "{http_server.url("/none")}"\n'
    )
    ran = letters("once", "--json", "--now", START.isoformat(), "-w", workspace)
    assert ran.code == 1
    assert ran.data["sources"] == {"polled": 2, "unchanged": 0, "failed": 1}
    assert ran.data["pairs"]["paired"] == 1
    assert "404" in ran.data["problems"][0]["text"]


def test_an_earlier_clock_is_reported_and_obeyed(letters: Letters, workspace: Path) -> None:
    once(letters, workspace, MONDAY)
    ran = letters("once", "--json", "--now", START.isoformat(), "-w", workspace)
    assert ran.code == 1
    assert "earlier than the last pass" in ran.data["problems"][0]["text"]


def test_approval_hold_and_cancel_are_recorded(letters: Letters, workspace: Path) -> None:
    schedule = workspace / "config" / "schedule.toml"
    schedule.write_text(schedule.read_text() + 'approval = "manual"\n')
    letters("subscribers", "import", workspace / "people.csv", "-w", workspace)
    once(letters, workspace, START)
    waiting = letters("once", "--json", "--now", MONDAY.isoformat(), "-w", workspace).data
    assert waiting["issues"]["composed"] == 1
    assert waiting["deliveries"]["sent"] == 0
    assert "letters approve weekly/1" in str(waiting["problems"])
    assert not (workspace / "feeds/issues/weekly/1/index.html").exists()
    decided = letters("approve", "weekly/1", "--by", "Ida", "--json", "-w", workspace)
    assert decided.data["state"] == "approved"
    sent = letters(
        "deliver", "weekly/1", "--json", "--now", MONDAY.replace(minute=5).isoformat(), "-w", workspace
    )
    assert sent.data["deliveries"]["sent"] == 2
    assert (workspace / "feeds/issues/weekly/1/index.html").exists()
    assert letters("cancel", "weekly/1", "-w", workspace).code == 2


def test_pairing_two_files_needs_no_workspace(letters: Letters, tmp_path: Path) -> None:
    (tmp_path / "episodes.jsonl").write_text(
        '{"episode_id": "e1", "show": "The Quiet Grid", "title": "Cheap sensors", "published": "2026-11-01"}\n'
    )
    (tmp_path / "cards.jsonl").write_text(
        '{"card_id": "c1", "title": "Cheap sensors | The Quiet Grid", "publisher": "The Quiet Grid", "lang": "en"}\n'
    )
    out = tmp_path / "out.jsonl"
    ran = letters(
        "pair", "--episodes", tmp_path / "episodes.jsonl", "--cards", tmp_path / "cards.jsonl", "--out", out
    )
    assert ran.code == 0, ran.out + ran.err
    assert '"decision": "paired"' in out.read_text().replace('":"', '": "')


def test_two_passes_at_once_are_told_apart(letters: Letters, workspace: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from letters.files import Lock\n"
        "with Lock(Path(sys.argv[1])):\n print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(workspace / "var/pass.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        ran = letters("once", "-w", workspace)
        assert other.stdin is not None
        other.stdin.close()
    assert ran.code == 3
    assert str(other.pid) in ran.err


@pytest.mark.parametrize("place", ["before", "after", "environment"])
def test_the_workspace_may_be_named_in_three_places(
    letters: Letters, workspace: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {
        "before": ("--workspace", workspace, "schedule", "--json"),
        "after": ("schedule", "--json", "--workspace", workspace),
        "environment": ("schedule", "--json"),
    }[place]
    if place == "environment":
        monkeypatch.setenv("LETTERS_WORKSPACE", str(workspace))
    ran = letters(*words, "--now", START.isoformat())
    assert [one["at"] for one in ran.data["planned"]] == ["2026-11-23T08:00:00Z", "2026-11-30T08:00:00Z"]


def test_a_changed_feed_is_read_again(letters: Letters, workspace: Path, http_server: HttpServer) -> None:
    once(letters, workspace, START)
    assert once(letters, workspace, START.replace(hour=14))["sources"]["unchanged"] == 1
    http_server.serve("/feed.xml", feed("Cheap sensors, expensive silence", "Another story", "A third"))
    again = once(letters, workspace, START.replace(hour=18))
    assert again["episodes"] == {"new": 1, "changed": 0}


def test_compose_explains_the_next_issue_and_makes_none(letters: Letters, workspace: Path) -> None:
    once(letters, workspace, START)
    common = ("--explain", "--now", MONDAY.isoformat(), "-w", workspace)
    shown = letters("compose", "weekly", *common)
    assert shown.code == 0
    assert "weekly/1 · " in shown.out
    assert "freshness +" in shown.out
    assert "in full" in shown.out
    told = letters("compose", "weekly", *common, "--titles-only", "--json").data
    assert (told["composed"], told["number"], told["choice"]) == (True, 1, "titles")
    (entry,) = told["entries"]
    assert set(entry["points"]) == {"weight", "audience", "freshness", "variety", "total"}
    assert (entry["detail"], entry["tier"]) == ("line", "card")
    none = letters("compose", "weekly", *common, "--topics", "no-such")
    assert "For readers who chose topics=no-such: the choice leaves nothing of it" in none.out
    assert "is left out by the reader's choice" in none.out
    assert letters("compose", "weekly", "--titles-only", "-w", workspace).code == 2
    assert once(letters, workspace, MONDAY)["issues"] == {"composed": 1, "skipped": 0}
