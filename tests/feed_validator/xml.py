"""What RSS and Atom share: elements by their usual prefix, links, and what podcast apps look for."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Collection, Mapping

from lxml import etree

from feed_validator.report import Report
from feed_validator.values import check_atom_date, check_language, check_text, check_type, check_uri
from letters.settings.podcast_categories import PODCAST_CATEGORIES

_PREFIXES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss/": "media",
    "https://podcastindex.org/namespace/1.0": "podcast",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
_RELATIONS = {
    *("alternate", "enclosure", "related", "self", "via", "hub", "license"),
    *("current", "first", "last", "next", "previous", "prev-archive", "next-archive"),
}
_PAGES = {"current", "first", "last", "next", "previous", "prev-archive", "next-archive"}
_LINK_ATTRIBUTES = {"href", "rel", "type", "title", "length", "hreflang"}
_DURATION = re.compile(r"\d+|(\d+:)?[0-5]?\d:[0-5]\d")
_POSITIVE = re.compile(r"[1-9]\d*")
_EPISODE = re.compile(r"\d+(\.\d+)?")

#: Elements of extensions and the attributes that they may bear, for a feed and for its entries.
FEED_EXTENSIONS: Mapping[str, Collection[str]] = {
    "fh:archive": (),
    "itunes:author": (),
    "itunes:block": (),
    "itunes:category": ("text",),
    "itunes:explicit": (),
    "itunes:image": ("href",),
    "itunes:owner": (),
    "itunes:type": (),
    "podcast:block": ("id",),
    "podcast:guid": (),
    "podcast:locked": ("owner",),
}
ENTRY_EXTENSIONS: Mapping[str, Collection[str]] = {
    "itunes:duration": (),
    "itunes:episode": (),
    "itunes:image": ("href",),
    "itunes:season": (),
    "media:thumbnail": ("url", "width", "height"),
    "podcast:chapters": ("url", "type"),
    "podcast:episode": ("display",),
    "podcast:person": ("role", "group", "href", "img"),
    "podcast:season": ("name",),
    "podcast:transcript": ("url", "type", "language", "rel"),
}
MANY = {"itunes:category", "media:thumbnail", "podcast:person", "podcast:transcript"}


def parse(document: bytes, report: Report) -> etree._Element | None:
    """The root element; none if there is no reading it."""
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        report.add("well-formed", "document", error)
        return None
    encoding = (root.getroottree().docinfo.encoding or "").upper()
    report.check(encoding == "UTF-8", "well-formed", "document", encoding)
    return root


def name_of(element: etree._Element) -> str:
    """As one writes it: ``itunes:image``, or the bare name of an element without a namespace."""
    return named(element.tag) if isinstance(element.tag, str) else "comment"


def named(tag: str) -> str:
    name = etree.QName(tag)
    return f"{_PREFIXES.get(name.namespace, name.namespace)}:{name.localname}" if name.namespace else str(tag)


def text_of(element: etree._Element | None) -> str:
    return (element.text or "") if element is not None else ""


def check_children(
    parent: etree._Element, known: Mapping[str, Collection[str]], many: Collection[str], report: Report
) -> None:
    """Only elements and attributes that are known, each as often as it may stand."""
    where = name_of(parent)
    for name, count in Counter(map(name_of, parent)).items():
        report.check(name in known, "unknown", where, name)
        report.check(count == 1 or name in many, "duplicate", where, name)
    for child in parent:
        wanted = {*known.get(name_of(child), ()), "xml:lang"}
        found = {named(attribute) for attribute in child.attrib}
        report.check(found <= wanted, "unknown", f"{where}/{name_of(child)}", found - wanted)


def check_link(link: etree._Element, report: Report, *, in_entry: bool) -> None:
    """An ``atom:link``."""
    where, relation = f"{name_of(link.getparent())}/link", link.get("rel", "alternate")
    report.check(relation in _RELATIONS, "link-relation", where, relation)
    report.check(not (in_entry and relation in _PAGES), "history", where, relation)
    report.check(set(link.attrib) <= _LINK_ATTRIBUTES, "unknown", where, dict(link.attrib))
    check_uri(link.get("href"), f"{where}/{relation}", report)
    if link.get("type") is not None:
        check_type(link.get("type"), where, report)
    if link.get("title") is not None:
        check_text(link.get("title"), where, report)
        report.check(link.get("title").strip(), "missing", where, "an empty title")


def check_self(links: list[etree._Element], url: str, report: Report) -> None:
    found = [link.get("href") for link in links if link.get("rel") == "self"]
    report.check(found == [url], "self", "link", found)


def check_history(feed: etree._Element, links: list[etree._Element], report: Report) -> None:
    """RFC 5005, section 4: an archive leads to the current feed, and no page to itself."""
    is_archive = any(name_of(child) == "fh:archive" for child in feed)
    pages = {link.get("rel"): link.get("href") for link in links if link.get("rel") in _PAGES}
    own = [link.get("href") for link in links if link.get("rel") == "self"]
    report.check(not is_archive or "current" in pages, "history", "fh:archive", pages)
    leads_to_itself = [
        relation for relation, href in pages.items() if [href] == own and relation != "current"
    ]
    report.check(not leads_to_itself, "history", "link", leads_to_itself)


def check_podcast_feed(feed: etree._Element, language: str | None, report: Report) -> None:
    """Apple's requirements, once one of its elements stands anywhere in the document."""
    names = set(map(name_of, feed))
    # One that only asks to be left out is no podcast yet.
    if any(re.match("itunes:(?!block)", name_of(element)) for element in feed.iter()):
        wanted = {"itunes:category", "itunes:explicit", "itunes:owner"}
        report.check(wanted <= names, "itunes-feed", "feed", wanted - names)
        report.check(language, "itunes-feed", "feed", "language")
    for child in feed:
        if name_of(child).startswith(("itunes:", "podcast:")):
            _check_podcast_element(child, report)
    for category in feed.iter("{http://www.itunes.com/dtds/podcast-1.0.dtd}category"):
        above = category.getparent().get("text")
        name = " > ".join(filter(None, [above, category.get("text")]))
        report.check(name in PODCAST_CATEGORIES, "itunes-value", "itunes:category", name)


def check_podcast_entry(entry: etree._Element, report: Report) -> None:
    for child in entry:
        name = name_of(child)
        if name.startswith(("itunes:", "podcast:")):
            _check_podcast_element(child, report)
        elif name == "media:thumbnail":
            check_uri(child.get("url"), name, report, web=True)


def _check_podcast_element(element: etree._Element, report: Report) -> None:
    name, text = name_of(element), text_of(element)
    if name in _APPLE:
        report.check(_APPLE[name].fullmatch(text), "itunes-value", name, text)
    elif name in _PODCASTING:
        report.check(_PODCASTING[name].fullmatch(text), "podcast-value", name, text)
    elif name == "itunes:owner":
        mail = [text_of(one) for one in element if name_of(one) == "itunes:email"]
        report.check(len(mail) == 1 and "@" in mail[0], "itunes-feed", name, mail)
    elif name == "podcast:guid":
        report.check(_is_uuid(text), "podcast-value", name, text)
    elif name in {"podcast:transcript", "podcast:chapters"}:
        check_uri(element.get("url"), name, report, web=True)
        check_type(element.get("type"), name, report)
    if element.get("language"):
        check_language(element.get("language"), name, report)
    for attribute in ("href", "img"):
        if element.get(attribute) is not None or (name == "itunes:image" and attribute == "href"):
            check_uri(element.get(attribute), name, report, web=True)


_APPLE = {
    "itunes:author": re.compile(r"(?s).{1,255}"),
    "itunes:block": re.compile("Yes"),
    "itunes:duration": _DURATION,
    "itunes:episode": _POSITIVE,
    "itunes:explicit": re.compile("true|false"),
    "itunes:season": _POSITIVE,
    "itunes:type": re.compile("episodic|serial"),
}
_PODCASTING = {
    "podcast:block": re.compile("yes|no"),
    "podcast:episode": _EPISODE,
    "podcast:locked": re.compile("yes|no"),
    "podcast:person": re.compile(r"(?s)(?=.*\S).{1,128}"),
    "podcast:season": re.compile(r"\d+"),
}


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def check_updated(element: etree._Element, report: Report) -> None:
    check_atom_date(text_of(element), name_of(element), report)
