"""The keys that sign an issue's messages."""

from __future__ import annotations

from letters.deliver.dkim import SigningKey, load_key
from letters.settings import Settings
from letters.store.subscribers import domain_key


def signing_keys(settings: Settings) -> tuple[SigningKey, ...]:
    """The keys of ``[[delivery.dkim]]``, which signs for the sender's domain where it names none."""
    delivery = settings.delivery
    return tuple(
        load_key(
            pem.get_secret_value(),
            domain=table.domain or domain_key(delivery.sender.domain),
            selector=table.selector,
        )
        for table, pem in zip(delivery.dkim, settings.secrets.dkim_keys, strict=True)
    )
