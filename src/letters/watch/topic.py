"""Where a source says that it is pushed: its topic, and the hubs that announce it (WebSub section 4). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from yarl import URL

from letters.errors import FetchError
from letters.model import Source
from letters.net.guard import is_forbidden, literal_address
from letters.net.urls import parse_url
from letters.store.codec import load
from letters.store.sources import SourceState
from letters.watch.parse.values import Hints

# A feed may name any number of hubs; each would get a request of ours.
_MOST_HUBS = 4
_LONGEST_ADDRESS = 2_000
# Names that no hub on the internet can resolve (RFC 2606, RFC 6761, RFC 6762, RFC 8375, and ICANN's "internal").
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa", "example", "test", "invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a source's last document says of where it is pushed."""

    source: str
    #: The address that the source gives itself, else the one it is asked at.
    topic: str
    #: In the order in which they are tried.
    hubs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where hubs find us, and how the parts of an address are made that nobody may guess."""

    base_url: str
    #: A new random text at each call.
    mint: Callable[[], str]
    #: Whether a hub lives in one of the places in ``allow_private``.
    is_private_place: Callable[[str], bool]

    def callback(self, token: str) -> str:
        return f"{self.base_url.rstrip('/')}/websub/{token}"


def wanted(source: Source, state: SourceState | None, *, site: Site) -> Wanted | None:
    """Where the source wants to be subscribed to; None where it names no hub that can be used.

    What a document at another address than the configured one said is not about this source any more.
    """
    if state is None or state.url != source.url or state.gone_at is not None:
        return None
    hints = _hints(state.hints)
    topic = hints.self_url or state.moved_url or state.url
    # A name and password are for the publisher, never for a hub.
    if not _is_usable(topic):
        return None
    hubs = [hub for hub in _candidates(hints.hubs) if is_public(site.base_url) or site.is_private_place(hub)]
    return Wanted(source=source.key, topic=topic, hubs=tuple(hubs)) if hubs else None


def is_public(base_url: str) -> bool:
    """Whether a hub on the internet could find this site at all."""
    host = (URL(base_url).host or "").rstrip(".")
    address = literal_address(host)
    if address is not None:
        return not is_forbidden(address)
    return "." in host and not any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES)


def _candidates(hubs: Sequence[str]) -> list[str]:
    """The hubs to try, HTTPS before HTTP also where only HTTP is named (section 8.2 of WebSub)."""
    found: list[str] = []
    for hub in [hub for hub in hubs if _is_usable(hub)][:_MOST_HUBS]:
        url = URL(hub, encoded=hub.isascii())
        is_plain = url.scheme == "http" and url.explicit_port in {None, 80}
        secure = [str(url.with_scheme("https").with_port(None))] if is_plain else []
        found += [one for one in (*secure, hub) if one not in found]
    return found


def _is_usable(address: str) -> bool:
    try:
        url = parse_url(address)
    except FetchError:
        return False
    return len(address) <= _LONGEST_ADDRESS and url.user is None and url.password is None


def _hints(stored: dict[str, Any] | None) -> Hints:
    try:
        return load(Hints, stored or {})
    except ValueError:
        # Written by another version of Letters; the next document says it anew.
        return Hints()
