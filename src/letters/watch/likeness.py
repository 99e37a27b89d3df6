"""What stays the same of an entry when its publisher moves house: addresses and titles in forms that can be compared. Pure.

Every form is empty where it would tell nothing.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

#: Parameters that say how a reader came, never what is shown.
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|ref|source|campaign|_hs\w+")
#: A host written into a path, as services that count downloads do: ``counter.example/redirect.mp3/media.example/1.mp3``.
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?", re.IGNORECASE)
#: The files of media are told apart by their names; what follows them says who asks.
_MEDIA_FILE = re.compile(r"\.(?:mp3|m4a|m4b|aac|ogg|oga|opus|wav|flac|mp4|m4v|mov|webm|pdf)$", re.IGNORECASE)
_SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)
_NOT_WORDS = re.compile(r"\W+")


def same_guid(guid: str) -> str:
    """A guid without the scheme that many of them begin with; all else counts."""
    return _SCHEME.sub("", guid, count=1)


def page(address: str) -> str:
    """A page's address without scheme, ``www.``, port, trailing slash and tracking: the same on http and https.

    The fragment counts: some publishers keep all of their entries on one page.
    """
    host, path, rest = _split(address)
    return host + path + rest


def page_anywhere(address: str) -> str:
    """A page's address without its host too: the same after a move to another domain. Empty for a host's front page."""
    _, path, rest = _split(address)
    return path + rest if path.strip("/") or rest else ""


def media_file(address: str) -> str:
    """A media file's address without scheme, host, counting services before it, and query."""
    host, path, rest = _split(address)
    if not host:
        return ""
    segments = [segment for segment in path.split("/") if segment]
    # The last one is the file, whose name looks like a host's.
    hosts = [place for place, segment in enumerate(segments[:-1]) if _HOST.fullmatch(segment)]
    own = "/".join(segments[hosts[-1] + 1 :] if hosts else segments)
    return own if _MEDIA_FILE.search(own) else own + rest


def title_words(title: str) -> str:
    """A title's words and nothing else."""
    return _NOT_WORDS.sub(" ", title.casefold()).strip()


def _split(address: str) -> tuple[str, str, str]:
    """Host, path, and query with fragment, tidied; all empty for anything but a web address."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return "", "", ""
    if parts.scheme not in {"http", "https"} or not host:
        return "", "", ""
    kept = sorted(pair for pair in parse_qsl(parts.query) if not _TRACKING.fullmatch(pair[0].lower()))
    query = f"?{urlencode(kept)}" if kept else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return host, unquote(parts.path).rstrip("/"), query + fragment
