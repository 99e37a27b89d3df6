"""What parsing hands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from letters.model import Episode


class OddError(Exception):
    """A document, or something in it, that the quick reader leaves to feedparser; never an answer to a caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a document says about when to look again, where it lives and who announces it. All foreign, all bounded."""

    #: RSS 2.0 ``ttl``.
    ttl: timedelta | None = None
    #: Hours of the day in UTC, 0 to 23 (RSS 2.0 ``skipHours``).
    skip_hours: tuple[int, ...] = ()
    #: Days of the week in UTC, Monday is 0 (RSS 2.0 ``skipDays``).
    skip_days: tuple[int, ...] = ()
    #: RSS 1.0 syndication: ``sy:updatePeriod`` divided by ``sy:updateFrequency``.
    update_period: timedelta | None = None
    #: WebSub hubs (``link rel="hub"``, JSON Feed ``hubs``), and the address the document gives itself (``rel="self"``, ``feed_url``).
    hubs: tuple[str, ...] = ()
    self_url: str = ""
    #: ``itunes:new-feed-url``.
    new_feed_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A publisher's notice that an entry is gone (RFC 6721 ``at:deleted-entry``)."""

    #: The entry's Atom id, which is an episode's guid.
    ref: str
    when: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document's title, language and entries, in the document's order.

    Entries that repeat another one in the same document are left out. Entries whose fingerprint was known are not read
    again: they are in `kept`, not in `entries`.
    """

    title: str = ""
    language: str = ""
    entries: tuple[Episode, ...] = ()
    #: By place in `entries`: a digest of the entry as it stands in the document; empty where it must be read at each look.
    fingerprints: tuple[str, ...] = ()
    #: Known fingerprints that the document holds again.
    kept: tuple[str, ...] = ()
    hints: Hints = Hints()
    deleted: tuple[Deleted, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a document came from: what its entries are named after and its relative links resolved against."""

    source: str
    #: The show as configured; empty: the feed's own title.
    show: str
    url: str
