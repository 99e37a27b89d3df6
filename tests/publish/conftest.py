"""A workspace to publish from, on either database."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest
from press_kit import Press, make_settings

from letters.publish import pages
from letters.settings import Settings
from letters.store import Store
from letters.text import make_environment


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """That files outlive a power cut is tested with `letters.files`; here it would only cost time."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> jinja2.BytecodeCache:
    return jinja2.FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(autouse=True)
def templates_compiled_once(
    compiled_templates: jinja2.BytecodeCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run of publishing compiles the templates anew, as it should; the tests publish two hundred times."""

    def make(overrides: Path | None) -> jinja2.Environment:
        environment = make_environment(overrides)
        environment.bytecode_cache = compiled_templates
        return environment

    monkeypatch.setattr(pages, "make_environment", make)


@pytest.fixture
def press(tmp_path: Path, store: Store) -> Press:
    return Press(tmp_path / "workspace", store)


@pytest.fixture
def sqlite_press(tmp_path: Path, sqlite_store: Store) -> Press:
    return Press(tmp_path / "workspace", sqlite_store)


@pytest.fixture
def with_settings() -> Callable[..., Settings]:
    return make_settings
