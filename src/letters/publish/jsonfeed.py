"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/, R50).

What it has no place for stands in two objects of our own, as its section "Extensions" provides, under the words of the
specifications that have one: ``_atom`` by RFC 4287, ``_podcast`` by Podcasting 2.0. Each says in `about` which that is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from letters.publish.feedgen_border import rfc3339
from letters.publish.items import Category, Document, Item, Link, Media, history_links

_VERSION = "https://jsonfeed.org/version/1.1"
_ABOUT_ATOM = "https://www.rfc-editor.org/rfc/rfc4287"
_ABOUT_PODCAST = "https://podcasting2.org/docs/podcast-namespace"

Fields = dict[str, Any]


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
        "_atom": _extension(_ABOUT_ATOM, _atom_of_item(item)),
        "_podcast": _extension(_ABOUT_PODCAST, _podcast_of_item(item)),
    }
    if not item.content_html:
        values["content_text"] = item.summary or item.title
    return json.dumps(_filled(values), ensure_ascii=False)


def _attachment(media: Media, item: Item) -> Fields:
    seconds = int(item.duration.total_seconds()) if item.duration else 0
    return _filled(
        {
            "url": media.url,
            "mime_type": media.type,
            "size_in_bytes": media.length_bytes,
            "duration_in_seconds": seconds,
        }
    )


def _atom_of_item(item: Item) -> Fields:
    links = [_link("via", item.origin)] if item.origin else []
    links += [_link("related", one) for one in item.related]
    links += [{"rel": "license", "href": item.license}] if item.license else []
    return {"category": _categories(item.categories), "link": links, "rights": item.rights}


def _podcast_of_item(item: Item) -> Fields:
    people = [
        _filled({"name": one.name, "role": one.role, "href": one.url, "img": one.image})
        for one in item.people
    ]
    return {
        "season": item.season if item.season and item.season > 0 else 0,
        "episode": item.number if item.number and item.number > 0 else 0,
        "person": people,
        "transcript": [_filled(asdict(one)) for one in item.transcripts],
        "chapters": asdict(item.chapters) if item.chapters else {},
    }


def _link(relation: str, link: Link) -> Fields:
    return {"rel": relation, "href": link.url, "title": link.title}


def _categories(categories: Iterable[Category]) -> list[Fields]:
    return [{"term": one.key, "scheme": one.scheme, "label": one.name} for one in categories]


def _extension(about: str, values: Fields) -> Fields:
    filled = _filled(values)
    return {"about": about, **filled} if filled else {}


def _filled(values: Fields) -> Fields:
    return {name: value for name, value in values.items() if value}


def write(document: Document, items: Iterable[str]) -> bytes:
    """The whole document."""
    values = {
        "version": _VERSION,
        "title": document.title,
        "home_page_url": document.page,
        "feed_url": document.addresses["json"],
        "description": document.description,
        "next_url": document.prev_archive.get("json", ""),
        "icon": document.image or document.icon,
        "favicon": document.icon,
        "language": document.language,
        "authors": [{"name": document.author}],
        "hubs": [{"type": "WebSub", "url": document.hub}] if document.hub else [],
        "_atom": _extension(_ABOUT_ATOM, _atom_of_feed(document)),
        "_podcast": _extension(_ABOUT_PODCAST, _podcast_of_feed(document)),
    }
    fields = [
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in _filled(values).items()
    ]
    # Written by hand around items that are text already, so that none is encoded again for each document.
    fields.append('"items": [' + ",".join(f"\n{item}" for item in items) + "\n]")
    return ("{\n" + ",\n".join(fields) + "\n}\n").encode()


def _atom_of_feed(document: Document) -> Fields:
    links = [{"rel": relation, "href": url} for relation, url in history_links(document, "json")]
    links += [{"rel": "license", "href": document.license}] if document.license else []
    return {
        "id": f"urn:uuid:{document.guid}",
        "updated": rfc3339(document.updated),
        "category": _categories(document.categories),
        "link": links,
        "rights": document.rights,
    }


def _podcast_of_feed(document: Document) -> Fields:
    locked = {"value": "yes" if document.locked else "no"}
    if document.owner:
        locked["owner"] = document.owner.email
    return {"guid": document.guid, "locked": locked, "block": "yes" if document.is_private else ""}
