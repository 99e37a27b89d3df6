"""Help, exit codes, JSON and errors: what a person at a terminal meets."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import structlog

from cli_kit import START, Letters
from letters import __version__
from letters.cli.face import count, parse_now
from letters.errors import UsageError

COMMANDS = [
    ("episodes", "list"), ("episodes", "release"), ("episodes", "remove"), ("episodes", "restore"),
    ("pair",), ("pair", "review"), ("pair", "explain"), ("pair", "confirm"), ("pair", "reject"), ("pair", "undo"),
    ("pair", "list"), ("init",), ("check",), ("demo",), ("once",), ("watch",), ("publish",), ("compose",), ("deliver",),
    ("schedule",), ("run",), ("approve",), ("hold",), ("cancel",), ("db", "upgrade"),
    ("subscribers", "import"), ("subscribers", "export"), ("subscribers", "list"), ("subscribers", "feed"),
    ("sources", "list"), ("sources", "show"), ("sources", "add"), ("sources", "import"), ("sources", "export"),
    ("cards", "list"), ("cards", "show"),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_json(letters: Letters, command: tuple[str, ...]) -> None:
    ran = letters(*command, "--help")
    assert ran.code == 0
    assert "--json" in ran.out
    assert len(ran.out.splitlines()[2].strip()) > 10


def test_the_version_is_told(letters: Letters) -> None:
    assert letters("--version").out.strip() == f"letters {__version__}"


def test_a_folder_that_is_no_workspace_is_a_usage_error_with_the_remedy(
    letters: Letters, tmp_path: Path
) -> None:
    ran = letters("once", "--workspace", tmp_path)
    assert ran.code == 2
    assert "letters init" in ran.err
    assert "Traceback" not in ran.err


def test_errors_are_json_too_when_json_was_asked_for(letters: Letters, tmp_path: Path) -> None:
    ran = letters("once", "--json", "--workspace", tmp_path)
    assert ran.code == 2
    assert "letters init" in ran.data["problems"][0]["text"]
    ran = letters("once", "--json", "--colour")
    assert ran.code == 2
    assert "--colour" in ran.data["problems"][0]["text"]


def test_an_unknown_edition_names_the_known_ones(letters: Letters, workspace: Path) -> None:
    ran = letters("compose", "montly", "-w", workspace)
    assert ran.code == 2
    assert '"weekly"' in ran.err


def test_check_names_every_problem_with_file_and_line(letters: Letters, workspace: Path) -> None:
    (workspace / "config/schedule.toml").write_text(
        '[[edition]]\nkey = "weekly"\ntitle = "The week"\nwhen = "0 8 31 2 *"\nzone = "America/NewYork"\nwhne = 1\n'
    )
    ran = letters("check", "-w", workspace)
    assert ran.code == 2
    for words in (
        "config/schedule.toml:4",
        "config/schedule.toml:5",
        "config/schedule.toml:6",
        "America/New_York",
    ):
        assert words in ran.out


def test_check_names_every_fault_of_every_catalogue(letters: Letters, workspace: Path) -> None:
    folder = workspace / "templates/catalogues"
    folder.mkdir(parents=True)
    (folder / "de.po").write_text(
        'msgid "To get it, write to %(address)s."\nmsgstr "An %(adress)s"\n\nmsgid "Save"\nmsgstr "100 %"\n'
    )
    (folder / "sv.po").write_text('msgid "Save"\nmsgstr Spara\n')
    (folder / "fr.po").write_text('msgid "Save"\nmsgstr "Enregistrer"\n')
    ran = letters("check", "-w", workspace)
    assert ran.code == 1
    for words in (
        'templates/catalogues/de.po:1: "An %(adress)s" has the placeholder',
        'templates/catalogues/de.po:4: "100 %" has a "%"',
        "templates/catalogues/sv.po:2: is no gettext catalogue",
    ):
        assert words in " ".join(ran.out.split())
    assert "fr.po" not in ran.out


def test_check_of_a_sound_workspace_says_so(letters: Letters, workspace: Path) -> None:
    ran = letters("check", "-w", workspace)
    assert ran.code == 0, ran.out
    assert "nothing to mend" in ran.out


def test_lists_show_what_is_there(letters: Letters, workspace: Path) -> None:
    here = ("-w", workspace)
    assert "No cards yet" in letters("cards", "list", *here).out
    letters("once", "--now", START.isoformat(), *here)
    assert letters("cards", "list", "--json", *here).data["cards"][0]["path"] == "sensors.txt"
    assert letters("sources", "list", "--json", *here).data["sources"][0]["health"] == "well"
    shown = letters("cards", "show", "sensors.txt", *here)
    assert "Cheap sensors, expensive silence" in shown.out
    assert "Best for: Policy Maker" in shown.out
    assert letters("cards", "show", "none.txt", *here).code == 2


def test_subscribers_come_in_and_go_out_the_same(letters: Letters, workspace: Path, tmp_path: Path) -> None:
    here = ("-w", workspace, "--json")
    assert letters("subscribers", "import", workspace / "people.csv", *here).data["added"] == 2
    assert letters("subscribers", "export", tmp_path / "out.csv", *here).data["written"] == 2
    again = letters("subscribers", "import", tmp_path / "out.csv", *here).data
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 2)
    listed = letters("subscribers", "list", *here).data["subscribers"]
    assert [one["email"] for one in listed] == ["ada@readers.example", "grace@readers.example"]


def test_a_dry_run_changes_nothing(letters: Letters, workspace: Path) -> None:
    here = ("-w", workspace, "--json")
    assert letters("subscribers", "import", workspace / "people.csv", "--dry-run", *here).data["added"] == 2
    assert letters("subscribers", "list", *here).data["subscribers"] == []


def test_init_twice_changes_nothing_and_says_so(letters: Letters, workspace: Path) -> None:
    before = (workspace / "config/letters.toml").read_text()
    ran = letters("init", workspace)
    assert ran.code in {0, 2}
    assert (workspace / "config/letters.toml").read_text() == before


def test_numbers_and_nouns_agree() -> None:
    assert [count(number, "entry") for number in (0, 1, 1200)] == ["no entries", "1 entry", "1,200 entries"]


def test_a_clock_without_a_zone_is_utc_and_nonsense_is_refused() -> None:
    assert parse_now("2026-11-21T12:00") == START
    assert parse_now("2026-11-21T13:00+01:00") == START
    with pytest.raises(UsageError, match="wanted an ISO 8601 time"):
        parse_now("tomorrow")


def test_log_goes_to_what_is_standard_error_when_it_is_written(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that ran inside another program, such as these tests, leaves nothing behind that breaks a later log line."""
    with monkeypatch.context() as patch:
        gone = io.StringIO()
        patch.setattr("sys.stderr", gone)
        letters("--version")
        gone.close()
    later = io.StringIO()
    monkeypatch.setattr("sys.stderr", later)
    structlog.get_logger("letters.test").error("still told")
    assert "still told" in later.getvalue()
