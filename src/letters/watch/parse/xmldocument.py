"""An XML feed in pieces, of which only those are read that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from letters.model import Episode
from letters.watch.parse.fingerprint import fingerprints
from letters.watch.parse.head import Head, read_head
from letters.watch.parse.quick import read_entries
from letters.watch.parse.split import Pieces, split
from letters.watch.parse.values import Deleted, Hints, OddError, Origin
from letters.watch.parse.xmlfeed import parse_xml


def open_xml(text: str, origin: Origin) -> XmlDocument:
    """Cut a document without its prolog. Raises `OddError` for one that has to be read whole, by feedparser."""
    pieces = split(text)
    if pieces is None:
        raise OddError("not regular")
    return XmlDocument(pieces, read_head(pieces.head, origin), origin)


class XmlDocument:
    """A regular document: its head is read, its entries are not."""

    def __init__(self, pieces: Pieces, head: Head, origin: Origin) -> None:
        self._pieces, self._head, self._origin = pieces, head, origin
        self.title, self.language, self.texts = head.title, head.language, pieces.entries
        self.hints: Hints = head.hints
        self.deleted: tuple[Deleted, ...] = head.deleted

    @cached_property
    def fingerprints(self) -> list[str]:
        """By place in `texts`."""
        return fingerprints(self._head.surroundings(self._origin), self.texts)

    def read(self, places: Sequence[int], *, quickly: bool) -> list[Episode]:
        """The entries at these places, by the quick reader, else by feedparser.

        Raises `OddError` for what takes feedparser when it is to be read `quickly`, and where feedparser finds more or
        fewer entries.
        """
        if not places:
            return []
        texts = [self.texts[place] for place in places]
        try:
            return read_entries(self._head, texts, self._origin)
        except OddError:
            if quickly:
                raise
        entries = parse_xml(self._pieces.with_entries(texts), self._origin).entries
        if len(entries) != len(places):
            raise OddError("another count of entries")
        return list(entries)
