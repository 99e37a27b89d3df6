"""The address in the mail that asks to confirm: a page with a button, and what the button does.

Looking confirms nothing, and neither does a program that sends the form: only a press of the button does (`presses`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response, post, route
from litestar.exceptions import HTTPException
from litestar.params import FromPath, RawBody

from letters import subscribe
from letters.links import Purpose, Token
from letters.web.forms import read_any_form
from letters.web.pages import Site, in_thread, site_of
from letters.web.personal import choose_url, left_all_page
from letters.web.presses import is_pressed

_log = structlog.get_logger("letters.web")


@route("/confirm/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
@in_thread
def show_confirm(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The form with its button; showing it confirms nothing."""
    site = site_of(request)
    return _page(site, site.links().read(Purpose.CONFIRM, token), token)


@post("/confirm/{token:str}", status_code=200)
@in_thread
def confirm(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Confirm what was asked for, if the button was pressed; else show the page again."""
    site, now = site_of(request), datetime.now(UTC)
    read = site.links().read(Purpose.CONFIRM, token)
    fields = read_any_form(body, request.headers.get("content-type", ""))
    if not is_pressed(fields, site.links(), _stamped(read), now=now):
        return _page(site, read, token, again=True)
    house = site.house
    reader = subscribe.confirm(house.store, house.settings, read.uid, now=now)
    if reader is None and subscribe.read_preferences(house.store, house.settings, read.uid) is not None:
        # An old link does not bring back who has left since; the preferences page does.
        return left_all_page(site, read)
    if reader is None:
        return _gone(site)
    _log.info("a subscription was confirmed")
    coming = subscribe.upcoming(house.store, house.settings, reader, now=now)
    return site.page(
        "message",
        language=reader.language,
        kind="confirmed",
        choose=choose_url(site, Token(reader.uid)),
        coming=coming,
    )


def _page(site: Site, read: Token, token: str, *, again: bool = False) -> Response[bytes]:
    now, settings = datetime.now(UTC), site.house.settings
    asked = subscribe.read_sign_up(site.house.store, settings, read.uid, now=now)
    if asked is None:
        return _gone(site)
    return site.page(
        "confirm",
        language=asked.language,
        email=asked.email,
        editions=[edition for edition in settings.editions if edition.key in asked.editions],
        token=token,
        stamp=site.links().stamp(_stamped(read), at=now),
        again=again,
    )


def _gone(site: Site) -> Response[bytes]:
    """The sign-up was confirmed by another link, or is too old."""
    if not site.house.settings.subscribe.open:
        raise HTTPException(status_code=410)
    return site.page("message", status=410, kind="confirm-gone")


def _stamped(read: Token) -> str:
    return f"confirm {read.uid}"


CONFIRM_ROUTES = [show_confirm, confirm]
