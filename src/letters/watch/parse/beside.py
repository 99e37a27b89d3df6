"""What feedparser does not read, or only the last of: the podcast elements, hints, and notices of deleted entries.

A second, bounded pass over the same bytes with lxml; its items and feedparser's entries are joined by position.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from letters.model import Person
from letters.watch.parse.hints import HintReader
from letters.watch.parse.names import name_of
from letters.watch.parse.podcast import PodcastDraft, PodcastItem, read_podcast_element
from letters.watch.parse.values import Deleted, Hints

_PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Beside:
    """The items in the document's order, and what stands around them."""

    items: tuple[PodcastItem, ...]
    persons: tuple[Person, ...]
    hints: Hints
    deleted: tuple[Deleted, ...]

    def item(self, place: int) -> PodcastItem:
        """An item's own; persons of the channel stand in where it names none (podcast namespace, ``person``)."""
        found = self.items[place] if place < len(self.items) else PodcastItem()
        return found if found.persons else replace(found, persons=self.persons)


def read_beside(document: bytes, entries: int, *, base: str) -> Beside:
    """What lxml finds in a document in UTF-8 that has as many entries.

    When both readers disagree on how many entries there are, only what stands around them is believed: putting one
    episode's guests on another would be worse than naming none.
    """
    collector = _Collector(base)
    for event, element in _events(document):
        collector.take(event, element)
    items = tuple(item.made() for item in collector.items)
    return Beside(
        items=items if len(items) == entries else (),
        persons=tuple(collector.channel.persons),
        hints=collector.hints.hints(),
        deleted=collector.hints.deleted(),
    )


def _events(document: bytes) -> Iterator[tuple[str, Any]]:
    parser = etree.XMLPullParser(
        events=("start", "end"),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )
    try:
        for start in range(0, len(document), _PIECE_BYTES):
            parser.feed(document[start : start + _PIECE_BYTES])
            yield from parser.read_events()
        parser.close()
        yield from parser.read_events()
    except etree.XMLSyntaxError:
        # Beyond repair: what was read so far is what there is.
        return


class _Collector:
    """Goes along the document and notes what belongs to which item."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._inside = False
        self.items: list[PodcastDraft] = []
        self.channel = PodcastDraft()
        self.hints = HintReader(base)

    def take(self, event: str, element: Any) -> None:
        if not isinstance(element.tag, str):
            return
        name = name_of(element)
        if name.rpartition("_")[2] in {"item", "entry"} and not name.startswith("podcast_"):
            self._cross_border(event, element)
        elif event == "end":
            draft = self.items[-1] if self._inside else self.channel
            read_podcast_element(name, element, draft, base=self._base)
            if not self._inside:
                self.hints.take(name, element)

    def _cross_border(self, event: str, element: Any) -> None:
        self._inside = event == "start"
        if event == "start":
            self.items.append(PodcastDraft())
        else:
            # Memory is bounded by the largest item, not by the document.
            element.clear()
