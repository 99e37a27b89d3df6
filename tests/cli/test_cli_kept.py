"""What was sent stays as it was sent: the stored issue, its page, and its entry in the edition's feed."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_kit import MONDAY, START, Letters, fill_workspace, run_quietly
from httpserver import HttpServer
from letters.links import Links
from letters.model import PUBLIC, PersonalLink
from letters.pipeline import open_house
from letters.settings import Workspace
from letters.store.issues import find_issue, load_renderings
from letters.store.subscribers import load_subscribers

PAGE = "feeds/issues/weekly/1/index.html"
FEEDS = [f"feeds/editions/weekly.{form}" for form in ("rss", "atom", "json")]
LATER = MONDAY.replace(hour=12)


@pytest.fixture(scope="module")
def sent_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace whose first issue went out to two readers, one of them with a choice of her own."""
    server = HttpServer()
    root = tmp_path_factory.mktemp("kept") / "signal"
    run_quietly("init", root)
    fill_workspace(root, server)
    (root / "people.csv").write_text(
        "email,name,editions,topics,status,consent_at,consent_source\n"
        "ada.zquill@readers.example,Ada Zquill,weekly,,confirmed,2026-01-05T10:00:00Z,a form\n"
        "grace.zhop@readers.example,Grace Zhop,weekly,open-data,confirmed,2026-01-06T10:00:00Z,a form\n"
    )
    run_quietly("subscribers", "import", root / "people.csv", "-w", root)
    for now in (START, MONDAY):
        run_quietly("once", "--now", now.isoformat(), "-w", root)
    yield root
    server.close()


@pytest.fixture
def sent(sent_once: Path, tmp_path: Path) -> Path:
    """A copy of it for each test."""
    return shutil.copytree(sent_once, tmp_path / "signal")


def pass_at(letters: Letters, workspace: Path, now: object) -> None:
    ran = letters("once", "--json", "--now", now.isoformat(), "-w", workspace)  # type: ignore[attr-defined]
    assert ran.code == 0, ran.out + ran.err


def stored(workspace: Path) -> list[tuple[object, ...]]:
    """The issue and its renderings, row by row."""
    with sqlite3.connect(workspace / "var/letters.db") as connection:
        issues = connection.execute("SELECT * FROM issue ORDER BY id").fetchall()
        return issues + connection.execute("SELECT * FROM rendering ORDER BY issue_id, choice").fetchall()


def read(workspace: Path, *paths: str) -> dict[str, bytes]:
    return {path: (workspace / path).read_bytes() for path in paths}


def test_a_corrected_card_alters_nothing_that_was_sent(letters: Letters, sent: Path) -> None:
    rows, files = stored(sent), read(sent, PAGE, *FEEDS)
    card = sent / "cards/sensors.txt"
    card.write_text(
        card.read_text()
        .replace("Cheap sensors, expensive silence", "Cheap sensors, dear silence")
        .replace("What a town learned", "What a village learned")
        .replace("Measure before", "Count before")
    )
    pass_at(letters, sent, LATER)
    assert "a village" in (sent / "feeds/all.json").read_text()
    assert stored(sent) == rows
    assert read(sent, PAGE, *FEEDS) == files
    ran = letters("publish", "--json", "--now", LATER.isoformat(), "-w", sent)
    assert ran.code == 0
    assert read(sent, PAGE, *FEEDS) == files


def test_a_card_that_is_taken_away_stays_in_what_was_sent(letters: Letters, sent: Path) -> None:
    rows, files = stored(sent), read(sent, PAGE, *FEEDS)
    (sent / "cards/sensors.txt").unlink()
    pass_at(letters, sent, LATER)
    assert json.loads((sent / "feeds/all.json").read_text())["items"] == []
    assert stored(sent) == rows
    assert read(sent, PAGE, *FEEDS) == files


def words_of_mail(page: bytes) -> str:
    """What was mailed of an issue's page: its body up to the site's own links."""
    body = page.decode().partition("<body")[2]
    return body.partition('<nav class="letters-site"')[0]


def test_an_issue_keeps_its_words_and_its_address_whatever_is_configured_later(
    letters: Letters, sent: Path
) -> None:
    rows, page = stored(sent), read(sent, PAGE)[PAGE]
    item = json.loads((sent / "feeds/editions/weekly.json").read_text())["items"][0]
    for file, before, after in (
        ("letters.toml", 'title = "Signal"', 'title = "Signals"'),
        ("letters.toml", "https://signal.example", "https://news.signal.example"),
        ("schedule.toml", 'title = "The week"', 'title = "Seven days"'),
        ("schedule.toml", '"0 8 * * MON"', '"0 9 * * TUE"'),
    ):
        config = sent / "config" / file
        assert before in config.read_text()
        config.write_text(config.read_text().replace(before, after))
    pass_at(letters, sent, LATER)
    assert stored(sent) == rows
    assert words_of_mail(read(sent, PAGE)[PAGE]) == words_of_mail(page)
    now = json.loads((sent / "feeds/editions/weekly.json").read_text())["items"][0]
    assert (now["id"], now["title"]) == (item["id"], item["title"])
    # The identifier stays where the site was; the address follows the site, to the same place in it.
    assert (item["url"], now["url"]) == (
        "https://signal.example/issues/weekly/1/",
        "https://news.signal.example/issues/weekly/1/",
    )


# --- nobody's data -----------------------------------------------------------------------------------------


@pytest.fixture
def personal(sent: Path) -> list[str]:
    """All that is any subscriber's own: addresses, names, identifiers, and every signed link."""
    house = open_house(Workspace(sent), {})
    links = Links(
        [key.get_secret_value() for key in house.settings.secrets.link_keys], house.settings.site.base_url
    )
    with house.store.read() as c:
        people = list(load_subscribers(c))
    house.close()
    assert len(people) == 2
    found = [PersonalLink.PREFERENCES.value, PersonalLink.UNSUBSCRIBE.value]
    for one in people:
        urls = (
            links.unsubscribe_url(one.uid, "weekly"),
            links.preferences_url(one.uid),
            links.confirm_url(one.uid),
        )
        found += [one.email, one.email.partition("@")[0], *one.name.split(), one.uid]
        found += [url.rpartition("/")[2] for url in urls]
    return [word for word in found if len(word) > 3]


def test_nothing_of_a_subscriber_is_in_anything_that_is_published(sent: Path, personal: list[str]) -> None:
    """Nor in a rendering that is stored, which has but the places of personal links, where it is mailed."""
    kinds = {".html", ".rss", ".atom", ".json", ".opml", ".xml"}
    files = [file for file in (sent / "feeds").rglob("*") if file.suffix in kinds]
    assert sent / PAGE in files
    for file in files:
        content = file.read_text()
        assert not [word for word in personal if word in content], file
        assert not re.search(r"/(unsubscribe|preferences|confirm|private)/[\w.-]{8,}", content), file
    house = open_house(Workspace(sent), {})
    with house.store.read() as c:
        issue = find_issue(c, "weekly", 1)
        assert issue is not None
        renderings = load_renderings(c, issue.id)
    house.close()
    assert set(renderings) == {"", "topics=open-data", PUBLIC}
    for choice, one in renderings.items():
        whole = "\0".join((one.subject, one.preheader, one.html, one.text))
        inside = {word for word in personal if word in whole}
        assert inside == (set() if choice == PUBLIC else set(PersonalLink)), choice
    mail = next((sent / "var/outbox/weekly/1").glob("*.eml")).read_text().replace("=\n", "")
    assert "https://signal.example/issues/weekly/1/" in mail
