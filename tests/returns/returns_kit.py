"""Settings of a small publication whose mails come back."""

from __future__ import annotations

from pydantic import SecretStr

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

SETTINGS = Settings(
    site=SiteSettings(title="Signal", base_url="https://signal.example"),
    store=StoreSettings(),
    watch=WatchSettings(),
    pair=PairSettings(),
    publish=PublishSettings(),
    delivery=DeliverySettings(
        **{"from": "Signal <news@signal.example>", "return_path": "bounces@signal.example"}
    ),
    secrets=Secrets(link_keys=(SecretStr("a key of the test"),)),
)
