"""How often one part of the network may do something: a bucket of tokens for each, in memory only.

Kept by no one else: no address of a visitor is written anywhere.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

#: So many at once, and then one in so many seconds.
_BURST = 10
_SECONDS_EACH = 60.0
#: How many parts of the network are remembered; of more, the one that was quiet the longest is forgotten.
_REMEMBERED = 10_000
#: Where a proxy of ours may stand: this machine, and networks that lead nowhere else (RFC 1918, RFC 4193).
_OURS = tuple(
    map(ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)


class Limits:
    """The buckets. Used by several threads."""

    def __init__(
        self,
        *,
        burst: int = _BURST,
        seconds_each: float = _SECONDS_EACH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst, self._seconds_each, self._clock = burst, seconds_each, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, part: str) -> float:
        """Take a token: 0, or how many seconds it is to the next one."""
        now = self._clock()
        with self._lock:
            left, at = self._buckets.get(part, (float(self._burst), now))
            left = min(self._burst, left + (now - at) / self._seconds_each)
            wait = 0.0 if left >= 1 else (1 - left) * self._seconds_each
            self._buckets[part] = (left if wait else left - 1, now)
            self._buckets.move_to_end(part)
            if len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)
        return wait


def network_part(peer: str, headers: Mapping[str, str]) -> str:
    """From where a request came: an IPv4 address, or the /64 of an IPv6 one, of which one household has all.

    Behind a proxy of ours, which speaks from a private address, it is what that proxy says last. Nobody else's word is taken, for anybody can
    write such a header.
    """
    address = peer
    if _is_ours(peer):
        address = headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or peer
    try:
        ip = ip_address(address)
    except ValueError:
        return peer
    if isinstance(ip, IPv6Address):
        mapped = ip.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((ip, 64), strict=False))
    return str(ip)


def _is_ours(peer: str) -> bool:
    try:
        ip = ip_address(peer)
    except ValueError:
        # A socket file, or a test.
        return True
    return any(ip in network for network in _OURS)
