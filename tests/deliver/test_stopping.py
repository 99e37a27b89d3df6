"""`letters deliver` stopped from outside: what is under way comes to its end, and nobody need be unknown."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from deliver_kit import TestRelay, World, make_settings, wait_for

from letters.cli import main
from letters.model import DeliveryState
from letters.settings import Workspace
from letters.store import Store

READERS = 30
EDITION = '\n[[edition]]\nkey = "weekly"\ntitle = "AI policy, weekly"\nwhen = "0 8 * * MON"\n'


@pytest.fixture
def configured(tmp_path: Path, relay: TestRelay) -> World:
    """A workspace as an operator has one, with an issue that is ready to go."""
    assert main(["init", str(tmp_path)]) == 0
    config = tmp_path / "config" / "letters.toml"
    changed = re.sub("(?m)^#transport = .*", 'transport = "smtp"', config.read_text())
    lines = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {relay.port}\ntls = "none"\nconnections = 2'
    config.write_text(changed.replace("[delivery.smtp]", lines, 1))
    with (tmp_path / "config" / "schedule.toml").open("a") as file:
        file.write(EDITION)
    workspace = Workspace(tmp_path)
    store = Store(f"sqlite:///{workspace.var / 'letters.db'}")
    store.upgrade()
    world = World(store, workspace, make_settings(smtp=relay.settings()))
    world.add_readers(READERS)
    world.add_issue()
    return world


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_lets_what_is_under_way_end(
    configured: World, relay: TestRelay, number: signal.Signals, code: int
) -> None:
    relay.script.on_rcpt = lambda recipient: time.sleep(0.03)  # type: ignore[func-returns-value]
    arguments = ["-w", str(configured.workspace.root), "deliver", "--now", "2026-11-23T12:00:00Z"]
    child = subprocess.Popen([sys.executable, "-m", "letters", *arguments], stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(relay.taken) >= 3, what="nothing is sent")
    child.send_signal(number)
    _, told = child.communicate()
    assert child.returncode == code
    assert "run the same command to go on" in told
    assert set(configured.states().values()) == {DeliveryState.SENT, DeliveryState.PENDING}
    sent = sum(state is DeliveryState.SENT for state in configured.states().values())
    assert sent == len(relay.taken) < READERS
