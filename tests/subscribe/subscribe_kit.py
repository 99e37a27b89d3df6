"""What the tests of this room share."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import SecretStr

from letters.model import Audience, Edition, Topic
from letters.settings import Settings
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    Secrets,
    SiteSettings,
    StoreSettings,
    WatchSettings,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def make_settings() -> Settings:
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example"),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(),
        publish=PublishSettings(),
        delivery=DeliverySettings(**{"from": "Signal <news@signal.example>"}),
        topics=(
            Topic(key="open-source-ai", name="Open-Source AI", aliases=("open models",)),
            Topic(key="policy", name="Policy"),
        ),
        audiences=(Audience(key="policy-maker", name="Policy Maker"),),
        editions=(
            Edition(key="weekly", title="Weekly", when="0 8 * * MON"),
            Edition(key="daily", title="Daily", when="0 8 * * *"),
        ),
        secrets=Secrets(link_keys=(SecretStr("k"),)),
    )


SETTINGS = make_settings()


def one(**cells: str) -> str:
    """A file of one confirmed receiver with these cells."""
    row = {
        "email": "ada@reader.example",
        "editions": "weekly",
        "status": "confirmed",
        "consent_at": "2026-01-02",
        **cells,
    }
    return f"{','.join(row)}\n{','.join(row.values())}\n"
