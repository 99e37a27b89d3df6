"""Where hubs speak to us (WebSub): they verify what we asked for, and push documents.

The token in the address is the hub's authority, as unguessable as a reader's; a document must be signed besides. Nothing
is read here: what was pushed is kept for the next pass, and the answer says only that it came (section 7).
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from letters.store.pushes import (
    PushState,
    PushSubscription,
    add_pushed,
    find_by_token,
    replace_subscription,
)
from letters.watch.hub import is_signed, read_call, reply_to
from letters.web.pages import PRIVATE_HEADERS, Site, in_thread, site_of

_log = structlog.get_logger("letters.web")

# What `secrets.token_urlsafe` makes; the database need not be asked about anything else.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")
#: For the whole of a pushed document to arrive; a hub that is slower tries again.
_PATIENCE_SECONDS = 30.0
_LONGEST_TYPE = 200


@get("/websub/{token:str}")
@in_thread
def verify(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """Echo the challenge of a request that was ours, or take a denial; 404 for all else (sections 5.2 and 5.3)."""
    call = read_call(request.scope["query_string"])
    if call is None or not _TOKEN.fullmatch(token):
        return _answer(404)
    store = site_of(request).house.store
    with store.read() as c:
        # SQLite has one writer: whoever merely tries tokens must not be that.
        if find_by_token(c, token) is None:
            return _answer(404)
    with store.write() as c:
        known = find_by_token(c, token, lock=True)
        reply = reply_to(known, call, now=datetime.now(UTC)) if known is not None else None
        if known is None or reply is None:
            return _answer(404)
        replace_subscription(c, known, reply.after)
    _log.info("a hub called", source=known.source, mode=call.mode)
    return _answer(200, reply.text)


@post("/websub/{token:str}", status_code=202, request_max_body_size=None)
async def receive(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """Keep a pushed document for the next pass.

    410 tells a hub that nobody listens any more. A wrong signature is answered as a right one, and what it came with is
    dropped (section 7.1); so is a document that waits already.
    """
    site = site_of(request)
    subscription = await sync_to_thread(_find, site, token)
    if subscription is None:
        return _answer(410)
    body = await _read(request, limit_bytes=site.house.settings.watch.size_limit_mb * 1_000_000)
    if body is None:
        _log.warning("a push was too large or too slow, and was given up", source=subscription.source)
        return _answer(413)
    signature = request.headers.get("x-hub-signature", "")
    content_type = request.headers.get("content-type", "")[:_LONGEST_TYPE]
    if await sync_to_thread(_keep, site, subscription, body, content_type, signature):
        request.app.state.on_push()
    return _answer(202)


def _find(site: Site, token: str) -> PushSubscription | None:
    """The subscription that may push here: not one that was denied or ended."""
    if not _TOKEN.fullmatch(token):
        return None
    with site.house.store.read() as c:
        found = find_by_token(c, token)
    return found if found is not None and found.state in {PushState.REQUESTED, PushState.VERIFIED} else None


async def _read(request: Request[Any, Any, Any], *, limit_bytes: int) -> bytes | None:
    """The body as it came; None as soon as it is too large, or when its end does not come."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit_bytes:
        return None
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > limit_bytes:
                    return None
    except (TimeoutError, HTTPException):
        return None
    return bytes(body)


def _keep(site: Site, subscription: PushSubscription, body: bytes, content_type: str, signature: str) -> bool:
    """Whether there is something new for a pass to read."""
    source = subscription.source
    if not is_signed(body, secret=subscription.secret, signature=signature):
        _log.warning("a push was ignored, for its signature is wrong or missing", source=source)
        return False
    if not body:
        return False
    with site.house.store.write() as c:
        is_new = add_pushed(c, source, body=body, content_type=content_type, now=datetime.now(UTC))
    if is_new:
        _log.info("a hub pushed a document", source=source, size=len(body))
    return is_new


def _answer(status: int, text: str = "") -> Response[bytes]:
    """Plain text, so that no browser takes a hub's challenge for a page of ours (sections 5.3.1 and 8.2)."""
    return Response(
        text.encode(), status_code=status, media_type=MediaType.TEXT, headers=dict(PRIVATE_HEADERS)
    )


WEBSUB_ROUTES = [verify, receive]
