"""Counted links of mails: ``/to/TOKEN`` leads on to an address of the issue's own list, and counts that it was followed.

Of a request nothing is kept but one more click on that link today. Counting comes after the answer and never keeps a reader from
the page: where the database is broken the click is lost.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response, route
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from sqlalchemy.exc import SQLAlchemyError

from letters.clicks import is_persons
from letters.store import Store
from letters.store.clicks import add_click, find_counted
from letters.web.pages import PRIVATE_HEADERS, in_thread, site_of

_log = structlog.get_logger("letters.web")


@route("/to/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
@in_thread
def follow(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """Lead on; 400 for a token that is not ours, 404 for a link that its issue does not have."""
    site, now = site_of(request), datetime.now(UTC)
    issue_id, place = site.links().read_counted(token)
    store = site.house.store
    with store.read() as c:
        link = find_counted(c, issue_id, place)
    if link is None:
        raise NotFoundException
    counts = is_persons(request.method, request.headers, sent_at=link.sent_at, now=now)
    return Response(
        b"",
        # Whoever kept a lasting redirect would not be counted again.
        status_code=302,
        headers={**PRIVATE_HEADERS, "Location": link.url},
        background=BackgroundTask(_count, store, issue_id, place, now.date()) if counts else None,
    )


def _count(store: Store, issue_id: int, place: int, day: date) -> None:
    """After the answer, for whoever writes at the moment may take long."""
    try:
        with store.write() as c:
            add_click(c, issue_id, place, day=day)
    except SQLAlchemyError as error:
        _log.warning("a click was not counted", error=type(error).__name__)


CLICK_ROUTES = [follow]
