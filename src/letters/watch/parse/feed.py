"""A document of any kind into its entries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from letters.errors import UnreadableFeedError
from letters.model import Episode, Source
from letters.watch.parse.dates import believable
from letters.watch.parse.document import Kind, decode, kind_of
from letters.watch.parse.identity import identified
from letters.watch.parse.jsonfeed import parse_json
from letters.watch.parse.values import Origin, ParsedFeed
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


def parse_feed(
    body: bytes, *, url: str, content_type: str, source: Source, now: datetime, known=(), quickly=False
) -> ParsedFeed:
    """The entries of a document that `url` answered with.

    Raises `UnreadableFeedError` with what the document was instead of a feed. A feed without entries is a feed.
    """
    if quickly and len(body) > 400_000:
        return None
    kind = kind_of(body)
    if kind in _NOT_A_FEED:
        raise UnreadableFeedError(_NOT_A_FEED[kind])
    text = decode(body, content_type)
    origin = Origin(source=source.key, show=source.show, url=url)
    parsed = parse_json(text, origin) if kind is Kind.JSON else parse_xml(text, origin)
    dated = [_with_believable_dates(entry, now) for entry in parsed.entries]
    return replace(parsed, entries=identified(dated))


def _with_believable_dates(entry: Episode, now: datetime) -> Episode:
    published = believable(entry.published, now=now)
    updated = believable(entry.updated, now=now)
    if published is entry.published and updated is entry.updated:
        return entry
    return replace(entry, published=published, updated=updated)
