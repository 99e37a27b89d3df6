"""The published tree as a static site: right types, validators, nothing outside the tree."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from letters.web.pages import in_thread, site_of

_TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml",
    ".xml": "application/xml; charset=utf-8",
    ".html": "text/html",
    ".css": "text/css",
    ".txt": "text/plain",
    ".ics": "text/calendar",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".ico": "image/vnd.microsoft.icon",
}
_INDEX = "index.html"
# Issue pages carry their mail's inline styles and show publishers' artwork; nothing may run.
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' https: data:; media-src https:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    # Feeds and pages change when they change; whoever asks again with a validator gets a short answer.
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Content-Security-Policy": _POLICY,
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the tree as it was read once."""

    content: bytes
    type: str
    etag: str
    changed: datetime


def find_file(tree: Path, path: str) -> Path | None:
    """The file that an address names; the index of a folder. None for what is hidden, outside, or not there.

    A symbolic link is followed only if it ends inside the tree.
    """
    parts = [part for part in path.split("/") if part]
    if any(part.startswith(".") or "\\" in part or not part.isprintable() for part in parts):
        return None
    try:
        found = tree.joinpath(*parts).resolve()
        if found.is_dir():
            found = (found / _INDEX).resolve()
        return found if found.is_relative_to(tree.resolve()) and found.is_file() else None
    except (OSError, RuntimeError):  # a name that is too long; a loop of links, before Python 3.13
        return None


def read_document(path: Path) -> Document:
    """Raises OSError when the file is gone since."""
    with path.open("rb") as file:
        content = file.read()
        # Of the open file: the path may have been replaced in between.
        changed = datetime.fromtimestamp(int(os.fstat(file.fileno()).st_mtime), UTC)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Document(content, _TYPES.get(path.suffix.lower(), "application/octet-stream"), etag, changed)


def is_unchanged(headers: Mapping[str, str], document: Document) -> bool:
    """Whether the client has this already (RFC 9110 section 13.2.2: If-None-Match beats If-Modified-Since; R53)."""
    tags = headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or document.etag in known
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return document.changed <= since.replace(tzinfo=since.tzinfo or UTC)


@route("/", http_method=[HttpMethod.GET, HttpMethod.HEAD])
@in_thread
def home(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The index page."""
    return _answer(request, "/")


@route("/{path:path}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
@in_thread
def page(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """Any other file of the tree."""
    return _answer(request, path)


def _answer(request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    house = site_of(request).house
    file = find_file(house.workspace.tree(house.settings), path)
    if file is None:
        raise NotFoundException
    if not path.endswith("/") and _is_folder_without_slash(request, file, path):
        # Relative, so that it is right behind a proxy that serves the site below a path.
        return Response(
            b"", status_code=308, headers={**_HEADERS, "Location": f"./{path.rsplit('/', 1)[-1]}/"}
        )
    try:
        document = read_document(file)
    except OSError:
        raise NotFoundException from None
    validators = {"ETag": document.etag, "Last-Modified": format_datetime(document.changed, usegmt=True)}
    if is_unchanged(request.headers, document):
        return Response(b"", status_code=304, headers={**_HEADERS, **validators})
    return Response(document.content, media_type=document.type, headers={**_HEADERS, **validators})


def _is_folder_without_slash(request: Request[Any, Any, Any], file: Path, path: str) -> bool:
    """Relative links of an index page are right only below its folder's address.

    Litestar takes the last slash off the path before it looks for a route; the address as it came still has it.
    """
    named = path.rsplit("/", 1)[-1]
    came = request.scope.get("raw_path") or b""
    return file.name == _INDEX and named != _INDEX and not came.endswith(b"/")


TREE_ROUTES = [home, page]
