"""Which addresses may be connected to (R63).

The decision is made on the address that the socket is about to connect to, so that no resolver, redirect, rebinding
name or odd spelling of a number can come between check and use.
"""

from __future__ import annotations

import re
import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from letters.errors import UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Translation prefixes (RFC 6052, RFC 8215): the last 32 bits are the IPv4 address that is really meant.
_NAT64 = ip_network("64:ff9b::/96")
_NAT64_LOCAL = ip_network("64:ff9b:1::/48")
_V4_COMPATIBLE = ip_network("::/96")
_TEREDO = ip_network("2001::/32")
# Shared address space (RFC 6598) and the 6to4 relays (RFC 7526); not private to every Python version.
_FORBIDDEN_V4 = (ip_network("100.64.0.0/10"), ip_network("192.88.99.0/24"), ip_network("192.0.0.0/24"))
# Interface identifiers of ISATAP (RFC 5214 section 6.1), which end in an IPv4 address.
_ISATAP = (0x00005EFE, 0x02005EFE)
_MOST_REMEMBERED = 10_000


class RefusedAddressError(OSError):
    """The guard refused an address. An OSError, because that is what connecting may raise."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is not a public address")
        self.address = address


def is_forbidden(address: Address) -> bool:
    """Whether an address leads anywhere but the public internet.

    An IPv6 address that carries an IPv4 address is judged by that one too: mapped, compatible, 6to4, NAT64, ISATAP.
    Teredo and the operator's own NAT64 prefix are refused whole.
    """
    if isinstance(address, IPv4Address):
        return _is_special(address) or any(address in network for network in _FORBIDDEN_V4)
    embedded = embedded_v4(address)
    if embedded is not None:
        return is_forbidden(embedded)
    return _is_special(address) or address.is_site_local or address in _TEREDO or address in _NAT64_LOCAL


def _is_special(address: Address) -> bool:
    return (
        not address.is_global
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )


def embedded_v4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    number = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    carries_v4 = (
        address in _NAT64
        or (address in _V4_COMPATIBLE and number > 1)
        or (number >> 32) & 0xFFFFFFFF in _ISATAP
    )
    return IPv4Address(number & 0xFFFFFFFF) if carries_v4 else None


# The same few hosts are asked about several times for each request.
@lru_cache(maxsize=1_024)
def literal_address(host: str) -> Address | None:
    """The address that a URL's host is, in any spelling that resolvers accept (``0x7f.1``, ``2130706433``); None for a name."""
    host = host.strip("[]").partition("%")[0].rstrip(".")
    try:
        return ip_address(host)
    except ValueError:
        pass
    if re.fullmatch(r"[0-9a-fx.]+", host, re.IGNORECASE) is None or not host[:1].isdigit():
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


class Guard:
    """Says which addresses may be connected to. Remembers which names lead into an allowed network."""

    def __init__(self, allow_private: tuple[str, ...] = ()) -> None:
        self._networks: list[Network] = []
        self._places: set[tuple[str, int]] = set()
        # Hosts that `check_literal` let pass; what is allowed only ever grows.
        self._passed: set[tuple[str, int]] = set()
        # Places that were found to be covered, as they were asked for.
        self._private_places: set[tuple[str, int]] = set()
        # Names that turned out to live in an allowed network.
        self._private_hosts: set[str] = set()
        for entry in allow_private:
            self._add(entry)

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(ip_network(entry.strip("[]"), strict=False))
            return
        except ValueError:
            pass
        host, colon, port = entry.rpartition(":")
        if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
            raise UsageError(
                f'allow_private "{entry}": wanted a network such as "10.0.0.0/8" or a place such as "127.0.0.1:8900"'
            )
        self._places.add((_plain(host), int(port)))

    def is_private_place(self, host: str, port: int) -> bool:
        """Whether `allow_private` covers a place; a name in an allowed network is known once it was resolved."""
        if (host, port) in self._private_places:
            return True
        is_private = self._is_private_place(_plain(host), port)
        if is_private and len(self._private_places) < _MOST_REMEMBERED:
            self._private_places.add((host, port))
        return is_private

    def _is_private_place(self, host: str, port: int) -> bool:
        address = literal_address(host)
        in_network = address is not None and self._in_networks(address)
        return in_network or (host, port) in self._places or host in self._private_hosts

    def check_literal(self, host: str, port: int) -> None:
        """Raises `RefusedAddressError` for a host that is a refused address, however it is spelt."""
        if (host, port) in self._passed:
            return
        address = literal_address(host)
        if address is not None:
            self.check_address(host, port, str(address))
        if len(self._passed) >= _MOST_REMEMBERED:
            self._passed.clear()
        self._passed.add((host, port))

    def check_address(self, host: str, port: int, address: str) -> None:
        """The check that decides: a connection to this host and port is about to be made to this address.

        Raises `RefusedAddressError`.
        """
        parsed = ip_address(address.partition("%")[0])
        if (_plain(host), port) in self._places:
            return
        if self._in_networks(parsed):
            self._private_hosts.add(_plain(host))
        elif is_forbidden(parsed):
            raise RefusedAddressError(str(parsed))

    def _in_networks(self, address: Address) -> bool:
        embedded = embedded_v4(address) if isinstance(address, IPv6Address) else None
        return any(
            address in network or (embedded is not None and embedded in network) for network in self._networks
        )


@lru_cache(maxsize=1_024)
def _plain(host: str) -> str:
    """A host as it is compared: lower case, an address in its canonical spelling."""
    host = host.strip("[]").rstrip(".").lower()
    address = literal_address(host)
    return str(address) if address is not None else host
