"""A reader's own data: as a file, and erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response, post, route
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.params import FromPath, RawBody

from letters import subscribe
from letters.links import Purpose, Token
from letters.web.forms import read_any_form
from letters.web.pages import PRIVATE_HEADERS, Site, in_thread, site_of
from letters.web.personal import find_preferences, language_for
from letters.web.presses import is_pressed

_log = structlog.get_logger("letters.web")
_READ = [HttpMethod.GET, HttpMethod.HEAD]


@route("/preferences/{token:str}/data.json", http_method=_READ)
@in_thread
def show_data(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """Everything that is kept of the reader, as a file."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    found = subscribe.read_own_data(site.house.store, read.uid)
    if found is None:
        raise HTTPException(status_code=410)
    headers = {**PRIVATE_HEADERS, "Content-Disposition": 'attachment; filename="what-is-kept-of-me.json"'}
    return Response(found.encode(), status_code=200, media_type=MediaType.JSON, headers=headers)


@route("/preferences/{token:str}/erase", http_method=_READ)
@in_thread
def show_erase(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """What erasing means, with its button: it cannot be undone, so it is asked twice."""
    site = site_of(request)
    return _page(site, site.links().read(Purpose.PREFERENCES, token), token)


@post("/preferences/{token:str}/erase", status_code=200)
@in_thread
def erase(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Delete everything but a digest of the address."""
    site, now = site_of(request), datetime.now(UTC)
    read = site.links().read(Purpose.PREFERENCES, token)
    fields = read_any_form(body, request.headers.get("content-type", ""))
    if not is_pressed(fields, site.links(), _stamped(read), now=now):
        return _page(site, read, token, again=True)
    language = language_for(site, read.uid)
    if subscribe.erase(site.house.store, read.uid, now=now):
        _log.info("somebody was erased")
    return site.page("message", language=language, kind="erased")


def _page(site: Site, read: Token, token: str, *, again: bool = False) -> Response[bytes]:
    offered = find_preferences(site, read)
    return site.page(
        "erase",
        language=offered.subscriber.language,
        email=offered.subscriber.email,
        token=token,
        stamp=site.links().stamp(_stamped(read), at=datetime.now(UTC)),
        again=again,
    )


def _stamped(read: Token) -> str:
    return f"erase {read.uid}"


OWN_DATA_ROUTES = [show_data, show_erase, erase]
