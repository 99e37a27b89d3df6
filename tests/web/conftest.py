"""A house with a published tree and two readers, and the site that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from pydantic import SecretStr

from letters.links import Links
from letters.model import Audience, Edition, Subscriber, SubscriberStatus, Topic
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
from letters.store.subscribers import find_by_uid, save_subscribers
from letters.web import make_app

BASE = "https://signal.example"
THEN = datetime(2026, 11, 3, 9, tzinfo=UTC)


def make_settings(**fields: Any) -> Settings:
    values: dict[str, Any] = {
        "site": SiteSettings(title="Signal", base_url=BASE, zone="Europe/Berlin"),
        "store": StoreSettings(),
        "watch": WatchSettings(),
        "pair": PairSettings(),
        "publish": PublishSettings(),
        "delivery": DeliverySettings(**{"from": "Signal <news@signal.example>"}),
        "editions": (
            Edition(key="weekly", title="AI policy, weekly", when="0 8 * * MON", zone="America/New_York"),
            Edition(key="daily", title="Fish & <chips>, daily", when="0 7 * * *", zone="recipient"),
        ),
        "topics": (Topic(key="robots", name="Robots"), Topic(key="chips", name="Chips & <fabs>")),
        "audiences": (Audience(key="policy-maker", name="Policy Maker"),),
        "secrets": Secrets(link_keys=(SecretStr("a key of the test"),)),
    }
    return Settings(**(values | fields))


def make_subscriber(uid: str, **fields: Any) -> Subscriber:
    reader = Subscriber(
        uid=uid,
        email=f"{uid}@reader.example",
        name="Ada",
        zone="Asia/Tokyo",
        language="en",
        topics=("robots",),
        editions=("daily", "weekly"),
        status=SubscriberStatus.CONFIRMED,
        consent_at=THEN,
        consent_source="form",
    )
    return replace(reader, **fields)


@dataclass
class Here:
    """What the site needs of a house."""

    workspace: Workspace
    settings: Settings
    store: Store

    @property
    def tree(self) -> Path:
        return self.workspace.tree(self.settings)

    @property
    def links(self) -> Links:
        return Links(
            [key.get_secret_value() for key in self.settings.secrets.link_keys], self.settings.site.base_url
        )

    def reader(self, uid: str = "ada") -> Subscriber:
        with self.store.read() as connection:
            found = find_by_uid(connection, uid)
        assert found is not None
        return found

    def path(self, url: str) -> str:
        return url.removeprefix(BASE)

    def unsubscribe_path(self, uid: str = "ada", edition: str = "weekly") -> str:
        return self.path(self.links.unsubscribe_url(uid, edition))

    def preferences_path(self, uid: str = "ada") -> str:
        return self.path(self.links.preferences_url(uid))

    def confirm_path(self, uid: str = "ada") -> str:
        return self.path(self.links.confirm_url(uid))


@pytest.fixture
def here(tmp_path: Path, sqlite_store: Store) -> Here:
    house = Here(Workspace(tmp_path / "workspace"), make_settings(), sqlite_store)
    with house.store.write() as connection:
        save_subscribers(
            connection,
            [
                make_subscriber("ada"),
                make_subscriber("bob", status=SubscriberStatus.PENDING, editions=("daily",)),
            ],
            now=THEN,
        )
    return house


@pytest.fixture
def client(here: Here) -> Iterator[TestClient[Any]]:
    """Follows no redirect, keeps no cookie that matters, and shows our own page where the application broke."""
    with TestClient(make_app(lambda: here), raise_server_exceptions=False) as one:
        one.follow_redirects = False
        yield one
