"""What the demo leaves behind: feeds that agree, mails that mail software reads without complaint."""

from __future__ import annotations

import calendar
import email
import email.policy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from feed_validator import validate

# Owed until publishing gives its press an `Imprint` (a podcast's owner) and sets moments apart.
OWED = {"itunes-feed", "atom-updated"}

Facts = list[tuple[str, str, int, int]]


def test_the_demo_does_the_whole_job(demo: dict[str, Any]) -> None:
    assert demo["problems"] == []
    first, *_, last = demo["passes"]
    assert first["sources"]["failed"] == 0
    assert first["pairs"]["paired"] >= 15
    assert sum(one["issues"]["composed"] for one in demo["passes"]) == 3
    assert sum(one["deliveries"]["sent"] for one in demo["passes"]) >= 15
    assert last["feeds"]["written"] == 0
    assert (demo["tree"] / "index.html").exists()


def test_every_feed_parses_and_says_the_same_in_three_formats(demo: dict[str, Any]) -> None:
    paths = [path.with_suffix("") for path in demo["tree"].rglob("*.rss")]
    assert len(paths) > 20
    for path in paths:
        rss, atom = read_xml(path.with_suffix(".rss")), read_xml(path.with_suffix(".atom"))
        assert rss == atom == read_json(path.with_suffix(".json")), path


def test_every_feed_keeps_the_rules_of_its_format(demo: dict[str, Any]) -> None:
    """R57, by the tests' own validator."""
    tree = demo["tree"]
    feeds = [path for path in tree.rglob("*") if path.suffix in {".rss", ".atom", ".json"}]
    assert len(feeds) > 60
    base = json.loads((tree / "all.json").read_bytes())["feed_url"].removesuffix("/all.json")
    for path in feeds:
        findings = validate(path.read_bytes(), f"{base}/{path.relative_to(tree)}")
        assert [one for one in findings if one.rule not in OWED] == [], path


def read_xml(path: Path) -> Facts:
    """Identifier, title, date and time of change of each entry, by feedparser."""
    parsed = feedparser.parse(path.read_bytes())
    assert not parsed.bozo, (path, parsed.get("bozo_exception"))
    return [
        (one.id, one.title, calendar.timegm(one.published_parsed), calendar.timegm(one.updated_parsed))
        for one in parsed.entries
    ]


def read_json(path: Path) -> Facts:
    """The same of a JSON Feed."""
    document = json.loads(path.read_bytes())
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    return [
        (one["id"], one["title"], seconds(one["date_published"]), seconds(one["date_modified"]))
        for one in document["items"]
    ]


def seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).astimezone(UTC).timestamp())


def test_every_mail_parses_without_defects_and_is_not_clipped(demo: dict[str, Any]) -> None:
    """R14, R16, R20: what a mail client is given."""
    mails = sorted(demo["outbox"].glob("*/*/*.eml"))
    assert len(mails) >= 15
    for mail in mails:
        data = mail.read_bytes()
        assert max(len(line) for line in data.split(b"\r\n")) <= 998
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert [part.defects for part in message.walk() if part.defects] == [], mail
        html, text = message.get_body(("html",)), message.get_body(("plain",))
        assert html is not None
        assert text is not None
        assert len(html.get_content().encode()) < 100_000
        assert "letters.invalid" not in html.get_content() + text.get_content()


def test_going_on_with_a_demo_changes_nothing(demo: dict[str, Any], tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in demo["tree"].rglob("*") if path.is_file()}
    from letters.cli import main

    assert main(["demo", "--json", "--workspace", str(demo["workspace"])]) == 0
    assert {path: path.read_bytes() for path in demo["tree"].rglob("*") if path.is_file()} == before


def test_a_folder_with_something_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from letters.cli import main

    (tmp_path / "notes.txt").write_text("mine")
    assert main(["demo", "--workspace", str(tmp_path)]) == 2
    assert "is not empty and no demo" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
