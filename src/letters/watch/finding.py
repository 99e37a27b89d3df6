"""The doing of `letters.watch.discover`: asks an address, and the places that its page names, until feeds are found."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus

from letters.errors import FetchError, LettersError, Problem, UnreadableFeedError
from letters.model import Source
from letters.net import Answer, Client, Pace
from letters.settings import Settings
from letters.settings.addresses import normalised
from letters.watch.discover import (
    Candidate,
    How,
    addresses_of,
    candidates,
    guesses,
    is_about_comments,
    known_feed,
)
from letters.watch.edge import net_settings
from letters.watch.fetch import status_words
from letters.watch.parse import ParsedFeed, parse_feed
from letters.watch.parse.document import Kind, decode, kind_of
from letters.watch.problems import without_password

#: Of the addresses that a page names, as many are asked; and what a feed's newest entries are compared by.
_MOST_ASKED = 6
_COMPARED = 5

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, text/html, application/xhtml+xml, "
    "application/xml;q=0.9, */*;q=0.5"
)
# What a server that wants to be left alone answers: no more is asked of it then.
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_PERMANENT = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What there is at an address, the best first, and which addresses that were named gave nothing."""

    feeds: tuple[FoundFeed, ...] = ()
    problems: tuple[Problem, ...] = ()


class NoFeedError(LettersError):
    """There is no feed at an address, and none where it usually would be."""


def find_feeds(settings: Settings, words: str, *, now: datetime) -> Finding:
    """The feeds at an address: it may be a feed, a page, or either without its scheme.

    Through the guarded client only, one request after the other, at most about a dozen, with `[watch] spacing` between
    those to one host. Each feed was fetched and read. Raises `FetchError` where the address gives nothing, `NoFeedError` where
    what it gives names no feed. Not to be called from a running event loop.
    """
    return asyncio.run(_find(settings, words, now=now))


async def _find(settings: Settings, words: str, *, now: datetime) -> Finding:
    async with Client(net_settings(settings)) as client:
        pace = Pace(spacing=settings.watch.spacing, at_once=1, is_exempt=client.is_private_place)
        search = _Search(client, pace, now)
        return await search.look(addresses_of(words))


@dataclass
class _Search:
    client: Client
    pace: Pace
    now: datetime
    found: list[tuple[FoundFeed, ParsedFeed]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    async def look(self, addresses: Sequence[str]) -> Finding:
        known = known_feed(addresses[0])
        address, answer = await self._first(addresses if not known else [known])
        if answer.status != HTTPStatus.OK:
            raise FetchError(without_password(address), f"answered {status_words(answer.status)}")
        unreadable = self._take(Candidate(url=address, how=How.GIVEN), answer)
        if unreadable and not _may_be_page(answer):
            raise NoFeedError(
                f'"{without_password(address)}": {unreadable}; give the address of a feed or of its page'
            )
        if unreadable:
            await self._behind(answer)
        if not self.found:
            raise _nothing(address, self.problems)
        return Finding(feeds=_joined(self.found), problems=tuple(self.problems))

    async def _first(self, addresses: Sequence[str]) -> tuple[str, Answer]:
        """The first address that answers at all; without a scheme, https may not be spoken there."""
        for address in addresses[:-1]:
            try:
                return address, await self._get(address)
            except FetchError:
                continue
        return addresses[-1], await self._get(addresses[-1])

    async def _behind(self, answer: Answer) -> None:
        """Ask what a page names; only where that gives nothing, the usual places, until the first that is one."""
        page = decode(answer.body, answer.headers.get("Content-Type", ""))
        for candidate in candidates(page, url=answer.url)[:_MOST_ASKED]:
            await self._try(candidate)
        # The problems of addresses that nobody named are none.
        named = len(self.problems)
        for candidate in guesses(answer.url) if not self.found else ():
            if self.found or not await self._try(candidate):
                break
        del self.problems[named:]

    async def _try(self, candidate: Candidate) -> bool:
        """Ask one; whether the host may be asked more."""
        shown = without_password(candidate.url)
        try:
            answer = await self._get(candidate.url)
        except FetchError as error:
            self.problems.append(Problem(where=shown, what=error.reason, is_notice=True))
            return False
        if answer.status != HTTPStatus.OK:
            what = f"the page names it, but it answered {status_words(answer.status)}"
            self.problems.append(Problem(where=shown, what=what, is_notice=True))
            return answer.status not in _BUSY
        if unreadable := self._take(candidate, answer):
            what = f"the page names it, but it cannot be read: {unreadable}"
            self.problems.append(Problem(where=shown, what=what, is_notice=True))
        return True

    def _take(self, candidate: Candidate, answer: Answer) -> str:
        """Keep an answer that is a feed; why it is none, else empty."""
        url = _lasting_address(candidate.url, answer)
        try:
            parsed = parse_feed(
                answer.body,
                url=answer.url,
                content_type=answer.headers.get("Content-Type", ""),
                source=Source(key="found", url=url),
                now=self.now,
            )
        except UnreadableFeedError as error:
            return str(error)
        self.found.append((_described(candidate, url, answer, parsed), parsed))
        return ""

    async def _get(self, url: str) -> Answer:
        async with self.pace.turn(url):
            return await self.client.get(url, headers={"Accept": _ACCEPT})


def _lasting_address(asked: str, answer: Answer) -> str:
    """Where permanent redirects led from the asked address, up to the first that is not."""
    places = [*(hop.url for hop in answer.hops), answer.url]
    permanent = 0
    for hop in answer.hops:
        if hop.status not in _PERMANENT:
            break
        permanent += 1
    # The client's answers bear no name and password: an address that has them stays as it was given.
    return (
        places[permanent] if permanent and "@" not in asked.partition("://")[2].partition("/")[0] else asked
    )


def _described(candidate: Candidate, url: str, answer: Answer, parsed: ParsedFeed) -> FoundFeed:
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


def _joined(found: Sequence[tuple[FoundFeed, ParsedFeed]]) -> tuple[FoundFeed, ...]:
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


def _may_be_page(answer: Answer) -> bool:
    is_called_html = "html" in answer.headers.get("Content-Type", "").lower()
    return kind_of(answer.body) is Kind.HTML or (
        is_called_html and kind_of(answer.body) in {Kind.XML, Kind.TEXT}
    )


def _nothing(address: str, problems: Sequence[Problem]) -> NoFeedError:
    shown = without_password(address)
    if problems:
        first = problems[0]
        return NoFeedError(f'"{shown}" names no feed that can be used: "{first.where}": {first.what}')
    return NoFeedError(
        f'"{shown}" is no feed, names none, and has none in the usual places; give the feed\'s own address'
    )
