"""Titles, descriptions and dates of an entry, for the quick reader: what each element does, as in feedparser."""

from __future__ import annotations

from typing import Any

from letters.watch.parse.dates import parse_feed_date
from letters.watch.parse.entry import Entry
from letters.watch.parse.text import text_of

_PLAIN, _HTML = "text/plain", "text/html"


def take_title(entry: Entry, element: Any, depth: int) -> None:
    """The first title with words, or a later one further out."""
    found = entry.read_text(element, _PLAIN)
    if not -1 < entry.title_depth <= depth:
        entry.store("title", found["value"], depth)
        entry.fields["title_detail"] = found
    if found["value"]:
        entry.title_depth = depth


def take_media_title(entry: Entry, element: Any, depth: int) -> None:
    """The title of a file is the entry's only until the entry's own comes."""
    before = entry.title_depth
    take_title(entry, element, depth)
    entry.title_depth = before


def take_description(entry: Entry, element: Any, depth: int) -> None:
    """A summary in HTML."""
    _take_summary(entry, element, depth, _HTML)


def take_summary(entry: Entry, element: Any, depth: int) -> None:
    """A summary in plain text, so it says."""
    _take_summary(entry, element, depth, _PLAIN)


def _take_summary(entry: Entry, element: Any, depth: int, kind: str) -> None:
    # Publishers who have two of them put the article into the second.
    if "summary" in entry.fields and not entry.has_content:
        _take_content(entry, element, _PLAIN)
        return
    found = entry.read_text(element, kind)
    entry.store("summary", found["value"], depth)
    entry.fields["summary_detail"] = found


def take_content(entry: Entry, element: Any, _depth: int) -> None:
    """Atom's content."""
    _take_content(entry, element, _PLAIN)


def take_encoded(entry: Entry, element: Any, _depth: int) -> None:
    """``content:encoded``."""
    _take_content(entry, element, _HTML)


def _take_content(entry: Entry, element: Any, kind: str) -> None:
    entry.has_content = True
    found = entry.read_text(element, kind)
    entry.fields.setdefault("content", []).append(found)
    if found["type"] in {_PLAIN, _HTML}:
        entry.fields.setdefault("summary", found["value"])


def take_subtitle(entry: Entry, element: Any, depth: int) -> None:
    """``itunes:subtitle`` and the like."""
    entry.store("subtitle", entry.read_text(element, _PLAIN)["value"], depth)


def take_words(entry: Entry, element: Any, depth: int) -> None:
    """An element whose text is all there is to it."""
    entry.store(entry.names.of(element), text_of(element), depth)


def take_published(entry: Entry, element: Any, depth: int) -> None:
    """``pubDate`` and the like."""
    _take_date(entry, "published", element, depth)


def take_updated(entry: Entry, element: Any, depth: int) -> None:
    """Atom's ``updated``, ``dc:date`` and the like."""
    _take_date(entry, "updated", element, depth)


def take_created(entry: Entry, element: Any, depth: int) -> None:
    """Atom 0.3 and Dublin Core."""
    _take_date(entry, "created", element, depth)


def _take_date(entry: Entry, name: str, element: Any, depth: int) -> None:
    text = text_of(element)
    entry.store(name, text, depth)
    entry.fields[f"{name}_parsed"] = parse_feed_date(text)
