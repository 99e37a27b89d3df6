"""Lists of subscriptions as OPML 2.0 (https://opml.org/spec2.opml), by which readers hand feeds to each other.

Pure. OPML 1 and 2 are read, with folders at any depth and the slips that programs make; what is written is OPML 2.0, to the
same bytes for the same sources. Keys, other names and backfill, of which OPML knows nothing, travel as attributes of a
namespace of ours, so that a list that Letters wrote comes in again as it went out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from letters.errors import Problem, ProblemsError, UnreadableFeedError
from letters.model import Source
from letters.settings.addresses import web_address
from letters.text import one_line
from letters.watch.parse.document import Kind, decode, kind_of
from letters.watch.parse.entities import mended, read_prolog, without_prolog

#: Larger lists are refused; ten thousand feeds need a fifth of it.
LIMIT_BYTES = 10_000_000

NAMESPACE = "urn:letters:sources"

_LONGEST_TITLE = 200
_NOT_FEEDS = {"link", "include"}
_NOT_XML = {
    Kind.EMPTY: "is empty",
    Kind.HTML: "is an HTML page",
    Kind.JSON: "is JSON",
    Kind.TEXT: "is plain text",
    Kind.PDF: "is a PDF file",
    Kind.IMAGE: "is an image",
    Kind.MEDIA: "is an audio or video file",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed in a list, as it is called there."""

    url: str
    title: str = ""
    #: The page that the feed belongs to.
    page: str = ""
    #: The names of the folders around it, from the outside in.
    folder: tuple[str, ...] = ()
    line: int | None = None
    #: The source that it was, in a list that Letters wrote.
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionList:
    """What a file held: its feeds in their order, and what was passed over."""

    subscriptions: tuple[Subscription, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_opml(data: bytes, *, where: str) -> SubscriptionList:
    """The feeds that a file lists; `where` names it in problems.

    Bare ampersands and HTML's entities are mended. Raises `ProblemsError` for what is no OPML, with the line where there is
    one, for lists beyond `LIMIT_BYTES`, and for entities that unfold or are fetched (R66).
    """
    if len(data) > LIMIT_BYTES:
        raise _refused(where, f"is larger than {LIMIT_BYTES:,} bytes", "divide it")
    kind = kind_of(data)
    if kind in _NOT_XML:
        raise _refused(where, f"{_NOT_XML[kind]}, not OPML")
    root, lines_before = _parse(decode(data), where)
    name = _local(root.tag)
    if name in {"rss", "feed", "rdf"}:
        raise _refused(where, "is a feed, not OPML", 'give its address to "letters sources add"')
    body = next((child for child in root if _local(child.tag) == "body"), None)
    if name != "opml" or body is None:
        found = f"begins with <{name[:40]}>" if name != "opml" else "has no <body>"
        raise _refused(where, f"{found}, wanted an OPML list: <opml> with a <body>")
    outlines = list(_outlines(body, lines_before))
    return SubscriptionList(
        subscriptions=tuple(read for outline in outlines if (read := _subscription(outline))),
        problems=tuple(problem for outline in outlines if (problem := _problem(outline, where))),
    )


def write_opml(subscriptions: Sequence[Subscription], *, title: str) -> bytes:
    """The list as OPML 2.0. Folders stand where their first feed stands, and come whole."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"letters": NAMESPACE})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = one_line(title)
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], etree._Element] = {(): body}
    for subscription in subscriptions:
        parent = _folder(folders, subscription.folder)
        etree.SubElement(parent, "outline", _attributes(subscription))
    return bytes(etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8"))


def _parse(text: str, where: str) -> tuple[etree._Element, int]:
    """The root, and how many lines of the file stand before those that lxml counts."""
    try:
        at = read_prolog(text).root_at
        document = without_prolog(text)
    except UnreadableFeedError as error:
        raise _refused(where, str(error)) from None
    # Before the root, what stood there has become something shorter.
    offset = text.count("\n", 0, at) - document.count("\n", 0, len(document) - len(text) + at)
    try:
        return _read_xml(document), offset
    except etree.XMLSyntaxError as error:
        try:
            return _read_xml(mended(document)), offset
        except etree.XMLSyntaxError:
            words = one_line(str(error.msg)).rpartition(", line")[0] or one_line(str(error.msg))
            what = f"is no well-formed XML: {words[:1].lower()}{words[1:]}"
            raise _refused(where, what, line=max(1, (error.lineno or 1) + offset)) from None


def _read_xml(document: str) -> etree._Element:
    # Of entities only the harmless ones are left, and nothing is fetched. Nesting beyond 256 levels is an error.
    parser = etree.XMLParser(no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    return etree.fromstring(document.encode(), parser)


@dataclass(frozen=True, slots=True)
class _Outline:
    """An outline as it stands: its attributes by their names in small letters."""

    attributes: Mapping[str, str]
    folder: tuple[str, ...]
    line: int | None
    is_leaf: bool

    @property
    def name(self) -> str:
        return one_line(self.attributes.get("text") or self.attributes.get("title") or "")[:_LONGEST_TITLE]

    @property
    def kind(self) -> str:
        return self.attributes.get("type", "").strip().lower()

    @property
    def url(self) -> str:
        # Some programs of old wrote a feed's address as that of a page.
        other = "" if self.kind in {"", *_NOT_FEEDS} else self.attributes.get("url", "")
        return web_address("".join((self.attributes.get("xmlurl") or other).split()))


def _outlines(body: etree._Element, lines_before: int) -> Iterator[_Outline]:
    """Every outline in the order of the file; a feed with outlines of its own is a folder besides."""
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(child, ()) for child in reversed(body)]
    while waiting:
        element, folder = waiting.pop()
        if _local(element.tag) != "outline":
            continue
        line = element.sourceline + lines_before if element.sourceline else None
        outline = _Outline(_named_attributes(element), folder, line, is_leaf=len(element) == 0)
        yield outline
        inside = (*folder, outline.name) if outline.name else folder
        waiting += [(child, inside) for child in reversed(element)]


def _named_attributes(element: etree._Element) -> dict[str, str]:
    return {
        (str(name) if str(name).startswith(f"{{{NAMESPACE}}}") else _local(name)): str(value)
        for name, value in element.attrib.items()
    }


def _subscription(outline: _Outline) -> Subscription | None:
    if not outline.url:
        return None
    return Subscription(
        url=outline.url,
        title="" if outline.name == outline.url else outline.name,
        page=outline.attributes.get("htmlurl", "").strip(),
        folder=outline.folder,
        line=outline.line,
        source=_source(outline),
    )


def _source(outline: _Outline) -> Source | None:
    """The source that an outline of our own writing describes."""
    own = {name: outline.attributes.get(_own(name), "") for name in ("key", "show", "names", "backfill")}
    if not own["key"]:
        return None
    return Source(
        key=own["key"],
        url=outline.url,
        show=one_line(own["show"]),
        names=tuple(name for line in own["names"].split("\n") if (name := one_line(line))),
        backfill=int(own["backfill"]) if re.fullmatch(r"[0-9]{1,9}", own["backfill"]) else 0,
    )


def _problem(outline: _Outline, where: str) -> Problem | None:
    """What is to be said of an outline that is neither a feed nor a folder."""
    if outline.url or not outline.is_leaf:
        return None
    name = f'"{outline.name}"' if outline.name else "an outline"
    if outline.kind in _NOT_FEEDS:
        what = f'{name} is of type "{outline.kind}", not a feed; passed over'
        return Problem(where=where, line=outline.line, what=what, is_notice=True)
    if outline.kind:
        return Problem(where=where, line=outline.line, what=f"{name} has no xmlUrl", remedy="add it by hand")
    return None


def _folder(folders: dict[tuple[str, ...], etree._Element], path: tuple[str, ...]) -> etree._Element:
    """The outline of a folder, made with those around it where it is not there yet."""
    for depth in range(1, len(path) + 1):
        if path[:depth] not in folders:
            around, name = folders[path[: depth - 1]], path[depth - 1]
            folders[path[:depth]] = etree.SubElement(around, "outline", {"text": name, "title": name})
    return folders[path]


def _attributes(subscription: Subscription) -> dict[str, str]:
    name = one_line(subscription.title) or subscription.url
    attributes = {"type": "rss", "text": name, "title": name, "xmlUrl": subscription.url}
    if subscription.page:
        attributes["htmlUrl"] = subscription.page
    source = subscription.source
    if source is not None:
        own = {
            "key": source.key,
            "show": source.show,
            "names": "\n".join(source.names),
            "backfill": str(source.backfill or ""),
        }
        attributes |= {_own(name): value for name, value in own.items() if value}
    return attributes


def _own(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _local(name: object) -> str:
    """An element's or attribute's name without its namespace, in small letters."""
    return str(name).rpartition("}")[2].lower()


def _refused(where: str, what: str, remedy: str = "", *, line: int | None = None) -> ProblemsError:
    return ProblemsError([Problem(where=where, line=line, what=what, remedy=remedy)])
