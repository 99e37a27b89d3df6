"""Builders for tests of watching; not a test itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from letters.model import Episode, Source
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    Secrets,
    Settings,
    SiteSettings,
    StoreSettings,
    WatchSettings,
)
from letters.store import Store
from letters.store.episodes import load_episodes
from letters.store.sources import SourceState, load_states

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make_settings(*sources: Source, allow: tuple[str, ...] = ("127.0.0.0/8",), **watching: Any) -> Settings:
    # A source is due at each pass unless a test is about its rhythm.
    often = {"every": timedelta(minutes=30), "slowest": timedelta(minutes=30)}
    values: dict[str, Any] = {"allow_private": allow, "timeout": timedelta(seconds=10)} | often | watching
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example", contact="desk@signal.example"),
        store=StoreSettings(),
        watch=WatchSettings(**values),
        pair=PairSettings(),
        publish=PublishSettings(),
        delivery=DeliverySettings(**{"from": "Signal <news@signal.example>"}),
        sources=sources,
        secrets=Secrets(link_keys=()),
    )


def item(number: int, **changes: str) -> str:
    """An RSS item; a field set to "" is left out."""
    day = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)
    fields = {
        "title": f"Episode {number}",
        "guid": f"guid-{number}",
        "link": f"https://show.example/{number}",
        "pubDate": day.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "description": f"All about {number}.",
    } | changes
    return (
        "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields.items() if value) + "</item>"
    )


def rss(*items: str, title: str = "The Show", extra: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{title}</title><link>https://show.example/</link><description>x</description>{extra}"
        f"{''.join(items)}</channel></rss>"
    )


def entry(number: int, **changes: Any) -> Episode:
    """An entry as parsing hands it on."""
    base = Episode(
        source="show",
        identity=f"guid-{number}",
        guid=f"guid-{number}",
        link=f"https://show.example/{number}",
        title=f"Episode {number}",
        published=datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number),
        description=f"All about {number}.",
        show="The Show",
    )
    return replace(base, **changes)


def episodes(store: Store) -> list[Episode]:
    with store.read() as c:
        return load_episodes(c)


def state(store: Store, source: str = "show") -> SourceState:
    with store.read() as c:
        return load_states(c)[source]
