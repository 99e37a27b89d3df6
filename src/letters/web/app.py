"""The application: its routes, its limits, and what it says when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from letters.errors import LinkError
from letters.text import Wording
from letters.web.clicking import CLICK_ROUTES
from letters.web.confirming import CONFIRM_ROUTES
from letters.web.front import Front
from letters.web.limits import Limits
from letters.web.missing import MISSING_ROUTES
from letters.web.moving import MOVING_ROUTES
from letters.web.own_data import OWN_DATA_ROUTES
from letters.web.own_feed import OWN_FEED_ROUTES
from letters.web.pages import PRIVATE_HEADERS, HouseProvider, Site, WebHouse, site_of
from letters.web.personal import PERSONAL_ROUTES
from letters.web.private import PRIVATE_ROUTES, PrivateShelf
from letters.web.signing_up import SIGN_UP_ROUTES
from letters.web.tree import PublishedTree
from letters.web.webhooks import WEBHOOK_ROUTES
from letters.web.websub import WEBSUB_ROUTES

__all__ = ["HouseProvider", "WebHouse", "make_app"]

#: No form of ours comes near it.
_LARGEST_BODY_BYTES = 64_000

_log = structlog.get_logger("letters.web")


def make_app(
    house: HouseProvider,
    *,
    on_push: Callable[[], None] = lambda: None,
    on_notice: Callable[[], None] = lambda: None,
) -> Front:
    """The public site of the house that `house()` gives; it is asked at every request.

    `on_push` is called when a hub pushed something that is to be read, `on_notice` when a mail is to be sent that somebody
    waits for; both in a thread of the server's.
    """
    ours = [
        *SIGN_UP_ROUTES,
        *CONFIRM_ROUTES,
        *PERSONAL_ROUTES,
        *MOVING_ROUTES,
        *OWN_DATA_ROUTES,
        *OWN_FEED_ROUTES,
        *PRIVATE_ROUTES,
        *WEBSUB_ROUTES,
        *WEBHOOK_ROUTES,
        *CLICK_ROUTES,
    ]
    # What lies below their first names is never looked for in the tree: it is somebody's secret.
    owned = frozenset(path.split("/")[1] for route in ours for path in route.paths)
    tree = PublishedTree(house, owned=owned)
    app = Litestar(
        [*ours, *MISSING_ROUTES],
        state=State(
            {
                "site": Site(house),
                "tree": tree,
                "private": PrivateShelf(),
                "limits": Limits(),
                "on_push": on_push,
                "on_notice": on_notice,
            }
        ),
        exception_handlers={LinkError: _damaged, HTTPException: _refused, Exception: _broken},
        request_max_body_size=_LARGEST_BODY_BYTES,
        openapi_config=None,
        # Litestar's own would log the path of a failed request, and with it the token.
        logging_config=None,
    )
    return Front(app, tree)


def words_of(wording: Wording) -> Mapping[int | str, tuple[str, str]]:
    """What is said when something is wrong: a title and a sentence, by status or, of a link that cannot be read, by "damaged"."""
    gettext = wording.gettext
    return {
        400: (
            gettext("This cannot be read"),
            gettext("What was sent is not what our form sends. Go back and try once more."),
        ),
        404: (
            gettext("There is no such page"),
            gettext("The address may have been cut off on its way, or the page may have moved."),
        ),
        405: (
            gettext("This address works differently"),
            gettext("It does not answer this kind of request."),
        ),
        410: (
            gettext("This link is no longer in use"),
            gettext("The subscription it belonged to has been deleted, so there is nothing left to change."),
        ),
        413: (gettext("That was too much"), gettext("No form of ours is so long, so nothing was changed.")),
        429: (
            gettext("That was a little fast"),
            gettext(
                "So many have signed up from your part of the network that we have to make a pause. Try again in some minutes."
            ),
        ),
        500: (
            gettext("Something broke on our side"),
            gettext("It has been noted. Nothing was changed unless you were told so."),
        ),
        "damaged": (
            gettext("This link is damaged"),
            gettext(
                "Some mail programs cut long addresses in two. Copy the whole address from the mail, and try once more."
            ),
        ),
    }


def _damaged(request: Request[Any, Any, Any], _error: LinkError) -> Response[bytes]:
    return _page(request, 400, about="damaged")


def _refused(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    status = error.status_code
    if status not in words_of(Wording()):
        status = 400 if status < 500 else 500
    page = _page(request, status)
    page.headers.update(error.headers or {})
    return page


def _broken(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Tells the log everything but the address, and the reader nothing but that it happened."""
    handler = request.route_handler
    _log.error("a request broke", handler=handler.handler_name, method=request.method, exc_info=error)
    return _page(request, 500)


def _page(request: Request[Any, Any, Any], status: int, *, about: int | str | None = None) -> Response[bytes]:
    about = status if about is None else about
    try:
        site = site_of(request)
        title, text = words_of(site.wording())[about]
        return site.page("error", status=status, title=title, text=text)
    except Exception:  # noqa: BLE001 - what broke may be the page itself, a workspace's own template or catalogue for one
        _log.exception("the error page broke")
        title, text = words_of(Wording())[about]
        plain = f"{title}\n\n{text}\n".encode()
        return Response(plain, status_code=status, media_type=MediaType.TEXT, headers=dict(PRIVATE_HEADERS))
