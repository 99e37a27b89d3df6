"""The list of all feeds as OPML 2.0 (https://opml.org/spec2.opml), for readers that import it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from letters.publish.items import Document


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed in the list."""

    name: str
    document: Document


def write(title: str, groups: Iterable[tuple[str, Sequence[Listed]]], *, updated: datetime) -> bytes:
    """Feeds under a heading each; a group without a heading stands at the top level. RSS, which every reader takes."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "dateModified").text = format_datetime(updated)
    body = etree.SubElement(root, "body")
    for heading, feeds in groups:
        if feeds:
            parent = etree.SubElement(body, "outline", text=heading, title=heading) if heading else body
            for one in feeds:
                _add(parent, one)
    return bytes(etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8"))


def _add(parent: etree._Element, listed: Listed) -> None:
    etree.SubElement(
        parent,
        "outline",
        type="rss",
        text=listed.name,
        title=listed.document.title,
        description=listed.document.description,
        xmlUrl=listed.document.addresses["rss"],
        htmlUrl=listed.document.page,
        language=listed.document.language,
    )
