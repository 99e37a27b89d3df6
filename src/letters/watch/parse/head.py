"""What stands around the entries: the show's title, language and persons, and all else that entries are read by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from letters.model import Person
from letters.watch.parse.entities import has_impossible_references
from letters.watch.parse.episode import is_html
from letters.watch.parse.hints import HintReader
from letters.watch.parse.names import ATOM, Names, attributes_of
from letters.watch.parse.podcast import PodcastDraft, read_podcast_element
from letters.watch.parse.split import MARKER
from letters.watch.parse.text import moved_base, text_of
from letters.watch.parse.values import Deleted, Hints, OddError, Origin
from letters.watch.parse.words import language_tag, title_text

_TITLES = frozenset({"title", "dc_title", "media_title"})
_LANGUAGES = frozenset({"language", "dc_language"})
_ENTRIES = frozenset({"item", "entry"})
_FEEDS = frozenset({"rss", "feed", "rdf_rdf", "channel"})
_IN_ROOTS = frozenset({"channel", "image", "textinput"})
# Deeper in the head feedparser takes these for the feed's own.
_DECIDING = _TITLES | _LANGUAGES | _ENTRIES | _FEEDS
# Their titles are their own, as long as nothing else stands in them.
_BOXES = frozenset({"image", "textinput"})
_IN_BOXES = frozenset({"title", "link", "description", "url", "href", "width", "height", "name"})


@dataclass(frozen=True, slots=True)
class Head:
    """The part of a document that is read at each look."""

    title: str
    language: str
    is_atom: bool
    names: Names
    #: The start tag of an element in which entries can be read alone: it declares the namespaces.
    frame: str
    #: ``xml:base`` and ``xml:lang`` where the entries stand.
    base: str
    lang: str | None
    persons: tuple[Person, ...]
    hints: Hints
    deleted: tuple[Deleted, ...]

    def surroundings(self, origin: Origin) -> tuple[object, ...]:
        """All outside an entry that its reading depends on; nothing that changes while entries stay as they are."""
        show = origin.show or self.title
        persons = self.persons
        return (
            origin.source,
            origin.url,
            show,
            self.language,
            self.is_atom,
            self.frame,
            self.base,
            self.lang,
            persons,
        )


def xml_parser(*, instructions: bool) -> etree.XMLParser:
    """A strict parser that fetches nothing and refuses what is large beyond sense."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=not instructions,
    )


_PARSER = xml_parser(instructions=True)


def parse_strictly(text: str, parser: etree.XMLParser) -> Any:
    """The root element. Raises `OddError` for what is not well-formed or would be mended."""
    if has_impossible_references(text):
        raise OddError("a reference to no character")
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise OddError("not well-formed") from error


def read_head(text: str, origin: Origin) -> Head:
    """The head of a document that `split` cut. Raises `OddError`, also for one that is not well-formed."""
    return _HeadReader(parse_strictly(text, _PARSER), origin).read()


class _HeadReader:
    """Walks one head."""

    def __init__(self, root: Any, origin: Origin) -> None:
        self._root, self._names, self._origin = root, Names(root.nsmap), origin
        self._kind = self._names.of(root)
        self._title: Any = None
        self._language = ""
        self._podcast = PodcastDraft()
        self._hints = HintReader(origin.url)

    def read(self) -> Head:
        channel = self._channel()
        if self._kind != "rdf_rdf":
            attributes = attributes_of(self._root)
            self._language = attributes.get("xml:lang", attributes.get("lang")) or ""
        for child in channel:
            self._take(child)
        place = self._place_of_entries(channel)
        base, lang = _surroundings(place)
        is_atom = self._kind == "feed"
        title = (
            title_text(text_of(self._title), is_html=self._is_html(is_atom))
            if self._title is not None
            else ""
        )
        return Head(
            title=title,
            language=language_tag(self._language.replace("_", "-")),
            is_atom=is_atom,
            names=self._names,
            frame=_frame(place),
            base=base,
            lang=lang,
            persons=tuple(self._podcast.persons),
            hints=self._hints.hints(),
            deleted=self._hints.deleted(),
        )

    def _channel(self) -> Any:
        """The element that holds the feed's own title. Raises `OddError` for roots that only feedparser knows."""
        declared = {namespace.lower() for namespace in self._root.nsmap.values()}
        if self._kind == "feed":
            if "http://purl.org/rss/1.0/" in declared:
                raise OddError("Atom that declares RSS 1.0")
            return self._root
        # To feedparser an RDF document that declares Atom may be one of Atom.
        if self._kind == "rss" or (self._kind == "rdf_rdf" and ATOM.lower() not in declared):
            inside = [(name, child) for child in self._root if (name := self._names.of(child))]
            channels = [child for name, child in inside if name == "channel"]
            if len(channels) == 1 and all(name in _IN_ROOTS for name, _child in inside):
                return channels[0]
        raise OddError("an unusual root")

    def _take(self, child: Any) -> None:
        name = self._names.of(child)
        if not name:
            return
        if name in _ENTRIES or name in _FEEDS:
            raise OddError("an entry or a feed in the head")
        if name in _TITLES:
            self._take_title(child)
        elif name in _LANGUAGES:
            self._language = text_of(child)
        elif name.startswith("podcast_"):
            if name != "podcast_liveitem":
                read_podcast_element(name, child, self._podcast, base=self._origin.url)
        else:
            self._hints.take(name, child)
            if len(child):
                self._check_inside(name, child)

    def _take_title(self, title: Any) -> None:
        # Which of several titles counts is for feedparser to say.
        if self._title is not None:
            raise OddError("two titles")
        self._title = title

    def _check_inside(self, name: str, holder: Any) -> None:
        inside = {self._names.of(one) for one in holder.iterdescendants()}
        if not (inside <= _IN_BOXES if name in _BOXES else inside.isdisjoint(_DECIDING)):
            raise OddError(f"what is in {name}")

    def _place_of_entries(self, channel: Any) -> Any:
        marks = self._root.iter(etree.ProcessingInstruction)
        places = {mark.getparent() for mark in marks if mark.target == MARKER}
        if len(places) > 1 or not places <= {channel, self._root}:
            raise OddError("entries in more than one place")
        return places.pop() if places else channel

    def _is_html(self, is_atom: bool) -> bool:
        kind = attributes_of(self._title).get("type", "text/plain")
        return is_html({"type": content_type(kind)}, is_atom=is_atom)


def content_type(stated: str) -> str:
    """A text's type as a media type. Raises `OddError` for those whose text is not simply text."""
    kind = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}.get(
        stated.lower(), stated.lower()
    )
    if not kind.startswith("text/"):
        raise OddError(f"text of the type {kind}")
    return kind


def _surroundings(place: Any) -> tuple[str, str | None]:
    """The base and the language that hold in an element; of the latter None where it is taken back."""
    base, lang = "", None
    for element in (*reversed(list(place.iterancestors())), place):
        attributes = attributes_of(element)
        base = moved_base(base, attributes.get("xml:base", attributes.get("base")))
        lang = attributes.get("xml:lang", attributes.get("lang", lang)) or None
    return base, lang


def _frame(place: Any) -> str:
    declared = [
        _declaration(prefix, namespace) for prefix, namespace in place.nsmap.items() if prefix != "xml"
    ]
    return f"<letters {' '.join(declared)}>"


# Publishers declare the same few.
@lru_cache(maxsize=1_024)
def _declaration(prefix: str | None, namespace: str) -> str:
    return f"xmlns:{prefix}={quoteattr(namespace)}" if prefix else f"xmlns={quoteattr(namespace)}"
