"""What a feed's document holds, before any format: all three are written from the same values, so they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from letters.model import Chapters, Person, Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A topic or an audience: its key in a scheme, and its name."""

    key: str
    name: str
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the original is: the episode's page, and the show it belongs to."""

    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A media file; its type is never empty, its length 0 where nobody knows it."""

    url: str
    type: str
    length_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a document. All text is clean, all addresses are absolute, `content_html` is ours."""

    id: str
    title: str
    url: str
    content_html: str
    summary: str
    published: datetime
    updated: datetime
    author: str
    categories: tuple[Category, ...] = ()
    origin: Origin | None = None
    media: Media | None = None
    language: str = ""
    image: str = ""
    duration: timedelta | None = None
    season: int | None = None
    number: int | None = None
    people: tuple[Person, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    chapters: Chapters | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One feed as its documents show it, apart from its items."""

    title: str
    description: str
    #: The HTML twin.
    page: str
    #: By format, where the document itself is.
    addresses: dict[str, str]
    guid: str
    author: str
    language: str
    updated: datetime
    #: Whether it is a podcast: its items carry media.
    has_media: bool = False
    #: Whether it is a page of history that changes no more (RFC 5005 section 4).
    archive: bool = False
    #: By format, the feed's own document and the pages of its history just before and just after this one.
    current: Mapping[str, str] = field(default_factory=dict)
    prev_archive: Mapping[str, str] = field(default_factory=dict)
    next_archive: Mapping[str, str] = field(default_factory=dict)


def newest_change(items: Sequence[Item], *, otherwise: datetime) -> datetime:
    """When what the items show last changed; R52: never the time of writing."""
    return max((item.updated for item in items), default=otherwise)
