"""Authors of an entry, for the quick reader: each part does what it does in feedparser."""

from __future__ import annotations

import re
from typing import Any

from letters.watch.parse.entry import Entry
from letters.watch.parse.episode import Fields
from letters.watch.parse.text import mended, resolved
from letters.watch.parse.values import OddError

_PARTS = {
    "name": "name", "itunes_name": "name", "email": "email", "itunes_email": "email",
    "url": "href", "uri": "href", "homepage": "href",
}  # fmt: skip
# A mail address among other words, as feedparser finds it; longer texts are no names and would take long.
_MAIL = re.compile(
    r"[\w.+-]+@(?:\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.|(?:[a-zA-Z0-9-]+\.)+)(?:[a-zA-Z]{2,4}|[0-9]{1,3})\]?(?:\?subject=\S+)?",
    re.ASCII,
)
_LONGEST_WITH_MAIL = 500


def take_author(entry: Entry, element: Any, _depth: int) -> None:
    """RSS's author in one string, or Atom's in parts."""
    authors: list[Fields] = entry.fields.setdefault("authors", [])
    authors.append({})
    for child in element:
        name = entry.names.of(child)
        key = _PARTS.get(name)
        # A picture and the like of another namespace is passed over.
        if len(child) or (key is None and ("_" not in name or child.text)):
            raise OddError("an unusual author")
        if key is None:
            continue
        # feedparser then gives both the same name.
        if entry.has_named_author:
            raise OddError("an author in parts after one in a string")
        text = (child.text or "").strip()
        if key == "href" and text:
            text = mended(resolved(entry.base, text))
        _name_author(entry, authors[-1])
        authors[-1][key] = text
    text = "".join([element.text or "", *(child.tail or "" for child in element)])
    entry.fields["author"] = mended(text.strip())
    _name_author(entry, authors[-1])


def _name_author(entry: Entry, author: Fields) -> None:
    """What feedparser does at each part of an author: makes one string of the parts, or parts of the string."""
    if author:
        name, address = author.get("name"), author.get("email")
        if name or address:
            entry.fields["author"] = f"{name} ({address})" if name and address else name or address
    elif text := entry.fields.get("author"):
        found = _MAIL.search(text) if "@" in text and len(text) <= _LONGEST_WITH_MAIL else None
        if found:
            text = _without_mail(text, found[0])
            author["email"] = found[0]
        if text:
            author["name"] = text
        entry.has_named_author = True


def _without_mail(text: str, address: str) -> str:
    for rest in (address, "()", "<>", "&lt;&gt;"):
        text = text.replace(rest, "")
    return text.strip().removeprefix("(").removesuffix(")").strip()
