"""DKIM records, DMARC and its alignment, bounces and names of addresses (R24, R25, R29)."""

from __future__ import annotations

import base64
from ipaddress import ip_address

import pytest

from dns_server import DnsServer
from letters.deliver.dkim import load_key
from letters.deliver.dkim_keys import make_signing_key, record_name, record_value
from letters.doctor.asking import Dns
from letters.doctor.dkim import SigningRecord, check_dkim
from letters.doctor.dmarc import check_dmarc, organisation
from letters.doctor.domain import check_return_path
from letters.doctor.finding import Finding, State
from letters.doctor.reverse import check_reverse


def signing_record(kind: str = "rsa") -> SigningRecord:
    key = load_key(make_signing_key(kind), domain="signal.example", selector="a")  # type: ignore[arg-type]
    return SigningRecord(selector="a", domain=key.domain, name=record_name(key), value=record_value(key))


@pytest.fixture(scope="module")
def key() -> SigningRecord:
    return signing_record()


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_published_key_is_found(zone: DnsServer, ask: Dns, kind: str) -> None:
    record = signing_record(kind)
    zone.add_txt(record.name, record.value)
    [finding] = check_dkim(ask, [record])
    assert finding.state is State.WELL
    assert ("2,048 bits" if kind == "rsa" else "Ed25519 key of 32 octets") in finding.found


def test_a_record_may_be_written_otherwise(zone: DnsServer, ask: Dns, key: SigningRecord) -> None:
    data = key.value.partition("p=")[2]
    zone.add_txt(key.name, f"k=rsa; t=s; h=sha1:sha256; s=email; p= {data[:40]} {data[40:]} ;")
    [finding] = check_dkim(ask, [key])
    assert finding.state is State.WELL


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda value: value.replace("v=DKIM1", "v=DKIM2"), 'says "v=DKIM2"'),
        (lambda value: value.replace("v=DKIM1; ", "") + "; v=DKIM1", 'says "v=DKIM1"'),
        (lambda value: value[: value.index("p=") + 2], "revokes the key"),
        (lambda value: value.replace("k=rsa", "k=ed25519"), 'kind "ed25519"'),
        (lambda value: value[:-200], "what is no key, perhaps cut off"),
        (lambda _: signing_record().value, "publishes an RSA key of 2,048 bits"),
        (lambda value: value + "; h=sha1", 'accepts only "h=sha1"'),
        (lambda value: value + "; s=other", 'is for "s=other"'),
        (lambda value: value + "; k=rsa", 'the tag "k" is there twice'),
        (lambda value: value + "; nonsense", '"nonsense" is no tag=value'),
        (lambda _: "something else", "0 TXT records with a key"),
    ],
)
def test_a_record_that_does_not_fit_is_wrong(
    zone: DnsServer, ask: Dns, key: SigningRecord, change: object, words: str
) -> None:
    assert callable(change)
    zone.add_txt(key.name, change(key.value))
    [finding] = check_dkim(ask, [key])
    assert finding.state is State.WRONG
    assert words in finding.found
    assert finding.remedy


def test_two_keys_under_one_name_are_wrong(zone: DnsServer, ask: Dns, key: SigningRecord) -> None:
    zone.add_txt(key.name, key.value, signing_record().value)
    [finding] = check_dkim(ask, [key])
    assert (finding.state, finding.wanted) == (State.WRONG, "one")


def test_no_record_and_no_answer_are_told_apart(zone: DnsServer, ask: Dns, key: SigningRecord) -> None:
    [absent] = check_dkim(ask, [key])
    assert absent.state is State.WRONG
    assert key.value in absent.remedy
    ask._known.clear()
    zone.silent.add(key.name)
    [silent] = check_dkim(ask, [key])
    assert (silent.state, silent.is_unknown) == (State.NOTE, True)


def test_a_key_on_trial_is_worth_knowing(zone: DnsServer, ask: Dns, key: SigningRecord) -> None:
    zone.add_txt(key.name, f"{key.value}; t=y:s")
    [finding] = check_dkim(ask, [key])
    assert finding.state is State.NOTE
    assert "t=y" in finding.found


def test_a_weak_key_is_described_by_its_bits(zone: DnsServer, ask: Dns, key: SigningRecord) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    weak = generate_private_key(public_exponent=65537, key_size=1024).public_key()
    data = base64.b64encode(weak.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    zone.add_txt(key.name, f"v=DKIM1; p={data}")
    [finding] = check_dkim(ask, [key])
    assert "an RSA key of 1,024 bits" in finding.found


def test_no_key_is_worth_knowing(ask: Dns) -> None:
    [finding] = check_dkim(ask, [])
    assert finding.state is State.NOTE


# --- DMARC ---


def dmarc(
    ask: Dns,
    sender: str = "signal.example",
    *,
    back: str = "signal.example",
    signs: tuple[str, ...] = ("signal.example",),
) -> list[Finding]:
    return check_dmarc(ask, sender_domain=sender, return_path_domain=back, signing_domains=signs)


def test_a_domain_with_a_record_and_aligned_ways_is_well(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("_dmarc.signal.example", "v=DMARC1; p=reject; rua=mailto:reports@signal.example")
    policy, alignment = dmarc(ask)
    assert (policy.state, alignment.state) == (State.WELL, State.WELL)
    assert 'asks for "reject"' in policy.found


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "neither signal.example nor a domain above it has a DMARC record"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "2 DMARC records, so none counts"),
        (["v=DMARC1; p=none; p=reject"], "cannot be read"),
        (["p=none; v=DMARC1"], "neither"),
        (["v=DMARC1; p=maybe"], 'the policy "maybe"'),
        (["v=DMARC1; rua=mailto:a@signal.example"], 'the policy ""'),
    ],
)
def test_a_domain_without_a_usable_record_is_wrong(
    zone: DnsServer, ask: Dns, records: list[str], words: str
) -> None:
    zone.add_txt("_dmarc.signal.example", *records)
    finding, *_ = dmarc(ask)
    assert finding.state is State.WRONG
    assert words in finding.found


def test_a_record_without_reports_is_worth_knowing(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("_dmarc.signal.example", "v=DMARC1; p=none")
    policy, _ = dmarc(ask)
    assert (policy.state, "no reports" in policy.found) == (State.NOTE, True)


def test_the_record_above_speaks_for_a_domain_below_it(zone: DnsServer, ask: Dns) -> None:
    zone.add_txt("_dmarc.signal.example", "v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@signal.example")
    policy, alignment = dmarc(ask, "news.mail.signal.example")
    assert '_dmarc.signal.example asks for "quarantine"' in policy.found
    assert alignment.state is State.WELL


@pytest.mark.parametrize(
    ("tags", "back", "signs", "state", "words"),
    [
        ("", "bounce.signal.example", ("news.signal.example",), State.WELL, "SPF (bounce.signal.example)"),
        (
            "aspf=s",
            "bounce.signal.example",
            ("signal.example",),
            State.NOTE,
            "rests on DKIM (signal.example)",
        ),
        ("adkim=s", "signal.example", ("news.signal.example",), State.NOTE, "rests on SPF (signal.example)"),
        ("aspf=s; adkim=s", "a.signal.example", ("b.signal.example",), State.WRONG, "another organisation"),
        ("", "relay.example", ("relay.example",), State.WRONG, "another organisation"),
        ("", "relay.example", ("signal.example",), State.NOTE, "rests on DKIM (signal.example)"),
        ("", "relay.example", (), State.NOTE, "only if the relay signs"),
        ("", "signal.example", (), State.NOTE, "a forwarded mail fails"),
    ],
)
def test_alignment_follows_the_modes(
    zone: DnsServer, ask: Dns, tags: str, back: str, signs: tuple[str, ...], state: State, words: str
) -> None:
    zone.add_txt("_dmarc.signal.example", f"v=DMARC1; p=none; rua=mailto:a@signal.example; {tags}")
    zone.add_txt("_dmarc.relay.example", "v=DMARC1; p=none")
    _, alignment = dmarc(ask, back=back, signs=signs)
    assert alignment.state is state, alignment
    assert words in alignment.found


@pytest.mark.parametrize(
    ("records", "domain", "found"),
    [
        ({}, "a.b.example", "a.b.example"),
        ({"b.example": ""}, "a.b.example", "b.example"),
        ({"a.b.example": "", "b.example": ""}, "x.a.b.example", "b.example"),
        # A public suffix that says so: the organisation is one label below it.
        ({"co.example": "; psd=y"}, "news.signal.co.example", "signal.co.example"),
        ({"a.b.example": "; psd=n", "b.example": ""}, "x.a.b.example", "a.b.example"),
    ],
)
def test_the_organisation_is_found_by_walking_up(
    zone: DnsServer, ask: Dns, records: dict[str, str], domain: str, found: str
) -> None:
    for name, more in records.items():
        zone.add_txt(f"_dmarc.{name}", f"v=DMARC1; p=none{more}")
    assert organisation(ask, domain) == found


def test_a_long_name_costs_no_more_than_eight_questions(zone: DnsServer, ask: Dns) -> None:
    organisation(ask, ".".join("abcdefghijklmnop"))
    assert sum(number for (_, name), number in zone.asked.items() if name.startswith("_dmarc.")) == 8


def test_a_dns_that_does_not_answer_leaves_dmarc_open(zone: DnsServer, ask: Dns) -> None:
    zone.failing.add("_dmarc.signal.example")
    [finding] = dmarc(ask)
    assert finding.is_unknown


# --- Bounces and names ---


@pytest.mark.parametrize(
    ("records", "state", "words"),
    [
        ({("signal.example", "MX"): ["10 mx.signal.example."], ("mx.signal.example", "A"): ["192.0.2.1"]}, State.WELL, "mx.signal.example"),
        ({("signal.example", "AAAA"): ["2001:db8::1"]}, State.WELL, "at signal.example"),
        ({("signal.example", "MX"): ["0 ."]}, State.WRONG, "null MX"),
        ({("signal.example", "MX"): ["10 gone.example."]}, State.WRONG, "gone.example has no address"),
        ({}, State.WRONG, "signal.example has no address"),
        (
            {("signal.example", "MX"): ["5 gone.example.", "10 mx.example."], ("mx.example", "A"): ["192.0.2.1"]},
            State.NOTE,
            "names gone.example as MX",
        ),
    ],
)  # fmt: skip
def test_bounces_need_a_host_that_takes_them(
    zone: DnsServer, ask: Dns, records: dict[tuple[str, str], list[str]], state: State, words: str
) -> None:
    zone.records.update(records)
    finding = check_return_path(ask, "bounces@signal.example")
    assert finding.state is state
    assert words in finding.found


@pytest.mark.parametrize(
    ("address", "name", "back", "state", "words"),
    [
        ("192.0.2.7", "out.signal.example", "192.0.2.7", State.WELL, "leads back"),
        ("2001:db8::7", "out.signal.example", "2001:db8::7", State.WELL, "leads back"),
        ("192.0.2.7", "out.signal.example", "192.0.2.8", State.WRONG, "does not lead back"),
        ("192.0.2.7", "", "", State.WRONG, "has no name"),
        ("192.0.2.7", "192-0-2-7.dyn.isp.example", "192.0.2.7", State.NOTE, "made of the address"),
        ("192.0.2.7", "7.2.0.192.isp.example", "192.0.2.7", State.NOTE, "made of the address"),
    ],
)
def test_an_address_needs_a_name_that_leads_back(
    zone: DnsServer, ask: Dns, address: str, name: str, back: str, state: State, words: str
) -> None:
    if name:
        zone.add(ip_address(address).reverse_pointer, "PTR", f"{name}.")
        zone.add(name, "AAAA" if ":" in back else "A", back)
    finding = check_reverse(ask, ip_address(address))
    assert finding.state is state
    assert words in finding.found
