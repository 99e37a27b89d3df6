"""Which addresses may be connected to (R63)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import UsageError
from letters.net.guard import Guard, RefusedAddressError, is_forbidden, literal_address


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "127.255.0.3",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::7f00:1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2a00:1450::5efe:127.0.0.1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_address_off_the_public_internet_is_forbidden(address: str) -> None:
    assert is_forbidden(ip_address(address))
    with pytest.raises(RefusedAddressError, match="not a public address"):
        Guard().check_address(address, 80, address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "100.63.255.255", "172.32.0.1", "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"],
)
def test_public_address_is_not_forbidden(address: str) -> None:
    assert not is_forbidden(ip_address(address))
    Guard().check_address(address, 80, address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::ffff:7f00:1]",
        "0",
    ],
)
def test_odd_spellings_of_loopback_are_seen_through(host: str) -> None:
    with pytest.raises(RefusedAddressError):
        Guard().check_literal(host, 80)


@pytest.mark.parametrize(
    "host", ["feeds.example", "1password.example", "fe.example", "a.b", "0xfeed.example"]
)
def test_name_is_not_taken_for_an_address(host: str) -> None:
    assert literal_address(host) is None


@given(st.integers(0, 2**32 - 1))
def test_v4_address_is_judged_alike_in_every_v6_dress(number: int) -> None:
    plain = IPv4Address(number)
    for prefix in (0xFFFF << 32, 0x0064FF9B << 96):
        assert is_forbidden(IPv6Address(prefix | number)) == is_forbidden(plain)


@given(st.ip_addresses())
def test_every_address_is_either_public_or_refused(address: IPv4Address | IPv6Address) -> None:
    """The guard never fails on an address."""
    if is_forbidden(address):
        with pytest.raises(RefusedAddressError):
            Guard().check_address(str(address), 443, str(address))
    else:
        Guard().check_address(str(address), 443, str(address))


def test_allowed_network_is_allowed_on_every_port() -> None:
    guard = Guard(("10.0.0.0/8", "fd00::/8"))
    guard.check_address("10.200.0.1", 1234, "10.200.0.1")
    guard.check_address("::ffff:10.200.0.1", 80, "::ffff:10.200.0.1")
    guard.check_address("fd12::1", 80, "fd12::1")
    with pytest.raises(RefusedAddressError):
        guard.check_address("192.168.0.1", 80, "192.168.0.1")


def test_allowed_place_is_allowed_on_its_port_only() -> None:
    guard = Guard(("127.0.0.1:8900", "[::1]:8901"))
    guard.check_address("127.0.0.1", 8900, "127.0.0.1")
    guard.check_address("::1", 8901, "::1")
    for address, port in (("127.0.0.1", 8901), ("127.0.0.2", 8900), ("::1", 8900)):
        with pytest.raises(RefusedAddressError):
            guard.check_address(address, port, address)


def test_allowed_name_lets_its_address_through_and_no_other_name_to_it() -> None:
    guard = Guard(("feeds.internal:8080",))
    guard.check_address("feeds.internal", 8080, "10.0.0.5")
    for host, port in (("rebound.example", 8080), ("feeds.internal", 80), ("10.0.0.5", 8080)):
        with pytest.raises(RefusedAddressError):
            guard.check_address(host, port, "10.0.0.5")
    assert guard.is_private_place("FEEDS.internal", 8080)


def test_name_found_in_an_allowed_network_is_a_private_place() -> None:
    guard = Guard(("127.0.0.0/8",))
    assert not guard.is_private_place("localhost", 80)
    guard.check_address("localhost", 80, "127.0.0.1")
    assert guard.is_private_place("localhost", 80)


@pytest.mark.parametrize("entry", ["localhost", "10.0.0.0/33", "host:0", "host:99999", "host:http", ""])
def test_entry_that_is_neither_network_nor_place_is_named(entry: str) -> None:
    with pytest.raises(UsageError, match="wanted a network"):
        Guard((entry,))
