"""``letters compose EDITION --preview`` and ``--send-test`` on a whole workspace."""

from __future__ import annotations

import email
import email.policy
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli_kit import MONDAY, START, Letters, fill_workspace, run_quietly
from httpserver import HttpServer


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    server = HttpServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def ready_once(tmp_path_factory: pytest.TempPathFactory, server: HttpServer) -> Path:
    """A workspace with one card that the next issue takes, and two subscribers."""
    root = tmp_path_factory.mktemp("preview") / "signal"
    run_quietly("init", root)
    fill_workspace(root, server)
    run_quietly("subscribers", "import", root / "people.csv", "-w", root)
    run_quietly("once", "--now", START.isoformat(), "-w", root)
    return root


@pytest.fixture
def ready(ready_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for each test. No Chromium is looked for."""
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "no-chromium"))
    return shutil.copytree(ready_once, tmp_path / "signal")


def everything(workspace: Path) -> dict[str, Any]:
    """All rows, and all files but the database's and the preview's."""
    with sqlite3.connect(workspace / "var/letters.db") as connection:
        rows = "\n".join(connection.iterdump())
    files = {
        str(file.relative_to(workspace)): file.read_bytes()
        for file in workspace.rglob("*")
        if file.is_file() and "preview" not in file.parts and not file.name.startswith("letters.db")
    }
    return {"rows": rows, **files}


def look(letters: Letters, workspace: Path, *words: object) -> Any:
    return letters("compose", "weekly", *words, "--json", "--now", START.isoformat(), "-w", workspace)


@pytest.mark.parametrize("words", [("--preview",), ("--preview", "--titles-only", "--topics", "open-data")])
def test_a_preview_leaves_everything_as_it_was(letters: Letters, ready: Path, words: tuple[str, ...]) -> None:
    before = everything(ready)
    ran = look(letters, ready, *words)
    assert ran.code == 0, ran.out
    assert everything(ready) == before
    due = letters("once", "--json", "--now", MONDAY.isoformat(), "-w", ready)
    assert due.data["issues"]["composed"] == 1


def test_a_preview_shows_what_the_next_issue_will_be(letters: Letters, ready: Path) -> None:
    shown = look(letters, ready, "--preview").data
    assert (shown["edition"], shown["number"], shown["occurrence"]) == ("weekly", 1, "2026-11-23T08:00:00Z")
    assert shown["entries"] == 1
    assert 0 < shown["html_bytes"] < shown["limit_bytes"] == 100_000
    assert shown["clients"]["date"] == "2025-09-09"
    assert shown["clients"]["failures"] == []
    assert {"feature", "where", "platforms", "instead"} == set(shown["clients"]["fallbacks"][0])
    assert all(link["in_text"] for link in shown["links"])
    assert [one for one in shown["problems"] if not one["notice"]] == []
    folder = ready / "var/preview/weekly"
    assert Path(shown["preview"]["index"]) == folder / "index.html"
    assert {"desktop.html", "phone.html", "dark.html", "images-off.html", "text.html", "mail.txt"} <= {
        file.name for file in folder.iterdir()
    }
    letters("once", "--json", "--now", MONDAY.isoformat(), "-w", ready)
    mail = next((ready / "var/outbox/weekly/1").glob("*.eml"))
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert message["Subject"] == shown["subject"]


def test_a_preview_speaks_to_a_person(letters: Letters, ready: Path, tmp_path: Path) -> None:
    ran = letters(
        "compose", "weekly", "--preview", "--folder", tmp_path / "p", "--now", START.isoformat(), "-w", ready
    )
    assert ran.code == 0, ran.out + ran.err
    assert "weekly/1 · 23 November 2026 08:00 UTC · a preview" in ran.out
    assert "facts of 9 September 2025" in ran.out
    assert "corners are square" in ran.out
    assert str(tmp_path / "p" / "index.html") in ran.out
    assert (tmp_path / "p" / "desktop.html").exists()
    assert not (ready / "var/preview").exists()


def test_links_are_asked_only_on_request_and_broken_ones_are_problems(
    letters: Letters, ready: Path, server: HttpServer
) -> None:
    settings = ready / "config/letters.toml"
    base = server.url("").rstrip("/")
    settings.write_text(settings.read_text().replace("https://signal.example", base))
    asked = len(server.requests)
    look(letters, ready, "--preview")
    assert len(server.requests) == asked
    ran = look(letters, ready, "--preview", "--check-links")
    answers = {one["url"]: one for one in ran.data["links"] if "answer" in one}
    assert answers[f"{base}/issues/weekly/1/"]["answer"] == "comes to be when the issue is sent"
    assert (answers[f"{base}/"]["status"], answers[f"{base}/"]["broken"]) == (404, True)
    assert ran.code == 1
    assert f'the link to "{base}/" is broken: 404 Not Found' in str(ran.data["problems"])


def test_a_choice_that_leaves_nothing_gets_no_mail_and_no_folder(letters: Letters, ready: Path) -> None:
    ran = look(letters, ready, "--preview", "--topics", "no-such-topic")
    assert ran.code == 3
    said = ran.data["problems"][0]["text"]
    assert 'nothing in the next issue is for "topics=no-such-topic"' in said
    assert not (ready / "var/preview").exists()


def test_every_misspelt_name_in_a_template_is_told_at_once(letters: Letters, ready: Path) -> None:
    own = ready / "templates/text/issue.txt"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("{{ issue.edtion }}\n{{ isue.site }}\n")
    ran = look(letters, ready, "--preview")
    assert ran.code == 2
    told = "\n".join(one["text"] for one in ran.data["problems"])
    assert (
        'templates/text/issue.txt:1: "issue.edtion" is nothing that a template is given; did you mean "issue.edition"?'
        in told
    )
    assert 'templates/text/issue.txt:2: "isue" is nothing' in told
    assert not (ready / "var/preview").exists()


def test_a_fault_of_a_workspaces_template_is_a_problem_of_its_preview(letters: Letters, ready: Path) -> None:
    own = ready / "templates/text/issue.txt"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("Dear *|FNAME|*, read it at {{ issue.issue_url }}\n")
    ran = look(letters, ready, "--preview")
    assert ran.code == 1
    told = "\n".join(one["text"] for one in ran.data["problems"])
    assert 'text: "*|FNAME|*" was not filled in' in told
    assert "text: lacks links that the HTML has" in told
    assert (ready / "var/preview/weekly/index.html").exists()


def test_a_test_mail_goes_to_one_address_and_is_in_no_ledger(letters: Letters, ready: Path) -> None:
    before = everything(ready)
    ran = look(letters, ready, "--send-test", "ida@desk.example")
    assert ran.code == 0, ran.out
    assert ran.data["test"]["sent"] is True
    assert "preview" not in ran.data
    (mail,) = (ready / "var/outbox").rglob("*.eml")
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert message["Subject"] == f"[Test] {ran.data['subject']}"
    assert message["To"] == "ida@desk.example"
    assert message["List-Unsubscribe"] is None
    after = everything(ready)
    assert set(after) - set(before) == {str(mail.relative_to(ready))}
    assert after["rows"] == before["rows"]


def test_a_test_mail_and_views_come_together(letters: Letters, ready: Path) -> None:
    ran = look(letters, ready, "--preview", "--send-test", "ida@desk.example", "--titles-only")
    assert ran.code == 0, ran.out
    assert ran.data["choice"] == "titles"
    (mail,) = (ready / "var/outbox").rglob("*.eml")
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert "What a town learned" not in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "What a town learned" not in (ready / "var/preview/weekly/mail.txt").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--send-test", "ida"), '--send-test "ida": wanted one address'),
        (("--preview", "--explain"), "--explain goes without --preview"),
        (("--folder", "x"), "are for --preview; add it"),
        (("--check-links", "--send-test", "a@b.example"), "are for --preview; add it"),
        (("--topics", "x"), "are for --explain, --preview and --send-test; add one"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    letters: Letters, ready: Path, words: tuple[str, ...], said: str
) -> None:
    ran = look(letters, ready, *words)
    assert ran.code == 2
    assert said in ran.data["problems"][0]["text"]
    assert not list((ready / "var").rglob("*.eml"))


def test_an_unknown_edition_is_refused(letters: Letters, ready: Path) -> None:
    ran = letters("compose", "weakly", "--preview", "-w", ready)
    assert ran.code == 2
    assert 'edition "weakly" is not in config/schedule.toml' in ran.err
