"""RSS, RDF and Atom, through feedparser.

feedparser is asked to neither sanitise nor resolve: descriptions become plain text, titles are cleaned by our own rules,
and relative links are resolved against the address that answered (a document's own ``xml:base`` is feedparser's work).
"""

from __future__ import annotations

import io
import re
from xml.sax import SAXException

import feedparser

from letters.errors import UnreadableFeedError
from letters.watch.parse.beside import read_beside
from letters.watch.parse.entities import mended, without_impossible_references
from letters.watch.parse.episode import EpisodeReader, Fields, is_html
from letters.watch.parse.values import Origin, ParsedFeed
from letters.watch.parse.words import language_tag, title_text

_ROOT = re.compile(r"<([A-Za-z_][\w.:-]{0,40})")


def parse_xml(text: str, origin: Origin) -> ParsedFeed:
    """The entries of an XML feed without its prolog, well-formed or not. Raises `UnreadableFeedError`."""
    cleaned = without_impossible_references(without_live_items(text))
    document, parsed = _parse(cleaned)
    if not _is_well_formed(parsed) and (better := mended(cleaned)) != cleaned:
        document, parsed = _parse(better)
    if not parsed["version"] and not parsed["entries"]:
        root = _ROOT.search(text)
        raise UnreadableFeedError(f"an XML document with the root <{root[1] if root else ''}>, not a feed")
    channel: Fields = parsed["feed"]
    is_atom = parsed["version"].startswith("atom")
    title = title_text(channel.get("title"), is_html=is_html(channel.get("title_detail"), is_atom=is_atom))
    reader = EpisodeReader(
        origin=origin,
        show=origin.show or title,
        language=language_tag(channel.get("language")),
        is_atom=is_atom,
    )
    beside = read_beside(document, len(parsed["entries"]), base=origin.url)
    entries = tuple(reader.read(entry, beside.item(place)) for place, entry in enumerate(parsed["entries"]))
    return ParsedFeed(
        title=title,
        language=reader.language,
        entries=entries,
        fingerprints=("",) * len(entries),
        hints=beside.hints,
        deleted=beside.deleted,
    )


def _parse(text: str) -> tuple[bytes, Fields]:
    document = text.encode()
    try:
        # A stream, never the bytes themselves: feedparser would open a file of that name.
        parsed: Fields = feedparser.parse(
            io.BytesIO(document),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except MemoryError:
        raise
    except Exception as error:
        # Garbled nesting brings it down in several places, each time by another kind of error.
        raise UnreadableFeedError(
            f"so garbled that feedparser breaks off ({type(error).__name__})"
        ) from error
    return document, parsed


def _is_well_formed(parsed: Fields) -> bool:
    return not isinstance(parsed.get("bozo_exception"), SAXException)


def without_live_items(text: str) -> str:
    """The document without ``podcast:liveItem``: feedparser takes the title and guid in it for the channel's own."""
    opening, closing = "<podcast:liveItem", "</podcast:liveItem>"
    pieces, at = [], 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start)) >= 0:
        pieces.append(text[at:start])
        at = end + len(closing)
    return "".join([*pieces, text[at:]])
