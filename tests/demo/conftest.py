"""The demo as a user runs it, once for all tests here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``letters demo --json`` printed; its workspace, tree and outbox are paths in there."""
    root = tmp_path_factory.mktemp("demo") / "workspace"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LETTERS_")}
    done = subprocess.run(
        [sys.executable, "-m", "letters", "demo", "--json", "--workspace", str(root)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    return {
        name: Path(value) if name in {"workspace", "tree", "outbox"} else value
        for name, value in data.items()
    }
