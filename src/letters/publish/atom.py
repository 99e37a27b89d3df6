"""Atom 1.0 (RFC 4287, R49)."""

from __future__ import annotations

from collections.abc import Iterable

from letters.publish import feedgen_border as border
from letters.publish.addresses import FORMATS
from letters.publish.items import Document, Item


def render_item(item: Item) -> border.Written:
    """An entry's XML, to be shared by the documents that hold it."""
    entry = border.new_entry(amend=lambda element: _amend_entry(element, item))
    entry.id(item.id)
    entry.title(item.title)
    entry.updated(item.updated)
    entry.published(item.published)
    entry.author(name=item.author)
    if item.summary:
        entry.summary(item.summary, type="text")
    entry.content(item.content_html or item.title, type="html" if item.content_html else "text")
    for category in item.categories:
        entry.category(term=category.key, label=category.name, scheme=category.scheme)
    if item.image:
        entry.media.thumbnail(url=item.image, group=None)
    return border.Written(entry.atom_entry())


def _amend_entry(element: border.Element, item: Item) -> None:
    border.set_attribute(element, "title", "type", "text")
    border.set_text(element, "updated", border.rfc3339(item.updated))
    border.set_text(element, "published", border.rfc3339(item.published))
    border.add(element, "link", rel="alternate", type="text/html", href=item.url)
    if item.origin:
        border.add(element, "link", rel="via", href=item.origin.url, title=item.origin.title)
    if item.media:
        border.add(
            element,
            "link",
            rel="enclosure",
            type=item.media.type,
            length=str(item.media.length_bytes),
            href=item.media.url,
        )
    if item.language:
        element.set(f"{{{border.XML}}}lang", item.language)


def write(document: Document, items: Iterable[border.Written]) -> bytes:
    """The whole document."""
    feed = border.new_feed(namespaces={}, amend=lambda root: _amend_feed(root, document))
    feed.id(f"urn:uuid:{document.guid}")
    feed.title(document.title)
    feed.subtitle(document.description)
    feed.author(name=document.author)
    feed.updated(document.updated)
    feed.link(href=document.addresses["atom"], rel="self", type=FORMATS["atom"])
    feed.link(href=document.page, rel="alternate", type="text/html")
    for item in items:
        border.add_entry(feed, item)
    return border.write_atom(feed)


def _amend_feed(root: border.Element, document: Document) -> None:
    root.set(f"{{{border.XML}}}lang", document.language)
    border.set_attribute(root, "title", "type", "text")
    border.set_text(root, "updated", border.rfc3339(document.updated))
