"""The Podcasting 2.0 elements, which feedparser reads only the last of: persons, transcripts, chapters, season, episode.

A second, bounded pass over the same bytes with lxml; its items and feedparser's entries are joined by position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from letters.model import Chapters, Person, Transcript
from letters.watch.parse.people import make_person
from letters.watch.parse.words import language_tag, line, web_url, whole_number

# The canonical name, and the address of the document that many hosts took for it.
_NAMESPACE = re.compile(
    r"\{https?://[^}]*(?:podcastindex\.org/namespace|podcast-namespace)[^}]*\}", re.IGNORECASE
)
_MARKS = (b"podcastindex.org/namespace", b"podcast-namespace")
_MOST = 50
_PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class PodcastItem:
    """What one item says in the podcast namespace."""

    persons: tuple[Person, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    chapters: Chapters | None = None
    season: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class PodcastFeed:
    """The items in the document's order, and the persons of the channel."""

    items: tuple[PodcastItem, ...] = ()
    persons: tuple[Person, ...] = ()

    def item(self, place: int) -> PodcastItem:
        """An item's own; persons of the channel stand in where it names none (podcast namespace, ``person``)."""
        found = self.items[place] if place < len(self.items) else PodcastItem()
        return found if found.persons else replace(found, persons=self.persons)


def read_podcast(document: bytes, entries: int, *, base: str) -> PodcastFeed:
    """The podcast elements of a document in UTF-8 that has as many entries.

    When both readers disagree on how many entries there are, only the channel's persons are believed: putting one
    episode's guests on another would be worse than naming none.
    """
    if not any(mark in document.lower() for mark in _MARKS):
        return PodcastFeed()
    collector = _Collector(base)
    for event, element in _events(document):
        collector.take(event, element)
    items = tuple(item.made() for item in collector.items)
    return PodcastFeed(items if len(items) == entries else (), tuple(collector.channel.persons))


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


@dataclass(slots=True)
class _Draft:
    persons: list[Person] = field(default_factory=list)
    transcripts: list[Transcript] = field(default_factory=list)
    chapters: Chapters | None = None
    season: int | None = None
    number: int | None = None

    def made(self) -> PodcastItem:
        persons, transcripts = tuple(self.persons[:_MOST]), tuple(self.transcripts[:_MOST])
        return PodcastItem(persons, transcripts, self.chapters, self.season, self.number)


class _Collector:
    """Goes along the document and notes what belongs to which item."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._inside = False
        self.items: list[_Draft] = []
        self.channel = _Draft()

    def take(self, event: str, element: Any) -> None:
        if not isinstance(element.tag, str):
            return
        namespace, name = _split(element.tag)
        if name in {"item", "entry"} and not _NAMESPACE.fullmatch(namespace):
            self._cross_border(event, element)
        elif event == "end" and _NAMESPACE.fullmatch(namespace):
            self._read(name, element, self.items[-1] if self._inside else self.channel)

    def _cross_border(self, event: str, element: Any) -> None:
        self._inside = event == "start"
        if event == "start":
            self.items.append(_Draft())
        else:
            # Memory is bounded by the largest item, not by the document.
            element.clear()

    def _read(self, name: str, element: Any, draft: _Draft) -> None:
        match name:
            case "person":
                person = make_person(
                    element.text,
                    role=element.get("role") or "host",
                    url=element.get("href"),
                    image=element.get("img"),
                    base=self._base,
                )
                draft.persons += [person] if person is not None else []
            case "transcript":
                draft.transcripts += self._transcript(element)
            case "chapters":
                url = web_url(element.get("url"), base=self._base)
                kind = line(element.get("type"), longest=100) or "application/json+chapters"
                draft.chapters = Chapters(url=url, type=kind) if url else None
            case "season":
                draft.season = whole_number(element.text)
            case "episode":
                draft.number = whole_number(element.text)

    def _transcript(self, element: Any) -> list[Transcript]:
        url = web_url(element.get("url"), base=self._base)
        if not url:
            return []
        kind, language = line(element.get("type"), longest=100), language_tag(element.get("language"))
        return [Transcript(url=url, type=kind, language=language, rel=line(element.get("rel"), longest=50))]


def _split(tag: str) -> tuple[str, str]:
    namespace, brace, name = tag.rpartition("}")
    return namespace + brace, name
