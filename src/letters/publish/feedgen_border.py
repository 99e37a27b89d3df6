"""The one place that speaks to feedgen 1.0, and mends what it does.

- It formats every RSS date under `locale.setlocale`, which changes the locale of all threads; dates are formatted by the
  standard library here instead.
- It stamps the time of writing on every feed whose dates are not set.
- It drops `rel`, `type` and `length` of an Atom entry's links; `atom` adds those itself, through `add`.
- It builds an entry's XML anew for each document; here it is written once, and put into each as text.

Everything it writes can be amended before it is written, by a function that gets the finished element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseExtension
from feedgen.ext.dc import DcEntryExtension
from feedgen.ext.media import MediaEntryExtension
from feedgen.ext.podcast_entry import PodcastEntryExtension
from feedgen.feed import FeedGenerator
from lxml import etree

# Documents share most of their moments.
_rfc2822 = lru_cache(10_000)(format_datetime)
feedgen.entry.formatRFC2822 = _rfc2822
feedgen.feed.formatRFC2822 = _rfc2822

#: lxml's elements, which have no types.
Element = Any
Amend = Callable[[Element], None]
#: Another spelling of the same XML.
Spell = Callable[[bytes], bytes]

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA = "http://search.yahoo.com/mrss/"
PODCAST = "https://podcastindex.org/namespace/1.0"
XML = "http://www.w3.org/XML/1998/namespace"
_PREFIXES = {DC: "dc", HISTORY: "fh", ITUNES: "itunes", MEDIA: "media", PODCAST: "podcast"}
_EVERY_PREFIX = {
    "atom": ATOM,
    "content": "http://purl.org/rss/1.0/modules/content/",
    **{prefix: name for name, prefix in _PREFIXES.items()},
}


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
    """An entry's finished XML as it stands in a document, to be put into each that holds it.

    `element` is as feedgen made it, and is used up; `depth` says how many elements it stands in. Namespaces are declared on the
    document's root: which ones are needed there, `namespaces` says.
    """

    def __init__(self, element: Element, *, depth: int, spell: Spell = bytes) -> None:
        self.namespaces = frozenset(one.tag.rpartition("}")[0][1:] for one in element.iter(etree.Element))
        root = parent = etree.Element("root", nsmap=_EVERY_PREFIX)
        for _ in range(depth - 1):
            parent = etree.SubElement(parent, "parent")
        parent.append(element)
        text = bytes(etree.tostring(root, pretty_print=True, encoding="UTF-8"))
        # Without the lines that open and close what it stands in.
        self.text = spell(text.split(b"\n", depth)[depth].rsplit(b"\n", depth + 1)[0])


def new_feed(*, namespaces: Mapping[str, str], amend: Amend) -> Any:
    """An empty `FeedGenerator` whose root declares these namespaces by prefix, beside feedgen's own; `amend` gets the root."""
    feed = FeedGenerator()
    feed.register_extension("amendment", _Amendment)
    feed.amendment.namespaces = namespaces
    feed.amendment.amend = amend
    feed.generator("Letters", uri="")
    feed.docs("https://www.rssboard.org/rss-specification")
    return feed


def self_and_page(url: str, media_type: str, page: str) -> list[dict[str, str]]:
    """A feed's two links, for feedgen to check at once."""
    return [
        {"href": url, "rel": "self", "type": media_type},
        {"href": page, "rel": "alternate", "type": "text/html"},
    ]


def new_entry(*, amend: Amend) -> Any:
    """An empty `FeedEntry` that knows the same extensions; `amend` gets its element."""
    entry = FeedEntry()
    entry.register_extension("podcast", PodcastEntryExtension, atom=False, rss=True)
    entry.register_extension("dc", DcEntryExtension)
    entry.register_extension("media", MediaEntryExtension)
    entry.register_extension("amendment", _Amendment)
    entry.amendment.amend = amend
    return entry


def write_rss(feed: Any, items: Iterable[Written], *, spell: Spell) -> bytes:
    """The document, with its items in their order; `spell` is applied to all but them."""
    return _put(spell(feed.rss_str(pretty=True)), items, before=b"  </channel>\n</rss>")


def write_atom(feed: Any, entries: Iterable[Written]) -> bytes:
    """The document, with its entries in their order."""
    return _put(feed.atom_str(pretty=True), entries, before=b"</feed>")


def _put(document: bytes, written: Iterable[Written], *, before: bytes) -> bytes:
    head, mark, tail = document.rpartition(before)
    return b"".join([head, *(one.text + b"\n" for one in written), mark, tail])


def add(parent: Element, tag: str, content: str = "", /, **attributes: str) -> Element:
    """Add a child; attributes without value are left out."""
    if not all(attributes.values()):
        attributes = {name: value for name, value in attributes.items() if value}
    child = etree.SubElement(parent, tag, attributes)
    if content:
        child.text = content
    return child


def prefixes(used: Iterable[str]) -> dict[str, str]:
    """The prefixes to declare for namespaces that a document uses, beside feedgen's own."""
    return {_PREFIXES[one]: one for one in sorted(_PREFIXES.keys() & used)}


def namespaces_of(items: Iterable[Written]) -> set[str]:
    """What their document has to declare."""
    return set().union(*(item.namespaces for item in items))


def set_text(parent: Element, tag: str, text: str) -> None:
    """Replace the text of a child that feedgen wrote."""
    parent.find(tag).text = text


def set_attribute(parent: Element, tag: str, name: str, value: str) -> None:
    """Set an attribute of a child that feedgen wrote."""
    parent.find(tag).set(name, value)


@lru_cache(10_000)
def rfc3339(moment: datetime) -> str:
    """A whole second in UTC with ``Z``: a common reader misreads fractions with an offset."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
