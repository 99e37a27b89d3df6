"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

from feed_validator.report import Report
from feed_validator.values import (
    check_atom_date,
    check_html,
    check_language,
    check_text,
    check_type,
    check_uri,
)

_VERSION = "https://jsonfeed.org/version/1.1"
_TEXTS = {"title", "description", "summary", "content_text", "user_comment"}
_ADDRESSES = {
    *("home_page_url", "feed_url", "next_url", "icon", "favicon"),
    *("url", "external_url", "image", "banner_image", "avatar"),
}
_LISTS = {"authors", "tags", "attachments", "hubs", "items"}
_NUMBERS = {"size_in_bytes", "duration_in_seconds"}
_FEED = {
    *("version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url", "icon"),
    *("favicon", "authors", "language", "expired", "hubs", "items"),
}
_ITEM = {
    *("id", "url", "external_url", "title", "content_html", "content_text", "summary", "image"),
    *("banner_image", "date_published", "date_modified", "authors", "tags", "language", "attachments"),
}
_ATTACHMENT = {"url", "mime_type", "title", "size_in_bytes", "duration_in_seconds"}
_AUTHOR = {"name", "url", "avatar"}


def check_json(document: bytes, url: str, report: Report) -> None:
    try:
        feed = json.loads(document.decode("utf-8"), object_pairs_hook=lambda pairs: _object(pairs, report))
    except ValueError as error:
        report.add("well-formed", "document", error)
        return
    if not isinstance(feed, dict):
        report.add("json-type", "document", type(feed))
        return
    _check_fields(feed, _FEED, "feed", report)
    report.check(feed.get("version") == _VERSION, "json-version", "version", feed.get("version"))
    report.check(feed.get("feed_url") == url, "self", "feed_url", feed.get("feed_url"))
    report.check(feed.get("title"), "missing", "feed", "title")
    report.check("items" in feed, "missing", "feed", "items")
    report.check(feed.get("next_url") != url, "json-next", "next_url", feed.get("next_url"))
    for hub in _objects(feed.get("hubs", []), "hubs", report):
        _check_fields(hub, {"type", "url"}, "hub", report)
        report.check(hub.get("type") and hub.get("url"), "missing", "hub", hub)
    items = _objects(feed.get("items", []), "items", report)
    for item in items:
        _check_item(item, report)
    for identifier, count in Counter(str(item.get("id")) for item in items).items():
        report.check(count == 1, "id-unique", "id", identifier)


def _object(pairs: list[tuple[str, Any]], report: Report) -> dict[str, Any]:
    for name, count in Counter(name for name, _ in pairs).items():
        report.check(count == 1, "duplicate", "object", name)
    return dict(pairs)


def _objects(values: Any, where: str, report: Report) -> list[dict[str, Any]]:
    found = values if isinstance(values, list) else []
    report.check(all(isinstance(one, dict) for one in found), "json-type", where, found)
    return [one for one in found if isinstance(one, dict)]


def _check_fields(values: dict[str, Any], known: Collection[str], where: str, report: Report) -> None:
    """Only known fields, and of their types; extensions say what they are."""
    for name, value in values.items():
        if name.startswith("_"):
            about = value.get("about") if isinstance(value, dict) else None
            report.check(about, "json-extension", f"{where}/{name}", value)
            check_uri(about or "about:blank", f"{where}/{name}", report)
        else:
            report.check(name in known, "unknown", where, name)
            _check_value(name, value, f"{where}/{name}", report)


def _check_value(name: str, value: Any, where: str, report: Report) -> None:
    if name in _LISTS:
        report.check(isinstance(value, list), "json-type", where, value)
    elif name in _NUMBERS:
        kept = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        report.check(kept, "number", where, value)
    elif name != "expired" and not isinstance(value, str):
        report.add("json-type", where, value)
    elif name in _TEXTS:
        check_text(value, where, report)
    elif name in _ADDRESSES:
        check_uri(value, where, report, web=True)
    elif name == "content_html":
        check_html(value, where, report)
    elif name in {"date_published", "date_modified"}:
        check_atom_date(value, where, report)
    elif name == "mime_type":
        check_type(value, where, report)
    elif name == "language":
        check_language(value, where, report)
    if name == "authors":
        for author in _objects(value, where, report):
            _check_fields(author, _AUTHOR, where, report)
            report.check(set(author) & _AUTHOR, "missing", where, author)
    elif name == "tags" and isinstance(value, list):
        report.check(all(isinstance(one, str) and one for one in value), "json-type", where, value)


def _check_item(item: dict[str, Any], report: Report) -> None:
    _check_fields(item, _ITEM, "item", report)
    report.check(item.get("id"), "missing", "item", "id")
    report.check(item.get("content_html") or item.get("content_text"), "json-content", "item", item.get("id"))
    for attachment in _objects(item.get("attachments", []), "attachments", report):
        _check_fields(attachment, _ATTACHMENT, "attachment", report)
        for name in ("url", "mime_type"):
            report.check(attachment.get(name), "missing", "attachment", name)
