"""What parsing hands on."""

from __future__ import annotations

from dataclasses import dataclass

from letters.model import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document's title, language and entries, in the document's order.

    Entries that repeat another one in the same document are left out.
    """

    title: str = ""
    language: str = ""
    entries: tuple[Episode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a document came from: what its entries are named after and its relative links resolved against."""

    source: str
    #: The show as configured; empty: the feed's own title.
    show: str
    url: str
