"""Reading an answer without ever holding more of it than was agreed."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from itertools import chain

import aiohttp
from yarl import URL

from letters.errors import FetchError, TooLargeError
from letters.net.urls import shown
from letters.net.values import NetSettings

# Of an error page; enough to say what it was.
EXCERPT_BYTES = 65_536


def check_head(response: aiohttp.ClientResponse, url: URL, settings: NetSettings) -> None:
    """Raises `FetchError` for an answer that is none, or whose header is too large.

    One field and the number of fields were limited while they came in; together they can still be megabytes.
    """
    if response.status < 200:
        raise FetchError(
            shown(url), f"answered {response.status}, which is no answer to a request for a document"
        )
    size = sum(map(len, chain.from_iterable(response.raw_headers)))
    if size > settings.header_limit_bytes:
        raise FetchError(
            shown(url), f"the answer's header is larger than {settings.header_limit_bytes:,} bytes"
        )


async def read_body(
    response: aiohttp.ClientResponse, url: URL, limit_bytes: int, *, heard: Callable[[], None]
) -> bytes:
    """The body, decompressed piece by piece and given up as soon as it passes the limit.

    Counting happens after decompression, so a small body that unfolds without end is cut off like a large one. Of an
    answer that is no success, only the beginning is kept. `heard` is called at each piece. Raises `TooLargeError`.
    """
    wanted = response.status < 300
    limit_bytes = limit_bytes if wanted else min(limit_bytes, EXCERPT_BYTES)
    if wanted and (response.content_length or 0) > limit_bytes:
        response.close()
        raise TooLargeError(shown(url), f"larger than {limit_bytes:,} bytes by its own account; not read")
    # Hands its buffer out without copying it: a body is in memory once, not twice.
    body = BytesIO()
    while piece := await response.content.readany():
        heard()
        body.write(piece)
        if body.tell() > limit_bytes:
            response.close()
            if wanted:
                raise TooLargeError(shown(url), f"larger than {limit_bytes:,} bytes; reading stopped there")
            return body.getvalue()[:limit_bytes]
    return body.getvalue()
