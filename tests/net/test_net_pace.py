"""Manners: how many at once, how far apart. Time is the loop's own, driven by hand."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from letters.net import Pace
from letters.net.pace import host_of


async def take_turns(pace: Pace, urls: list[str]) -> tuple[list[float], int]:
    """When each turn began (in seconds of the loop), and how many of one host overlapped."""
    loop = asyncio.get_running_loop()
    starts: list[float] = []
    running = most = 0

    async def one(url: str) -> None:
        nonlocal running, most
        async with pace.turn(url):
            starts.append(loop.time())
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.01)
            running -= 1

    await asyncio.gather(*(one(url) for url in urls))
    return starts, most


async def test_turns_of_one_host_are_spaced() -> None:
    pace = Pace(spacing=timedelta(milliseconds=50), at_once=2, is_exempt=lambda url: False)
    before = asyncio.get_running_loop().time()
    starts, _ = await take_turns(pace, ["https://a.example/1", "https://A.example/2", "http://a.example/3"])
    # A turn may begin later than it could, and then seem near to the next one; never earlier.
    assert all(start - before >= 0.05 * turn for turn, start in enumerate(starts))


async def test_other_hosts_do_not_wait() -> None:
    pace = Pace(spacing=timedelta(hours=1), at_once=2, is_exempt=lambda url: False)
    starts, most = await take_turns(pace, [f"https://{name}.example/" for name in "abcdef"])
    assert (len(starts), most) == (6, 6)


async def test_exempt_places_do_not_wait_at_all() -> None:
    pace = Pace(spacing=timedelta(hours=1), at_once=2, is_exempt=lambda url: True)
    starts, most = await take_turns(pace, ["http://127.0.0.1:1/"] * 7)
    assert (len(starts), most) == (7, 7)


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://A.example:8/x", "a.example"), ("nothing", "nothing"), ("http://[", "http://[")],
)
def test_host_of_whatever_is_given(url: str, host: str) -> None:
    assert host_of(url) == host
