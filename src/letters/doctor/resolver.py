"""Asking the DNS: what the checks need of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, Protocol

IPAddress = IPv4Address | IPv6Address
Kind = Literal["A", "AAAA", "MX", "TXT", "PTR"]


class Outcome(Enum):
    """How a question ended."""

    FOUND = auto()
    #: The name is there, but has no record of this kind.
    EMPTY = auto()
    #: There is no such name (NXDOMAIN).
    NO_NAME = auto()
    #: Nobody knows: no answer in time, a refusal, or a server's own failure.
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """The records under one name of one kind; aliases (CNAME) are followed."""

    outcome: Outcome
    #: Addresses, names without their last dot, or a TXT record's strings put together without a space (RFC 7208 section 3.3).
    values: tuple[str, ...] = ()
    #: Why nobody knows.
    why: str = ""

    @property
    def is_void(self) -> bool:
        """Whether there is certainly nothing."""
        return self.outcome in {Outcome.EMPTY, Outcome.NO_NAME}


class Resolver(Protocol):
    """What the checks ask. It never raises: what went wrong is an answer as well."""

    def ask(self, name: str, kind: Kind) -> DnsAnswer:
        """The records of a name. MX records are given by preference."""
        ...


def reverse_name(address: IPAddress) -> str:
    """The name under which an address has its PTR record."""
    return address.reverse_pointer
