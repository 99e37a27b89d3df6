"""Atom 1.0 (RFC 4287), with pages and archives (RFC 5005) and licenses (RFC 4946)."""

from __future__ import annotations

from collections import Counter

from lxml import etree

from feed_validator.report import Report
from feed_validator.values import check_html, check_language, check_number, check_text, check_uri
from feed_validator.xml import (
    ENTRY_EXTENSIONS,
    FEED_EXTENSIONS,
    MANY,
    check_children,
    check_history,
    check_link,
    check_podcast_entry,
    check_podcast_feed,
    check_self,
    check_updated,
    name_of,
    parse,
    text_of,
)

_ATOM = "{http://www.w3.org/2005/Atom}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_COMMON = {
    **dict.fromkeys(("atom:id", "atom:updated", "atom:author", "atom:contributor"), ()),
    **dict.fromkeys(("atom:title", "atom:rights"), ("type",)),
    "atom:category": ("term", "scheme", "label"),
    "atom:link": ("href", "rel", "type", "title", "length", "hreflang"),
}
_FEED = {
    **_COMMON,
    **dict.fromkeys(("atom:icon", "atom:logo", "atom:entry"), ()),
    "atom:generator": ("uri", "version"),
    "atom:subtitle": ("type",),
    **FEED_EXTENSIONS,
}
_ENTRY = {
    **_COMMON,
    "atom:published": (),
    "atom:summary": ("type",),
    "atom:content": ("type", "src"),
    **ENTRY_EXTENSIONS,
}
_MANY = {*MANY, "atom:author", "atom:contributor", "atom:category", "atom:link", "atom:entry"}


def check_atom(document: bytes, url: str, report: Report) -> None:
    root = parse(document, report)
    if root is None:
        return
    if root.tag != f"{_ATOM}feed":
        report.add("unknown", "document", root.tag)
        return
    check_children(root, _FEED, _MANY, report)
    _check_common(root, report)
    if root.get(_LANG) is not None:
        check_language(root.get(_LANG), "feed", report)
    links = root.findall(f"{_ATOM}link")
    for link in links:
        check_link(link, report, in_entry=False)
    of_a_kind = Counter((one.get("rel", "alternate"), one.get("type"), one.get("hreflang")) for one in links)
    report.check(all(count == 1 for count in of_a_kind.values()), "atom-link", "feed", of_a_kind)
    names = [name_of(one) for one in root]
    late = names[names.index("atom:entry") :] if "atom:entry" in names else []
    report.check(set(late) <= {"atom:entry"}, "order", "feed", late)
    check_self(links, url, report)
    check_history(root, links, report)
    check_podcast_feed(root, root.get(_LANG), report)
    for name in ("icon", "logo"):
        if root.find(f"{_ATOM}{name}") is not None:
            check_uri(root.findtext(f"{_ATOM}{name}"), name, report)
    entries = root.findall(f"{_ATOM}entry")
    for entry in entries:
        _check_entry(entry, report)
    has_author = root.find(f"{_ATOM}author") is not None
    for entry in entries:
        report.check(has_author or entry.find(f"{_ATOM}author") is not None, "atom-author", "entry", "none")
    for name, rule in (("id", "id-unique"), ("updated", "atom-updated")):
        for value, count in Counter(entry.findtext(f"{_ATOM}{name}") for entry in entries).items():
            report.check(count == 1, rule, name, value)


def _check_common(parent: etree._Element, report: Report) -> None:
    for name in ("id", "title", "updated"):
        report.check(text_of(parent.find(f"{_ATOM}{name}")).strip(), "missing", name_of(parent), name)
    for child in parent:
        name = name_of(child).removeprefix("atom:")
        if name == "id":
            check_uri(text_of(child), name, report)
        elif name in {"updated", "published"}:
            check_updated(child, report)
        elif name in {"title", "subtitle", "summary", "rights"}:
            _check_text_construct(child, report)
        elif name in {"author", "contributor"}:
            report.check(text_of(child.find(f"{_ATOM}name")).strip(), "missing", name, "name")
            if child.find(f"{_ATOM}uri") is not None:
                check_uri(child.findtext(f"{_ATOM}uri"), name, report)
        elif name == "category":
            report.check(child.get("term"), "missing", name, "term")
            if child.get("scheme") is not None:
                check_uri(child.get("scheme"), name, report)
            check_text(child.get("label", ""), name, report)


def _check_text_construct(element: etree._Element, report: Report) -> None:
    kind = element.get("type", "text")
    report.check(kind in {"text", "html"}, "atom-text", name_of(element), kind)
    check = check_html if kind == "html" else check_text
    check(text_of(element), name_of(element), report)


def _check_entry(entry: etree._Element, report: Report) -> None:
    check_children(entry, _ENTRY, _MANY, report)
    _check_common(entry, report)
    if entry.get(_LANG) is not None:
        check_language(entry.get(_LANG), "entry", report)
    content, links = entry.find(f"{_ATOM}content"), entry.findall(f"{_ATOM}link")
    if content is not None:
        _check_text_construct(content, report)
    alternates = Counter(
        (link.get("type"), link.get("hreflang"))
        for link in links
        if link.get("rel", "alternate") == "alternate"
    )
    report.check(content is not None or alternates, "atom-alternate", "entry", "no content, no alternate")
    report.check(all(count == 1 for count in alternates.values()), "atom-alternate", "entry", alternates)
    for link in links:
        check_link(link, report, in_entry=True)
        if link.get("length") is not None:
            check_number(link.get("length"), "link", report)
    check_podcast_entry(entry, report)
