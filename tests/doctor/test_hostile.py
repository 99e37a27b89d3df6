"""Whatever stands in the DNS, the checks come to an end and say something."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from letters.doctor.dkim import SigningRecord, check_record
from letters.doctor.dmarc import check_dmarc
from letters.doctor.domain import check_sender_policy
from letters.doctor.resolver import DnsAnswer, Kind, Outcome

_TERMS = st.sampled_from(
    [
        "a",
        "mx",
        "ptr",
        "all",
        "-all",
        "~all",
        "?all",
        "+all",
        "include:a.example",
        "include:b.example",
        "redirect=a.example",
        "redirect=b.example",
        "exists:%{i}.a.example",
        "exists:%{ir1-}%%x",
        "a:b.example/0",
        "mx//0",
        "ip4:0.0.0.0/0",
        "ip6:::/0",
        "ip4:1",
        "exp=x",
        "include:",
        "%{",
        "a/99",
    ]
) | st.text(max_size=12)
_RECORD = st.lists(_TERMS, max_size=14).map(lambda terms: " ".join(["v=spf1", *terms])) | st.text(max_size=40)
_ANSWER = st.one_of(
    st.just(DnsAnswer(Outcome.NO_NAME)),
    st.just(DnsAnswer(Outcome.EMPTY)),
    st.just(DnsAnswer(Outcome.FAILED, why="no answer in time")),
    st.lists(_RECORD, min_size=1, max_size=2).map(lambda texts: DnsAnswer(Outcome.FOUND, tuple(texts))),
)


class Zone:
    """Answers TXT from a few names, and gives every name one address and one exchange."""

    def __init__(self, texts: dict[str, DnsAnswer]) -> None:
        self.texts, self.questions = texts, 0

    def ask(self, name: str, kind: Kind) -> DnsAnswer:
        self.questions += 1
        match kind:
            case "TXT":
                return self.texts.get(name, DnsAnswer(Outcome.NO_NAME))
            case "A":
                return DnsAnswer(Outcome.FOUND, ("192.0.2.1",))
            case "AAAA":
                return DnsAnswer(Outcome.FOUND, ("2001:db8::1",))
        return DnsAnswer(Outcome.FOUND, (f"mx.{name}",))


@given(st.fixed_dictionaries({f"{name}.example": _ANSWER for name in ("signal", "a", "b")}))
def test_any_sender_policy_comes_to_an_end(texts: dict[str, DnsAnswer]) -> None:
    zone = Zone(texts)
    findings = check_sender_policy(
        zone,
        return_path="bounces@signal.example",
        addresses=[ip_address("192.0.2.7"), ip_address("2001:db8::7")],
    )
    assert findings
    # Three checks of at most some forty terms, none of which asks more than a PTR's names.
    assert zone.questions < 3 * 41 * 25
    for finding in findings:
        assert str(finding.problem)


@given(
    st.dictionaries(st.sampled_from(["_dmarc.signal.example", "_dmarc.example"]), _ANSWER),
    st.text(max_size=60),
)
def test_any_dmarc_record_is_judged(texts: dict[str, DnsAnswer], more: str) -> None:
    texts["_dmarc.signal.example"] = DnsAnswer(Outcome.FOUND, (f"v=DMARC1; {more}",))
    assert check_dmarc(
        Zone(texts),
        sender_domain="signal.example",
        return_path_domain="a.signal.example",
        signing_domains=("other.example",),
    )


@given(st.text(max_size=80) | st.binary(max_size=60).map(bytes.hex))
def test_any_key_record_is_judged(text: str) -> None:
    record = SigningRecord(
        selector="a", domain="x.example", name="a.x.example", value="v=DKIM1; k=rsa; p=AAAA"
    )
    for published in (text, f"v=DKIM1; p={text}", f"k=ed25519; p={text}"):
        assert check_record(record, DnsAnswer(Outcome.FOUND, (published,))).found
