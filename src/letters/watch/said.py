"""What an answer's headers say about the next look and about who announces news. Pure; all of it is foreign.

Reads ``Cache-Control``, ``Age``, ``Expires`` (RFC 9111), ``Retry-After`` (RFC 9110 section 10.2.3), ``Link`` (RFC 8288),
and the redirects on the way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from multidict import MultiMapping

from letters.net import Answer
from letters.watch.values import Said

#: A server's wish to be left alone is obeyed up to here; some say "a year" by mistake.
LONGEST_WAIT = timedelta(days=7)

_PERMANENT = frozenset({301, 308})
_MOST_HUBS = 10
_LONGEST_URL = 2000
# Of all fields of one name together; longer ones say nothing that we want to know.
_LONGEST_HEADER = 8192

_NOTHING = Said()
_FRESH = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_STALE = re.compile(r"(?:^|[,\s])no-(?:cache|store)(?:[\s,]|$)", re.IGNORECASE)
_LINK = re.compile(r"<([^<>]*)>([^<\"]*(?:\"(?:[^\"\\]|\\.)*\"[^<\"]*)*)")
_PARAMETER = re.compile(r";\s*([^\s=;,\"]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*))")


def read_said(answer: Answer, *, now: datetime) -> Said:
    """What the answer says beside its document."""
    headers = answer.headers
    fresh, moved = fresh_for(headers, now=now), moved_to(answer)
    if fresh is None and not moved and "Link" not in headers:
        return _NOTHING
    hubs, self_url = _links(_all(headers, "Link"), base=answer.url)
    return Said(fresh_for=fresh, hubs=hubs, self_url=self_url, moved_to=moved)


def fresh_for(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """How long the answer stays fresh: ``max-age`` less ``Age``, else ``Expires`` after ``Date`` (RFC 9111 section 4.2).

    None where nothing is said, where it is said that the answer may not be kept, and where what is said cannot be read.
    """
    control = _all(headers, "Cache-Control")
    if control and _STALE.search(control):
        return None
    if ages := _FRESH.findall(control):
        # Said twice, the shorter counts (section 4.2.1).
        age = headers.get("Age", "").strip()
        passed = int(age) if re.fullmatch(r"[0-9]{1,10}", age) else 0
        return timedelta(seconds=max(min(map(int, ages)) - passed, 0))
    expires = _http_date(headers.get("Expires", ""))
    if expires is None:
        return None
    return max(expires - (_http_date(headers.get("Date", "")) or now), timedelta(0))


def retry_after(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """How long the server wants to be left alone, capped; None without a wish that can be read (R62).

    A date is measured from the answer's own Date, so that a wrong clock on either side does not matter.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        # More digits than a wait could have would overflow.
        return min(timedelta(seconds=int(value[:9])), LONGEST_WAIT) if len(value) <= 9 else LONGEST_WAIT
    until, sent = _http_date(value), _http_date(headers.get("Date", ""))
    if until is None:
        return None
    return min(max(until - (sent or now), timedelta(0)), LONGEST_WAIT)


def moved_to(answer: Answer) -> str:
    """Where the permanent redirects (301, 308) led that came before any other one; empty: nowhere (R60).

    ``http`` often moves permanently to ``https``, and that one temporarily to wherever the file lies today: the first
    step is a move, the second none.
    """
    if not answer.hops:
        return ""
    places = [*(hop.url for hop in answer.hops[1:]), answer.url]
    moved = ""
    for hop, place in zip(answer.hops, places, strict=True):
        if hop.status not in _PERMANENT:
            break
        moved = place
    return moved if len(moved) <= _LONGEST_URL else ""


def _links(value: str, *, base: str) -> tuple[tuple[str, ...], str]:
    """The hubs and the ``self`` address of ``Link`` fields (RFC 8288 section 3, WebSub section 4)."""
    hubs: dict[str, None] = {}
    self_url = ""
    for target, rest in _LINK.findall(value):
        parameters = _parameters(rest)
        # With an anchor, a link is about another resource than the one that was asked for (section 3.2).
        relations = parameters.get("rel", "").lower().split() if "anchor" not in parameters else []
        url = _web_url(target.strip(), base) if relations else ""
        if url and "hub" in relations and len(hubs) < _MOST_HUBS:
            hubs[url] = None
        if url and "self" in relations and not self_url:
            self_url = url
    return tuple(hubs), self_url


def _parameters(rest: str) -> dict[str, str]:
    """A link's parameters; of one that is repeated the first counts (section 3.3)."""
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(rest):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else plain)
    return found


def _web_url(target: str, base: str) -> str:
    try:
        url = urljoin(base, target)
        url.encode()
    except ValueError:
        return ""
    is_web = url.lower().startswith(("http://", "https://"))
    return url if is_web and url.isprintable() and len(url) <= _LONGEST_URL else ""


def _all(headers: Mapping[str, str], name: str) -> str:
    """All fields of one name as one (RFC 9110 section 5.2); empty where there is none."""
    if name not in headers:
        return ""
    values = headers.getall(name, []) if isinstance(headers, MultiMapping) else [headers.get(name, "")]
    return ", ".join(values)[:_LONGEST_HEADER]


def _http_date(value: str) -> datetime | None:
    if not value:
        return None
    try:
        date = parsedate_to_datetime(value)
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
