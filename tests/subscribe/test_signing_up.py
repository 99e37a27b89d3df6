"""Coming: sign-ups, the mails that ask to confirm them, and what a confirmation makes of them; on both databases."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from subscribe_kit import NOON, SETTINGS, one

from letters.model import DeliveryState, NoticeEnd, NoticeMail, Subscriber, SubscriberStatus
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.sign_ups import find_sign_up
from letters.store.subscribers import count_subscribers, find_by_email, save_subscribers
from letters.store.suppression import SuppressionReason, find_suppressed, suppress
from letters.subscribe import (
    NoticesReport,
    SignUpRefused,
    TooManySignUps,
    Wanted,
    confirm,
    import_csv,
    read_sign_up,
    send_notices,
    sign_up,
    unsubscribe,
)

ADA = Wanted(email="Ada@Reader.example", editions=("weekly",), topics=("policy",))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SENT = NoticeEnd(state=DeliveryState.SENT)


@dataclass
class Post:
    """Takes mails, and answers as it is told."""

    folder: Path
    end: NoticeEnd = SENT
    mails: list[NoticeMail] = field(default_factory=list)

    def send(self, mail: NoticeMail) -> NoticeEnd:
        self.mails.append(mail)
        return self.end

    def collect(
        self, store: Store, *, after: timedelta = timedelta(), settings: Settings = SETTINGS
    ) -> NoticesReport:
        return send_notices(store, settings, Workspace(self.folder), send=self.send, now=NOON + after)


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(tmp_path)


def ask(
    store: Store, wanted: Wanted = ADA, *, after: timedelta = timedelta(), settings: Settings = SETTINGS
) -> bool:
    return sign_up(
        store,
        settings,
        wanted,
        place="https://signal.example/subscribe",
        wording="I want it.",
        now=NOON + after,
    )


def uid_of(mail: NoticeMail) -> str:
    (link,) = [line for line in mail.text.split() if "/confirm/" in line]
    assert link in mail.html
    return link.rpartition("/")[2].partition(".")[0]


def load(store: Store, email: str = ADA.email) -> Subscriber | None:
    with store.read() as c:
        return find_by_email(c, email)


def test_nobody_is_subscribed_before_they_confirm(store: Store, post: Post) -> None:
    assert ask(store)
    assert post.collect(store).sent == 1
    assert load(store) is None
    (mail,) = post.mails
    assert (mail.email, mail.subject) == ("Ada@Reader.example", "Confirm your subscription to Signal")
    assert "- Weekly" in mail.text
    reader = confirm(store, SETTINGS, uid_of(mail), now=NOON + MINUTE)
    assert reader == load(store)
    assert reader is not None
    assert (reader.editions, reader.topics, reader.status) == (
        ("weekly",),
        ("policy",),
        SubscriberStatus.CONFIRMED,
    )
    assert (reader.consent_at, reader.consent_source, reader.consent_wording) == (
        NOON + MINUTE,
        "https://signal.example/subscribe",
        "I want it.",
    )
    # The link says so again, and changes nothing.
    assert confirm(store, SETTINGS, uid_of(mail), now=NOON + DAY) == reader


def test_what_nobody_confirms_is_forgotten(store: Store, post: Post) -> None:
    ask(store)
    post.collect(store)
    uid = uid_of(post.mails[0])
    within = SETTINGS.subscribe.confirm_within
    assert read_sign_up(store, SETTINGS, uid, now=NOON + within) is not None
    # Too late even where no pass has swept yet.
    assert read_sign_up(store, SETTINGS, uid, now=NOON + within + MINUTE) is None
    assert confirm(store, SETTINGS, uid, now=NOON + within + MINUTE) is None
    assert post.collect(store, after=within + MINUTE).expired == 1
    with store.read() as c:
        assert find_sign_up(c, uid) is None
        assert count_subscribers(c) == 0


def test_an_address_is_written_to_once_in_a_while_however_often_it_is_entered(
    store: Store, post: Post
) -> None:
    made = [ask(store, after=minutes * MINUTE) for minutes in (0, 1, 9, 11, 22, 33, 44, 24 * 60 + 1)]
    assert made == [True, False, False, True, True, False, False, True]
    post.collect(store, after=2 * DAY)
    assert len(post.mails) == 4
    assert len({mail.message_id for mail in post.mails}) == 4
    # The newest wish counts, behind the same link.
    assert len({uid_of(mail) for mail in post.mails}) == 1


def test_too_many_in_an_hour_have_to_wait(store: Store) -> None:
    settings = SETTINGS.model_copy(
        update={"subscribe": SETTINGS.subscribe.model_copy(update={"per_hour": 2})}
    )
    for name in ("a", "b"):
        assert ask(store, replace(ADA, email=f"{name}@reader.example"), settings=settings)
    with pytest.raises(TooManySignUps):
        ask(store, settings=settings)
    assert ask(store, settings=settings, after=61 * MINUTE)


@pytest.mark.parametrize(
    ("wanted", "field", "words"),
    [
        (replace(ADA, email="ada"), "email", "is no address"),
        (replace(ADA, editions=()), "editions", "wanted one at least"),
        (
            replace(ADA, editions=("monthly",)),
            "editions",
            '"monthly" is not offered; there are weekly, daily',
        ),
        (replace(ADA, topics=("robots",)), "topics", '"robots" is not offered'),
        (replace(ADA, zone="Mars"), "zone", "is not a time zone"),
        (replace(ADA, language="english please"), "language", "is no language tag"),
        (replace(ADA, name="Ada\nBcc: x"), "name", "wanted one line"),
    ],
)
def test_what_cannot_be_is_told_by_field(sqlite_store: Store, wanted: Wanted, field: str, words: str) -> None:
    with pytest.raises(SignUpRefused) as refused:
        ask(sqlite_store, wanted)
    assert list(refused.value.faults) == [field]
    assert words in refused.value.faults[field]


# --- what a confirmation does to somebody who is known -------------------------------------------------------


def test_who_is_in_already_gets_what_they_asked_for_besides(store: Store, post: Post) -> None:
    import_csv(store, SETTINGS, io.StringIO(one(editions="daily", topics="open-source-ai")), now=NOON)
    before = load(store)
    assert ask(store)
    post.collect(store)
    after = confirm(store, SETTINGS, uid_of(post.mails[0]), now=NOON + MINUTE)
    assert before is not None
    assert after == replace(before, editions=("daily", "weekly"))
    # Their uid is their own; the link has done its work.
    assert confirm(store, SETTINGS, uid_of(post.mails[0]), now=NOON + MINUTE) is None


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_r36_a_fresh_opt_in_beats_suppression_and_nothing_else_does(
    sqlite_store: Store, post: Post, reason: SuppressionReason
) -> None:
    with sqlite_store.write() as c:
        suppress(c, "ada@reader.example", reason, now=NOON)
    report = import_csv(sqlite_store, SETTINGS, io.StringIO(one()), now=NOON)
    assert (report.added, report.skipped, load(sqlite_store)) == (0, 1, None)
    asked = ask(sqlite_store)
    # Who complained, or was put on the list by an operator, is not even asked: a stranger can enter any address.
    assert asked == (reason in {SuppressionReason.BOUNCED, SuppressionReason.ERASED})
    post.collect(sqlite_store)
    if asked:
        confirm(sqlite_store, SETTINGS, uid_of(post.mails[0]), now=NOON)
        assert load(sqlite_store) is not None
    with sqlite_store.read() as c:
        assert bool(find_suppressed(c, ["ada@reader.example"])) != asked


def test_who_left_comes_back_by_confirming(store: Store, post: Post) -> None:
    import_csv(store, SETTINGS, io.StringIO(one(editions="daily")), now=NOON)
    before = load(store)
    assert before is not None
    unsubscribe(store, before.uid, None, now=NOON)
    ask(store)
    left = load(store)
    assert left is not None
    assert left.status is SubscriberStatus.UNSUBSCRIBED
    post.collect(store)
    after = confirm(store, SETTINGS, uid_of(post.mails[0]), now=NOON + MINUTE)
    assert after is not None
    assert (after.uid, after.editions, after.status) == (before.uid, ("weekly",), SubscriberStatus.CONFIRMED)


# --- the mail on its way ---------------------------------------------------------------------------------------


def test_killed_in_the_middle_it_is_sent_again_with_the_same_message_id(store: Store, post: Post) -> None:
    ask(store)

    def die(mail: NoticeMail) -> NoticeEnd:
        post.mails.append(mail)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_notices(store, SETTINGS, Workspace(post.folder), send=die, now=NOON)
    # It may still be on its way: nobody else takes it at once.
    assert post.collect(store, after=MINUTE).sent == 0
    assert post.collect(store, after=11 * MINUTE).sent == 1
    assert post.collect(store, after=60 * MINUTE).sent == 0
    first, second = post.mails
    assert first == second


def test_a_relay_that_says_later_is_asked_later_and_one_that_refuses_is_not(store: Store, post: Post) -> None:
    ask(store)
    post.end = NoticeEnd(state=DeliveryState.DEFERRED, reason="450 later")
    assert post.collect(store).deferred == 1
    assert post.collect(store).deferred == 0
    post.end = NoticeEnd(state=DeliveryState.FAILED, reason="550 no such mailbox")
    assert post.collect(store, after=2 * MINUTE).failed == 1
    assert post.collect(store, after=DAY) == NoticesReport()
    assert len({mail.message_id for mail in post.mails}) == 1


def test_a_shut_way_out_is_tried_once_in_a_turn_and_told(store: Store, post: Post) -> None:
    for name in ("a", "b"):
        ask(store, replace(ADA, email=f"{name}@reader.example"))
    post.end = NoticeEnd(state=DeliveryState.DEFERRED, reason="no connection", is_shut=True)
    report = post.collect(store)
    assert (report.deferred, len(post.mails)) == (1, 1)
    assert [problem.what for problem in report.problems] == ["mails to confirm wait: no connection"]
    post.end = SENT
    assert post.collect(store, after=2 * MINUTE).sent == 2


def test_what_was_confirmed_meanwhile_is_not_asked_again(store: Store, post: Post) -> None:
    ask(store)
    post.collect(store)
    ask(store, after=11 * MINUTE)
    confirm(store, SETTINGS, uid_of(post.mails[0]), now=NOON + 12 * MINUTE)
    assert post.collect(store, after=13 * MINUTE) == NoticesReport()
    assert len(post.mails) == 1


def test_a_save_keeps_what_a_sign_up_gave(store: Store, post: Post) -> None:
    ask(store)
    post.collect(store)
    reader = confirm(store, SETTINGS, uid_of(post.mails[0]), now=NOON)
    assert reader is not None
    with store.write() as c:
        save_subscribers(c, [reader], now=NOON + DAY)
    assert load(store) == reader


@pytest.mark.parametrize(
    ("language", "subject", "lead"),
    [
        (
            "de-AT",
            "Bestätigen Sie Ihr Abonnement von Signal",
            "Diese Adresse wurde auf unserer Website eingetragen",
        ),
        ("", "Confirm your subscription to Signal", "This address was entered on our site to get:"),
        # Nothing is known to be said in it.
        ("eo", "Confirm your subscription to Signal", "This address was entered on our site to get:"),
    ],
)
def test_a_mail_to_confirm_is_in_the_language_of_whoever_signed_up(
    sqlite_store: Store, post: Post, language: str, subject: str, lead: str
) -> None:
    ask(sqlite_store, replace(ADA, language=language))
    post.collect(sqlite_store)
    (mail,) = post.mails
    assert mail.subject == subject
    assert lead in mail.text
    assert lead in mail.html
    assert f'<html lang="{language if language == "de-AT" else "en"}"' in mail.html
    assert max(len(line) for line in mail.text.splitlines() if "http" not in line) <= 72
    assert mail.text.endswith("\n\nSignal\nhttps://signal.example\n")
