"""Elements by the names that feeds are read by: "title", "dc_title", "itunes_image", "content_encoded"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from letters.watch.parse.values import OddError

# Namespaces by their usual prefix; none for those of feeds themselves, whatever prefix a document gives them. In small
# letters: publishers spell them in many ways (itunes in two that are official).
_PREFIXES = {
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    "http://purl.org/atom/ns#": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/xml/1998/namespace": "xml",
    "http://purl.org/atompub/tombstones/1.0": "at",
}
_USUAL = frozenset(_PREFIXES.values()) | {"podcast"}
# The canonical name, and the address of the document that many hosts took for it.
_PODCAST = re.compile(r"https?://.*(?:podcastindex\.org/namespace|podcast-namespace)", re.IGNORECASE)

ATOM = "http://www.w3.org/2005/Atom"


def name_of(element: Any) -> str:
    """An element's name in small letters, after its namespace's usual prefix where it has one.

    An unknown namespace goes by the prefix that the document gives it, so a mistyped address does not lose the element.
    """
    return _name(element.tag, element.prefix)


# Feeds use the same few hundred tags.
@lru_cache(maxsize=4_096)
def _name(tag: str, stated: str | None) -> str:
    namespace, _brace, local = tag.rpartition("}")
    usual = _usual_prefix(namespace[1:])
    prefix = (stated or "").lower() if usual is None else usual
    return f"{prefix}_{local.lower()}" if prefix else local.lower()


@lru_cache(maxsize=1_024)
def _usual_prefix(namespace: str) -> str | None:
    if not namespace:
        return ""
    small = namespace.lower()
    known = _PREFIXES.get(small)
    if known is not None:
        return known
    # Userland moved its namespace with each version.
    if "backend.userland.com/rss" in small:
        return ""
    return "podcast" if _PODCAST.match(namespace) else None


class Names:
    """Remembers the names of one document's tags."""

    def __init__(self, namespaces: Mapping[str | None, str]) -> None:
        """Raises `OddError` for a document that gives a usual prefix to another of the known namespaces."""
        self._known: dict[str, str] = {}
        for prefix, namespace in namespaces.items():
            usual = _usual_prefix(namespace)
            if prefix in _USUAL and usual not in {None, prefix}:
                raise OddError("a usual prefix for another namespace")

    def of(self, element: Any) -> str:
        """As `name_of`; empty for comments and processing instructions."""
        tag = element.tag
        name = self._known.get(tag)
        if name is None:
            name = self._known[tag] = name_of(element) if isinstance(tag, str) else ""
        return name


def attributes_of(element: Any) -> dict[str, str]:
    """Attributes by their names in small letters; ``xml:`` and ``rdf:`` stay before theirs, other prefixes do not."""
    found = {}
    for key, value in element.items():
        if key[0] == "{":
            namespace, _brace, local = key.rpartition("}")
            prefix = _usual_prefix(namespace[1:])
            name = f"{prefix}:{local}".lower() if prefix else local.lower()
        else:
            name = key.lower()
        found[name] = value.lower() if name in {"rel", "type"} else value
    return found
