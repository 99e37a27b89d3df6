"""A workspace to publish from, on either database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from press_kit import Press, make_settings

from letters.settings import Settings
from letters.store import Store


@pytest.fixture
def press(tmp_path: Path, store: Store) -> Press:
    return Press(tmp_path / "workspace", store)


@pytest.fixture
def sqlite_press(tmp_path: Path, sqlite_store: Store) -> Press:
    return Press(tmp_path / "workspace", sqlite_store)


@pytest.fixture
def with_settings() -> Callable[..., Settings]:
    return make_settings
