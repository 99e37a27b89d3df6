"""Asking one source: a conditional request out, one of a few kinds of answer in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from letters.errors import FetchError, FetchTimeoutError, ForbiddenAddressError, TooLargeError
from letters.net import Answer, Client
from letters.store.sources import SourceState
from letters.watch.moves import address_of
from letters.watch.said import read_said, retry_after
from letters.watch.values import Document, Failed, Fetched, Gone, NotModified, Validators

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
# Answers that carry a wish (RFC 9110 section 10.2.3, RFC 6585 section 4).
_BUSY = frozenset({429, 503})


async def fetch(client: Client, state: SourceState, *, now: datetime) -> Fetched:
    """Ask a source, where it moved to if it did, for what changed since. Whatever goes wrong on the way is a `Failed`."""
    try:
        answer = await client.get(address_of(state), headers=conditions(state))
    except FetchError as error:
        return Failed(what=error.reason, remedy=_remedy(error))
    return read_answer(answer, asked_conditionally=is_conditional(state), now=now)


def is_conditional(state: SourceState) -> bool:
    return bool(state.etag or state.last_modified)


def conditions(state: SourceState) -> dict[str, str]:
    """The request's headers, with the validators exactly as the source gave them (R59)."""
    headers = {"Accept": ACCEPT}
    if state.etag:
        headers["If-None-Match"] = state.etag
    if state.last_modified:
        headers["If-Modified-Since"] = state.last_modified
    return headers


def read_answer(answer: Answer, *, asked_conditionally: bool, now: datetime) -> Fetched:
    """What an answer means for the source. Pure."""
    status = answer.status
    if status == HTTPStatus.NOT_MODIFIED and asked_conditionally:
        return NotModified(_validators(answer.headers), read_said(answer, now=now))
    if status == HTTPStatus.GONE:
        return Gone()
    if 200 <= status < 300 and status != HTTPStatus.PARTIAL_CONTENT:
        return Document(
            body=answer.body,
            url=answer.url,
            content_type=answer.headers.get("Content-Type", ""),
            status=status,
            validators=_validators(answer.headers),
            said=read_said(answer, now=now),
        )
    wait = retry_after(answer.headers, now=now) if status in _BUSY else None
    return Failed(
        what=f"answered {status_words(status)}",
        status=status,
        wait=wait,
        remedy=_STATUS_REMEDIES.get(status, ""),
    )


def status_words(status: int) -> str:
    """``404 Not Found``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _validators(headers: Mapping[str, str]) -> Validators:
    return Validators(
        etag=_sendable(headers.get("ETag")),
        last_modified=_sendable(headers.get("Last-Modified")),
    )


def _sendable(value: str | None) -> str | None:
    """A validator that can be sent back byte for byte; one that is not valid UTF-8 cannot, and is not kept."""
    if not value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value if "\0" not in value else None


_STATUS_REMEDIES = {
    401: "the source wants a name and password; put them into its url, or remove it",
    403: "the publisher turns us away; ask them, or remove the source",
    404: "look for the feed's new address",
}


def _remedy(error: FetchError) -> str:
    match error:
        case ForbiddenAddressError():
            return "add it to allow_private under [watch] if it is yours"
        case TooLargeError():
            return "raise size_limit_mb under [watch] if the feed is really that large"
        case FetchTimeoutError() if error.reason.startswith(("no answer for", "no byte for")):
            return "raise idle_timeout under [watch] if the source is always that slow"
        case FetchTimeoutError():
            return "raise timeout under [watch] if the source is always that slow"
        case _:
            return ""
