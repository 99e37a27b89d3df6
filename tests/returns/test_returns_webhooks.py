"""Providers' reports over HTTP: taken in when proved, once however often they come."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from litestar.testing import TestClient
from pydantic import SecretStr
from returns_kit import SETTINGS

from letters.settings import Settings, Workspace
from letters.settings.types import Secrets
from letters.store import Store
from letters.store.suppression import find_suppressed
from letters.web import make_app

GOOD = {"Authorization": "Basic " + base64.b64encode(b"letters:open sesame").decode()}
BOUNCE = json.dumps({"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "Email": "R@x.example"})


@dataclass(frozen=True)
class House:
    workspace: Workspace
    settings: Settings
    store: Store


@pytest.fixture
def client(sqlite_store: Store, tmp_path: Path) -> Iterator[TestClient[object]]:
    secrets = Secrets(
        link_keys=(SecretStr("a key of the test"),), postmark_webhook=SecretStr("letters:open sesame")
    )
    house = House(Workspace(tmp_path), SETTINGS.model_copy(update={"secrets": secrets}), sqlite_store)
    with TestClient(make_app(lambda: house)) as client:  # type: ignore[arg-type]
        yield client


def suppressed(store: Store) -> dict[str, str]:
    with store.read() as c:
        return dict(find_suppressed(c, ["r@x.example"]))


def test_r38_a_proved_report_suppresses_and_its_replay_changes_nothing(
    client: TestClient[object], sqlite_store: Store
) -> None:
    for _ in range(2):
        assert client.post("/webhooks/postmark", content=BOUNCE, headers=GOOD).status_code == 200
    assert suppressed(sqlite_store) == {"r@x.example": "bounced"}


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/webhooks/postmark", BOUNCE, {}, 403),
        ("/webhooks/postmark", "no JSON", GOOD, 400),
        ("/webhooks/mailgun", BOUNCE, GOOD, 404),
        ("/webhooks/nobody", BOUNCE, GOOD, 404),
    ],
)
def test_anything_else_is_refused(
    client: TestClient[object],
    sqlite_store: Store,
    path: str,
    body: str,
    headers: dict[str, str],
    status: int,
) -> None:
    assert client.post(path, content=body, headers=headers).status_code == status
    assert suppressed(sqlite_store) == {}
