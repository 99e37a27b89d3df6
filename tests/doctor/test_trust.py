"""Large issues wait while the sender's domain fails, where the setting says so (R29)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dns_server import DnsServer
from letters.doctor.asking import Dns
from letters.doctor.resolver import Resolver
from letters.doctor.trust import hold_unauthenticated
from letters.model import Issue, IssueState, Occurrence, Rendering, Subscriber, SubscriberStatus
from letters.pipeline import House, deliver, open_house, sender_of
from letters.settings import init_workspace
from letters.settings.types import Workspace
from letters.store.issues import add_issue, load_events, load_issue, set_state
from letters.store.subscribers import save_subscribers

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

SETTINGS = """\
[site]
title = "Signal"
base_url = "https://signal.example"
[delivery]
from = "Signal <news@signal.example>"
transport = "smtp"
unauthenticated = "hold"
many = 2
[delivery.smtp]
host = "127.0.0.1"
port = 9
tls = "none"
"""


class Asked:
    """A resolver that is made when it is wanted, and counts how often."""

    def __init__(self, dns: Dns) -> None:
        self.dns, self.times = dns, 0

    def __call__(self) -> Resolver:
        self.times += 1
        self.dns._known.clear()
        return self.dns


@pytest.fixture
def asked(ask: Dns) -> Asked:
    return Asked(ask)


@pytest.fixture
def house(tmp_path: Path, migrated_sqlite: Path) -> Iterator[House]:
    root = tmp_path / "signal"
    init_workspace(root, {})
    (root / "config/letters.toml").write_text(SETTINGS)
    (root / "config/schedule.toml").write_text(
        '[[edition]]\nkey = "weekly"\ntitle = "The week"\nwhen = "0 8 * * MON"\n'
    )
    shutil.copy(migrated_sqlite, root / "var/letters.db")
    house = open_house(Workspace(root), {})
    yield house
    house.close()


@pytest.fixture
def good(zone: DnsServer) -> DnsServer:
    """A domain of which nothing fails."""
    zone.add_txt("signal.example", "v=spf1 ip4:192.0.2.7 -all")
    zone.add_txt("_dmarc.signal.example", "v=DMARC1; p=none; rua=mailto:reports@signal.example")
    return zone


def add(house: House, *, readers: int = 3, number: int = 1) -> Issue:
    people = [
        Subscriber(
            email=f"r{n}@readers.example",
            editions=("weekly",),
            status=SubscriberStatus.CONFIRMED,
            uid=f"uid-{n}",
        )
        for n in range(readers)
    ]
    with house.store.write() as c:
        save_subscribers(c, people, now=NOW)
        issue = add_issue(
            c,
            edition="weekly",
            occurrence=Occurrence(at=NOW, local_date=date(2026, 11, 22 + number)),
            number=number,
            state=IssueState.APPROVED,
            composed_at=NOW,
            renderings=(
                Rendering(choice="", subject="A", preheader="", html="<p>A</p>", text="A", entries=("e",)),
            ),
        )
    assert issue is not None
    return issue


def hold(house: House, asked: Asked, *, now: datetime = NOW, issue: str | None = None) -> list[str]:
    problems = hold_unauthenticated(
        house.store,
        house.settings,
        house.workspace,
        sender_of(house.settings),
        resolver=asked,
        now=now,
        issue=issue,
    )
    return [str(problem) for problem in problems]


def state(house: House, issue: Issue) -> IssueState:
    with house.store.read() as c:
        found = load_issue(c, issue.id)
    assert found is not None
    return found.state


def test_a_large_issue_is_held_by_what_fails(house: House, good: DnsServer, asked: Asked) -> None:
    del good.records["_dmarc.signal.example", "TXT"]
    issue = add(house)
    [problem] = hold(house, asked)
    assert problem.startswith("weekly/1: held: DMARC of the sender's domain fails: neither signal.example")
    assert 'then "letters approve weekly/1"' in problem
    assert state(house, issue) is IssueState.HELD
    with house.store.read() as c:
        assert [(event.action, event.actor) for event in load_events(c, issue.id)] == [("hold", "letters")]
    # Held already, so there is nothing to hold.
    assert hold(house, asked) == []


def test_an_issue_of_a_good_domain_goes(house: House, good: DnsServer, asked: Asked) -> None:
    issue = add(house)
    assert hold(house, asked) == []
    assert state(house, issue) is IssueState.APPROVED


def test_a_good_answer_is_believed_for_an_hour(house: House, good: DnsServer, asked: Asked) -> None:
    add(house)
    for minutes in (0, 59, 61):
        assert hold(house, asked, now=NOW + timedelta(minutes=minutes)) == []
    assert asked.times == 2


def test_a_bad_answer_is_asked_for_again(house: House, zone: DnsServer, asked: Asked) -> None:
    issue = add(house)
    assert hold(house, asked)
    with house.store.write() as c:
        set_state(c, issue.id, IssueState.APPROVED)
    zone.add_txt("signal.example", "v=spf1 ip4:192.0.2.7 -all")
    zone.add_txt("_dmarc.signal.example", "v=DMARC1; p=none")
    assert hold(house, asked) == []
    assert state(house, issue) is IssueState.APPROVED


def test_another_sender_is_asked_about_anew(house: House, good: DnsServer, asked: Asked) -> None:
    add(house)
    assert hold(house, asked) == []
    path = house.workspace.config / "letters.toml"
    path.write_text(SETTINGS.replace("news@signal.example", "news@other.example"))
    house.store.close()
    [problem] = hold(open_house(house.workspace, {}), asked)
    assert "SPF, DMARC of the sender's domain fails: other.example has no SPF record" in problem


def test_a_dns_that_does_not_answer_holds_nothing_and_is_not_remembered(
    house: House, good: DnsServer, asked: Asked
) -> None:
    issue = add(house)
    good.failing.update({"signal.example", "_dmarc.signal.example"})
    assert hold(house, asked) == []
    assert state(house, issue) is IssueState.APPROVED
    good.failing.clear()
    good.records.clear()
    assert hold(house, asked)


def test_what_is_remembered_may_be_nonsense(house: House, zone: DnsServer, asked: Asked) -> None:
    add(house)
    for text in ("", "{}", "[]", '{"well_at": 3}', '{"well_at": "2026-11-23T09:00:00"}', "null"):
        (house.workspace.var / "doctor.json").write_text(text)
        hold(house, asked)
    assert asked.times == 1, "held at the first time"


@pytest.mark.parametrize(
    "change",
    [
        ("many = 2", "many = 3"),
        ('unauthenticated = "hold"', 'unauthenticated = "send"'),
        ('transport = "smtp"', 'transport = "outbox"'),
    ],
)
def test_nobody_is_asked_where_nothing_would_be_held(
    house: House, zone: DnsServer, asked: Asked, change: tuple[str, str]
) -> None:
    add(house)
    (house.workspace.config / "letters.toml").write_text(SETTINGS.replace(*change))
    house.store.close()
    assert hold(open_house(house.workspace, {}), asked) == []
    assert asked.times == 0


def test_only_the_issue_that_is_asked_for_is_held(house: House, zone: DnsServer, asked: Asked) -> None:
    first, second = add(house), add(house, number=2)
    assert len(hold(house, asked, issue="weekly/2")) == 1
    assert (state(house, first), state(house, second)) == (IssueState.APPROVED, IssueState.HELD)


def test_a_delivery_holds_before_anything_is_sent(
    house: House, zone: DnsServer, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("letters.pipeline._dns", asked)
    issue = add(house)
    report = deliver(house, now=NOW)
    # Nobody was frozen into the ledger, and the relay, which is not there, was not missed.
    assert [problem.where for problem in report.problems] == ["weekly/1"]
    assert report.problems[0].what.startswith("held: SPF, DMARC")
    assert report.delivered is not None
    assert report.delivered.sent == report.delivered.deferred == 0
    assert state(house, issue) is IssueState.HELD


def test_a_sender_beyond_ascii_is_looked_for_as_the_dns_knows_it(house: House) -> None:
    path = house.workspace.config / "letters.toml"
    path.write_text(
        SETTINGS.replace("news@signal.example", "news@bücher.example").replace(
            'transport = "smtp"', 'transport = "smtp"\nreturn_path = "bounces@zurück.example"'
        )
    )
    house.store.close()
    sender = sender_of(open_house(house.workspace, {}).settings)
    assert sender.domain == "xn--bcher-kva.example"
    assert sender.return_path == "bounces@xn--zurck-mva.example"
