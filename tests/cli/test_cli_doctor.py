"""``letters doctor``, from end to end: a DNS server, a web server and a port without a relay, all on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_kit import Letters
from dns_server import DnsServer, serve
from httpserver import HttpServer, Reply


@pytest.fixture(scope="module")
def zone() -> Iterator[DnsServer]:
    with serve(DnsServer()) as server:
        server.add_txt("signal.example", "v=spf1 ip4:192.0.2.7 -all")
        server.add("signal.example", "MX", "10 mx.signal.example.")
        server.add("mx.signal.example", "A", "192.0.2.7")
        server.add("7.2.0.192.in-addr.arpa", "PTR", "mx.signal.example.")
        server.add_txt("_dmarc.signal.example", "v=DMARC1; p=none; rua=mailto:reports@signal.example")
        yield server


def place_of(workspace: Path, http_server: HttpServer, delivery: str) -> Path:
    http_server.on("/", Reply())
    (workspace / "config/letters.toml").write_text(
        f'[site]\ntitle = "Signal"\nbase_url = "http://{http_server.place}"\n'
        f'[watch]\nallow_private = ["{http_server.place}"]\n'
        f'[delivery]\nfrom = "Signal <news@signal.example>"\n{delivery}'
    )
    return workspace


def test_what_is_well_needs_no_remedy(
    letters: Letters, workspace: Path, http_server: HttpServer, zone: DnsServer
) -> None:
    place = place_of(workspace, http_server, "")
    ran = letters("doctor", "-w", place, "--resolver", zone.place, "--address", "192.0.2.7", "--json")
    found = {finding["name"]: finding for finding in ran.data["findings"]}
    states = {name: finding["state"] for name, finding in found.items()}
    for name in ("SPF", "SPF of 192.0.2.7", "PTR of 192.0.2.7", "DMARC", "bounces", "clock"):
        assert states[name] == "well", found[name]
    assert "wrong" not in states.values()
    assert ran.code == 0


def test_what_is_wrong_comes_with_its_remedy(
    letters: Letters, workspace: Path, http_server: HttpServer, zone: DnsServer
) -> None:
    place = place_of(
        workspace,
        http_server,
        'transport = "smtp"\n[delivery.smtp]\nhost = "127.0.0.1"\nport = 9\ntls = "none"\n',
    )
    options = ("--resolver", zone.place, "--address", "198.51.100.1")
    ran = letters("doctor", "-w", place, *options)
    assert ran.code == 1
    assert "SPF of 198.51.100.1: the result for signal.example is fail" in ran.out
    assert 'add "ip4:198.51.100.1" to the record' in ran.out
    assert "PTR of 198.51.100.1: the address has no name" in ran.out
    assert "relay: no connection to 127.0.0.1:9" in ran.out
    told = letters("doctor", "-w", place, *options, "--json").data
    wrong = {finding["name"] for finding in told["findings"] if finding["state"] == "wrong"}
    assert wrong == {"relay", "SPF of 198.51.100.1", "PTR of 198.51.100.1"}
    assert all(problem["remedy"] for problem in told["problems"] if not problem["notice"])


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--address", "mail.example", "such as 192.0.2.1"), ("--resolver", "dns.example", "wanted an address")],
)
def test_what_is_no_address_is_refused(
    letters: Letters, workspace: Path, option: str, value: str, words: str
) -> None:
    ran = letters("doctor", "-w", workspace, option, value)
    assert ran.code == 2
    assert words in ran.err
