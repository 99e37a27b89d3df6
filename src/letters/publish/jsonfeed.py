"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/, R50)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from letters.publish.feedgen_border import rfc3339
from letters.publish.items import Document, Item, Media

_VERSION = "https://jsonfeed.org/version/1.1"


def render_item(item: Item) -> str:
    """An item's object on one line, to be shared by the documents that hold it; empty fields are left out."""
    values = {
        "id": item.id,
        "url": item.url,
        "external_url": item.origin.url if item.origin else "",
        "title": item.title,
        "content_html": item.content_html,
        "summary": item.summary,
        "image": item.image,
        "date_published": rfc3339(item.published),
        "date_modified": rfc3339(item.updated),
        "authors": [{"name": item.author}],
        "tags": [category.name for category in item.categories],
        "language": item.language,
        "attachments": [_attachment(item.media, item)] if item.media else [],
    }
    if not item.content_html:
        values["content_text"] = item.summary or item.title
    return json.dumps({name: value for name, value in values.items() if value}, ensure_ascii=False)


def _attachment(media: Media, item: Item) -> dict[str, Any]:
    values: dict[str, Any] = {"url": media.url, "mime_type": media.type}
    if media.length_bytes:
        values["size_in_bytes"] = media.length_bytes
    if item.duration:
        values["duration_in_seconds"] = int(item.duration.total_seconds())
    return values


def write(document: Document, items: Iterable[str]) -> bytes:
    """The whole document."""
    values = {
        "version": _VERSION,
        "title": document.title,
        "home_page_url": document.page,
        "feed_url": document.addresses["json"],
        "description": document.description,
        "language": document.language,
        "authors": [{"name": document.author}],
    }
    fields = [
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()
    ]
    # Written by hand around items that are text already, so that none is encoded again for each document.
    fields.append('"items": [' + ",".join(f"\n{item}" for item in items) + "\n]")
    return ("{\n" + ",\n".join(fields) + "\n}\n").encode()
