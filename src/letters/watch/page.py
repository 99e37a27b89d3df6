"""What a page holds that may lead to a feed: its links, its data, its base. Pure, and made for pages of any size and shape."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from letters.text import one_line

#: Of a page, in characters; feeds are named at its beginning, or in a footer that a page of this size still reaches.
_LONGEST_PAGE = 3_000_000
_LONGEST_TEXT = 200
# A podcast directory's page states the publisher's feed in its data.
_STATED_IN_JSON = re.compile(r'"feedUrl"\s*:\s*("(?:[^"\\]|\\.){1,2000}")')


@dataclass
class Page:
    """A page, as far as it matters here. Attributes have their names in small letters."""

    base: str = ""
    links: list[Mapping[str, str]] = field(default_factory=list)
    metas: list[Mapping[str, str]] = field(default_factory=list)
    #: The address and the words of each link in the text.
    anchors: list[tuple[str, str]] = field(default_factory=list)
    #: What its data calls ``feedUrl``.
    feed_urls: list[str] = field(default_factory=list)


def read_page(text: str) -> Page:
    """Read a page, however broken: what was read before an error counts."""
    text = text[:_LONGEST_PAGE]
    reader = _Reader()
    parser = etree.HTMLParser(target=reader, encoding="utf-8", no_network=True)
    # As bytes: lxml refuses text whose XML declaration names an encoding.
    with contextlib.suppress(etree.XMLSyntaxError):
        etree.fromstring(text.encode("utf-8", "replace"), parser)
    reader.page.feed_urls = [url for found in _STATED_IN_JSON.findall(text)[:3] if (url := _unquoted(found))]
    return reader.page


class _Reader:
    """Collects as the parser goes; there is no tree, since deep ones cost libxml2 quadratic time."""

    def __init__(self) -> None:
        self.page = Page()
        self._href, self._text = "", list[str]()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "a":
            self._end_anchor()
            self._href = attributes.get("href", "").strip()
            self._text = [attributes.get("title", ""), " ", attributes.get("aria-label", ""), " "]
        elif tag == "link":
            self.page.links.append(dict(attributes))
        elif tag == "meta":
            self.page.metas.append(dict(attributes))
        elif tag == "base" and not self.page.base:
            self.page.base = attributes.get("href", "").strip()
        elif tag == "img" and self._href:
            self._text += [attributes.get("alt", ""), " "]

    def end(self, tag: str) -> None:
        if tag == "a":
            self._end_anchor()

    def data(self, text: str) -> None:
        if self._href:
            self._text.append(text)

    def close(self) -> None:
        self._end_anchor()

    def _end_anchor(self) -> None:
        if self._href:
            self.page.anchors.append((self._href, one_line("".join(self._text))[:_LONGEST_TEXT]))
        self._href = ""


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return ""
