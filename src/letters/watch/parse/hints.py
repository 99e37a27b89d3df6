"""What a document says about when to look again, where it lives, who announces it, and what is gone from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from letters.watch.parse.dates import parse_feed_date
from letters.watch.parse.values import Deleted, Hints
from letters.watch.parse.words import guid_text, storable, web_url, whole_number

_MOST_HUBS = 10
_MOST_DELETED = 1_000

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# RSS 1.0 module Syndication; a month and a year as long as they are at most.
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=31),
    "yearly": timedelta(days=366),
}
_NAMES = frozenset({
    *("link", "ttl", "skiphours", "skipdays", "sy_updateperiod", "sy_updatefrequency", "itunes_new-feed-url"),
    "at_deleted-entry",
})  # fmt: skip


class HintReader:
    """Takes the elements outside the entries one after the other; of repeated ones the first that can be read counts."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._ttl: timedelta | None = None
        self._hours: set[int] = set()
        self._days: set[int] = set()
        self._period: timedelta | None = None
        self._frequency: int | None = None
        self._hubs: list[object] = []
        self._self_url = self._new_feed_url = ""
        self._deleted: list[Deleted] = []

    def take(self, name: str, element: Any) -> None:
        """Note an element, by its name as `letters.watch.parse.names` has it, with what is in it."""
        if name not in _NAMES:
            return
        match name:
            case "link":
                self._take_link(element)
            case "ttl":
                self._ttl = self._ttl or _minutes(element.text)
            case "skiphours":
                self._hours |= set(_hours(element))
            case "skipdays":
                self._days |= set(_days(element))
            case "sy_updateperiod":
                self._period = self._period or _PERIODS.get((element.text or "").strip().lower())
            case "sy_updatefrequency":
                self._frequency = self._frequency or whole_number(element.text)
            case "itunes_new-feed-url":
                self._new_feed_url = self._new_feed_url or web_url(element.text, base=self._base)
            case "at_deleted-entry":
                self._take_deleted(element)

    def _take_link(self, link: Any) -> None:
        for relation in (link.get("rel") or "").lower().split():
            if relation == "hub" and len(self._hubs) < _MOST_HUBS:
                self._hubs.append(link.get("href"))
            elif relation == "self":
                self._self_url = self._self_url or web_url(link.get("href"), base=self._base)

    def _take_deleted(self, element: Any) -> None:
        ref = guid_text(element.get("ref"))
        if ref and len(self._deleted) < _MOST_DELETED:
            self._deleted.append(Deleted(ref=ref, when=parse_feed_date(element.get("when") or "")))

    def hints(self) -> Hints:
        """What was found so far."""
        return Hints(
            ttl=self._ttl,
            skip_hours=tuple(sorted(self._hours)),
            skip_days=tuple(sorted(self._days)),
            # Without a frequency it is once (RSS 1.0 module Syndication).
            update_period=self._period / (self._frequency or 1) if self._period else None,
            hubs=hub_addresses(self._hubs, base=self._base),
            self_url=self._self_url,
            new_feed_url=self._new_feed_url,
        )

    def deleted(self) -> tuple[Deleted, ...]:
        """The notices found so far, at most a thousand."""
        return tuple(self._deleted)


def hub_addresses(stated: list[object], *, base: str) -> tuple[str, ...]:
    """At most ten addresses that can be asked, each once."""
    found = (web_url(one, base=base) for one in stated[:_MOST_HUBS])
    return tuple(dict.fromkeys(address for address in found if address))


def _minutes(text: object) -> timedelta | None:
    minutes = whole_number(text)
    return timedelta(minutes=minutes) if minutes else None


def _texts(element: Any, most: int) -> Iterator[str]:
    for child in element[:most]:
        if isinstance(child.tag, str):
            yield storable(child.text).strip().lower()


def _hours(element: Any) -> Iterator[int]:
    """RSS 2.0 counts from 0 to 23, RSS 0.91 from 1 to 24."""
    for text in _texts(element, 24):
        hour = whole_number(text)
        if hour is not None and hour <= 24:
            yield hour % 24


def _days(element: Any) -> Iterator[int]:
    for text in _texts(element, 7):
        if text in _DAYS:
            yield _DAYS.index(text)
