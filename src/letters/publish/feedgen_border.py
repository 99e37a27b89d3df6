"""The one place that speaks to feedgen 1.0, and mends what it does.

- It formats every RSS date under `locale.setlocale`, which changes the locale of all threads; dates are formatted by the
  standard library here instead.
- It stamps the time of writing on every feed whose dates are not set.
- It drops `rel`, `type` and `length` of an Atom entry's links; `atom` adds those itself, through `add`.
- It builds an entry's XML anew for each document; here it is built once and copied.

Everything it writes can be amended before it is written, by a function that gets the finished element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseExtension
from feedgen.ext.dc import DcEntryExtension, DcExtension
from feedgen.ext.media import MediaEntryExtension, MediaExtension
from feedgen.ext.podcast import PodcastExtension
from feedgen.ext.podcast_entry import PodcastEntryExtension
from feedgen.feed import FeedGenerator
from lxml import etree

feedgen.entry.formatRFC2822 = format_datetime
feedgen.feed.formatRFC2822 = format_datetime

#: lxml's elements, which have no types.
Element = Any
Amend = Callable[[Element], None]

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA = "http://search.yahoo.com/mrss/"
PODCAST = "https://podcastindex.org/namespace/1.0"
XML = "http://www.w3.org/XML/1998/namespace"
# Those that a document declares only where it uses them.
_PREFIXES = {HISTORY: "fh", ITUNES: "itunes", PODCAST: "podcast"}


class _Amendment(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """A feedgen extension that does nothing but call us with the element as feedgen made it."""

    namespaces: Mapping[str, str] = {}
    amend: Amend | None = None

    def extend_ns(self) -> dict[str, str]:
        return dict(self.namespaces)

    def extend_rss(self, element: Element) -> Element:
        if self.amend:
            self.amend(element)
        return element

    extend_atom = extend_rss


class Written:
    """An entry's finished XML, copied into each document that holds it; quacks like feedgen's own entry."""

    def __init__(self, element: Element) -> None:
        self._element = element
        #: Of its elements.
        self.namespaces = frozenset(etree.QName(one).namespace for one in element.iter())

    def rss_entry(self, extensions: bool = True) -> Element:
        return deepcopy(self._element)

    atom_entry = rss_entry

    def register_extension(self, *_args: object, **_kwargs: object) -> None:
        """Its extensions have been applied already."""


def new_feed(*, namespaces: Mapping[str, str], amend: Amend) -> Any:
    """An empty `FeedGenerator` that knows the named extensions; `amend` gets its root element."""
    feed = FeedGenerator()
    feed.register_extension("podcast", PodcastExtension, PodcastEntryExtension, atom=False, rss=True)
    feed.register_extension("dc", DcExtension, DcEntryExtension)
    feed.register_extension("media", MediaExtension, MediaEntryExtension)
    feed.register_extension("amendment", _Amendment)
    feed.amendment.namespaces = namespaces
    feed.amendment.amend = amend
    feed.generator("Letters", uri="")
    feed.docs("https://www.rssboard.org/rss-specification")
    return feed


def new_entry(*, amend: Amend) -> Any:
    """An empty `FeedEntry` that knows the same extensions; `amend` gets its element."""
    entry = FeedEntry()
    entry.register_extension("podcast", PodcastEntryExtension, atom=False, rss=True)
    entry.register_extension("dc", DcEntryExtension)
    entry.register_extension("media", MediaEntryExtension)
    entry.register_extension("amendment", _Amendment)
    entry.amendment.amend = amend
    return entry


def add_entry(feed: Any, entry: Written) -> None:
    """After those added before."""
    feed.add_entry(entry, order="append")


def write_rss(feed: Any) -> bytes:
    return bytes(feed.rss_str(pretty=True))


def write_atom(feed: Any) -> bytes:
    return bytes(feed.atom_str(pretty=True))


def add(parent: Element, tag: str, content: str = "", /, **attributes: str) -> Element:
    """Add a child; attributes without value are left out."""
    child = etree.SubElement(parent, tag, {name: value for name, value in attributes.items() if value})
    if content:
        child.text = content
    return child


def prefixes(used: Iterable[str | None]) -> dict[str, str]:
    """The prefixes to declare for namespaces that not every document uses."""
    return {_PREFIXES[one]: one for one in sorted(name for name in set(used) if name in _PREFIXES)}


def set_text(parent: Element, tag: str, text: str) -> None:
    """Replace the text of a child that feedgen wrote."""
    parent.find(tag).text = text


def set_attribute(parent: Element, tag: str, name: str, value: str) -> None:
    """Set an attribute of a child that feedgen wrote."""
    parent.find(tag).set(name, value)


def rfc3339(moment: datetime) -> str:
    """A whole second in UTC with ``Z``: a common reader misreads fractions with an offset."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
