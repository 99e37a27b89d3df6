"""The DNS as the checks see it, asked over real sockets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dns_server import DnsServer, txt
from letters.doctor.asking import Dns, make_dns
from letters.doctor.resolver import Outcome
from letters.errors import UsageError


def test_records_are_found(zone: DnsServer, ask: Dns) -> None:
    zone.add("signal.example", "A", "192.0.2.1", "192.0.2.2")
    zone.add("signal.example", "MX", "20 second.example.", "10 first.example.")
    zone.add("signal.example", "TXT", txt("v=spf1 ip4:192.0.2.1", " -all"), txt("something else"))
    assert set(ask.ask("signal.example", "A").values) == {"192.0.2.1", "192.0.2.2"}
    assert ask.ask("Signal.example.", "MX").values == ("first.example", "second.example")
    assert set(ask.ask("signal.example", "TXT").values) == {"v=spf1 ip4:192.0.2.1 -all", "something else"}


def test_aliases_are_followed(zone: DnsServer, ask: Dns) -> None:
    zone.add("a._domainkey.signal.example", "CNAME", "a.dkim.relay.example.")
    zone.add("a.dkim.relay.example", "CNAME", "b.dkim.relay.example.")
    zone.add_txt("b.dkim.relay.example", "v=DKIM1; p=AAAA")
    assert ask.ask("a._domainkey.signal.example", "TXT").values == ("v=DKIM1; p=AAAA",)


def test_no_name_and_no_record_are_told_apart(zone: DnsServer, ask: Dns) -> None:
    zone.add("signal.example", "A", "192.0.2.1")
    assert ask.ask("signal.example", "MX").outcome is Outcome.EMPTY
    assert ask.ask("elsewhere.example", "MX").outcome is Outcome.NO_NAME


def test_silence_and_failure_are_no_answer(zone: DnsServer, ask: Dns) -> None:
    zone.silent.add("silent.example")
    zone.failing.add("failing.example")
    silent, failing = ask.ask("silent.example", "TXT"), ask.ask("failing.example", "TXT")
    assert (silent.outcome, silent.why) == (Outcome.FAILED, "no answer in time")
    assert failing.outcome is Outcome.FAILED
    assert "failed or refused" in failing.why
    assert not silent.is_void
    assert not failing.is_void


def test_what_is_cut_off_is_asked_for_over_tcp(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("large.example", *(f"{number} " + "x" * 240 for number in range(6)))
    assert len(ask.ask("large.example", "TXT").values) == 6
    assert zone.asked["udp", "large.example"] == 1
    assert zone.asked["tcp", "large.example"] == 1


def test_each_question_is_asked_once(zone: DnsServer, ask: Dns) -> None:
    for name in ("signal.example", "SIGNAL.example", "signal.example."):
        ask.ask(name, "TXT")
    assert zone.asked["udp", "signal.example"] == 1


def test_a_name_that_is_none_is_no_answer(ask: Dns) -> None:
    answer = ask.ask("a..example", "TXT")
    assert answer.outcome is Outcome.FAILED
    assert "empty" in answer.why


def test_all_questions_together_take_no_longer_than_the_budget(zone: DnsServer, ask: Dns) -> None:
    times = iter([0.0, 31.0])
    ask.clock = lambda: next(times)
    ask.budget = timedelta(seconds=30)
    ask.ask("signal.example", "TXT")
    ask.clock = lambda: 31.0
    late = ask.ask("late.example", "TXT")
    assert "took too long" in late.why
    assert zone.asked["udp", "late.example"] == 0


def test_a_machine_without_a_dns_server_gets_no_answers(ask: Dns) -> None:
    ask.resolver.nameservers = []
    assert ask.ask("signal.example", "TXT").why == "this machine names no DNS server"


@pytest.mark.parametrize("server", ["dns.example", "127.0.0.1:x", "127.0.0.1:0", "[::1", ""])
def test_a_server_that_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(UsageError, match="wanted an address"):
        make_dns((server,))


@pytest.mark.parametrize("server", ["192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353"])
def test_a_server_is_an_address_with_or_without_a_port(server: str) -> None:
    [made] = make_dns((server,)).resolver.nameservers
    assert ("5353" in str(made)) is server.endswith("5353")
