"""``letters bounces`` and ``letters suppressions``, as people and scripts use them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from cli_kit import Letters, Ran
from letters.settings import init_workspace
from letters.store import Store, tables

NOW = "2026-11-21T12:00:00Z"
MAIL = (
    b"From: MAILER-DAEMON@mx.example\nX-Failed-Recipients: r@x.example\nSubject: failed\n\n550 5.1.1 nobody\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    init_workspace(tmp_path / "w", {})
    return tmp_path / "w"


@pytest.fixture
def pipe(letters: Letters, monkeypatch: pytest.MonkeyPatch, place: Path) -> Letters:
    """Run ``letters bounces -`` with bytes on standard input."""

    def run(content: bytes, *words: object) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return letters("bounces", "-", "--workspace", place, "--now", NOW, *words)

    return run


def maildir(folder: Path, *mails: bytes) -> Path:
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    for number, content in enumerate(mails):
        (folder / "new" / f"{number}.host").write_bytes(content)
    return folder


def test_one_mail_on_standard_input_counts_once(pipe: Letters) -> None:
    first = pipe(MAIL)
    assert (first.code, first.out) == (
        0,
        "1 report taken in: 1 hard; 0 told before; 0 suppressed, no waiting messages dropped\n",
    )
    again = pipe(MAIL, "--json")
    assert again.code == 0
    assert again.data == {"reports": {}, "repeated": 1, "suppressed": 0, "dropped": 0, "problems": []}


def test_what_is_no_mail_is_told_and_stops_nothing(pipe: Letters) -> None:
    ran = pipe(b"\n", "--json")
    assert ran.code == 0
    assert [one["where"] for one in ran.data["problems"]] == ["standard input"]
    assert "is no mail" in ran.data["problems"][0]["what"]


def test_a_maildir_is_named_on_the_line_or_in_the_settings(
    letters: Letters, place: Path, tmp_path: Path
) -> None:
    ran = letters("bounces", maildir(tmp_path / "named", MAIL), "--workspace", place, "--json")
    assert (ran.code, ran.data["reports"]) == (0, {"hard": 1})
    config = place / "config/letters.toml"
    config.write_text(config.read_text().replace('#maildir = ""', 'maildir = "back"'))
    maildir(place / "back", MAIL + b"Another.\n")
    ran = letters("bounces", "--workspace", place, "--json")
    assert (ran.code, ran.data["reports"]) == (0, {"hard": 1})
    assert [path.name for path in (place / "back/cur").iterdir()] == ["0.host:2,S"]


def test_nowhere_to_read_from_is_a_mistake_of_use(letters: Letters, place: Path, tmp_path: Path) -> None:
    nowhere = letters("bounces", "--workspace", place)
    assert nowhere.code == 2
    assert "set [returns] maildir or [returns.imap] host in config/letters.toml" in " ".join(
        nowhere.err.split()
    )
    none = letters("bounces", tmp_path, "--workspace", place)
    assert none.code == 2
    assert "is no maildir" in " ".join(none.err.split())


def test_rates_are_shown_for_people_and_scripts(letters: Letters, place: Path) -> None:
    shown = letters("bounces", "--rates", "--workspace", place, "--now", NOW)
    assert shown.code == 0
    assert "2026-11-21" in shown.out
    told = letters("bounces", "--rates", "--workspace", place, "--now", NOW, "--json")
    assert told.data["rates"]["days"][1] == {"of": "2026-11-20", "sent": 0, "complaints": 0, "hard": 0}


def test_the_list_can_be_asked_but_shows_no_address(letters: Letters, place: Path) -> None:
    """R36."""
    end = ("--workspace", place)
    assert "No address is suppressed." in letters("suppressions", "list", *end).out
    assert letters("suppressions", "add", "Reader@Harbour.example", "--now", NOW, *end).code == 0
    shown = letters("suppressions", "list", *end)
    assert "operator" in shown.out
    assert "2026-11-21" in shown.out
    told = letters("suppressions", "list", *end, "--json")
    (row,) = told.data["suppressions"]
    assert set(row) == {"digest", "reason", "since"}
    assert "harbour" not in (shown.out + told.out).lower()
    asked = letters("suppressions", "check", "reader@harbour.example", *end, "--json")
    assert asked.data["reason"] == "operator"
    assert letters("suppressions", "check", "no address", *end).code == 2


def test_an_address_is_taken_off_by_its_name_and_on_record(letters: Letters, place: Path) -> None:
    end = ("--workspace", place)
    letters("suppressions", "add", "reader@harbour.example", "--now", NOW, *end)
    digest = letters("suppressions", "list", *end, "--json").data["suppressions"][0]["digest"]
    assert letters("suppressions", "remove", digest, *end).code == 2
    gone = letters(
        "suppressions", "remove", "READER@harbour.example", "--by", "Desk", "--now", NOW, *end, "--json"
    )
    assert (gone.code, gone.data["reason"], gone.data["by"]) == (0, "operator", "Desk")
    again = letters("suppressions", "remove", "reader@harbour.example", *end)
    assert (again.code, again.out) == (0, "reader@harbour.example is not suppressed\n")
    assert letters("suppressions", "list", *end, "--json").data["suppressions"] == []
    with Store(f"sqlite:///{place}/var/letters.db").read() as c:
        (kept,) = c.execute(select(tables.lifted)).all()
    assert (kept.digest, kept.reason, kept.actor) == (digest, "operator", "Desk")
