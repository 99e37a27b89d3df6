"""The addresses that live in mails: preferences and unsubscribe.

The token in the address is all the authority there is: no cookie, no login, no header is asked for (RFC 8058 section
3.1; R03). GET and HEAD change nothing, because link scanners follow every link of a mail (R06); POST works as often as
it is sent (R08), and its answer is never a redirect (R04).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response, post, route
from litestar.exceptions import ClientException, HTTPException
from litestar.params import FromPath, RawBody

from letters import subscribe
from letters.links import Purpose, Token
from letters.publish import FORMATS
from letters.publish.when import sent_when
from letters.store.subscribers import find_by_uid
from letters.subscribe import LONGEST_PAUSE, Preferences
from letters.web.forms import (
    PreferencesForm,
    languages_of,
    read_any_form,
    read_form,
    read_preferences_form,
    zones_by_region,
)
from letters.web.pages import Site, in_thread, site_of

_log = structlog.get_logger("letters.web")
_READ = [HttpMethod.GET, HttpMethod.HEAD]


# --- unsubscribe -------------------------------------------------------------------------------------------


@route("/unsubscribe/{token:str}", http_method=_READ)
@in_thread
def show_unsubscribe(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The form; also for a reader who is gone, for whom it does no harm."""
    site = site_of(request)
    read = site.links().read(Purpose.UNSUBSCRIBE, token)
    return site.page(
        "unsubscribe",
        language=language_for(site, read.uid),
        edition=_title(site, read),
        token=token,
        choose=choose_url(site, read),
    )


@post("/unsubscribe/{token:str}", status_code=200)
@in_thread
def unsubscribe(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Leave one edition (RFC 8058 one-click, and the page's button).

    The body is read to its end, within the limit, and not looked at: multipart, urlencoded, broken or none (R05).
    """
    del body
    site = site_of(request)
    read = site.links().read(Purpose.UNSUBSCRIBE, token)
    _leave(site, read.uid, read.edition)
    # The same whether the reader got it a moment ago, long ago, or is gone (R08).
    return site.page(
        "message",
        language=language_for(site, read.uid),
        kind="left",
        edition=_title(site, read),
        choose=choose_url(site, read),
        undo=_undo_url(site, read),
        bring=(read.edition,),
    )


@post("/unsubscribe/{token:str}/all", status_code=200)
@in_thread
def unsubscribe_from_all(
    request: Request[Any, Any, Any], token: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Leave every edition: another address than one-click's, so that a mail program can never mean it (R13)."""
    del body
    site = site_of(request)
    read = site.links().read(Purpose.UNSUBSCRIBE, token)
    had = _leave(site, read.uid, None)
    return left_all_page(site, read, had=had)


# --- preferences -------------------------------------------------------------------------------------------


@route("/preferences/{token:str}", http_method=_READ)
@in_thread
def show_preferences(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    return preferences_page(site, find_preferences(site, read), token)


@post("/preferences/{token:str}", status_code=200)
@in_thread
def save_preferences(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Save the form as it stands; adding an edition is as easy as leaving one."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    offered = find_preferences(site, read)
    try:
        form = read_preferences_form(read_form(body, request.headers.get("content-type", "")), offered)
        _save(site, read.uid, form, offered)
    except ValueError as error:
        raise ClientException(str(error)) from error
    return preferences_page(site, find_preferences(site, read), token, saved=True)


@post("/preferences/{token:str}/leave", status_code=200)
@in_thread
def leave_all(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Leave every edition; topics and the rest stay as chosen, for whoever comes back."""
    del body
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    had = _leave(site, read.uid, None)
    return left_all_page(site, read, had=had)


@post("/preferences/{token:str}/undo", status_code=200)
@in_thread
def undo(request: Request[Any, Any, Any], token: FromPath[str], body: RawBody) -> Response[bytes]:
    """Bring back editions that were just left: those that the last page names, and no other."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    find_preferences(site, read)
    house = site.house
    named = read_any_form(body, request.headers.get("content-type", "")).get("edition", [])
    back = subscribe.bring_back(house.store, house.settings, read.uid, named, now=datetime.now(UTC))
    if not back:
        raise ClientException("nothing that was left is named, wanted what the last page sends")
    _log.info("a leaving was undone")
    return site.page(
        "message",
        language=language_for(site, read.uid),
        kind="undone",
        titles_back=[_title(site, Token(read.uid, edition=key)) for key in back],
        choose=choose_url(site, read),
    )


@route(
    ["/preferences/{token:str}/leave", "/preferences/{token:str}/undo"],
    http_method=_READ,
)
@in_thread
def show_instead(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The preferences: for whoever keeps or reloads the address that a button led to."""
    site = site_of(request)
    read = site.links().read(Purpose.PREFERENCES, token)
    return preferences_page(site, find_preferences(site, read), token)


# --- what they share ---------------------------------------------------------------------------------------


def _leave(site: Site, uid: str, edition: str | None) -> tuple[str, ...]:
    """What the reader got until now."""
    house = site.house
    before = subscribe.read_preferences(house.store, house.settings, uid)
    if subscribe.unsubscribe(house.store, uid, edition, now=datetime.now(UTC)):
        _log.info("somebody left", edition=edition or "all")
    return before.subscriber.editions if before else ()


def _save(site: Site, uid: str, form: PreferencesForm, offered: Preferences) -> None:
    subscribe.update_preferences(
        site.house.store,
        site.house.settings,
        uid,
        name=form.name,
        zone=form.zone,
        language=form.language,
        frequency=form.frequency,
        titles_only=form.titles_only,
        paused_until=form.paused_until,
        topics=form.topics,
        audiences=form.audiences,
        editions=(*form.editions, *_not_shown(offered)),
        now=datetime.now(UTC),
    )


def _not_shown(offered: Preferences) -> tuple[str, ...]:
    """Editions chosen once and not configured at present: nobody could untick them, so they stay chosen."""
    shown = {edition.key for edition in offered.editions}
    return tuple(key for key in offered.subscriber.editions if key not in shown)


def find_preferences(site: Site, token: Token) -> Preferences:
    """What the reader chose and may choose. Answers 410 when the reader is gone."""
    house = site.house
    found = subscribe.read_preferences(house.store, house.settings, token.uid)
    if found is None:
        raise HTTPException(status_code=410)
    return found


def language_for(site: Site, uid: str) -> str:
    """What the reader chose to be addressed in; nothing of one who is gone, or did not choose."""
    with site.house.store.read() as c:
        reader = find_by_uid(c, uid)
    return reader.language if reader else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFeed:
    """A reader's feed as the page shows it; `addresses` by format."""

    serial: str
    addresses: Mapping[str, str]


def preferences_page(
    site: Site,
    offered: Preferences,
    token: str,
    *,
    saved: bool = False,
    feed_done: str = "",
    address_done: str = "",
    address: str = "",
) -> Response[bytes]:
    """The page; with what was just done to the reader's feed ("replaced", "stopped") or address ("asked", "same", "wrong", "later")."""
    house, now, language = site.house, datetime.now(UTC), offered.subscriber.language
    wording = site.wording(language)
    return site.page(
        "preferences",
        language=language,
        subscriber=offered.subscriber,
        editions=offered.editions,
        topics=offered.topics,
        audiences=offered.audiences,
        zones=zones_by_region(offered.subscriber.zone),
        hours={edition.key: sent_when(edition, wording) for edition in offered.editions},
        languages=languages_of(offered, house.settings.site.language),
        coming=subscribe.upcoming(house.store, house.settings, offered.subscriber, now=now),
        first_day=now.date() + timedelta(days=1),
        last_day=now.date() + LONGEST_PAUSE,
        address=address,
        address_done=address_done,
        token=token,
        saved=saved,
        feed=_own_feed(site, offered),
        feed_done=feed_done,
    )


def _own_feed(site: Site, offered: Preferences) -> OwnFeed | None:
    if not offered.feed_serial:
        return None
    url = site.links().private_url(offered.subscriber.uid, offered.feed_serial)
    return OwnFeed(serial=offered.feed_serial, addresses={form: f"{url}.{form}" for form in FORMATS})


def left_all_page(site: Site, token: Token, *, had: Collection[str] = ()) -> Response[bytes]:
    """With a way back to what the reader had. A feed is no mail: it goes on, and the page says so."""
    return site.page(
        "message",
        language=language_for(site, token.uid),
        kind="left-all",
        choose=choose_url(site, token),
        has_feed=subscribe.has_private_feed(site.house.store, token.uid),
        undo=_undo_url(site, token) if had else "",
        bring=tuple(had),
    )


def _title(site: Site, token: Token) -> str:
    """The edition's title; its key when it is no longer configured, for its mails are still about."""
    edition = site.house.settings.edition(token.edition or "")
    return edition.title if edition else token.edition or ""


def choose_url(site: Site, token: Token) -> str:
    """The reader's preferences, below the site's root."""
    return "preferences/" + site.links().preferences_url(token.uid).rpartition("/")[2]


def _undo_url(site: Site, token: Token) -> str:
    return f"{choose_url(site, token)}/undo"


PERSONAL_ROUTES = [
    show_unsubscribe,
    unsubscribe,
    unsubscribe_from_all,
    show_preferences,
    save_preferences,
    leave_all,
    undo,
    show_instead,
]
