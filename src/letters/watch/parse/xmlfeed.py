"""RSS, RDF and Atom, through feedparser.

feedparser is asked to neither sanitise nor resolve: descriptions become plain text, titles are cleaned by our own rules,
and relative links are resolved against the address that answered (a document's own ``xml:base`` is feedparser's work).
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any
from xml.sax import SAXException

import feedparser

from letters.errors import UnreadableFeedError
from letters.model import Episode
from letters.watch.parse.dates import from_struct, parse_date, parse_duration
from letters.watch.parse.entities import mended, without_impossible_references, without_prolog
from letters.watch.parse.media import enclosures_of
from letters.watch.parse.people import people_of
from letters.watch.parse.podcast import PodcastItem, read_podcast
from letters.watch.parse.values import Origin, ParsedFeed
from letters.watch.parse.words import (
    body_text,
    guid_text,
    language_tag,
    looks_like_html,
    title_text,
    web_url,
    whole_number,
)

_Fields = dict[str, Any]
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]{0,40})")
_HTML_TYPES = ("text/html", "application/xhtml+xml")


def parse_xml(text: str, origin: Origin) -> ParsedFeed:
    """The entries of an XML feed, well-formed or not. Raises `UnreadableFeedError`."""
    cleaned = without_impossible_references(without_live_items(without_prolog(text)))
    document, parsed = _parse(cleaned)
    if not _is_well_formed(parsed) and (better := mended(cleaned)) != cleaned:
        document, parsed = _parse(better)
    if not parsed["version"] and not parsed["entries"]:
        root = _ROOT.search(text)
        raise UnreadableFeedError(f"an XML document with the root <{root[1] if root else ''}>, not a feed")
    channel: _Fields = parsed["feed"]
    is_atom = parsed["version"].startswith("atom")
    title = title_text(channel.get("title"), is_html=_is_html(channel.get("title_detail"), is_atom=is_atom))
    reader = _EntryReader(
        origin=origin,
        show=origin.show or title,
        language=language_tag(channel.get("language")),
        is_atom=is_atom,
    )
    podcast = read_podcast(document, len(parsed["entries"]), base=origin.url)
    entries = [reader.read(entry, podcast.item(place)) for place, entry in enumerate(parsed["entries"])]
    return ParsedFeed(title=title, language=reader.language, entries=tuple(entries))


def _parse(text: str) -> tuple[bytes, _Fields]:
    document = text.encode()
    # A stream, never the bytes themselves: feedparser would open a file of that name.
    parsed: _Fields = feedparser.parse(
        io.BytesIO(document),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return document, parsed


def _is_well_formed(parsed: _Fields) -> bool:
    return not isinstance(parsed.get("bozo_exception"), SAXException)


def without_live_items(text: str) -> str:
    """The document without ``podcast:liveItem``: feedparser takes the title and guid in it for the channel's own."""
    opening, closing = "<podcast:liveItem", "</podcast:liveItem>"
    pieces, at = [], 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start)) >= 0:
        pieces.append(text[at:start])
        at = end + len(closing)
    return "".join([*pieces, text[at:]])


class _EntryReader:
    """Reads the entries of one document; holds what they have in common."""

    def __init__(self, *, origin: Origin, show: str, language: str, is_atom: bool) -> None:
        self._origin, self._show, self.language, self._is_atom = origin, show, language, is_atom

    def read(self, entry: _Fields, podcast: PodcastItem) -> Episode:
        base = self._origin.url
        contents = entry.get("media_content") or []
        updated = self._date(entry, "updated")
        length = entry.get("itunes_duration") or next((item.get("duration") for item in contents), None)
        episode = Episode(
            source=self._origin.source,
            identity="",
            guid=guid_text(entry.get("id")),
            link=self._link(entry),
            title=self._title(entry),
            # Atom 0.3 and Dublin Core know other dates; `updated` alone is better than none.
            published=self._date(entry, "published") or self._date(entry, "created") or updated,
            updated=updated,
            description=self._description(entry),
            duration=parse_duration(length),
            season=whole_number(entry.get("itunes_season")),
            number=whole_number(entry.get("itunes_episode")),
            image=self._image(entry),
            language=language_tag(_detail(entry, "title").get("language")) or self.language,
            people=people_of(podcast.persons, entry.get("authors") or [], base=base),
            enclosures=enclosures_of(_enclosures(entry), contents, base=base),
            transcripts=podcast.transcripts,
            chapters=podcast.chapters,
            show=self._show,
        )
        return replace(
            episode,
            season=podcast.season if episode.season is None else episode.season,
            number=podcast.number if episode.number is None else episode.number,
        )

    def _title(self, entry: _Fields) -> str:
        own = entry.get("title") or entry.get("itunes_title")
        return title_text(own, is_html=_is_html(entry.get("title_detail"), is_atom=self._is_atom))

    def _link(self, entry: _Fields) -> str:
        own = web_url(entry.get("link"), base=self._origin.url)
        if own:
            return own
        others = (item.get("href") for item in entry.get("links") or [] if item.get("rel") == "alternate")
        return next((url for other in others if (url := web_url(other, base=self._origin.url))), "")

    def _date(self, entry: _Fields, name: str) -> Any:
        # Not entry.get: feedparser answers one date for another there, with a warning.
        parsed = from_struct(dict.get(entry, f"{name}_parsed"))
        return parsed or parse_date(dict.get(entry, name))

    def _description(self, entry: _Fields) -> str:
        """The longest text, as plain text."""
        texts = [(item.get("value") or "", item) for item in entry.get("content") or []]
        texts.append((entry.get("summary") or "", _detail(entry, "summary")))
        texts += [(entry.get(name) or "", {}) for name in ("itunes_summary", "subtitle") if entry.get(name)]
        value, detail = max(texts, key=lambda text: len(text[0]))
        is_text = self._is_atom and detail.get("type") == "text/plain"
        is_html = not is_text and (detail.get("type") in _HTML_TYPES or looks_like_html(value))
        return body_text(value, is_html=is_html)

    def _image(self, entry: _Fields) -> str:
        image = entry.get("image")
        own = image.get("href") if isinstance(image, dict) else None
        thumbnails = (item.get("url") for item in entry.get("media_thumbnail") or [])
        pictures = (
            item.get("url")
            for item in entry.get("media_content") or []
            if item.get("medium") == "image" or str(item.get("type")).startswith("image/")
        )
        found = (web_url(url, base=self._origin.url) for url in (own, *thumbnails, *pictures))
        return next((url for url in found if url), "")


def _enclosures(entry: _Fields) -> list[_Fields]:
    return [item for item in entry.get("links") or [] if item.get("rel") == "enclosure"]


def _detail(entry: _Fields, name: str) -> _Fields:
    detail = entry.get(f"{name}_detail")
    return detail if isinstance(detail, dict) else {}


def _is_html(detail: object, *, is_atom: bool) -> bool:
    """Whether a title is HTML: in Atom as its type says (RFC 4287 section 3.1.1), in RSS, which is silent, always."""
    kind = detail.get("type") if isinstance(detail, dict) else None
    return kind in _HTML_TYPES if is_atom else True
