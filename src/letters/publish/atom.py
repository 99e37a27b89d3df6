"""Atom 1.0 (RFC 4287, R49), with the history of RFC 5005, and the elements that podcast apps look for."""

from __future__ import annotations

from collections.abc import Iterable

from letters.publish import feedgen_border as border
from letters.publish.addresses import FORMATS
from letters.publish.items import Document, Item, history_links
from letters.publish.podcasting import describe_episode, describe_feed, hide_feed

# feedgen writes Atom's own elements without their namespace, and declares that on the root.


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
    return border.Written(entry.atom_entry(), depth=1)


def _amend_entry(element: border.Element, item: Item) -> None:
    border.set_attribute(element, "title", "type", "text")
    border.set_text(element, "updated", border.rfc3339(item.updated))
    border.set_text(element, "published", border.rfc3339(item.published))
    for person in item.people:
        contributor = border.add(element, "contributor")
        border.add(contributor, "name", person.name)
        if person.url:
            border.add(contributor, "uri", person.url)
    if item.rights:
        border.add(element, "rights", item.rights, type="text")
    _link_entry(element, item)
    describe_episode(element, item)
    if item.language:
        element.set(f"{{{border.XML}}}lang", item.language)


def _link_entry(element: border.Element, item: Item) -> None:
    border.add(element, "link", rel="alternate", type="text/html", href=item.url)
    if item.origin:
        border.add(element, "link", rel="via", href=item.origin.url, title=item.origin.title)
    if item.media:
        border.add(
            element,
            "link",
            rel="enclosure",
            type=item.media.type,
            # Only a hint (section 4.2.7.6): one that is not known is left out.
            length=str(item.media.length_bytes or ""),
            href=item.media.url,
        )
    for link in item.related:
        border.add(element, "link", rel="related", href=link.url, title=link.title)
    if item.license:
        border.add(element, "link", rel="license", href=item.license)


def write(document: Document, items: Iterable[border.Written]) -> bytes:
    """The whole document."""
    written = list(items)
    used = border.namespaces_of(written)
    used |= {border.HISTORY} if document.archive else set()
    used |= {border.ITUNES} if document.has_media else set()
    used |= {border.ITUNES, border.PODCAST} if document.is_private else set()
    feed = border.new_feed(namespaces=border.prefixes(used), amend=lambda root: _amend_feed(root, document))
    feed.id(f"urn:uuid:{document.guid}")
    feed.title(document.title)
    feed.subtitle(document.description)
    feed.author(name=document.author)
    feed.updated(document.updated)
    feed.link(border.self_and_page(document.addresses["atom"], FORMATS["atom"], document.page))
    return border.write_atom(feed, written)


def _amend_feed(root: border.Element, document: Document) -> None:
    root.set(f"{{{border.XML}}}lang", document.language)
    border.set_attribute(root, "title", "type", "text")
    border.set_text(root, "updated", border.rfc3339(document.updated))
    for category in document.categories:
        border.add(root, "category", term=category.key, scheme=category.scheme, label=category.name)
    for name, text in (
        ("rights", document.rights),
        ("icon", document.icon),
        ("logo", document.image),
    ):
        if text:
            border.add(root, name, text)
    if document.hub:
        border.add(root, "link", rel="hub", href=document.hub)
    if document.license:
        border.add(root, "link", rel="license", href=document.license)
    for relation, url in history_links(document, "atom"):
        border.add(root, "link", rel=relation, type=FORMATS["atom"], href=url)
    if document.archive:
        border.add(root, f"{{{border.HISTORY}}}archive")
    describe_feed(root, document)
    hide_feed(root, document)
