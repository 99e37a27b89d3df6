"""What a pass over the sources reports, and what one look at one source comes to.

What each look makes is a named tuple: a frozen dataclass takes three times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from letters.errors import Problem, UnreadableFeedError
from letters.model import Source
from letters.watch.parse.values import ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """Counts of sources and of episodes, and a problem for each source that failed."""

    #: Sources asked: ``polled = unchanged + failed + those with something new or changed``.
    polled: int = 0
    #: Nothing new, stored or changed.
    unchanged: int = 0
    failed: int = 0
    #: Episodes that count as new.
    new: int = 0
    #: Episodes whose words changed.
    changed: int = 0
    #: All episodes stored for the first time, the new ones and those of a first look among them.
    stored: int = 0
    problems: tuple[Problem, ...] = ()


class Validators(NamedTuple):
    """What makes the next request conditional; sent back byte for byte (R59)."""

    etag: str | None = None
    last_modified: str | None = None


class Said(NamedTuple):
    """What an answer's headers, and the redirects before it, say about the next look."""

    #: How long the answer stays fresh (RFC 9111 section 4.2.1: ``Cache-Control: max-age``, else ``Expires``); None: unsaid.
    fresh_for: timedelta | None = None
    #: ``Link`` headers with the relations hub and self (WebSub section 4).
    hubs: tuple[str, ...] = ()
    self_url: str = ""
    #: Where permanent redirects alone (301, 308) led, from the asked address on; empty: nowhere (R60).
    moved_to: str = ""


class Document(NamedTuple):
    """The source answered with a document, or its hub pushed one."""

    body: bytes
    #: Where it came from, after redirects.
    url: str
    content_type: str
    status: int
    validators: Validators
    said: Said = Said()
    #: Sent by the source's hub, unasked: it may hold only what is new, and says nothing about the next look.
    is_pushed: bool = False


class NotModified(NamedTuple):
    """The source answered 304."""

    validators: Validators
    said: Said = Said()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The source answered 410: there is nothing any more, and will not be (RFC 9110 section 15.5.11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The look gave nothing that could be read."""

    #: What was found, in words.
    what: str
    #: What mends it, where something does.
    remedy: str = ""
    status: int | None = None
    #: How long the source asked to be left alone (429 and 503 with Retry-After).
    wait: timedelta | None = None


Fetched = Document | NotModified | Gone | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingJob:
    """A document to be read, with what is known of the last one: fingerprints of entries, and whose they are."""

    body: bytes
    url: str
    content_type: str
    source: Source
    now: datetime
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReadingBroke:
    """Reading met something that nobody foresaw: a mistake of ours, or a reader that died."""

    what: str


ReadingResult = ParsedFeed | UnreadableFeedError | ReadingBroke


class Look(NamedTuple):
    """What one look at one source came to."""

    new: int = 0
    changed: int = 0
    stored: int = 0
    #: The look gave nothing that could be read. Whether that is told is another matter: see `problems.is_told`.
    is_failure: bool = False
    problems: tuple[Problem, ...] = ()
