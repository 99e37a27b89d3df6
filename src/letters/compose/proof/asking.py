"""The edge of `links`: asks each address of a mail whether it is there, and says what it answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from letters.compose.proof.links import MailLink
from letters.errors import FetchError, Problem
from letters.net import Answer, Client, NetSettings, Pace
from letters.net.pace import host_of
from letters.settings import Settings, net_settings

#: Addresses of one mail at the most, and how long all of them together may take.
MOST = 200
LONGEST = timedelta(seconds=60)

_AT_ONCE = 8
_ONE_ANSWER = timedelta(seconds=10)
_REFUSES_HEAD = {400, 403, 404, 405, 406, 501}
# The place answers, but not to a program: that says nothing about readers.
_SHY = {401, 403, 405, 406, 429, 451, 999}
_FOR_EVER = {301, 308}
_PHRASES = {one.value: one.phrase for one in HTTPStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """What an address answered."""

    url: str
    #: Its HTTP status; None when it was not asked, or gave no answer.
    status: int | None
    #: In words for a person.
    words: str
    #: Whether readers would find nothing there.
    is_broken: bool = False

    def problem(self) -> Problem:
        return Problem(where="html", what=f'the link to "{self.url[:120]}" is broken: {self.words}')


def ask_links(
    links: Iterable[MailLink], settings: Settings, *, not_yet: Sequence[str] = ()
) -> list[LinkAnswer]:
    """Ask each web address of a mail, through the client that is kept from private places (R63).

    `not_yet` are addresses that will be there once the issue is sent; personal links belong to nobody yet. Neither is asked.
    Not to be called from a running event loop.
    """
    web = [link for link in links if link.is_web and not link.is_personal]
    asked = [link.url for link in web if link.url not in not_yet]
    answers = asyncio.run(_ask_all(asked[:MOST], settings)) if asked else {}
    unasked = dict.fromkeys(not_yet, "comes to be when the issue is sent")
    unasked |= dict.fromkeys(asked[MOST:], f"not asked: more than {MOST} links")
    return [
        answers.get(link.url)
        or LinkAnswer(url=link.url, status=None, words=unasked.get(link.url, "not asked: out of time"))
        for link in web
    ]


async def _ask_all(urls: Sequence[str], settings: Settings) -> dict[str, LinkAnswer]:
    """The answers that came in time, by address."""
    heard: dict[str, LinkAnswer] = {}
    async with Client(_net_settings(settings)) as client:
        ours = host_of(settings.site.base_url)
        pace = Pace(
            spacing=settings.watch.spacing,
            at_once=2,
            is_exempt=lambda url: host_of(url) == ours or client.is_private_place(url),
        )
        left = iter(urls)

        async def ask_some() -> None:
            for url in left:
                async with pace.turn(url):
                    heard[url] = await _ask(client, url)

        tasks = [asyncio.create_task(ask_some()) for _ in range(_AT_ONCE)]
        done, late = await asyncio.wait(tasks, timeout=LONGEST.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            task.result()
    return heard


async def _ask(client: Client, url: str) -> LinkAnswer:
    try:
        answer = await client.head(url)
        if answer.status in _REFUSES_HEAD:
            # Many servers know only GET.
            answer = await client.peek(url)
    except FetchError as error:
        return LinkAnswer(url=url, status=None, words=error.reason, is_broken=True)
    return read_answer(url, answer)


def read_answer(url: str, answer: Answer) -> LinkAnswer:
    """What an answer means for readers who follow the link. Pure."""
    status = answer.status
    said = f"{status} {_PHRASES.get(status, '')}".strip()
    if (
        answer.hops
        and answer.hops[0].status in _FOR_EVER
        and _without_slash(answer.url) != _without_slash(url)
    ):
        said += f", moved for good to {answer.url}"
    if status in _SHY:
        return LinkAnswer(url=url, status=status, words=f"{said}: not for programs, look yourself")
    return LinkAnswer(url=url, status=status, words=said, is_broken=status >= 400)


def _without_slash(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=parts.path.rstrip("/"), fragment="").geturl()


def _net_settings(settings: Settings) -> NetSettings:
    return replace(net_settings(settings), timeout=_ONE_ANSWER, connections=_AT_ONCE)
