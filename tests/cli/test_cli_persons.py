"""What is kept of a person, on an operator's desk: printed, and deleted."""

from __future__ import annotations

import json
from pathlib import Path

from cli_kit import Letters


def test_data_is_printed_and_the_erased_stay_away(letters: Letters, workspace: Path) -> None:
    """R36."""
    here = ("-w", workspace, "--json")
    letters("subscribers", "import", workspace / "people.csv", *here)
    printed = json.loads(letters("subscribers", "data", "ada@readers.example", "-w", workspace).out)
    assert printed["email"] == "ada@readers.example"
    assert letters("subscribers", "data", "Ada@Readers.example", *here).data["status"] == printed["status"]
    assert letters("subscribers", "erase", "ada@readers.example", *here).data["erased"] is True
    gone = letters("subscribers", "data", "ada@readers.example", *here)
    assert gone.code == 2
    assert "does not exist" in gone.out
    again = letters("subscribers", "import", workspace / "people.csv", *here)
    assert again.code == 1
    assert again.data["skipped"] == 1
    assert any("ada@readers.example is suppressed (erased)" in str(one) for one in again.data["problems"])
