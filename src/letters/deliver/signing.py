"""The keys that sign an issue's messages, and the threads that do it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

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


def signing_threads() -> ThreadPoolExecutor:
    """As many threads as there are processors for us: a signature lets go of the interpreter, so they really run at once."""
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="letters-signing")
