"""RSS 2.0, with Atom's links and dates, Dublin Core, iTunes and Podcasting 2.0 fields where they apply (R48)."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from letters.publish import feedgen_border as border
from letters.publish.addresses import FORMATS
from letters.publish.clean import clean_line, language_tag, web_address
from letters.publish.items import Document, Item


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
    if item.media:
        _describe_episode(entry, item)
    return border.Written(entry.rss_entry())


def _describe_episode(entry: border.Element, item: Item) -> None:
    if item.duration:
        entry.podcast.itunes_duration(str(int(item.duration.total_seconds())))
    if item.season and item.season > 0:
        entry.podcast.itunes_season(item.season)
    if item.number and item.number > 0:
        entry.podcast.itunes_episode(item.number)


def _amend_item(element: border.Element, item: Item) -> None:
    border.add(element, f"{{{border.ATOM}}}updated", border.rfc3339(item.updated))
    if not item.media:
        return
    if item.image:
        # feedgen ignores a picture whose address does not end in .jpg or .png.
        border.add(element, f"{{{border.ITUNES}}}image", href=item.image)
    podcast = f"{{{border.PODCAST}}}"
    for transcript in item.transcripts:
        border.add(
            element,
            f"{podcast}transcript",
            url=web_address(transcript.url),
            type=clean_line(transcript.type) or "text/plain",
            language=language_tag(transcript.language),
            rel=clean_line(transcript.rel),
        )
    if item.chapters:
        kind = clean_line(item.chapters.type) or "application/json+chapters"
        border.add(element, f"{podcast}chapters", url=web_address(item.chapters.url), type=kind)
    for person in item.people:
        border.add(
            element,
            f"{podcast}person",
            clean_line(person.name),
            role=clean_line(person.role).lower(),
            href=web_address(person.url),
            img=web_address(person.image),
        )


def write(document: Document, items: Iterable[border.Written]) -> bytes:
    """The whole document."""
    feed = border.new_feed(
        namespaces={"podcast": border.PODCAST}, amend=lambda root: _amend_channel(root[0], document)
    )
    feed.title(document.title)
    feed.description(document.description)
    feed.link(href=document.addresses["rss"], rel="self", type=FORMATS["rss"])
    # feedgen takes the link it was told last as the channel's own.
    feed.link(href=document.page, rel="alternate", type="text/html")
    feed.language(document.language)
    feed.lastBuildDate(document.updated)
    feed.pubDate(document.updated)
    if document.has_media:
        feed.podcast.itunes_author(document.author)
        feed.podcast.itunes_explicit("no")
    for item in items:
        border.add_entry(feed, item)
    return border.write_rss(feed)


def _amend_channel(channel: border.Element, document: Document) -> None:
    border.add(channel, f"{{{border.PODCAST}}}guid", document.guid)
