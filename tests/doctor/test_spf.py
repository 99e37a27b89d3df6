"""SPF as receivers evaluate it (RFC 7208; R28), against zones of our own."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from dns_server import DnsServer
from letters.doctor.asking import Dns
from letters.doctor.domain import check_sender_policy
from letters.doctor.finding import State
from letters.doctor.spf import SpfCheck, SpfResult, check_spf, lookups_by_term
from letters.doctor.spf_record import SpfSyntaxError, read_spf

FOUR, SIX, STRANGER = "192.0.2.7", "2001:db8::7", "198.51.100.9"


def check(ask: Dns, address: str | None = FOUR, sender: str = "bounces@signal.example") -> SpfCheck:
    return check_spf(ask, "signal.example", address=ip_address(address) if address else None, sender=sender)


@pytest.fixture
def world(zone: DnsServer) -> DnsServer:
    """Hosts and records that the records under test refer to."""
    zone.add("signal.example", "A", FOUR)
    zone.add("signal.example", "AAAA", SIX)
    zone.add("signal.example", "MX", "10 mx.signal.example.")
    zone.add("mx.signal.example", "A", "192.0.2.25")
    zone.add("elsewhere.example", "A", STRANGER)
    zone.add_txt("relay.example", "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/64 -all")
    zone.add_txt("soft.example", "v=spf1 ~all")
    zone.add_txt("nothing.example", "some other text")
    zone.add("bounces.signal.example.ok.example", "A", "127.0.0.2")
    zone.add("7.2.0.192.in-addr.arpa", "PTR", "out.signal.example.")
    zone.add("out.signal.example", "A", FOUR)
    return zone


@pytest.mark.parametrize(
    ("record", "address", "result", "lookups"),
    [
        ("v=spf1 -all", FOUR, "fail", 0),
        ("v=spf1 ~all", FOUR, "softfail", 0),
        ("v=spf1 ?all", FOUR, "neutral", 0),
        ("v=spf1", FOUR, "neutral", 0),
        ("V=SPF1 +ALL", FOUR, "pass", 0),
        ("v=spf1 ip4:192.0.2.7 -all", FOUR, "pass", 0),
        ("v=spf1 ip4:192.0.2.0/24 -all", FOUR, "pass", 0),
        ("v=spf1 ip4:192.0.2.8 -all", FOUR, "fail", 0),
        ("v=spf1 ip6:2001:db8::/32 -all", SIX, "pass", 0),
        ("v=spf1 ip6:2001:db8::/32 -all", FOUR, "fail", 0),
        ("v=spf1 a -all", FOUR, "pass", 1),
        ("v=spf1 a -all", SIX, "pass", 1),
        ("v=spf1 a:elsewhere.example -all", FOUR, "fail", 1),
        ("v=spf1 a:elsewhere.example/24//64 -all", "198.51.100.200", "pass", 1),
        ("v=spf1 mx -all", "192.0.2.25", "pass", 1),
        ("v=spf1 mx/24 -all", FOUR, "pass", 1),
        ("v=spf1 mx -all", FOUR, "fail", 1),
        ("v=spf1 include:relay.example -all", FOUR, "pass", 1),
        # What an include says but "pass" is no match, not a result.
        ("v=spf1 include:soft.example -all", FOUR, "fail", 1),
        ("v=spf1 -include:relay.example +all", FOUR, "fail", 1),
        ("v=spf1 include:nothing.example -all", FOUR, "permerror", 1),
        ("v=spf1 redirect=relay.example", FOUR, "pass", 1),
        ("v=spf1 redirect=relay.example", STRANGER, "fail", 1),
        ("v=spf1 redirect=relay.example ~all", FOUR, "softfail", 0),
        ("v=spf1 redirect=nothing.example", FOUR, "permerror", 1),
        ("v=spf1 exists:%{l}.%{o}.ok.example -all", FOUR, "pass", 1),
        ("v=spf1 exists:%{i}.ok.example -all", FOUR, "fail", 1),
        ("v=spf1 ptr -all", FOUR, "pass", 1),
        ("v=spf1 ptr:elsewhere.example -all", FOUR, "fail", 1),
        ("v=spf1 unknown=modifier -all", FOUR, "fail", 0),
        ("v=spf1 exp=why.example -all", FOUR, "fail", 0),
        ("v=spf1 ip4:192.0.2.300 -all", FOUR, "permerror", 0),
        ("v=spf1 nonsense -all", FOUR, "permerror", 0),
        ("v=spf10 -all", FOUR, "none", 0),
    ],
)
def test_results_are_those_of_the_rfc(
    world: DnsServer, ask: Dns, record: str, address: str, result: str, lookups: int
) -> None:
    world.add_txt("signal.example", record)
    found = check(ask, address)
    assert (found.result.value, found.lookups) == (result, lookups), found.why


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        # The examples of RFC 7208 section 7.4.
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
    ],
)
def test_macros_are_filled_in(zone: DnsServer, ask: Dns, text: str, expanded: str) -> None:
    zone.add_txt("email.example.com", f"v=spf1 exists:{text} -all")
    found = check_spf(
        ask, "email.example.com", address=ip_address("192.0.2.3"), sender="strong-bad@email.example.com"
    )
    assert found.result is SpfResult.FAIL
    assert (expanded, "A") in ask._known


def test_addresses_of_version_six_are_dotted_by_digit(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("signal.example", "v=spf1 exists:%{ir}.%{v}.x.example -all")
    check(ask, "2001:db8::cb01")
    assert zone.asked["udp", "1.0.b.c." + "0." * 20 + "8.b.d.0.1.0.0.2.ip6.x.example"] == 1


def test_several_records_are_an_error(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("signal.example", "v=spf1 -all", "unrelated", "v=spf1 a -all")
    found = check(ask)
    assert (found.result, found.why) == (SpfResult.PERMERROR, "signal.example has 2 SPF records")


def test_a_record_in_several_strings_is_put_together_without_a_space(zone: DnsServer, ask: Dns) -> None:
    zone.add("signal.example", "TXT", '"v=spf1 ip4:192.0" ".2.7 -all"')
    assert check(ask).result is SpfResult.PASS


@pytest.mark.parametrize("record", ["v=spf1 include:gone.example -all", "v=spf1 a:gone.example -all"])
def test_no_answer_is_no_result(zone: DnsServer, ask: Dns, record: str) -> None:
    zone.add_txt("signal.example", record)
    zone.failing.add("gone.example")
    assert check(ask).result is SpfResult.TEMPERROR
    [finding] = check_sender_policy(ask, return_path="bounces@signal.example", addresses=[])
    assert finding.is_unknown
    assert finding.state is State.NOTE


@pytest.mark.parametrize(("includes", "result"), [(10, SpfResult.NEUTRAL), (11, SpfResult.PERMERROR)])
def test_ten_lookups_are_allowed(zone: DnsServer, ask: Dns, includes: int, result: SpfResult) -> None:
    names = [f"s{number}.example" for number in range(includes)]
    for name in names:
        zone.add_txt(name, "v=spf1 ip4:203.0.113.1 -all")
    zone.add_txt("signal.example", " ".join(["v=spf1", *(f"include:{name}" for name in names), "-all"]))
    found = check(ask, None)
    assert (found.lookups, found.result) == (includes, result)
    # Who matches before the limit is not concerned by it.
    assert check(ask, "203.0.113.1").result is SpfResult.PASS


def test_the_count_says_which_term_costs_what(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("signal.example", "v=spf1 a include:big.example mx -all")
    zone.add("signal.example", "A", FOUR)
    zone.add("signal.example", "MX", "10 signal.example.")
    zone.add_txt("big.example", "v=spf1 " + " ".join(f"include:b{n}.example" for n in range(9)) + " -all")
    for number in range(9):
        zone.add_txt(f"b{number}.example", "v=spf1 -all")
    found = check(ask, None)
    assert dict(lookups_by_term(found, "signal.example")) == {"a": 1, "include:big.example": 10, "mx": 1}
    [finding] = check_sender_policy(ask, return_path="bounces@signal.example", addresses=[])
    assert finding.state is State.WRONG
    assert "it takes 12 look-ups (a 1, include:big.example 10, mx 1)" in finding.found


def test_records_that_include_each_other_come_to_an_end(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("signal.example", "v=spf1 include:other.example -all")
    zone.add_txt("other.example", "v=spf1 include:signal.example -all")
    found = check(ask)
    assert found.result is SpfResult.PERMERROR
    assert "more than 40" in found.why


@pytest.mark.parametrize(("void", "result"), [(2, SpfResult.FAIL), (3, SpfResult.PERMERROR)])
def test_two_empty_lookups_are_allowed(zone: DnsServer, ask: Dns, void: int, result: SpfResult) -> None:
    zone.add_txt("signal.example", " ".join(["v=spf1", *(f"a:v{n}.example" for n in range(void)), "-all"]))
    found = check(ask)
    assert (found.void_lookups, found.result) == (void, result)
    if result is SpfResult.PERMERROR:
        assert "v0.example, v1.example, v2.example" in found.why


def test_where_a_macro_leads_is_not_followed_without_an_address(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("signal.example", "v=spf1 include:%{i}._spf.relay.example -all")
    found = check(ask, None)
    assert (found.result, found.lookups) == (SpfResult.NEUTRAL, 1)


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 include: -all",
        "v=spf1 include -all",
        "v=spf1 all:x -all",
        "v=spf1 a:a.example/33 -all",
        "v=spf1 a//129 -all",
        "v=spf1 exists:%{x}.example -all",
        "v=spf1 exists:%.example -all",
        "v=spf1 ip4:2001:db8::1 -all",
        "v=spf1 ip4 -all",
        "v=spf1 redirect=a.example redirect=b.example",
        "v=spf1 redirect=",
        "v=spf1 ip4=192.0.2.1, -all é",
    ],
)
def test_one_wrong_term_makes_a_record_void(record: str) -> None:
    with pytest.raises(SpfSyntaxError):
        read_spf(record)


@pytest.mark.parametrize(
    ("record", "state", "words"),
    [
        ("v=spf1 ip4:192.0.2.7 -all", State.WELL, "0 of 10 look-ups"),
        ("v=spf1 a ~all", State.WELL, "1 of 10 look-ups: a 1"),
        ("v=spf1 +all", State.WRONG, "lets everybody send"),
        ("v=spf1 all", State.WRONG, "lets everybody send"),
        ("v=spf1 a ?all", State.NOTE, "says nothing of all others"),
        ("v=spf1 a", State.NOTE, "says nothing of all others"),
        ("v=spf1 redirect=relay.example", State.WELL, "redirect=relay.example 1"),
        ("no record", State.WRONG, "signal.example has no SPF record"),
    ],
)
def test_the_record_as_such_is_judged(
    world: DnsServer, ask: Dns, record: str, state: State, words: str
) -> None:
    world.add_txt("signal.example", record)
    [finding] = check_sender_policy(ask, return_path="bounces@signal.example", addresses=[])
    assert finding.state is state
    assert words in finding.found


def test_addresses_that_send_have_to_pass(world: DnsServer, ask: Dns) -> None:
    world.add_txt("signal.example", "v=spf1 include:relay.example -all")
    _, good, bad = check_sender_policy(
        ask, return_path="bounces@signal.example", addresses=[ip_address(FOUR), ip_address(STRANGER)]
    )
    assert good.state is State.WELL
    assert "include:relay.example" in good.found
    assert bad.state is State.WRONG
    assert f'add "ip4:{STRANGER}"' in bad.remedy


def test_an_address_that_may_send_is_only_worth_knowing(world: DnsServer, ask: Dns) -> None:
    world.add_txt("signal.example", "v=spf1 include:relay.example -all")
    _, guess = check_sender_policy(
        ask, return_path="bounces@signal.example", addresses=[], guessed=[ip_address(STRANGER)]
    )
    assert guess.state is State.NOTE
    assert "--address" in guess.remedy
