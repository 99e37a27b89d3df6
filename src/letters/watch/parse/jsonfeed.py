"""JSON Feed 1 and 1.1."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from letters.errors import UnreadableFeedError
from letters.model import Enclosure, Episode
from letters.watch.parse.dates import parse_date, parse_duration
from letters.watch.parse.fingerprint import fingerprints
from letters.watch.parse.hints import hub_addresses
from letters.watch.parse.media import make_enclosure
from letters.watch.parse.people import people_of
from letters.watch.parse.values import Deleted, Hints, Origin
from letters.watch.parse.words import body_text, guid_text, language_tag, title_text, web_url

_VERSION = "https://jsonfeed.org/version/1"


class JsonDocument:
    """A JSON Feed whose items are read when they are asked for.

    An item that is no object is left out; so is every field that is not of the kind the specification gives it.
    `next_url` is not followed: what is new stands on the first page. `expired` changes nothing about what is there.
    """

    def __init__(self, text: str, origin: Origin) -> None:
        """Raises `UnreadableFeedError`."""
        feed = _load(text)
        self._items = _objects(feed.get("items"))
        self.title = title_text(feed.get("title"), is_html=False)
        self.language = language_tag(feed.get("language"))
        self._show = origin.show or self.title
        self._authors = _authors(feed)
        self._origin = origin
        self.deleted: tuple[Deleted, ...] = ()
        self.hints = Hints(
            hubs=hub_addresses([hub.get("url") for hub in _websub_hubs(feed)], base=origin.url),
            self_url=web_url(feed.get("feed_url"), base=origin.url),
        )

    @cached_property
    def texts(self) -> list[str]:
        """The items, each written in one way, so that the order of its fields is no difference."""
        return [json.dumps(item, sort_keys=True) for item in self._items]

    @cached_property
    def fingerprints(self) -> list[str]:
        """By place in `texts`."""
        origin = self._origin
        surroundings = (origin.source, origin.url, self._show, self.language, self._authors)
        return fingerprints(surroundings, self.texts)

    def read(self, places: Sequence[int], *, quickly: bool) -> list[Episode]:
        """The items at these places."""
        reader = _ItemReader(self._origin, show=self._show, language=self.language, authors=self._authors)
        return [reader.read(self._items[place]) for place in places]


def _load(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    # Digits without end and brackets without end are refused by Python itself.
    except (ValueError, RecursionError) as error:
        raise UnreadableFeedError(f"broken JSON: {str(error)[:100]}") from error
    if not isinstance(document, dict) or not _is_feed(document):
        raise UnreadableFeedError("a JSON document, but no JSON Feed")
    return document


def _is_feed(document: Mapping[str, Any]) -> bool:
    version = document.get("version")
    stated = isinstance(version, str) and version.replace("http://", "https://").startswith(_VERSION)
    return stated or (isinstance(document.get("items"), list) and "title" in document)


class _ItemReader:
    """Reads the items of one document; holds what they have in common."""

    def __init__(self, origin: Origin, *, show: str, language: str, authors: list[dict[str, Any]]) -> None:
        self._origin, self._show, self._language, self._authors = origin, show, language, authors

    def read(self, item: Mapping[str, Any]) -> Episode:
        base = self._origin.url
        updated = parse_date(item.get("date_modified"))
        attachments = _objects(item.get("attachments"))
        images = (web_url(item.get(name), base=base) for name in ("image", "banner_image"))
        return Episode(
            source=self._origin.source,
            identity="",
            guid=guid_text(item.get("id")),
            link=web_url(item.get("url"), base=base) or web_url(item.get("external_url"), base=base),
            title=title_text(item.get("title"), is_html=False),
            published=parse_date(item.get("date_published")) or updated,
            updated=updated,
            description=_description(item),
            duration=next((found for one in attachments if (found := _duration(one))), None),
            image=next((image for image in images if image), ""),
            language=language_tag(item.get("language")) or self._language,
            people=people_of((), [_author(one) for one in _authors(item) or self._authors], base=base),
            enclosures=_enclosures(attachments, base),
            show=self._show,
        )


def _description(item: Mapping[str, Any]) -> str:
    """The longest of the texts, as plain text."""
    texts = [(item.get(name), name == "content_html") for name in ("content_html", "content_text", "summary")]
    value, is_html = max(
        ((text, is_html) for text, is_html in texts if isinstance(text, str)),
        key=lambda text: len(text[0]),
        default=("", False),
    )
    return body_text(value, is_html=is_html)


def _enclosures(attachments: list[dict[str, Any]], base: str) -> tuple[Enclosure, ...]:
    found = (
        make_enclosure(one.get("url"), one.get("mime_type"), one.get("size_in_bytes"), base=base)
        for one in attachments
    )
    return tuple(enclosure for enclosure in found if enclosure is not None)[:20]


def _duration(attachment: Mapping[str, Any]) -> Any:
    return parse_duration(attachment.get("duration_in_seconds"))


def _authors(holder: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Version 1.1 has a list, version 1 had one."""
    return _objects(holder.get("authors")) or _objects([holder.get("author")])


def _author(author: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": author.get("name"), "href": author.get("url")}


def _websub_hubs(feed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """JSON Feed names rssCloud hubs in the same list."""
    return [hub for hub in _objects(feed.get("hubs")) if str(hub.get("type")).lower() == "websub"]


def _objects(values: object) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
