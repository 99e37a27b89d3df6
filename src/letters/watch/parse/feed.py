"""A document of any kind into its entries; of entries that are known already no more than their fingerprints."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, Protocol, overload

from letters.errors import UnreadableFeedError
from letters.model import Episode, Source
from letters.watch.parse.again import is_told_apart
from letters.watch.parse.dates import believable, is_ahead
from letters.watch.parse.document import Kind, decode, kind_of
from letters.watch.parse.entities import without_prolog
from letters.watch.parse.identity import distinct_places, identities, named
from letters.watch.parse.jsonfeed import JsonDocument
from letters.watch.parse.values import Deleted, Hints, OddError, Origin, ParsedFeed
from letters.watch.parse.xmldocument import open_xml
from letters.watch.parse.xmlfeed import parse_xml

__all__ = ["ParsedFeed", "parse_feed"]

_NOT_A_FEED = {
    Kind.EMPTY: "an empty document, not a feed",
    Kind.HTML: "an HTML page, not a feed",
    Kind.PDF: "a PDF file, not a feed",
    Kind.IMAGE: "an image, not a feed",
    Kind.MEDIA: "an audio or video file, not a feed",
    Kind.TEXT: "plain text, not a feed",
}
# What is read at once, on the spot, when asked to be quick: a few milliseconds at most.
_LIGHT_BODY_BYTES = 1_000_000
_LIGHT_ENTRIES_CHARACTERS = 32_768


class _Document(Protocol):
    """A document whose entries can be told apart and read one by one."""

    @property
    def title(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def hints(self) -> Hints: ...
    @property
    def deleted(self) -> Sequence[Deleted]: ...
    @property
    def texts(self) -> Sequence[str]:
        """The entries as they stand in the document."""
        ...

    @property
    def fingerprints(self) -> Sequence[str]:
        """By place in `texts`, all different where the texts or what they depend on differ."""
        ...

    def read(self, places: Sequence[int], *, quickly: bool) -> list[Episode]:
        """The entries at these places. Raises `OddError` where that takes feedparser and `quickly` is asked for."""
        ...


@overload
def parse_feed(
    body: bytes,
    *,
    url: str,
    content_type: str,
    source: Source,
    now: datetime,
    known: Collection[str] = ...,
    quickly: Literal[False] = ...,
) -> ParsedFeed: ...
@overload
def parse_feed(
    body: bytes,
    *,
    url: str,
    content_type: str,
    source: Source,
    now: datetime,
    known: Collection[str] = ...,
    quickly: bool,
) -> ParsedFeed | None: ...
def parse_feed(
    body: bytes,
    *,
    url: str,
    content_type: str,
    source: Source,
    now: datetime,
    known: Collection[str] = frozenset(),
    quickly: bool = False,
) -> ParsedFeed | None:
    """The entries of a document that `url` answered with.

    Entries whose fingerprint is `known` from an earlier reading are not read again: their fingerprints are in `kept`.
    When `known` maps fingerprints to identities, those of kept entries are taken. Where a new entry cannot be told
    apart from the kept ones (they share a guid), the whole document is read, and nothing is kept.

    With `quickly` the answer is None for whatever takes longer than a few milliseconds or might: a large document, many
    new entries, anything that feedparser has to read.

    Raises `UnreadableFeedError` with what the document was instead of a feed. A feed without entries is a feed.
    """
    kind = kind_of(body)
    if kind in _NOT_A_FEED:
        raise UnreadableFeedError(_NOT_A_FEED[kind])
    if quickly and len(body) > _LIGHT_BODY_BYTES:
        return None
    text = decode(body, content_type)
    origin = Origin(source=source.key, show=source.show, url=url)
    try:
        if kind is Kind.JSON:
            return _read(JsonDocument(text, origin), known, now=now, quickly=quickly)
        text = without_prolog(text)
        return _read(open_xml(text, origin), known, now=now, quickly=quickly)
    except OddError:
        return None if quickly else _finished(parse_xml(text, origin), now=now)


def _read(document: _Document, known: Collection[str], *, now: datetime, quickly: bool) -> ParsedFeed:
    """Raises `OddError` for what only feedparser can read, and, with `quickly`, for what is not light."""
    fingerprints, texts = document.fingerprints, document.texts
    # An entry that stands there twice, letter for letter, is one.
    firsts = _firsts(fingerprints)
    unread = [place for fingerprint, place in firsts.items() if fingerprint not in known]
    kept = tuple([fingerprint for fingerprint in firsts if fingerprint in known])
    if quickly and sum(len(texts[place]) for place in unread) > _LIGHT_ENTRIES_CHARACTERS:
        raise OddError("too much to read at once")
    entries = document.read(unread, quickly=quickly)
    taken = {known[fingerprint] for fingerprint in kept} if isinstance(known, Mapping) else set()
    if kept and entries:
        seen = set(unread)
        others = [text for place, text in enumerate(texts) if place not in seen]
        if not is_told_apart(entries, taken=taken, others=others):
            return _read(document, (), now=now, quickly=quickly)
    found = ParsedFeed(
        title=document.title,
        language=document.language,
        entries=tuple(entries),
        fingerprints=tuple(fingerprints[place] for place in unread),
        kept=kept,
        hints=document.hints,
        deleted=tuple(document.deleted),
    )
    return _finished(found, now=now)


def _firsts(fingerprints: Sequence[str]) -> dict[str, int]:
    """The first place of each, in their order."""
    firsts: dict[str, int] = {}
    for place, fingerprint in enumerate(fingerprints):
        firsts.setdefault(fingerprint, place)
    return firsts


def _finished(parsed: ParsedFeed, *, now: datetime) -> ParsedFeed:
    """With dates that can be true, each entry once, under its identity."""
    dated = [_with_believable_dates(entry, now) for entry in parsed.entries]
    places = distinct_places(dated)
    distinct = [dated[place] for place in places]
    # Tomorrow a date of the day after tomorrow counts: such an entry is read at each look.
    fingerprints = [
        "" if _is_early(parsed.entries[place], now) else parsed.fingerprints[place] for place in places
    ]
    return replace(parsed, entries=named(distinct, identities(distinct)), fingerprints=tuple(fingerprints))


def _is_early(entry: Episode, now: datetime) -> bool:
    return is_ahead(entry.published, now=now) or is_ahead(entry.updated, now=now)


def _with_believable_dates(entry: Episode, now: datetime) -> Episode:
    published = believable(entry.published, now=now)
    updated = believable(entry.updated, now=now)
    if published is entry.published and updated is entry.updated:
        return entry
    return replace(entry, published=published, updated=updated)
