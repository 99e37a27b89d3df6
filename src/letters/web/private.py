"""A reader's own feed, at the address that only they know: ``/private/TOKEN.rss``, ``.atom``, ``.json``.

The token is looked up at each request, so that an address which was replaced or stopped is gone at once: one query, all by keys. The
document comes from memory (`PrivateShelf`) for as long as neither the collection nor the settings have changed. GET and HEAD change
nothing. Nothing here is ever looked for in the published tree, and no line of a log holds a token.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.enums import MediaType
from litestar.params import FromPath

from letters.errors import LinkError
from letters.links import Purpose
from letters.model import Choice
from letters.publish import FORMATS, PrivatePress
from letters.settings import Settings
from letters.store.private_feeds import PrivateFeed, find_private_feed
from letters.web.answers import media_type_of
from letters.web.codings import wanted_codings
from letters.web.conditions import Validators, is_held
from letters.web.copies import Original
from letters.web.pages import Site, WebHouse, in_thread, site_of

_READ = [HttpMethod.GET, HttpMethod.HEAD]
#: For documents held in memory, by one state of the collection: some four hundred of a hundred entries each, compressed.
_BUDGET_BYTES = 48_000_000
#: While a publishing ends, some requests still come with the state before it.
_STATES = 2

#: For every answer: it is one reader's, no robot may list it, and what it links to is not told where the reader came from.
_GUARDS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# Readers ask each time, which costs a 304; no cache on the way keeps a copy.
_KEPT = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}


@dataclass
class _State:
    """What was made by one version of the settings, of the collection as it was after one publishing."""

    settings: Settings
    tree_token: str | None
    press: PrivatePress
    kept: OrderedDict[tuple[Choice, str], Original] = field(default_factory=OrderedDict)
    size_bytes: int = 0

    def keep(self, key: tuple[Choice, str], original: Original, *, budget_bytes: int) -> None:
        self.kept[key] = original
        self.size_bytes += original.size_bytes
        while self.size_bytes > budget_bytes and len(self.kept) > 1:
            _, dropped = self.kept.popitem(last=False)
            self.size_bytes -= dropped.size_bytes


class PrivateShelf:
    """Documents of private feeds in memory, by choice and format; beyond the budget, what was not asked for longest goes first.

    Used by many threads. One document is made at a time: when something was published, a thousand readers of one choice come for
    it together, and all but the first find it made.
    """

    def __init__(self, *, budget_bytes: int = _BUDGET_BYTES) -> None:
        self._budget = budget_bytes
        self._states: list[_State] = []
        self._looking, self._making = threading.Lock(), threading.Lock()

    def find(self, house: WebHouse, feed: PrivateFeed, form: str) -> Original | None:
        """The document that the feed's readers share; None while nothing has been published."""
        settings, key = house.settings, (feed.choice, form)
        if found := self._look(settings, feed.tree_token, key):
            return found
        with self._making:
            if found := self._look(settings, feed.tree_token, key):
                return found
            state = self._state(house, settings, feed.tree_token)
            document = state.press.write(feed.choice, form)
            if document is None:
                return None
            original = Original(document)
            with self._looking:
                state.keep(key, original, budget_bytes=self._budget)
            return original

    def _look(self, settings: Settings, tree_token: str | None, key: tuple[Choice, str]) -> Original | None:
        with self._looking:
            state = self._find_state(settings, tree_token)
            found = state.kept.get(key) if state else None
            if state and found:
                state.kept.move_to_end(key)
            return found

    def _find_state(self, settings: Settings, tree_token: str | None) -> _State | None:
        for state in self._states:
            if state.settings is settings and state.tree_token == tree_token:
                return state
        return None

    def _state(self, house: WebHouse, settings: Settings, tree_token: str | None) -> _State:
        found = self._find_state(settings, tree_token)
        if found is None:
            press = PrivatePress(house.store, settings, overrides=house.workspace.templates)
            found = _State(settings, tree_token, press)
            with self._looking:
                self._states = [found, *self._states][:_STATES]
        return found


@route("/private/{name:str}", http_method=_READ)
@in_thread
def private_feed(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """The feed; 304 if the reader holds it; 410 once it was replaced or stopped, or its reader is gone; 404 for all else."""
    site = site_of(request)
    gettext = site.wording().gettext
    token, _, form = name.rpartition(".")
    uid, feed = _find(site, token) if form in FORMATS else ("", None)
    if not uid:
        return _refuse(
            404, gettext("There is no such feed. Copy the whole address from your preferences page.")
        )
    if feed is None:
        return _refuse(
            410,
            gettext(
                "This feed was stopped, or has another address now. Your preferences page has it, if you have one."
            ),
        )
    shelf: PrivateShelf = request.app.state.private
    original = shelf.find(site.house, feed, form)
    if original is None:
        return _refuse(503, gettext("Nothing has been published yet. Ask again later."))
    accept = request.headers.get("accept-encoding", "").encode("latin-1", "replace")
    gzipped = any(coding.name == b"gzip" for coding in wanted_codings(accept))
    copy = original.copy(token=token, uid=uid, gzipped=gzipped)
    headers = {"ETag": copy.etag.decode(), **_KEPT, **_GUARDS}
    asked = request.headers.get("if-none-match")
    # No date is told: who ticks other topics gets another feed, whose newest entry may well be an older one.
    held = asked.encode("latin-1", "replace") if asked is not None else None
    if is_held(Validators(copy.etag, 0), if_none_match=held, if_modified_since=None):
        return Response(b"", status_code=304, headers=headers)
    if gzipped:
        headers["Content-Encoding"] = "gzip"
    return Response(copy.body, headers=headers, media_type=media_type_of(f".{form}"))


def _find(site: Site, token: str) -> tuple[str, PrivateFeed | None]:
    """The reader whose token this is, and their feed if it is still at this address; no reader for what we never signed."""
    try:
        read = site.links().read(Purpose.PRIVATE, token)
    except LinkError:
        return "", None
    with site.house.store.read() as c:
        feed = find_private_feed(c, read.uid)
    return read.uid, feed if feed is not None and feed.serial == read.serial else None


def _refuse(status: int, text: str) -> Response[bytes]:
    """In plain words, for readers show them to people at best, and follow no link."""
    headers = {"Cache-Control": "no-store", **_GUARDS}
    if status == 503:
        headers["Retry-After"] = "300"
    return Response(f"{text}\n".encode(), status_code=status, media_type=MediaType.TEXT, headers=headers)


PRIVATE_ROUTES = [private_feed]
