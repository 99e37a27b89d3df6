"""A workspace to publish from, on either database."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import feedparser
import jinja2
import pytest
from pydantic import SecretStr

from builders import day
from letters.publish import PublishReport, pages, publish, stamp
from letters.publish.twins import TWINS
from letters.settings import Settings, Workspace
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    Secrets,
    SiteSettings,
    StoreSettings,
    WatchSettings,
)
from letters.store import Store
from letters.text import make_environment


def make_settings(**fields: Any) -> Settings:
    site = {"title": "Signal", "base_url": "https://signal.example", **fields.pop("site", {})}
    return Settings(
        site=SiteSettings(**site),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(),
        publish=PublishSettings(**fields.pop("publish", {})),
        delivery=DeliverySettings(**{"from": "Signal <news@signal.example>"}),
        secrets=Secrets(link_keys=(SecretStr("secret"),)),
        **fields,
    )


class Press:
    """A workspace whose tree can be published and read back."""

    def __init__(self, root: Path, store: Store) -> None:
        self.workspace, self.store, self.settings = Workspace(root), store, make_settings()

    @property
    def tree(self) -> Path:
        return self.workspace.tree(self.settings)

    def publish(self, now: datetime | None = None, **kwargs: Any) -> PublishReport:
        return publish(self.store, self.settings, self.workspace, now=now or day(100), **kwargs)

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.tree)): path.read_bytes()
            for path in sorted(self.tree.rglob("*"))
            if path.is_file() and path.suffix not in TWINS and path.name != stamp.NAME
        }

    def parse(self, path: str) -> Any:
        """An RSS or Atom document as feedparser reads it; it must not find fault."""
        parsed = feedparser.parse((self.tree / path).read_bytes())
        assert not parsed.bozo, (path, parsed.get("bozo_exception"))
        return parsed

    def json(self, path: str) -> Any:
        return json.loads((self.tree / path).read_bytes())

    def text(self, path: str) -> str:
        return (self.tree / path).read_text()

    def titles(self, path: str) -> list[str]:
        """What a feed lists, in its order."""
        return [item["title"] for item in self.json(f"{path}.json")["items"]]


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
