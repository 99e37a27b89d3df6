"""What tests of composing share: settings, editions, and a press without a store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pydantic import SecretStr

from builders import day, make_card, make_episode
from letters.compose.issue import Press
from letters.compose.render import Renderer
from letters.model import Audience, Choice, Edition, Entry, Occurrence, Rendering, Topic
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

#: Mondays at eight: day 1 of the builders' world is the first of them.
WEEKLY = "0 8 * * MON"
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def monday(weeks: int, **later: float) -> datetime:
    """The occurrence of a weekly edition, so many weeks on, or some time after it."""
    return MONDAY + timedelta(weeks=weeks) + timedelta(**later)


def make_edition(**fields: Any) -> Edition:
    return Edition(**{"key": "weekly", "title": "Signals, weekly", "when": WEEKLY, **fields})


def make_settings(*editions: Edition, site: dict[str, Any] | None = None, **pair: Any) -> Settings:
    return Settings(
        site=SiteSettings(
            **{
                "title": "Harbour",
                "base_url": "https://harbour.example",
                "postal_address": "Harbour, 1 Quay Street",
                **(site or {}),
            }
        ),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(**pair),
        publish=PublishSettings(),
        delivery=DeliverySettings(**{"from": "Harbour <news@harbour.example>"}),
        editions=editions or (make_edition(),),
        secrets=Secrets(link_keys=(SecretStr("key"),)),
    )


def make_entry(
    number: int = 1,
    *,
    topics: Sequence[str] = ("Signals",),
    audiences: Sequence[str] = ("Keeper",),
    ready_at: datetime | None = None,
    carded: bool = True,
    episode: dict[str, Any] | None = None,
    **card: Any,
) -> Entry:
    """Entry N: card N and episode N of the builders' world."""
    return Entry(
        id=f"entry-{number}",
        address=f"card-{number}",
        card=make_card(number, **card) if carded else None,
        episode=make_episode(number, **(episode or {})),
        topics=tuple(Topic(key=name.lower(), name=name) for name in topics) if carded else (),
        audiences=tuple(Audience(key=name.lower(), name=name) for name in audiences) if carded else (),
        ready_at=ready_at or day(number),
        updated_at=ready_at or day(number),
    )


@cache
def shipped_renderer() -> Renderer:
    return Renderer(None)


def make_press(edition: Edition | None = None, settings: Settings | None = None, number: int = 7) -> Press:
    edition = edition or make_edition()
    at = monday(2)
    return Press(
        shipped_renderer(),
        settings or make_settings(edition),
        edition,
        Occurrence(at=at, local_date=at.date()),
        number,
    )


def render(*entries: Entry, choice: Choice | None = None, edition: Edition | None = None) -> Rendering:
    return make_press(edition).render(entries, choice or Choice())
