"""What answers mean, what a journal says, and how claims end by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deliver_kit import NOON, World
from hypothesis import given
from hypothesis import strategies as st

from letters.deliver.answers import Meaning, Stage, meaning, one_line
from letters.deliver.audience import freeze
from letters.deliver.journal import Journal, Mark, Record, parse_journal, read_journal
from letters.deliver.ledger import JOURNAL_LOST, NO_ANSWER, back_off, settle
from letters.model import DeliveryState, Subscriber, SubscriberStatus
from letters.store.deliveries import Claim, Outcome, load_claims, record
from letters.store.deliveries import claim as claim_rows
from letters.store.explaining import explain
from letters.store.issues import find_issue

MAIL, RCPT, DATA, CONTENT = Stage.SENDER, Stage.RECIPIENT, Stage.DATA, Stage.CONTENT


@pytest.mark.parametrize(
    ("stage", "code", "text", "wanted"),
    [
        (MAIL, 250, "ok", Meaning.ACCEPTED),
        (RCPT, 251, "will forward", Meaning.ACCEPTED),
        (DATA, 354, "go on", Meaning.ACCEPTED),
        (DATA, 250, "what?", Meaning.CONFUSED),
        (CONTENT, 250, "queued", Meaning.ACCEPTED),
        (CONTENT, 354, "again?", Meaning.CONFUSED),
        (CONTENT, 999, "", Meaning.CONFUSED),
        (RCPT, 450, "4.2.1 busy", Meaning.LATER),
        (RCPT, 451, "greylisted", Meaning.LATER),
        (CONTENT, 452, "4.3.1 disk full", Meaning.LATER),
        (MAIL, 421, "4.7.0 too many", Meaning.BUSY),
        (MAIL, 454, "Throttling failure: rate exceeded", Meaning.BUSY),
        (RCPT, 550, "5.1.1 unknown", Meaning.REFUSED),
        (RCPT, 550, "no such user", Meaning.REFUSED),
        (RCPT, 554, "5.7.1 not accepted here", Meaning.REFUSED),
        (RCPT, 554, "5.7.1 <a@b.example>: Relay access denied", Meaning.STOP),
        (RCPT, 550, "relaying not permitted", Meaning.STOP),
        (RCPT, 530, "5.7.0 authentication required", Meaning.STOP),
        (RCPT, 553, "5.1.8 sender's domain is unknown", Meaning.STOP),
        (MAIL, 550, "5.1.1 unknown sender", Meaning.STOP),
        (MAIL, 552, "5.3.4 too big", Meaning.STOP),
        (CONTENT, 554, "5.7.1 spam", Meaning.STOP),
        (CONTENT, 550, "5.1.1 unknown after all", Meaning.REFUSED),
        (CONTENT, 552, "5.2.2 mailbox full", Meaning.REFUSED),
        (CONTENT, 552, "too much mail", Meaning.STOP),
    ],
)
def test_what_an_answer_means(stage: Stage, code: int, text: str, wanted: Meaning) -> None:
    assert meaning(stage, code, text) is wanted


@given(text=st.text())
def test_foreign_text_becomes_one_short_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 300


# --- journal ---------------------------------------------------------------------------------------------

HEAD = "letters-journal-1 node boot"


def test_a_journal_reads_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "owner")
    journal.begin()
    journal.handing_over(1, 1)
    journal.answered(1, 1, DeliveryState.SENT, "250 2.0.0 queued as 7")
    journal.handing_over(2, 3)
    assert read_journal(journal.path) == Record(
        {(1, 1): Mark("sent", "250 2.0.0 queued as 7"), (2, 3): Mark("handed")}
    )
    journal.folded([(1, 1)])
    assert journal.record() == Record({(2, 3): Mark("handed")})
    assert len(read_journal(journal.path).marks) == 2
    journal.remove()
    assert read_journal(journal.path) == Record(is_whole=False)


def test_a_journal_that_was_folded_is_begun_anew_when_it_is_long(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "owner")
    journal.begin()
    journal.handing_over(7, 1)
    assert not journal.is_full
    with journal.path.open("a") as file:
        file.writelines(f"handed {n} 1\n" for n in range(100_000))
    assert journal.is_full
    # Not while anything is under way: its line would go with the file.
    with pytest.raises(AssertionError):
        journal.begin_anew()
    journal.folded([(7, 1)])
    journal.begin_anew()
    assert read_journal(journal.path) == Record({})
    assert not journal.is_full


LINES = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(1, 2),
        st.sampled_from([None, *DeliveryState]),
        st.text(max_size=20).map(one_line),
    ),
    max_size=12,
)


@given(lines=LINES)
def test_its_writer_knows_what_a_reader_would_learn(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[int, int, DeliveryState | None, str]]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal") / "owner")
    journal.begin()
    for delivery_id, attempt, state, reason in lines:
        if state is None:
            journal.handing_over(delivery_id, attempt)
        else:
            journal.answered(delivery_id, attempt, state, reason)
    assert journal.record() == read_journal(journal.path)
    journal.close()


@given(cut=st.integers(0, 200))
def test_a_torn_journal_never_says_more_than_was_written(cut: int) -> None:
    lines = [
        HEAD,
        "handed 12 1",
        "sent 12 1 250 ok",
        "handed 13 1",
        "deferred 13 1 451 later",
        "handed 140 2",
    ]
    data = "".join(f"{line}\n" for line in lines).encode()[:cut]
    whole = data.decode().split("\n")[:-1]
    found = parse_journal(data, head=HEAD)
    assert len(found.marks) == len({line.split()[1] for line in whole[1:]})
    assert found.is_whole == (len(whole) > 0)


@given(data=st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    parse_journal(data, head=HEAD)


@pytest.mark.parametrize(
    ("first", "is_whole"),
    [
        (HEAD, True),
        ("letters-journal-1 node another-boot", False),
        ("letters-journal-1 another-node another-boot", True),
        ("letters-journal-2 node boot", False),
        ("handed 1 1", False),
        ("", False),
    ],
)
def test_after_a_power_cut_missing_lines_prove_nothing(first: str, is_whole: bool) -> None:
    assert parse_journal(f"{first}\nhanded 1 1\n".encode(), head=HEAD).is_whole is is_whole


# --- settling --------------------------------------------------------------------------------------------


def claim(attempt: int = 1) -> Claim:
    return Claim(
        id=7,
        issue_id=1,
        attempt=attempt,
        message_id="<m@x>",
        choice="",
        email="a@b.example",
        name="",
        uid="u",
    )


def ending(record: Record, *, attempt: int = 1, is_dead: bool = False) -> Outcome:
    (outcome,) = settle([claim(attempt)], record, now=NOON, is_dead=is_dead)
    return outcome


SOON = NOON + timedelta(minutes=5)


@pytest.mark.parametrize("is_dead", [False, True])
def test_no_line_means_pending(is_dead: bool) -> None:
    assert ending(Record(), is_dead=is_dead) == Outcome(id=7, state=DeliveryState.PENDING)


def test_a_lost_journal_means_unknown() -> None:
    lost = Outcome(id=7, state=DeliveryState.UNKNOWN, reason=JOURNAL_LOST)
    assert ending(Record(is_whole=False), is_dead=True) == lost


def test_handed_over_without_an_answer_means_unknown() -> None:
    handed = Record({(7, 1): Mark("handed")})
    assert ending(handed, is_dead=True) == Outcome(id=7, state=DeliveryState.UNKNOWN, reason=NO_ANSWER)
    assert ending(handed).due_at == SOON


def test_a_line_of_an_earlier_claim_says_nothing_about_this_one() -> None:
    earlier = Record({(7, 1): Mark("handed")})
    assert ending(earlier, attempt=2, is_dead=True).state is DeliveryState.PENDING


@pytest.mark.parametrize(
    ("state", "due_at"), [("sent", None), ("failed", None), ("deferred", SOON), ("dropped", None)]
)
def test_an_answer_is_what_counts(state: str, due_at: datetime | None) -> None:
    found = ending(Record({(7, 1): Mark(state, "why")}), is_dead=True)
    assert found == Outcome(id=7, state=DeliveryState(state), reason="why", due_at=due_at)


def test_waits_double_up_to_four_hours() -> None:
    waits = [back_off(attempt) / timedelta(minutes=1) for attempt in range(1, 9)]
    assert waits == [5, 10, 20, 40, 80, 160, 240, 240]
    assert back_off(10_000) == timedelta(hours=4)


# --- the ledger in the store -----------------------------------------------------------------------------


def test_recording_twice_is_recording_once_and_only_the_owner_records(world: World) -> None:
    world.add_readers(3)
    issue = world.add_issue()
    with world.store.write() as c:
        assert freeze(c, issue, world.settings.editions[0], world.settings, now=NOON)
        assert not freeze(c, issue, world.settings.editions[0], world.settings, now=NOON)
        claims, _ = claim_rows(c, issue.id, "me", now=NOON, resend_unknown=True)
        assert claim_rows(c, issue.id, "you", now=NOON, resend_unknown=True) == ([], 0)
        assert load_claims(c, "me") == claims
    due = datetime(2026, 11, 24, 1, 2, 3, 4, tzinfo=UTC)
    ends = [
        Outcome(id=claims[0].id, state=DeliveryState.SENT, reason='250 "ok"'),
        Outcome(id=claims[1].id, state=DeliveryState.DEFERRED, reason="451", due_at=due),
    ]
    with world.store.write() as c:
        record(c, "you", ends, now=NOON)
        assert len(load_claims(c, "me")) == 3
        record(c, "me", ends, now=NOON)
        record(c, "me", [Outcome(id=claims[0].id, state=DeliveryState.FAILED)], now=NOON)
        found = {one.email: one for one in explain(c, issue.id)}
    assert found["r0@reader.example"].state is DeliveryState.SENT
    assert found["r0@reader.example"].reason == '250 "ok"'
    assert found["r0@reader.example"].sent_at == NOON
    assert found["r1@reader.example"].due_at == due
    assert found["r1@reader.example"].sent_at is None
    assert found["r2@reader.example"].state is DeliveryState.SENDING


def test_who_got_it_who_did_not_and_why_r47(world: World) -> None:
    world.add_readers(1)
    world.add_issue()
    world.save(
        Subscriber(email="pending@r.example", editions=("weekly",)),
        Subscriber(email="elsewhere@r.example", editions=("local",), status=SubscriberStatus.CONFIRMED),
    )
    with world.store.read() as c:
        issue = find_issue(c, "weekly", 1)
        assert issue is not None
        assert [(one.email, one.reason) for one in explain(c, issue.id)] == [
            ("pending@r.example", "has not confirmed"),
            ("r0@reader.example", "the issue has not been addressed yet"),
        ]
    world.deliver()
    world.save(Subscriber(email="later@r.example", editions=("weekly",), status=SubscriberStatus.CONFIRMED))
    with world.store.read() as c:
        assert [(one.email, one.state, one.reason) for one in explain(c, issue.id)] == [
            ("later@r.example", None, "was no confirmed receiver when the issue was addressed"),
            ("pending@r.example", None, "has not confirmed"),
            ("r0@reader.example", DeliveryState.SENT, "written to r0@reader.example.eml"),
        ]
