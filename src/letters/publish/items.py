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
class Link:
    """Another place, and what it is called: the episode and its show, a related card."""

    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A media file; its type is never empty, its length 0 where nobody knows it."""

    url: str
    type: str
    length_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whom a podcast directory asks to confirm that a feed is theirs."""

    name: str
    email: str


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
    #: Where the original is; its title is the show's.
    origin: Link | None = None
    related: tuple[Link, ...] = ()
    media: Media | None = None
    language: str = ""
    image: str = ""
    duration: timedelta | None = None
    season: int | None = None
    number: int | None = None
    people: tuple[Person, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    chapters: Chapters | None = None
    #: In words: whose it is.
    rights: str = ""
    #: The address of what others may do with it. Said of each entry, for a feed's license is not its entries' (RFC 4946, section 2.4).
    license: str = ""

    def __hash__(self) -> int:
        # Looked up once for each document that shows it; all its fields would take longer than its text.
        return hash(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One feed as its documents show it, apart from its items. Addresses are absolute; an empty one is left out.

    A page of a feed's history (RFC 5005, section 4) is a document too: it is an `archive`, and leads to its neighbours.
    """

    title: str
    description: str
    #: The HTML twin.
    page: str
    #: By format, where the document itself is.
    addresses: Mapping[str, str]
    guid: str
    author: str
    language: str
    updated: datetime
    #: Whether it is a podcast: its items carry media.
    has_media: bool = False
    #: The topic and the audience that it is about, if it is about any.
    categories: tuple[Category, ...] = ()
    #: Where changes are announced (WebSub).
    hub: str = ""
    rights: str = ""
    license: str = ""
    #: A small square picture, and a large one, which podcast apps show as the cover.
    icon: str = ""
    image: str = ""
    #: "Whole" or "Whole > Part", of Apple's list.
    podcast_category: str = ""
    #: Whether podcast hosts are told not to take the feed over.
    locked: bool = True
    owner: Owner | None = None
    #: Whether it is one reader's own: directories and apps are told to list it nowhere.
    is_private: bool = False
    archive: bool = False
    #: By format: the feed that readers subscribe to, the page before this one in time, the one after.
    current: Mapping[str, str] = field(default_factory=dict)
    prev_archive: Mapping[str, str] = field(default_factory=dict)
    next_archive: Mapping[str, str] = field(default_factory=dict)


def history_links(document: Document, form: str) -> list[tuple[str, str]]:
    """The links of RFC 5005 that a format's document bears: relation and address."""
    links = {
        "current": document.current,
        "prev-archive": document.prev_archive,
        "next-archive": document.next_archive,
    }
    return [(relation, by_form[form]) for relation, by_form in links.items() if by_form.get(form)]


def newest_change(items: Sequence[Item], *, otherwise: datetime) -> datetime:
    """When what the items show last changed; R52: never the time of writing."""
    return max((item.updated for item in items), default=otherwise)
