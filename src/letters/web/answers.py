"""What is said with each document of the tree: its type, how long it may be kept, what it is connected with. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import quote

from letters.web.codings import Coding
from letters.web.conditions import Validators
from letters.web.shelf import Version

Header = tuple[bytes, bytes]

_TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".xsl": "text/xsl; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".ico": "image/vnd.microsoft.icon",
}
_FEEDS = frozenset({".rss", ".atom", ".json"})
#: What programs read, and pages of other sites by script: public bytes, the same for everybody.
_SHARED = _FEEDS | {".opml", ".ics"}
#: Compressed already; they have no twins.
_DENSE = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico"})
_PAGES = frozenset({".html"})
#: Of the tree's root: pages of older entries, which change only when an entry is taken back.
_ARCHIVE = "archive/"

# Issue pages carry their mail's inline styles and show publishers' artwork; nothing may run.
_POLICY = (
    b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' https: data:; media-src https:; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_GUARDS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"content-security-policy", _POLICY),
)
_ANYWHERE: Header = (b"access-control-allow-origin", b"*")
#: What a script may see beyond what it always may (Fetch standard, "CORS-safelisted response-header name").
_EXPOSED: Header = (b"access-control-expose-headers", b"ETag, Link")
_ALLOWED = b"GET, HEAD, OPTIONS"


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """Where the site is reached, and its hub, if it has one."""

    base_url: str
    hub: str = ""

    def url(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{quote(path)}"


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A file that is read while it is sent; of this version only."""

    path: str
    version: Version

    @property
    def size_bytes(self) -> int:
        return self.version.size_bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and a body; the body of a large file is left on disk."""

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""
    file: LargeFile | None = None
    #: Status line and headers as they go over the wire, but for Date and the empty line that ends them.
    head: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lines = b"".join(b"%s: %s\r\n" % header for header in self.headers)
        status_line = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n".encode()
        object.__setattr__(self, "head", status_line + lines)


@dataclass(frozen=True, slots=True)
class Representation:
    """A document in one coding, and both things that can be said of it."""

    validators: Validators
    #: 200, with the document.
    whole: Answer
    #: 304.
    unchanged: Answer

    @property
    def size_bytes(self) -> int:
        # With a guess of what Python needs besides.
        return len(self.whole.body) + len(self.whole.head) + len(self.unchanged.head) + 3_000


def may_have_twins(document: str) -> bool:
    return _ending(document) not in _DENSE


def represent(
    document: str,
    coding: Coding | None,
    validators: Validators,
    *,
    content: bytes | LargeFile,
    site: SiteAddress,
) -> Representation:
    """What to answer for a document of the tree (its path below the root) in a coding, or as it is.

    A 304 repeats what a cache goes by (RFC 9110 section 15.4.5; R53), and the permission without which a script of another
    site would not get to see it.
    """
    ending = _ending(document)
    kept: list[Header] = [
        (b"etag", validators.etag),
        (b"last-modified", validators.last_modified),
        (b"cache-control", cache_control(document)),
    ]
    if may_have_twins(document):
        kept.append((b"vary", b"Accept-Encoding"))
    if ending in _SHARED:
        kept += [_ANYWHERE, _EXPOSED]
    size = content.size_bytes if isinstance(content, LargeFile) else len(content)
    described: list[Header] = [
        (b"content-type", media_type_of(ending).encode()),
        (b"content-length", str(size).encode()),
    ]
    if coding:
        described.append((b"content-encoding", coding.name))
    if ending in _FEEDS:
        described.append((b"link", links(document, site)))
    headers = (*described, *kept, *_GUARDS)
    whole = (
        Answer(200, headers, file=content)
        if isinstance(content, LargeFile)
        else Answer(200, headers, content)
    )
    return Representation(validators, whole, Answer(304, tuple(kept)))


def media_type_of(ending: str) -> str:
    """What a document is, by its ending with the dot."""
    return _TYPES.get(ending, "application/octet-stream")


def cache_control(document: str) -> bytes:
    """How long a document may be kept without asking whether it changed (decision 065)."""
    ending = _ending(document)
    if document.startswith(_ARCHIVE):
        return b"public, max-age=86400"
    if ending in _SHARED:
        # Kept, but never used unasked: a hub that was just pinged must not be given the old feed by a cache on its way.
        return b"public, no-cache"
    return b"public, max-age=300" if ending in _PAGES else b"public, max-age=3600"


def links(document: str, site: SiteAddress) -> bytes:
    """The Link header of a feed: itself, its page, and its hub (WebSub section 4; R55).

    A page of the archive has no page for people, and is nothing to subscribe to.
    """
    connected = [f'<{site.url(document)}>; rel="self"']
    if not document.startswith(_ARCHIVE):
        page = document.removesuffix(_ending(document)) + "/"
        connected.append(f'<{site.url(page)}>; rel="alternate"; type="text/html"')
        if site.hub:
            # What would end the header, or the address in it, is encoded.
            hub = quote(site.hub, safe=":/?#[]@!$&'()*+,;=%~")
            connected.append(f'<{hub}>; rel="hub"')
    return ", ".join(connected).encode()


def options(document: str) -> Answer:
    """What may be asked of a document. Scripts of other sites may ask whether a feed changed, which they must ask first."""
    headers: list[Header] = [(b"allow", _ALLOWED)]
    if _ending(document) in _SHARED:
        headers += [
            _ANYWHERE,
            (b"access-control-allow-methods", b"GET, HEAD"),
            (b"access-control-allow-headers", b"If-None-Match, If-Modified-Since, Cache-Control"),
            (b"access-control-max-age", b"86400"),
        ]
    return Answer(204, tuple(headers))


def redirect_to_folder(path: str) -> Answer:
    """To the same address with a slash at its end; relative links of an index page are right only below its folder.

    Relative itself, so that it is right behind a proxy that serves the site below a path.
    """
    location = f"./{quote(path.rpartition('/')[2])}/".encode()
    headers: tuple[Header, ...] = (
        (b"location", location),
        (b"content-length", b"0"),
        (b"cache-control", b"public, max-age=300"),
    )
    return Answer(308, headers)


def _ending(document: str) -> str:
    return PurePosixPath(document).suffix.lower()
