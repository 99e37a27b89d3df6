"""The DNS by dnspython. Slow to import, so only what asks imports it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.resolver

from letters.doctor.resolver import DnsAnswer, Kind, Outcome
from letters.errors import UsageError


@dataclass
class Dns:
    """The DNS by dnspython, each question asked once.

    An answer that was cut off is asked for again over TCP. One question takes at most `patience`, all together at most
    `budget`; what is asked after that has failed, so that a network without DNS is found out in seconds.
    """

    resolver: dns.resolver.Resolver
    patience: timedelta = timedelta(seconds=5)
    budget: timedelta = timedelta(seconds=30)
    clock: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, Kind], DnsAnswer] = field(default_factory=dict)
    _spent: float = 0.0

    def ask(self, name: str, kind: Kind) -> DnsAnswer:
        key = (name.lower().rstrip("."), kind)
        if key not in self._known:
            started = self.clock()
            self._known[key] = self._ask(name, kind)
            self._spent += self.clock() - started
        return self._known[key]

    def _ask(self, name: str, kind: Kind) -> DnsAnswer:
        left = self.budget.total_seconds() - self._spent
        if not self.resolver.nameservers:
            return DnsAnswer(Outcome.FAILED, why="this machine names no DNS server")
        if left <= 0:
            return DnsAnswer(Outcome.FAILED, why="the DNS took too long before this was asked")
        try:
            found = self.resolver.resolve(
                dns.name.from_text(name),
                kind,
                raise_on_no_answer=False,
                lifetime=min(left, self.patience.total_seconds()),
                search=False,
            )
        except dns.resolver.NXDOMAIN:
            return DnsAnswer(Outcome.NO_NAME)
        except (dns.exception.DNSException, UnicodeError, OSError) as error:
            return DnsAnswer(Outcome.FAILED, why=_reason(error))
        values = _values(found)
        return DnsAnswer(Outcome.FOUND, values) if values else DnsAnswer(Outcome.EMPTY)


def make_dns(servers: tuple[str, ...] = ()) -> Dns:
    """The DNS as this machine asks it, or as given servers answer (``192.0.2.53``, ``127.0.0.1:5353``).

    Raises `UsageError` for a server that is no address. Where the machine names none, every question fails.
    """
    resolver = dns.resolver.Resolver(configure=False)
    if not servers:
        with suppress(dns.resolver.NoResolverConfiguration):
            resolver = dns.resolver.Resolver()
        return Dns(resolver)
    resolver.nameservers = [_server(one) for one in servers]
    return Dns(resolver)


def _server(text: str) -> dns.nameserver.Nameserver:
    host, port = text, 53
    if (parts := text.rpartition(":"))[1] and (parts[0].startswith("[") or ":" not in parts[0]):
        host, port = parts[0].strip("[]"), int(parts[2]) if parts[2].isdecimal() else 0
    try:
        address = ip_address(host)
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise UsageError(f'--resolver "{text}": wanted an address, such as 192.0.2.53 or 127.0.0.1:5353')
    return dns.nameserver.Do53Nameserver(str(address), port)


def _reason(error: Exception) -> str:
    match error:
        case dns.resolver.LifetimeTimeout():
            return "no answer in time"
        case dns.resolver.NoNameservers():
            return "the name servers failed or refused to answer"
    return " ".join(str(error).split()) or type(error).__name__


def _values(found: dns.resolver.Answer) -> tuple[str, ...]:
    records = list(found.rrset or ())
    if found.rdtype == dns.rdatatype.MX:
        records.sort(key=lambda record: (record.preference, record.exchange))
    return tuple(_value(record) for record in records)


def _value(record: object) -> str:
    match record:
        case dns.rdtypes.ANY.TXT.TXT():
            return b"".join(record.strings).decode("utf-8", "replace")
        case dns.rdtypes.ANY.MX.MX():
            return record.exchange.to_text(omit_final_dot=True)
    text = str(record)
    return text.removesuffix(".") if text != "." else text
