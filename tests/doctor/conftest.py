"""A DNS server with the tests' own zones, and a resolver that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dns_server import DnsServer, serve
from letters.doctor.asking import Dns, make_dns


@pytest.fixture(scope="session")
def _running() -> Iterator[DnsServer]:
    with serve(DnsServer()) as server:
        yield server


@pytest.fixture
def zone(_running: DnsServer) -> DnsServer:
    """The server, with nothing in it yet."""
    for each in (_running.records, _running.silent, _running.failing, _running.asked):
        each.clear()
    return _running


@pytest.fixture
def ask(zone: DnsServer) -> Dns:
    """Asks that server, and waits for no answer longer than a moment."""
    dns = make_dns((zone.place,))
    dns.patience = timedelta(seconds=0.4)
    return dns
