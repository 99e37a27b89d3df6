"""The doing of `letters.watch.discover`: asks an address, and the places that its page names, until feeds are found."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from letters.errors import FetchError, FetchTimeoutError, LettersError, Problem, UnreadableFeedError
from letters.model import Source
from letters.net import Answer, Client, Pace
from letters.net.pace import host_of
from letters.settings import Settings, net_settings
from letters.watch.discover import (
    Candidate,
    How,
    addresses_of,
    candidates,
    guesses,
    known_feed,
)
from letters.watch.fetch import status_words
from letters.watch.found import FoundFeed, described, joined
from letters.watch.parse import ParsedFeed, parse_feed
from letters.watch.parse.document import Kind, decode, kind_of
from letters.watch.problems import without_password

#: Of the addresses that a page names, as many are asked.
_MOST_ASKED = 6

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, text/html, application/xhtml+xml, "
    "application/xml;q=0.9, */*;q=0.5"
)
# What a server that wants to be left alone answers: no more is asked of it then.
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_PERMANENT = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}


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
    #: Hosts that are not asked any more.
    silent: set[str] = field(default_factory=set)

    async def look(self, addresses: Sequence[str]) -> Finding:
        known = known_feed(addresses[0])
        address, answer = await self._first(addresses if not known else [known])
        if answer.status != HTTPStatus.OK:
            usual = "; YouTube answers so at times, try again later" if known else ""
            raise FetchError(without_password(address), f"answered {status_words(answer.status)}{usual}")
        unreadable = self._take(Candidate(url=address, how=How.GIVEN), answer)
        if unreadable and not _may_be_page(answer):
            raise NoFeedError(
                f'"{without_password(address)}": {unreadable}; give the address of a feed or of its page'
            )
        if unreadable:
            await self._behind(answer)
        if not self.found:
            raise _nothing(address, self.problems)
        return Finding(feeds=joined(self.found), problems=tuple(self.problems))

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
        # Nobody named the addresses that follow: that they are no feeds is no problem.
        named = len(self.problems)
        for guess in guesses(answer.url):
            if not self.found:
                await self._try(guess)
        del self.problems[named:]

    async def _try(self, candidate: Candidate) -> None:
        """Ask one, unless its host wants to be left alone or does not answer in time."""
        host = host_of(candidate.url)
        if host in self.silent:
            return
        try:
            answer = await self._get(candidate.url)
        except FetchError as error:
            if isinstance(error, FetchTimeoutError):
                self.silent.add(host)
            self._note(candidate, error.reason)
            return
        if answer.status in _BUSY:
            self.silent.add(host)
        if answer.status != HTTPStatus.OK:
            self._note(candidate, f"the page names it, but it answered {status_words(answer.status)}")
        elif unreadable := self._take(candidate, answer):
            self._note(candidate, f"the page names it, but it cannot be read: {unreadable}")

    def _note(self, candidate: Candidate, what: str) -> None:
        self.problems.append(Problem(where=without_password(candidate.url), what=what, is_notice=True))

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
        self.found.append((described(candidate, url, answer, parsed), parsed))
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
