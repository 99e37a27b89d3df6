"""What the quick reader holds of one entry while it takes its elements one after the other."""

from __future__ import annotations

from typing import Any

from letters.watch.parse.episode import Fields
from letters.watch.parse.head import Head, content_type
from letters.watch.parse.names import Names, attributes_of
from letters.watch.parse.podcast import PodcastDraft
from letters.watch.parse.text import moved_base, text_of
from letters.watch.parse.values import OddError, Origin
from letters.watch.parse.words import looks_like_html


class Entry:
    """The fields of an entry by feedparser's names, and what decides which of several elements counts."""

    def __init__(self, head: Head, origin: Origin) -> None:
        self.names: Names = head.names
        self.is_atom, self.address = head.is_atom, origin.url
        self.base, self.lang = head.base, head.lang
        self.fields: Fields = {"links": []}
        self.podcast = PodcastDraft()
        #: Where the title that counts stands; another at this depth or deeper does not.
        self.title_depth = -1
        #: Whether there was a `content`: a second summary is content until then.
        self.has_content = False
        #: Whether an author was named in a string.
        self.has_named_author = False
        # Where the elements stood whose text was taken: of two the one further out counts, of equals the last.
        self._depths: dict[str, int] = {}

    def store(self, name: str, text: str, depth: int) -> None:
        """Take a text, unless one further out is there."""
        if depth <= self._depths.get(name, depth):
            self._depths[name] = depth
            self.fields[name] = text

    def read_text(self, element: Any, default: str) -> Fields:
        """A text with its type, which is `default` where it is not stated, and its language."""
        attributes = attributes_of(element) if element.attrib else {}
        if attributes.get("mode") == "base64":
            raise OddError("a text in base64")
        lang = self.surroundings(attributes)[1] if attributes else self.lang
        kind = content_type(attributes.get("type", default))
        text = text_of(element)
        # In RSS plain text is often not plain.
        if kind == "text/plain" and not self.is_atom and looks_like_html(text):
            kind = "text/html"
        return {"value": text, "type": kind, "language": lang.replace("_", "-") if lang else None}

    def surroundings(self, attributes: Fields) -> tuple[str, str | None]:
        """The base and the language that hold in an element with these attributes."""
        base = moved_base(self.base, attributes.get("xml:base", attributes.get("base")))
        return base, attributes.get("xml:lang", attributes.get("lang", self.lang)) or None
