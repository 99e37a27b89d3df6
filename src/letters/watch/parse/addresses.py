"""Guids, links, files and pictures of an entry, for the quick reader: what each element does, as in feedparser."""

from __future__ import annotations

import re
from typing import Any

from letters.watch.parse.entry import Entry
from letters.watch.parse.episode import Fields
from letters.watch.parse.names import attributes_of
from letters.watch.parse.text import mended, resolved, text_of

_PAGES = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})
_REFERENCE = re.compile("&([A-Za-z0-9_]+);")


def take_guid(entry: Entry, element: Any, depth: int) -> None:
    """RSS's guid, which is a link as well unless it says otherwise (RSS 2.0, ``guid``), and Atom's id."""
    text = text_of(element)
    attributes = attributes_of(element) if element.attrib else {}
    is_link = attributes.get("ispermalink", "true") == "true"
    if is_link and text:
        text = mended(resolved(entry.surroundings(attributes)[0], text))
    entry.store("id", text, depth)
    if is_link:
        entry.fields.setdefault("link", text)


def take_link(entry: Entry, element: Any, _depth: int) -> None:
    """Atom's link, whose attributes say it all, and RSS's, whose text does."""
    attributes = _with_href(attributes_of(element)) if element.attrib else {}
    relation = attributes.setdefault("rel", "alternate")
    kind = attributes.setdefault("type", "application/atom+xml" if relation == "self" else "text/html")
    entry.fields["links"].append(attributes)
    base = entry.surroundings(attributes)[0]
    if "href" in attributes:
        href = attributes["href"] = resolved(base, attributes["href"])
        if relation == "alternate" and kind in _PAGES:
            entry.fields["link"] = href
        return
    text = text_of(element)
    # Addresses in CDATA are often escaped as well.
    text = _REFERENCE.sub(r"&\1", mended(resolved(base, text)).replace("&amp;", "&")) if text else ""
    entry.fields["link"] = text
    if text:
        attributes["href"] = text


def take_enclosure(entry: Entry, element: Any, _depth: int) -> None:
    """RSS's enclosure, as a link."""
    entry.fields["links"].append(_with_href(attributes_of(element)) | {"rel": "enclosure"})


def take_itunes_image(entry: Entry, element: Any, _depth: int) -> None:
    """The last picture counts."""
    attributes = attributes_of(element)
    if href := attributes.get("href") or attributes.get("url"):
        entry.fields["image"] = {"href": href}


def take_thumbnail(entry: Entry, element: Any, _depth: int) -> None:
    """Media RSS has its address in an attribute; some publishers in the text."""
    attributes = attributes_of(element)
    if (text := text_of(element)) and "url" not in attributes:
        attributes["url"] = mended(resolved(entry.surroundings(attributes)[0], text))
    entry.fields.setdefault("media_thumbnail", []).append(attributes)


def _with_href(attributes: Fields) -> Fields:
    """feedparser's order of the names that an address goes by."""
    href = attributes.get("url", attributes.get("uri", attributes.get("href")))
    if href:
        attributes.pop("url", None)
        attributes.pop("uri", None)
        attributes["href"] = href
    return attributes
