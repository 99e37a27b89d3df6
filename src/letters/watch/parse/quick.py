"""The entries of a well-formed, ordinary document, many times as fast as feedparser and to the same result.

Each element does what it does in feedparser, with its order of precedence; fields bear feedparser's names, and
`letters.watch.parse.episode` makes episodes of either reader's. Whatever is not ordinary raises `OddError`, and feedparser,
the authority, reads that document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from lxml import etree

from letters.model import Episode
from letters.watch.parse.dates import parse_feed_date
from letters.watch.parse.episode import EpisodeReader, Fields
from letters.watch.parse.head import Head, content_type, xml_parser
from letters.watch.parse.names import attributes_of
from letters.watch.parse.podcast import PodcastDraft, read_podcast_element
from letters.watch.parse.text import mended, moved_base, resolved, text_of
from letters.watch.parse.values import OddError, Origin
from letters.watch.parse.words import looks_like_html

_PARSER = xml_parser(instructions=False)
_HTML_TYPES = ("text/html", "application/xhtml+xml")

_REFERENCE = re.compile("&([A-Za-z0-9_]+);")
_MAIL = re.compile(
    r"(([a-zA-Z0-9\_\-\.\+]+)@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.)|(([a-zA-Z0-9\-]+\.)+))"
    r"([a-zA-Z]{2,4}|[0-9]{1,3})(\]?))(\?subject=\S+)?"
)


def read_entries(head: Head, texts: Iterable[str], origin: Origin) -> list[Episode]:
    """The episodes of entries that `split` cut, in order. Raises `OddError`."""
    document = f"{head.frame}{''.join(texts)}</letters>"
    try:
        frame = etree.fromstring(document.encode(), _PARSER)
    except etree.XMLSyntaxError as error:
        raise OddError("not well-formed") from error
    reader = EpisodeReader(
        origin=origin, show=origin.show or head.title, language=head.language, is_atom=head.is_atom
    )
    episodes = []
    for element in frame:
        entry = _Entry(head, origin)
        entry.take(element)
        podcast = entry.podcast
        podcast.persons = podcast.persons or list(head.persons)
        episodes.append(reader.read(entry.fields, podcast.made()))
    return episodes


class _Entry:
    """The fields of one entry, as its elements are taken one after the other."""

    def __init__(self, head: Head, origin: Origin) -> None:
        self._names, self._is_atom, self._origin = head.names, head.is_atom, origin
        self._base, self._lang = head.base, head.lang
        self.fields: Fields = {"links": []}
        self.podcast = PodcastDraft()
        # How deep the elements stood whose text was taken: of two the one further out counts, of equals the last.
        self._depths: dict[str, int] = {}
        self._title_depth = -1
        self._has_content = False

    def take(self, element: Any) -> None:
        """Read a whole entry."""
        if element.attrib:
            attributes = attributes_of(element)
            if "href" in attributes or "lastmod" in attributes:
                raise OddError("an entry of CDF")
            self._base, self._lang = self._surroundings(attributes)
            if about := attributes.get("rdf:about"):
                self.fields["id"] = about
        self._take_children(element, 1)

    def _take_children(self, element: Any, depth: int) -> None:
        for child in element:
            name = self._names.of(child)
            handler = _HANDLERS.get(name)
            if handler is not None:
                handler(self, child, depth)
            elif name.startswith("podcast_"):
                read_podcast_element(name, child, self.podcast, base=self._origin.url)
            elif len(child) and not self._is_plain(child):
                raise OddError(f"what is in {name}")

    def _is_plain(self, holder: Any) -> bool:
        """Whether all in an element we do not know is unknown too; feedparser takes it for the entry's own."""
        return not any(
            (name := self._names.of(one)) in _HANDLERS or name in _PODCAST for one in holder.iterdescendants()
        )

    def _surroundings(self, attributes: Fields) -> tuple[str, str | None]:
        base = moved_base(self._base, attributes.get("xml:base", attributes.get("base")))
        return base, attributes.get("xml:lang", attributes.get("lang", self._lang)) or None

    # --- texts ---

    def _store(self, name: str, text: str, depth: int) -> None:
        if depth <= self._depths.get(name, depth):
            self._depths[name] = depth
            self.fields[name] = text

    def _typed(self, element: Any, default: str) -> Fields:
        """A text with its type and language."""
        attributes = attributes_of(element) if element.attrib else {}
        if attributes.get("mode") == "base64":
            raise OddError("a text in base64")
        lang = self._surroundings(attributes)[1] if attributes else self._lang
        kind = content_type(attributes.get("type", default))
        text = text_of(element)
        # In RSS plain text is often not plain.
        if kind == "text/plain" and not self._is_atom and looks_like_html(text):
            kind = "text/html"
        return {"value": text, "type": kind, "language": lang.replace("_", "-") if lang else None}

    def _title(self, element: Any, depth: int) -> None:
        found = self._typed(element, "text/plain")
        if not -1 < self._title_depth <= depth:
            self._store("title", found["value"], depth)
            self.fields["title_detail"] = found
        if found["value"]:
            self._title_depth = depth

    def _media_title(self, element: Any, depth: int) -> None:
        # A title of the media is one only until the entry's own comes.
        before = self._title_depth
        self._title(element, depth)
        self._title_depth = before

    def _description(self, element: Any, depth: int, default: str = "text/html") -> None:
        if "summary" in self.fields and not self._has_content:
            self._content(element, depth, "text/plain")
            return
        found = self._typed(element, default)
        self._store("summary", found["value"], depth)
        self.fields["summary_detail"] = found

    def _summary(self, element: Any, depth: int) -> None:
        self._description(element, depth, "text/plain")

    def _content(self, element: Any, _depth: int, default: str = "text/plain") -> None:
        self._has_content = True
        found = self._typed(element, default)
        self.fields.setdefault("content", []).append(found)
        if found["type"] in _PLAIN_OR_HTML:
            self.fields.setdefault("summary", found["value"])

    def _encoded(self, element: Any, depth: int) -> None:
        self._content(element, depth, "text/html")

    def _subtitle(self, element: Any, depth: int) -> None:
        self._store("subtitle", self._typed(element, "text/plain")["value"], depth)

    def _published(self, element: Any, depth: int) -> None:
        self._date("published", element, depth)

    def _updated(self, element: Any, depth: int) -> None:
        self._date("updated", element, depth)

    def _created(self, element: Any, depth: int) -> None:
        self._date("created", element, depth)

    def _date(self, name: str, element: Any, depth: int) -> None:
        text = text_of(element)
        self._store(name, text, depth)
        self.fields[f"{name}_parsed"] = parse_feed_date(text)

    def _plain(self, element: Any, depth: int) -> None:
        self._store(self._names.of(element), text_of(element), depth)

    # --- addresses ---

    def _guid(self, element: Any, depth: int) -> None:
        text = text_of(element)
        attributes = attributes_of(element) if element.attrib else {}
        is_link = attributes.get("ispermalink", "true") == "true"
        if is_link and text:
            text = resolved(self._surroundings(attributes)[0], text)
        self._store("id", text, depth)
        if is_link:
            self.fields.setdefault("link", text)

    def _link(self, element: Any, _depth: int) -> None:
        attributes = _with_href(attributes_of(element)) if element.attrib else {}
        relation = attributes.setdefault("rel", "alternate")
        kind = attributes.setdefault("type", "application/atom+xml" if relation == "self" else "text/html")
        self.fields["links"].append(attributes)
        base = self._surroundings(attributes)[0]
        if "href" in attributes:
            href = attributes["href"] = resolved(base, attributes["href"])
            if relation == "alternate" and kind in {"html", "xhtml", *_HTML_TYPES}:
                self.fields["link"] = href
        else:
            text = text_of(element)
            # Addresses in CDATA are often escaped as well.
            text = _REFERENCE.sub(r"&\1", mended(resolved(base, text)).replace("&amp;", "&"))
            self.fields["link"] = text
            if text:
                attributes["href"] = text

    def _enclosure(self, element: Any, _depth: int) -> None:
        self.fields["links"].append(_with_href(attributes_of(element)) | {"rel": "enclosure"})

    def _itunes_image(self, element: Any, _depth: int) -> None:
        if href := element.get("href") or element.get("url"):
            self.fields["image"] = {"href": href}

    # --- media ---

    def _media(self, element: Any, depth: int) -> None:
        self._take_children(element, depth + 1)

    def _media_content(self, element: Any, depth: int) -> None:
        self.fields.setdefault("media_content", []).append(attributes_of(element))
        self._take_children(element, depth + 1)

    def _media_thumbnail(self, element: Any, _depth: int) -> None:
        attributes = attributes_of(element)
        if (text := text_of(element)) and "url" not in attributes:
            attributes["url"] = resolved(self._surroundings(attributes)[0], text)
        self.fields.setdefault("media_thumbnail", []).append(attributes)

    # --- people ---

    def _author(self, element: Any, _depth: int) -> None:
        authors: list[Fields] = self.fields.setdefault("authors", [])
        authors.append({})
        for child in element:
            key = _PARTS.get(self._names.of(child))
            if key is None:
                if self._names.of(child) in _HANDLERS or len(child):
                    raise OddError("an unusual author")
                continue
            text = (child.text or "").strip()
            if len(child):
                raise OddError("an unusual author")
            if key == "href" and text:
                text = mended(resolved(self._base, text))
            self._name_author(authors[-1])
            authors[-1][key] = text
        self.fields["author"] = mended(
            "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
        )
        self._name_author(authors[-1])

    def _name_author(self, author: Fields) -> None:
        """What feedparser does at each part of an author: makes one string of its parts, or parts of the string."""
        if author:
            name, address = author.get("name"), author.get("email")
            if name or address:
                self.fields["author"] = f"{name} ({address})" if name and address else name or address
            return
        text = self.fields.get("author")
        if not text:
            return
        address = found[0] if (found := _MAIL.search(text)) else ""
        if address:
            for rest in (address, "()", "<>", "&lt;&gt;"):
                text = text.replace(rest, "")
            text = text.strip().removeprefix("(").removesuffix(")").strip()
            author["email"] = address
        if text:
            author["name"] = text

    # --- what is another's ---

    def _source(self, element: Any, depth: int) -> None:
        """Where the entry was taken from: its title frees the way for another one of the entry."""
        self._title_depth = -1
        for child in element:
            name = self._names.of(child)
            if name in {"title", "dc_title"} and text_of(child):
                self._title_depth = depth + 1
            elif name in _CONTENTS:
                raise OddError("content of a source")

    def _other(self, _element: Any, _depth: int) -> None:
        """Of the publisher, or of a contributor, and no author."""

    def _odd(self, element: Any, _depth: int) -> None:
        if len(element) or element.tag.rpartition("}")[2] != "image":
            raise OddError(f"{element.tag} in an entry")


def _with_href(attributes: Fields) -> Fields:
    """feedparser's order of the names that an address goes by."""
    href = attributes.get("url", attributes.get("uri", attributes.get("href")))
    if href:
        attributes.pop("url", None)
        attributes.pop("uri", None)
        attributes["href"] = href
    return attributes


_PLAIN_OR_HTML = frozenset({"text/plain", *_HTML_TYPES})
_PARTS = {
    "name": "name", "itunes_name": "name", "email": "email", "itunes_email": "email",
    "url": "href", "uri": "href", "homepage": "href",
}  # fmt: skip
_CONTENTS = frozenset({"content", "content_encoded", "fullitem", "body", "xhtml_body", "source"})
_PODCAST = frozenset(
    f"podcast_{name}" for name in ("person", "transcript", "chapters", "season", "episode", "liveitem")
)


def _named(
    handler: Callable[[_Entry, Any, int], None], names: str
) -> dict[str, Callable[[_Entry, Any, int], None]]:
    return dict.fromkeys(names.split(), handler)


_HANDLERS: dict[str, Callable[[_Entry, Any, int], None]] = {
    **_named(_Entry._title, "title dc_title"),
    **_named(_Entry._media_title, "media_title"),
    **_named(_Entry._description, "description dc_description media_description"),
    **_named(_Entry._summary, "summary itunes_summary"),
    **_named(_Entry._content, "content"),
    **_named(_Entry._encoded, "content_encoded fullitem"),
    **_named(_Entry._subtitle, "subtitle tagline itunes_subtitle"),
    **_named(_Entry._published, "published issued pubdate dcterms_issued"),
    **_named(_Entry._updated, "updated modified lastbuilddate dc_date dcterms_modified"),
    **_named(_Entry._created, "created dcterms_created"),
    **_named(_Entry._plain, "itunes_title itunes_duration itunes_season itunes_episode"),
    **_named(_Entry._guid, "guid id"),
    **_named(_Entry._link, "link"),
    **_named(_Entry._enclosure, "enclosure"),
    **_named(_Entry._itunes_image, "itunes_image itunes_link"),
    **_named(_Entry._media, "media_group"),
    **_named(_Entry._media_content, "media_content"),
    **_named(_Entry._media_thumbnail, "media_thumbnail"),
    **_named(_Entry._author, "author dc_author dc_creator itunes_author managingeditor"),
    **_named(_Entry._source, "source"),
    **_named(_Entry._other, "contributor dc_contributor itunes_owner webmaster dc_publisher"),
    **_named(
        _Entry._odd, "body xhtml_body image textinput item entry rss channel feed rdf_rdf abstract tags"
    ),
}
