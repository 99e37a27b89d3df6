"""Addresses in the one form in which they can be compared."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

#: Parameters that say how a reader came, never what is shown.
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|igshid|igsh|si|feature|ref|ref_src|source|campaign|_hs\w+|spm|cmp"
)
_YOUTUBE_HOSTS = {"youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com"}
_YOUTUBE_PATH = re.compile(r"/(?:embed|shorts|live|v)/([\w-]{6,})")


def normalise_address(address: str) -> str:
    """The address without what varies between two ways of writing it; empty when it is not a web address.

    Scheme, ``www.``, default port, fragment, trailing slash and tracking parameters go, the rest of the query is sorted,
    and YouTube's forms of one video become one.
    """
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return ""
    host = host.removeprefix("www.")
    query = sorted(
        (key, value) for key, value in parse_qsl(parts.query) if not _TRACKING.fullmatch(key.lower())
    )
    video = _youtube_video(host, parts.path, dict(query))
    if video:
        return f"youtube.com/watch?v={video}"
    place = host if port in {None, 80, 443} else f"{host}:{port}"
    path = unquote(parts.path).rstrip("/")
    return f"{place}{path}?{urlencode(query)}" if query else f"{place}{path}"


def _youtube_video(host: str, path: str, query: dict[str, str]) -> str:
    if host == "youtu.be":
        return path.strip("/").split("/")[0]
    if host not in _YOUTUBE_HOSTS:
        return ""
    if path.rstrip("/") == "/watch":
        return query.get("v", "")
    short = _YOUTUBE_PATH.match(path)
    return short[1] if short else ""
