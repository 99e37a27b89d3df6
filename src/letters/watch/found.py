"""Feeds that were asked for and read, as a person chooses among them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from letters.net import Answer
from letters.settings.addresses import normalised
from letters.watch.discover import Candidate, is_about_comments
from letters.watch.parse import ParsedFeed
from letters.watch.parse.document import Kind, decode, kind_of

#: By so many of their newest entries two feeds are compared.
_COMPARED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that was asked for and read."""

    #: Where to ask for it: where permanent redirects led, never where temporary ones did.
    url: str
    title: str
    #: ``RSS 2.0``, ``Atom 1.0``, ``JSON Feed 1.1``.
    format: str
    entries: int
    newest: datetime | None
    #: When its entries were published, the newest first.
    published: tuple[datetime, ...] = ()
    is_about_comments: bool = False
    #: Other addresses of the same entries: another format, or another spelling.
    also: tuple[str, ...] = ()


def described(candidate: Candidate, url: str, answer: Answer, parsed: ParsedFeed) -> FoundFeed:
    """A feed as it is shown; `url` is where to ask for it."""
    published = sorted((entry.published for entry in parsed.entries if entry.published), reverse=True)
    title = parsed.title or candidate.title
    return FoundFeed(
        url=url,
        title=title,
        format=format_of(answer.body, answer.headers.get("Content-Type", "")),
        entries=len(parsed.entries),
        newest=published[0] if published else None,
        published=tuple(published),
        is_about_comments=candidate.is_about_comments or is_about_comments(url, title),
    )


def joined(found: Sequence[tuple[FoundFeed, ParsedFeed]]) -> tuple[FoundFeed, ...]:
    """One feed for each set of entries: sites offer the same in several formats. The one with enclosures is taken."""
    groups: list[list[tuple[FoundFeed, ParsedFeed]]] = []
    for one in found:
        group = next((group for group in groups if _same(group[0], one)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    feeds = []
    for group in groups:
        best = max(group, key=lambda one: (_enclosures(one[1]), one[0].entries, -group.index(one)))[0]
        others = dict.fromkeys(other.url for other, _ in group if other.url != best.url)
        feeds.append(replace(best, also=tuple(others)))
    return tuple(sorted(feeds, key=lambda feed: feed.is_about_comments))


def _same(one: tuple[FoundFeed, ParsedFeed], other: tuple[FoundFeed, ParsedFeed]) -> bool:
    if normalised(one[0].url) == normalised(other[0].url):
        return True
    mine, theirs = _newest(one[1]), _newest(other[1])
    return bool(mine) and mine == theirs


def _newest(parsed: ParsedFeed) -> list[tuple[str, str]]:
    return [(entry.title, normalised(entry.link)) for entry in parsed.entries[:_COMPARED]]


def _enclosures(parsed: ParsedFeed) -> bool:
    return any(entry.enclosures for entry in parsed.entries)


def format_of(body: bytes, content_type: str = "") -> str:
    """What a feed is, for people: ``RSS 2.0``."""
    start = decode(body[:4096], content_type)
    if kind_of(body) is Kind.JSON:
        found = re.search(r"jsonfeed\.org/version/([0-9.]+)", start.replace("\\/", "/"))
        return f"JSON Feed {found[1]}" if found else "JSON Feed"
    if found := re.search(r"<rss\b[^>]*?\bversion\s*=\s*[\"']([0-9.]{1,8})", start):
        return f"RSS {found[1]}"
    if re.search(r"<(?:\w+:)?RDF\b", start):
        return "RSS 1.0"
    if re.search(r"<(?:\w+:)?feed\b", start):
        return "Atom 0.3" if "purl.org/atom/ns#" in start else "Atom 1.0"
    return "RSS"
