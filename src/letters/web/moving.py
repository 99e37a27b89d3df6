"""A change of address: asked for on the preferences page, agreed to or refused at both ends.

Like a sign-up it takes a person's press of a button (`presses`): scanners read both mails.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response, post, route
from litestar.params import FromPath, RawBody

from letters import subscribe
from letters.errors import UsageError
from letters.links import Purpose, Token
from letters.subscribe import Step, TooOften
from letters.web.forms import read_any_form
from letters.web.pages import Site, in_thread, site_of
from letters.web.personal import find_preferences, language_for, preferences_page
from letters.web.presses import is_pressed

_log = structlog.get_logger("letters.web")
_READ = [HttpMethod.GET, HttpMethod.HEAD]
_LONGEST_SHOWN = 254


@route("/preferences/{token:str}/address", http_method=_READ)
@in_thread
def show_address(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The preferences: for whoever keeps or reloads the address that the button led to."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    return preferences_page(site, find_preferences(site, read), token)


@post("/preferences/{token:str}/address", status_code=200)
@in_thread
def ask_for_address(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Have both addresses asked whether the reader's mail may go to the new one."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    find_preferences(site, read)
    fields = read_any_form(body, request.headers.get("content-type", ""))
    wanted = (fields.get("email") or [""])[-1]
    house = site.house
    try:
        asked = subscribe.ask_to_move(house.store, house.settings, read.uid, wanted, now=datetime.now(UTC))
        done = "asked" if asked else "same"
    except UsageError:
        done = "wrong"
    except TooOften:
        done = "later"
    if done == "asked":
        _log.info("another address was asked for")
        request.app.state.on_notice()
    return preferences_page(
        site, find_preferences(site, read), token, address_done=done, address=wanted[:_LONGEST_SHOWN]
    )


@route("/address/{token:str}", http_method=_READ)
@in_thread
def show_move(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The page of one end, with its two buttons; showing it decides nothing."""
    site = site_of(request)
    return _page(site, site.links().read(Purpose.ADDRESS, token), token)


@post("/address/{token:str}", status_code=200)
@in_thread
def agree(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    site, now = site_of(request), datetime.now(UTC)
    read = site.links().read(Purpose.ADDRESS, token)
    fields = read_any_form(body, request.headers.get("content-type", ""))
    if not is_pressed(fields, site.links(), _stamped("agree", read), now=now):
        return _page(site, read, token, again=True)
    house, language = site.house, language_for(site, read.uid)
    step = subscribe.agree_to_move(house.store, house.settings, read.uid, read.serial or "", now=now)
    if step is Step.GONE:
        return _gone(site, read)
    if step is Step.TAKEN:
        return site.page("message", language=language, kind="address-taken")
    if step is Step.MADE:
        _log.info("an address was changed")
    return site.page(
        "message",
        language=language,
        kind="address-agreed",
        waiting="" if step is Step.MADE else step.value,
    )


@post("/address/{token:str}/refuse", status_code=200)
@in_thread
def refuse(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    site, now = site_of(request), datetime.now(UTC)
    read = site.links().read(Purpose.ADDRESS, token)
    fields = read_any_form(body, request.headers.get("content-type", ""))
    if not is_pressed(fields, site.links(), _stamped("refuse", read), now=now):
        return _page(site, read, token, again=True)
    house = site.house
    subscribe.refuse_to_move(house.store, house.settings, read.uid, read.serial or "", now=now)
    return site.page("message", language=language_for(site, read.uid), kind="address-kept")


def _page(site: Site, read: Token, token: str, *, again: bool = False) -> Response[bytes]:
    house, now = site.house, datetime.now(UTC)
    move = subscribe.read_move(house.store, house.settings, read.uid, read.serial or "", now=now)
    if move is None:
        return _gone(site, read)
    links = site.links()
    return site.page(
        "address",
        language=language_for(site, read.uid),
        move=move,
        token=token,
        agree=links.stamp(_stamped("agree", read), at=now),
        refuse=links.stamp(_stamped("refuse", read), at=now),
        again=again,
    )


def _gone(site: Site, read: Token) -> Response[bytes]:
    return site.page("message", status=410, language=language_for(site, read.uid), kind="address-gone")


def _stamped(what: str, read: Token) -> str:
    return f"{what} {read.uid} {read.serial}"


MOVING_ROUTES = [show_address, ask_for_address, show_move, agree, refuse]
