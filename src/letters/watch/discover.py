"""Where a page's feeds may be: from what the page states to what is usual. Pure; `letters.watch.finding` goes and looks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from urllib.parse import urljoin, urlsplit

from letters.errors import FetchError, UsageError
from letters.net.urls import parse_url
from letters.settings.addresses import is_for_readers, normalised, web_address
from letters.text import one_line
from letters.watch import youtube
from letters.watch.page import Page, read_page

_MOST_CANDIDATES = 40
_MOST_LINKS = 400
_LONGEST_TEXT = 200

_FEED_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "text/xml",
    "application/xml",
    "application/x-rss+xml",
}
#: Where feeds usually are, the likeliest first; the last is WordPress without pretty addresses.
_USUAL_PATHS = ("feed", "rss", "atom.xml", "feed.xml", "index.xml", "feed.json", "rss.xml", "?feed=rss2")
#: Of them, as many are tried within the page's own folder.
_WITHIN_FOLDER = 3
_MOST_GUESSES = 8

_FEED_PATH = re.compile(
    r"\.(?:rss|atom|rdf)$|/(?:feeds?|rss|atom)/?$|/(?:feed|rss|atom|index|podcast)\.(?:xml|json|rdf)$|/feeds?/(?:rss|atom|posts/default|podcast)/?$|/rss2?/",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(r"(?:^|&)(?:feed=(?:rss2?|atom|rdf)|format=(?:rss|atom|feed))(?:&|$)", re.IGNORECASE)
_FEED_TEXT = re.compile(r"\b(?:rss|atom|podcast|xml|json)?[ -]?feed\b|\brss\b|\batom\b", re.IGNORECASE)
_COMMENTS = re.compile(
    r"\bcomments\b|\bkommentar(?:e|[ -]feed)\b|\bcommentaires\b|\bcoment[aá]rios\b|\bcommenti\b|комментари|コメント|评论",
    re.IGNORECASE,
)
# "example.com:8080" is a host with its port.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?![0-9]+(?:/|$))", re.IGNORECASE)


class How(IntEnum):
    """How a feed came to be known; a smaller one is the likelier to be the page's own."""

    GIVEN = 0
    STATED = 1
    LINKED = 2
    GUESSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that may be a feed."""

    url: str
    #: As the page calls it.
    title: str = ""
    how: How

    @property
    def is_about_comments(self) -> bool:
        return is_about_comments(self.url, self.title)


def addresses_of(words: str) -> list[str]:
    """What a person gave as web addresses to ask, the likeliest first; with a scheme there is only one.

    Raises `UsageError` for what cannot be an address.
    """
    bare = web_address(words, scheme="")
    schemes = ("",) if _SCHEME.match(bare) else ("https://", "http://")
    try:
        if not bare or any(character.isspace() for character in bare):
            raise FetchError(bare, "the address is empty or holds blanks")
        return [_checked(f"{scheme}{bare}") for scheme in schemes]
    except FetchError as error:
        # What stands before an @ may be a password.
        shown = re.sub(r"[^/@]*@", "", one_line(words))[:_LONGEST_TEXT]
        raise UsageError(
            f'"{shown}" cannot be asked: {error.reason}; wanted one such as "https://show.example"'
        ) from None


def known_feed(url: str) -> str:
    """The feed of a page whose address alone says where it is; empty for all others."""
    return youtube.feed_of(url)


def candidates(page: str, *, url: str) -> list[Candidate]:
    """What a page says about feeds, the likeliest first, feeds of comments last, each address once.

    Alternate links (``<link rel=alternate>``, the WHATWG's "feed autodiscovery") come first, then what the page's data
    states, then links that look like feeds. Addresses are made absolute by the page's ``<base>``.
    """
    found = read_page(page)
    base = urljoin(url, found.base) if found.base else url
    stated = [*_alternates(found.links), *_stated_elsewhere(found, url)]
    linked = [(href, text) for href, text in found.anchors if _looks_like_feed(href, text)]
    everything = [
        *_made(stated, base, How.STATED),
        *_made(linked, base, How.LINKED),
    ]
    once: dict[str, Candidate] = {}
    for candidate in everything:
        once.setdefault(normalised(candidate.url), candidate)
    kept = sorted(once.values(), key=lambda one: (one.is_about_comments, one.how))
    return kept[:_MOST_CANDIDATES]


def guesses(url: str) -> list[Candidate]:
    """Where the feed of a page usually is, near the page first, then at the root of its site."""
    folder, root = urljoin(url, "."), urljoin(url, "/")
    path = urlsplit(url).path
    if path and not path.endswith("/") and "." not in path.rpartition("/")[2]:
        folder = f"{urljoin(url, path)}/"
    near = [urljoin(folder, path) for path in _USUAL_PATHS[:_WITHIN_FOLDER]] if folder != root else []
    far = [urljoin(root, path) for path in _USUAL_PATHS]
    return [Candidate(url=address, how=How.GUESSED) for address in [*near, *far][:_MOST_GUESSES]]


def is_about_comments(url: str, title: str) -> bool:
    """Whether a feed is of what readers say, not of what the publisher does."""
    parts = urlsplit(url)
    return bool(_COMMENTS.search(f"{parts.path} {parts.query}".replace("-", " ")) or _COMMENTS.search(title))


def _alternates(links: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [
        (link.get("href", "").strip(), one_line(link.get("title", ""))[:_LONGEST_TEXT])
        for link in links
        if _is_alternate(link)
    ]


def _is_alternate(link: Mapping[str, str]) -> bool:
    relations = set(link.get("rel", "").lower().split())
    kind = link.get("type", "").partition(";")[0].strip().lower()
    if "stylesheet" in relations:
        return False
    if "alternate" in relations and kind in _FEED_TYPES:
        return True
    # Programs offer their API as plain JSON beside the page; a feed says so in its address.
    is_json_feed = kind == "application/json" and _FEED_PATH.search(_path_of(link.get("href", "")))
    return "feed" in relations or ("alternate" in relations and bool(is_json_feed))


def _path_of(url: str) -> str:
    try:
        return urlsplit(url.strip()).path
    except ValueError:
        return ""


def _stated_elsewhere(found: Page, url: str) -> list[tuple[str, str]]:
    """The feed in the page's data, and the one that a YouTube page has."""
    feeds = [(address, "") for address in found.feed_urls]
    if own := youtube.feed_stated(found.links, found.metas, url=url):
        feeds.append((own, ""))
    return feeds


def _looks_like_feed(href: str, text: str) -> bool:
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    if is_for_readers(href) or _FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query):
        return True
    return len(text) <= 60 and bool(_FEED_TEXT.search(text))


def _made(links: Iterable[tuple[str, str]], base: str, how: How) -> list[Candidate]:
    made: list[Candidate] = []
    titles: dict[str, str] = {}
    for href, title in links:
        titles.setdefault(href, title)
    for href, title in islice(titles.items(), _MOST_LINKS):
        try:
            address = _checked(urljoin(base, web_address(href)))
        except (FetchError, ValueError):
            continue
        made.append(Candidate(url=address, title=title, how=how))
    return made


def _checked(address: str) -> str:
    return str(parse_url(address))
