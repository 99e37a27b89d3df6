"""Worlds and relays for the tests of delivering."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deliver_kit import TestRelay, World, make_settings

from letters.settings import Workspace
from letters.store import Store


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    """An outbox workspace, on each database."""
    return World(store, Workspace(tmp_path), make_settings())


@pytest.fixture
def lite(sqlite_store: Store, tmp_path: Path) -> World:
    """An outbox workspace on SQLite, where the database makes no difference."""
    return World(sqlite_store, Workspace(tmp_path), make_settings())


@pytest.fixture
def relay() -> Iterator[TestRelay]:
    """A relay that takes everything, unless its script says otherwise."""
    server = TestRelay()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send one message at a time, and look before each what was decided elsewhere: a test must not wait a second."""
    monkeypatch.setattr("letters.deliver.outbox._AT_ONCE", 1)
    monkeypatch.setattr("letters.deliver.batch._LOOK_EVERY_SECONDS", 0.0)
