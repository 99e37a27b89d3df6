"""RSS 2.0 (https://www.rssboard.org/rss-specification) with the profile (https://www.rssboard.org/rss-profile)."""

from __future__ import annotations

import re
from collections import Counter

from lxml import etree

from feed_validator.report import Report
from feed_validator.values import (
    check_html,
    check_language,
    check_number,
    check_rss_date,
    check_text,
    check_type,
    check_uri,
)
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

_TITLE = re.compile(rb"<title>[^<]*&(?:amp|lt);[^<]*</title>")
_PICTURE = re.compile(r"\.(gif|jpe?g|png)", re.IGNORECASE)
_LINK = ("href", "rel", "type", "title", "length", "hreflang")
_CHANNEL = {
    **dict.fromkeys(("title", "link", "description", "language", "copyright", "managingEditor"), ()),
    **dict.fromkeys(("webMaster", "pubDate", "lastBuildDate", "generator", "docs", "ttl", "image", "item"), ()),
    "category": ("domain",),
    "atom:link": _LINK,
    **dict.fromkeys(("dc:rights", "dc:language", "dc:creator"), ()),
    **FEED_EXTENSIONS,
}  # fmt: skip
_ITEM = {
    **dict.fromkeys(("title", "link", "description", "author", "comments", "pubDate"), ()),
    **dict.fromkeys(("content:encoded", "atom:updated"), ()),
    **dict.fromkeys(("dc:creator", "dc:contributor", "dc:language", "dc:rights", "dc:subject"), ()),
    "category": ("domain",),
    "enclosure": ("url", "length", "type"),
    "guid": ("isPermaLink",),
    "source": ("url",),
    "atom:link": _LINK,
    **ENTRY_EXTENSIONS,
}
_MANY = {*MANY, "item", "category", "atom:link", "dc:contributor", "dc:creator", "dc:subject"}
_SAME = {
    "author": "dc:creator",
    "category": "dc:subject",
    "copyright": "dc:rights",
    "language": "dc:language",
    "managingEditor": "dc:creator",
}


def check_rss(document: bytes, url: str, report: Report) -> None:
    root = parse(document, report)
    if root is None:
        return
    is_rss = (
        root.tag == "rss" and root.get("version") == "2.0" and [name_of(one) for one in root] == ["channel"]
    )
    if not is_rss:
        report.add("unknown", "document", f"<{root.tag}> {dict(root.attrib)}")
        return
    channel = root[0]
    for title in _TITLE.findall(document):
        report.add("rss-character-data", "title", title)
    _check_channel(channel, url, report)
    items = channel.findall("item")
    for item in items:
        _check_item(item, report)
    for guid, count in Counter(item.findtext("guid") for item in items).items():
        report.check(count == 1, "id-unique", "guid", guid)


def _check_channel(channel: etree._Element, url: str, report: Report) -> None:
    check_children(channel, _CHANNEL, _MANY, report)
    names = [name_of(one) for one in channel]
    for name in ("title", "link", "description"):
        report.check(text_of(channel.find(name)).strip(), "missing", "channel", name)
    if "item" in names:
        late = [name for name in names[names.index("item") :] if name != "item"]
        report.check(not late, "order", "channel", late)
    _check_common(channel, report)
    if channel.find("language") is not None:
        check_language(channel.findtext("language"), "language", report)
    _check_image(channel, report)
    links = [one for one in channel if name_of(one) == "atom:link"]
    for link in links:
        check_link(link, report, in_entry=False)
    check_self(links, url, report)
    check_history(channel, links, report)
    check_podcast_feed(channel, channel.findtext("language"), report)


def _check_common(parent: etree._Element, report: Report) -> None:
    """What a channel and its items have in common."""
    names = {name_of(one) for one in parent}
    for core, other in _SAME.items():
        report.check(not {core, other} <= names, "rss-same-twice", name_of(parent), f"{core}, {other}")
    for child in parent:
        name, text = name_of(child), text_of(child)
        if name in {"pubDate", "lastBuildDate"}:
            check_rss_date(text, name, report)
        elif name in {"link", "docs", "comments"}:
            check_uri(text, name, report)
        elif name in {"title", "copyright", "category", "dc:creator", "dc:contributor", "dc:rights"}:
            check_text(text, name, report)
            report.check(text.strip(), "missing", name, "an empty element")
        if name == "category" and child.get("domain") is not None:
            check_uri(child.get("domain"), name, report)


def _check_image(channel: etree._Element, report: Report) -> None:
    image = channel.find("image")
    if image is None:
        return
    check_uri(image.findtext("url"), "image", report, web=True)
    ending = re.sub(r"^.*(?=\.)", "", image.findtext("url") or "")
    report.check(_PICTURE.fullmatch(ending) or "/" in ending, "rss-image", "image/url", ending)
    for name in ("title", "link"):
        kept = image.findtext(name) == channel.findtext(name)
        report.check(kept, "rss-image", f"image/{name}", image.findtext(name))


def _check_item(item: etree._Element, report: Report) -> None:
    check_children(item, _ITEM, _MANY, report)
    names = [name_of(one) for one in item]
    report.check({"title", "description"} & set(names), "missing", "item", "title or description")
    _check_common(item, report)
    if "content:encoded" in names:
        before = names[: names.index("content:encoded")]
        report.check("description" in before, "order", "item", names)
    _check_guid(item.find("guid"), report)
    for child in item:
        name, text = name_of(child), text_of(child)
        if name in {"description", "content:encoded"}:
            check_html(text, name, report)
        elif name == "enclosure":
            check_uri(child.get("url"), name, report, web=True)
            check_number(child.get("length"), name, report)
            check_type(child.get("type"), name, report)
        elif name == "source":
            check_uri(child.get("url"), name, report)
            check_text(text, name, report)
        elif name == "author":
            report.check("@" in text, "rss-author", name, text)
        elif name == "atom:link":
            check_link(child, report, in_entry=True)
        elif name == "atom:updated":
            check_updated(child, report)
        elif name == "dc:language":
            check_language(text, name, report)
    check_podcast_entry(item, report)


def _check_guid(guid: etree._Element | None, report: Report) -> None:
    if guid is None or not text_of(guid).strip():
        report.add("missing", "item", "guid")
        return
    permanent = guid.get("isPermaLink", "true")
    is_web = text_of(guid).startswith(("http://", "https://"))
    kept = permanent == "false" or (permanent == "true" and is_web)
    report.check(kept, "rss-permalink", "guid", f"{permanent}: {text_of(guid)}")
