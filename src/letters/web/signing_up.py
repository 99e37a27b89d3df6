"""Signing up: the page, and its twin for programs.

Both say the same whoever's address it is: that a mail is on its way if it can be. Who is subscribed is nobody else's business.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response, post, route
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException, TooManyRequestsException
from litestar.params import RawBody

from letters import subscribe
from letters.publish.when import sent_when
from letters.subscribe import SignUpRefused, TooManySignUps, Wanted
from letters.web.forms import read_any_form, read_query
from letters.web.limits import Limits, network_part
from letters.web.pages import PRIVATE_HEADERS, Site, in_thread, site_of
from letters.web.presses import is_pressed

_log = structlog.get_logger("letters.web")
_STAMPED = "subscribe"
#: When more have signed up than may within an hour.
_LATER_SECONDS = 900
_LONGEST_CONSENT = 1_000


# --- the page --------------------------------------------------------------------------------------------


@route("/subscribe", http_method=[HttpMethod.GET, HttpMethod.HEAD])
@in_thread
def show_sign_up(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form; ``?edition=KEY&topic=KEY&audience=KEY`` tick boxes in it."""
    site = _open_site(request)
    return _page(site, read_query(request.scope["query_string"]))


@post("/subscribe", status_code=200)
@in_thread
def sign_up(request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
    """Take a sign-up, if the button was pressed; else show the form as it was filled in, so that it can be."""
    site, now = _open_site(request), datetime.now(UTC)
    fields = read_any_form(body, request.headers.get("content-type", ""))
    if not is_pressed(fields, site.links(), _STAMPED, now=now):
        return _page(site, fields, again=bool(fields))
    _limit(request)
    wanted = _read_wanted(fields)
    house = site.house
    place = f"{house.settings.site.base_url.rstrip('/')}/subscribe"
    try:
        made = subscribe.sign_up(
            house.store, house.settings, wanted, place=place, wording=_wording(site, wanted), now=now
        )
    except SignUpRefused as refused:
        return _page(site, fields, wrong=frozenset(refused.faults))
    except TooManySignUps as error:
        raise _too_many(_LATER_SECONDS) from error
    _tell(request, made=made)
    return site.page("message", kind="asked", email=wanted.email.strip(), days=_days(site))


def _page(
    site: Site,
    fields: Mapping[str, Sequence[str]],
    *,
    again: bool = False,
    wrong: frozenset[str] = frozenset(),
) -> Response[bytes]:
    settings, now = site.house.settings, datetime.now(UTC)
    offer = subscribe.read_offer(site.house.store, settings)
    wording = site.wording()
    ticked = {name: frozenset(fields.get(name, ())) for name in ("edition", "topic", "audience")}
    if len(offer.editions) == 1:
        ticked["edition"] = frozenset({offer.editions[0].key})
    page = site.page(
        "subscribe",
        status=422 if wrong else 200,
        editions=offer.editions,
        topics=offer.topics,
        audiences=offer.audiences,
        hours={edition.key: sent_when(edition, wording) for edition in offer.editions},
        ticked=ticked,
        email=_last(fields, "email")[:254],
        consent=site.text("consent"),
        stamp=site.links().stamp(_STAMPED, at=now),
        again=again,
        wrong=wrong,
    )
    # It is for everybody, unlike the pages behind mails' links.
    del page.headers["X-Robots-Tag"]
    return page


def _read_wanted(fields: Mapping[str, Sequence[str]]) -> Wanted:
    return Wanted(
        email=_last(fields, "email"),
        editions=tuple(fields.get("edition", ())),
        topics=tuple(fields.get("topic", ())),
        audiences=tuple(fields.get("audience", ())),
    )


def _wording(site: Site, wanted: Wanted) -> str:
    """What was shown, and what was ticked under it: the consent's words."""
    titles = [edition.title for edition in site.house.settings.editions if edition.key in wanted.editions]
    return f"{site.text('consent')} [{'; '.join(titles)}]"


# --- for programs ----------------------------------------------------------------------------------------


@post("/api/subscribe", status_code=202)
@in_thread
def sign_up_by_api(request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
    """Take a sign-up from a form elsewhere, as JSON: `email`, `editions`, `place` and `wording`, and what else there is to choose.

    202 says that it was taken, whoever's address it is; 400 what is wrong, by field. JSON is insisted on: other people's pages
    cannot send it from a visitor's browser without asking us first, which we do not allow.
    """
    site, now = _open_site(request), datetime.now(UTC)
    if (wait := _wait(request)) > 0:
        return _json(429, {"error": "too many sign-ups"}, retry_after=wait)
    try:
        wanted, place, wording = read_api_body(body, request.headers.get("content-type", ""))
        made = subscribe.sign_up(
            site.house.store, site.house.settings, wanted, place=place, wording=wording, now=now
        )
    except SignUpRefused as refused:
        return _json(400, {"error": "this cannot be taken", "fields": refused.faults})
    except TooManySignUps as error:
        return _json(429, {"error": str(error)}, retry_after=_LATER_SECONDS)
    _tell(request, made=made)
    return _json(202, {"status": "pending", "confirm_within_days": _days(site)})


def read_api_body(body: bytes, content_type: str) -> tuple[Wanted, str, str]:
    """What is wanted, the place and the wording. Pure. Raises `SignUpRefused` with what is wrong, by field."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise SignUpRefused({"content-type": f'is "{content_type[:80]}", wanted application/json'})
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SignUpRefused({"body": "is no JSON object"})
    faults: dict[str, str] = {}
    texts = {name: _text(found, name, faults) for name in ("email", "name", "zone", "language")}
    lists = {name: _list(found, name, faults) for name in ("editions", "topics", "audiences")}
    consent = {name: _text(found, name, faults) for name in ("place", "wording")}
    for name, value in consent.items():
        if not value.strip() and name not in faults:
            faults[name] = "is missing; a consent is kept with where it was asked for, and by which words"
    known = {*texts, *lists, *consent}
    faults |= {str(name)[:80]: "is not known" for name in found if name not in known}
    if faults:
        raise SignUpRefused(faults)
    wanted = Wanted(
        email=texts["email"],
        name=texts["name"],
        zone=texts["zone"],
        language=texts["language"],
        editions=lists["editions"],
        topics=lists["topics"],
        audiences=lists["audiences"],
    )
    return wanted, consent["place"].strip(), consent["wording"].strip()


def _text(found: Mapping[str, Any], name: str, faults: dict[str, str]) -> str:
    value = found.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST_CONSENT or not _is_text(value):
        faults[name] = f"wanted a text of at most {_LONGEST_CONSENT} characters"
        return ""
    return value


def _list(found: Mapping[str, Any], name: str, faults: dict[str, str]) -> tuple[str, ...]:
    value = found.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and _is_text(one) for one in value):
        faults[name] = "wanted a list of keys"
        return ()
    return tuple(value)


def _is_text(value: str) -> bool:
    """Whether databases can keep it: no NUL, no half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _json(status: int, content: Mapping[str, Any], *, retry_after: float = 0) -> Response[bytes]:
    headers = dict(PRIVATE_HEADERS)
    if retry_after:
        headers["Retry-After"] = str(math.ceil(retry_after))
    return Response(
        json.dumps(content).encode(), status_code=status, media_type=MediaType.JSON, headers=headers
    )


# --- what they share ---------------------------------------------------------------------------------------


def _open_site(request: Request[Any, Any, Any]) -> Site:
    site = site_of(request)
    if not site.house.settings.subscribe.open:
        raise NotFoundException
    return site


def _tell(request: Request[Any, Any, Any], *, made: bool) -> None:
    if made:
        _log.info("somebody signed up")
        request.app.state.on_notice()


def _limit(request: Request[Any, Any, Any]) -> None:
    if (wait := _wait(request)) > 0:
        raise _too_many(wait)


def _wait(request: Request[Any, Any, Any]) -> float:
    limits: Limits = request.app.state.limits
    peer = request.client.host if request.client else ""
    return limits.take(network_part(peer, request.headers))


def _too_many(seconds: float) -> TooManyRequestsException:
    return TooManyRequestsException(headers={"Retry-After": str(math.ceil(seconds))})


def _days(site: Site) -> int:
    return max(1, site.house.settings.subscribe.confirm_within.days)


def _last(fields: Mapping[str, Sequence[str]], name: str) -> str:
    return (fields.get(name) or [""])[-1]


SIGN_UP_ROUTES = [show_sign_up, sign_up, sign_up_by_api]
