"""The part of the preferences page that makes, replaces and stops a reader's own feed.

As with all that lives behind a mail's link: the token is all the authority there is, only POST changes anything, and it works as often
as it is sent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response, post, route
from litestar.exceptions import ClientException
from litestar.params import FromPath, RawBody

from letters import subscribe
from letters.links import Purpose
from letters.web.forms import read_form, read_serial
from letters.web.pages import in_thread, site_of
from letters.web.personal import find_preferences, preferences_page

_log = structlog.get_logger("letters.web")


@route(
    [
        "/preferences/{token:str}/feed",
        "/preferences/{token:str}/feed/replace",
        "/preferences/{token:str}/feed/stop",
    ],
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
)
@in_thread
def show_feed(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The page as it is: for whoever keeps or reloads the address that a button led to."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    return preferences_page(site, find_preferences(site, read), token)


@post("/preferences/{token:str}/feed", status_code=200)
@in_thread
def make_feed(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Make the feed. The body is not looked at: whoever sent it, there is a feed now, and nobody else knows where."""
    del body
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    had = find_preferences(site, read).feed_serial
    if subscribe.make_private_feed(site.house.store, read.uid, now=datetime.now(UTC)) and not had:
        _log.info("a private feed was made")
    return preferences_page(site, find_preferences(site, read), token)


@post("/preferences/{token:str}/feed/replace", status_code=200)
@in_thread
def replace_feed(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Give the feed another address, if it still has the one that the form was shown with."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    serial, had = _read_serial(request, body), find_preferences(site, read).feed_serial
    subscribe.replace_private_feed(site.house.store, read.uid, serial, now=datetime.now(UTC))
    if serial == had:
        _log.info("a private feed was given another address")
    return preferences_page(site, find_preferences(site, read), token, feed_done="replaced")


@post("/preferences/{token:str}/feed/stop", status_code=200)
@in_thread
def stop_feed(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """End the feed, if it still has the address that the form was shown with."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    serial, had = _read_serial(request, body), find_preferences(site, read).feed_serial
    subscribe.stop_private_feed(site.house.store, read.uid, serial)
    if serial == had:
        _log.info("a private feed was stopped")
    return preferences_page(site, find_preferences(site, read), token, feed_done="stopped")


def _read_serial(request: Request[Any, Any, Any], body: bytes) -> str:
    try:
        return read_serial(read_form(body, request.headers.get("content-type", "")))
    except ValueError as error:
        raise ClientException(str(error)) from error


OWN_FEED_ROUTES = [show_feed, make_feed, replace_feed, stop_feed]
