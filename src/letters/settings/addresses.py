"""Which two addresses mean the same feed."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

# Pages hand a feed to a reader's program by these; the address proper follows, with or without a scheme of its own.
_FEED_SCHEME = re.compile(r"(?:feed|rss|podcast|pcast|itpc):(?://)?(?=(https?://)?)", re.IGNORECASE)

# Parameters that say how a reader came, never what is sent.
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs(?:enc|mi)|mkt_tok", re.IGNORECASE
)
_FEEDBURNER = {"feeds.feedburner.com", "feeds2.feedburner.com", "feedproxy.google.com"}
# What RFC 3986 lets stand in a segment of a path (section 3.3).
_IN_SEGMENTS = "!$&'()*+,;=:@-._~"


def is_for_readers(url: str) -> bool:
    """Whether a link is made for feed readers: ``feed:``, ``podcast:`` and their like."""
    return _FEED_SCHEME.match(url) is not None


def web_address(url: str, *, scheme: str = "http://") -> str:
    """The address without a scheme that is only for feed readers; `scheme` stands in where it has no other."""
    return _FEED_SCHEME.sub(lambda found: "" if found[1] else scheme, url.strip(), count=1)


def normalised(url: str) -> str:
    """The address without what varies between two ways of writing it: for comparing, neither for asking nor for showing.

    These go: the scheme, ``www.``, default ports, a trailing slash, the fragment, tracking parameters, needless percent-encoding,
    the order of the query, the ways in which FeedBurner is asked for the same document. A name and password stay: they may
    open another feed. Text that is no address is its own form.
    """
    bare = web_address(url)
    try:
        parts = urlsplit(bare)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return bare
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return bare
    host = _ascii(host).removeprefix("www.")
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(name)
    )
    if host in _FEEDBURNER:
        host, query = "feeds.feedburner.com", [pair for pair in query if pair != ("format", "xml")]
    user, at, _ = parts.netloc.rpartition("@")
    place = host if port in {None, 80, 443} else f"{host}:{port}"
    path = "/".join(_segment(segment) for segment in parts.path.split("/")).rstrip("/")
    return f"{user}{at}{place}{path}{'?' if query else ''}{urlencode(query)}"


def _segment(segment: str) -> str:
    return quote(unquote_to_bytes(segment), safe=_IN_SEGMENTS)


def _ascii(host: str) -> str:
    """A name of another script as the DNS knows it."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
