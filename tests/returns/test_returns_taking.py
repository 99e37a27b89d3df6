"""What follows from reports: who is suppressed and who is not, once and for good, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from returns_kit import SETTINGS
from sqlalchemy import insert, select

from letters.links import Links, return_path
from letters.model import ReturnKind, Subscriber, SubscriberStatus
from letters.pipeline import House, Pass
from letters.returns import Report, rate_alarms, take_mail, take_maildir, take_reports
from letters.settings import Workspace
from letters.settings.types import ReturnsSettings
from letters.store import Store, tables
from letters.store.subscribers import find_by_uid, save_subscribers
from letters.store.suppression import find_suppressed

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
EMAIL = "Reader@Harbour.example"
KEY = "reader@harbour.example"


def message_id(number: int) -> str:
    return f"<{'abcdefgh'[number] * 32}@signal.example>"


def add_reader(store: Store, *, sent: int = 1, waiting: bool = False) -> None:
    """A reader who was sent some issues, one a day, and for whom one more may wait."""
    reader = Subscriber(
        uid="reader-one", email=EMAIL, status=SubscriberStatus.CONFIRMED, editions=("weekly",)
    )
    with store.write() as c:
        save_subscribers(c, [reader], now=NOW)
        known = find_by_uid(c, "reader-one")
        assert known is not None
        for number in range(sent + waiting):
            is_sent = number < sent
            moment = NOW - timedelta(days=sent - number)
            issue = c.execute(
                insert(tables.issue)
                .values(
                    edition="weekly",
                    local_date=moment.date(),
                    slot=0,
                    occurs_at=moment,
                    number=number + 1,
                    state="approved",
                    composed_at=moment,
                )
                .returning(tables.issue.c.id)
            ).scalar_one()
            c.execute(
                insert(tables.delivery).values(
                    issue_id=issue,
                    subscriber_id=known.id,
                    state="sent" if is_sent else "pending",
                    message_id=message_id(number),
                    choice="",
                    sent_at=moment if is_sent else None,
                )
            )


def bounce(number: int = 0, *, status: str = "5.1.1", action: str = "failed", to: str = "") -> bytes:
    to = to or return_path("bounces@signal.example", message_id(number))
    return (
        f"From: MAILER-DAEMON@harbour.example\nTo: {to}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="edge"\n\n'
        "--edge\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; harbour.example\n\n"
        f"Final-Recipient: rfc822; {KEY}\nAction: {action}\nStatus: {status}\n\n--edge--\n"
    ).encode()


def complaint(fields: str) -> bytes:
    return (
        'From: fbl@harbour.example\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary="edge"\n\n'
        "--edge\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n"
        f"--edge\nContent-Type: message/rfc822\n\n{fields}\n\nText.\n--edge--\n"
    ).encode()


def take(store: Store, content: bytes) -> Any:
    return take_mail(store, SETTINGS, content, where="a mail", now=NOW)


def reason(store: Store) -> str | None:
    with store.read() as c:
        return find_suppressed(c, [KEY]).get(KEY)


def test_r31_a_hard_bounce_to_a_return_path_suppresses_its_reader_and_drops_what_waits(store: Store) -> None:
    add_reader(store, waiting=True)
    report = take(store, bounce())
    assert (report.suppressed, report.dropped, reason(store)) == (1, 1, "bounced")
    with store.read() as c:
        waiting = c.execute(
            select(tables.delivery.c.state, tables.delivery.c.reason).order_by(tables.delivery.c.id.desc())
        ).first()
        reader = find_by_uid(c, "reader-one")
    assert waiting is not None
    assert tuple(waiting) == ("dropped", "suppressed")
    assert reader is not None
    assert (reader.status, reader.editions) == (SubscriberStatus.UNSUBSCRIBED, ())


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("5.1.1", "delayed"),
        ("4.2.2", "failed"),
        ("5.7.1", "failed"),
        ("5.3.4", "failed"),
        ("5.6.1", "failed"),
    ],
)
def test_r33_delays_policy_size_and_content_suppress_nobody(store: Store, status: str, action: str) -> None:
    add_reader(store)
    assert take(store, bounce(status=status, action=action)).suppressed == 0
    assert reason(store) is None


def test_r34_five_soft_bounces_in_a_row_suppress(sqlite_store: Store) -> None:
    add_reader(sqlite_store, sent=5)
    for number in range(4):
        assert take(sqlite_store, bounce(number, status="4.2.2")).suppressed == 0
    assert take(sqlite_store, bounce(4, status="4.2.2")).suppressed == 1


def test_r34_a_delivery_between_soft_bounces_begins_the_count_anew(sqlite_store: Store) -> None:
    add_reader(sqlite_store, sent=7)
    # Of the fourth, number 3, nothing comes back.
    suppressed = [
        take(sqlite_store, bounce(number, status="4.2.2")).suppressed for number in (0, 1, 2, 4, 5, 6)
    ]
    assert suppressed == [0] * 6


@pytest.mark.parametrize("by", ["message-id", "list-unsubscribe"])
def test_r35_a_complaint_suppresses_though_the_address_is_redacted(store: Store, by: str) -> None:
    add_reader(store)
    url = Links(["a key of the test"], "https://signal.example").unsubscribe_url("reader-one", "weekly")
    fields = f"Message-ID: {message_id(0)}" if by == "message-id" else f"List-Unsubscribe: <{url}>"
    assert take(store, complaint(f"To: redacted@redacted\n{fields}")).suppressed == 1
    assert reason(store) == "complained"


def test_an_address_alone_suppresses_nobody_for_anybody_can_send_it(sqlite_store: Store) -> None:
    add_reader(sqlite_store)
    assert take(sqlite_store, bounce(to="bounces@signal.example")).suppressed == 0
    assert take(sqlite_store, bounce(to=f"bounces+{'z' * 32}@signal.example")).suppressed == 0
    assert reason(sqlite_store) is None


def test_r36_a_signed_report_suppresses_an_address_in_any_spelling_also_of_nobody_we_know(
    store: Store,
) -> None:
    found = [Report(kind=ReturnKind.HARD, address=EMAIL)]
    first = take_reports(store, SETTINGS, found, event="ses:1", is_trusted=True, now=NOW)
    again = take_reports(store, SETTINGS, found, event="ses:1", is_trusted=True, now=NOW)
    assert (first.suppressed, again.suppressed, again.repeated) == (1, 0, 1)
    assert reason(store) == "bounced"


def test_r38_the_same_mail_again_changes_nothing(store: Store) -> None:
    add_reader(store)
    take(store, bounce())
    again = take(store, bounce())
    assert (again.repeated, again.read, again.suppressed) == (1, 0, 0)


def test_r23_an_out_of_office_is_no_bounce(sqlite_store: Store) -> None:
    add_reader(sqlite_store)
    to = return_path("bounces@signal.example", message_id(0))
    reply = f"From: {EMAIL}\nTo: {to}\nAuto-Submitted: auto-replied\nSubject: Away\n\n550 5.1.1 Away.\n"
    assert take(sqlite_store, reply.encode()).kinds == {ReturnKind.AUTO_REPLY: 1}
    assert reason(sqlite_store) is None


@pytest.mark.parametrize(("complaints", "words"), [(0, None), (1, "0.1 %"), (3, "0.3 %")])
def test_r37_complaints_are_alarming_from_one_and_three_of_a_thousand(
    sqlite_store: Store, complaints: int, words: str | None
) -> None:
    add_reader(sqlite_store)
    with sqlite_store.write() as c:
        first = c.execute(select(tables.delivery)).one()
        reader = find_by_uid(c, "reader-one")
        assert reader is not None
        others = [
            replace(reader, id=0, uid=f"r{number}", email=f"r{number}@x.example") for number in range(999)
        ]
        save_subscribers(c, others, now=NOW)
        ids = c.scalars(select(tables.subscriber.c.id).where(tables.subscriber.c.id != reader.id)).all()
        c.execute(
            insert(tables.delivery),
            [
                {
                    "issue_id": first.issue_id,
                    "subscriber_id": id_,
                    "state": "sent",
                    "message_id": f"<m{id_}@signal.example>",
                    "choice": "",
                    "sent_at": NOW,
                }
                for id_ in ids
            ],
        )
    for number in range(complaints):
        mail = complaint(f"Message-ID: <m{ids[number]}@signal.example>")
        assert take(sqlite_store, mail).suppressed == 1
    found = [one for one in rate_alarms(sqlite_store, now=NOW) if one.where == "weekly/1"]
    assert [words in str(one) for one in found if words] == ([True] if words else [])
    assert len(found) == (1 if words else 0)


def test_a_maildir_is_emptied_once_what_it_says_is_stored(sqlite_store: Store, tmp_path: Path) -> None:
    add_reader(sqlite_store)
    folder = tmp_path / "maildir"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "new" / "1.host").write_bytes(bounce())
    (folder / "new" / "2.host").write_bytes(b"\xff\xfe")
    report = take_maildir(sqlite_store, SETTINGS, folder, now=NOW)
    assert (report.suppressed, len(report.problems)) == (1, 1)
    assert sorted(path.name for path in (folder / "cur").iterdir()) == ["1.host:2,S", "2.host:2,S"]
    assert take_maildir(sqlite_store, SETTINGS, folder, now=NOW).read == 0


def test_a_maildir_that_was_left_in_the_middle_is_taken_in_once(sqlite_store: Store, tmp_path: Path) -> None:
    add_reader(sqlite_store)
    folder = tmp_path / "maildir"
    for name in ("new", "cur"):
        (folder / name).mkdir(parents=True)
    (folder / "new" / "1.host").write_bytes(bounce())
    # What a kill between the commit and the move leaves behind.
    take(sqlite_store, bounce())
    report = take_maildir(sqlite_store, SETTINGS, folder, now=NOW)
    assert (report.repeated, report.suppressed) == (1, 0)


def test_a_pass_takes_in_the_maildir_and_goes_on_without_it(sqlite_store: Store, tmp_path: Path) -> None:
    add_reader(sqlite_store)
    settings = SETTINGS.model_copy(update={"returns": ReturnsSettings(maildir="bounces")})
    run = Pass(House(Workspace(tmp_path), settings, sqlite_store), NOW)
    run.take_returns()
    assert ["is no maildir" in str(one) for one in run.report.problems] == [True]
    for name in ("new", "cur"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    (tmp_path / "bounces" / "new" / "1.host").write_bytes(bounce())
    run.take_returns()
    assert reason(sqlite_store) == "bounced"
