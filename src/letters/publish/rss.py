"""RSS 2.0, with Atom's links and dates, Dublin Core, Media RSS, iTunes and Podcasting 2.0 fields where they apply (R48)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from letters.publish import feedgen_border as border
from letters.publish.addresses import FORMATS
from letters.publish.items import Document, Item, history_links
from letters.publish.podcasting import claim_feed, describe_episode, describe_feed, hide_feed

_LINK = f"{{{border.ATOM}}}link"
_DC = f"{{{border.DC}}}"
# Plain text, in which a reader may take markup, or a reference, for the real thing.
_PLAIN = re.compile(
    rb"<(title|description|category|copyright|source|dc:creator|dc:contributor|dc:rights)(?: [^>]*)?>[^<]*&[^<]*(?=</)"
)
_PICTURES = {"", ".gif", ".jpeg", ".jpg", ".png"}


def render_item(item: Item) -> border.Written:
    """An item's XML, to be shared by the documents that hold it."""
    entry = border.new_entry(amend=lambda element: _amend_item(element, item))
    entry.title(item.title)
    entry.link(href=item.url, rel="alternate")
    entry.guid(item.id, permalink=False)
    # RSS 2.0 reads a description as HTML, so a plain one is HTML without tags.
    entry.description(escape(item.summary or item.title, quote=False))
    entry.content(item.content_html or escape(item.title, quote=False))
    entry.published(item.published)
    for category in item.categories:
        entry.category(term=category.key, label=category.name, scheme=category.scheme)
    if item.origin:
        entry.source(url=item.origin.url, title=item.origin.title)
    if item.media:
        entry.enclosure(item.media.url, str(item.media.length_bytes), item.media.type)
    entry.dc.dc_creator(item.author)
    if item.language:
        entry.dc.dc_language(item.language)
    return border.Written(entry.rss_entry(), depth=2, spell=_spell)


def _amend_item(element: border.Element, item: Item) -> None:
    for person in item.people:
        border.add(element, f"{_DC}contributor", person.name)
    if item.rights:
        border.add(element, f"{_DC}rights", item.rights)
    border.add(element, f"{{{border.ATOM}}}updated", border.rfc3339(item.updated))
    for link in item.related:
        border.add(element, _LINK, rel="related", href=link.url, title=link.title)
    if item.license:
        border.add(element, _LINK, rel="license", href=item.license)
    if item.image:
        border.add(element, f"{{{border.MEDIA}}}thumbnail", url=item.image)
    describe_episode(element, item)


def write(document: Document, items: Iterable[border.Written]) -> bytes:
    """The whole document."""
    written = list(items)
    used = border.namespaces_of(written)
    used |= {border.ITUNES, border.PODCAST, *([border.HISTORY] if document.archive else ())}
    feed = border.new_feed(
        namespaces=border.prefixes(used), amend=lambda root: _amend_channel(root[0], document)
    )
    feed.title(document.title)
    feed.description(document.description)
    # feedgen takes the last link as the channel's own.
    feed.link(border.self_and_page(document.addresses["rss"], FORMATS["rss"], document.page))
    feed.language(document.language)
    feed.lastBuildDate(document.updated)
    feed.pubDate(document.updated)
    return border.write_rss(feed, written, spell=_spell)


def _spell(xml: bytes) -> bytes:
    return _PLAIN.sub(_spell_as_numbers, xml)


def _spell_as_numbers(found: re.Match[bytes]) -> bytes:
    """The profile's spelling of ``&`` and ``<`` in plain text: the same to XML, and a sign to readers that guess."""
    return found[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def _amend_channel(channel: border.Element, document: Document) -> None:
    if document.rights:
        border.add(channel, "copyright", document.rights)
    for category in document.categories:
        border.add(channel, "category", category.name, domain=category.scheme)
    if picture := next(filter(_is_picture, (document.image, document.icon)), ""):
        image = border.add(channel, "image")
        border.add(image, "url", picture)
        # Of the channel's own words, as the specification asks.
        border.add(image, "title", document.title)
        border.add(image, "link", document.page)
    if document.hub:
        border.add(channel, _LINK, rel="hub", href=document.hub)
    if document.license:
        border.add(channel, _LINK, rel="license", href=document.license)
    for relation, url in history_links(document, "rss"):
        border.add(channel, _LINK, rel=relation, type=FORMATS["rss"], href=url)
    if document.archive:
        border.add(channel, f"{{{border.HISTORY}}}archive")
    describe_feed(channel, document)
    claim_feed(channel, document)
    hide_feed(channel, document)


def _is_picture(url: str) -> bool:
    """Of a kind that the specification names for `image`, as far as the address tells."""
    return bool(url) and PurePosixPath(urlsplit(url).path).suffix.lower() in _PICTURES
