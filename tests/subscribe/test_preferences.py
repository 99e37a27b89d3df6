"""Readers confirm, choose and leave, on both databases."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from subscribe_kit import NOON, SETTINGS, one

from letters.errors import UsageError
from letters.model import Subscriber, SubscriberStatus, Topic
from letters.store import Store
from letters.store.subscribers import find_by_email, left_editions
from letters.store.vocabulary import save_topics
from letters.subscribe import (
    confirm,
    import_csv,
    read_preferences,
    unsubscribe,
    update_preferences,
)

LATER = NOON + timedelta(days=1)


def add(store: Store, **cells: str) -> Subscriber:
    import_csv(store, SETTINGS, io.StringIO(one(**cells)), now=NOON)
    return load(store)


def load(store: Store) -> Subscriber:
    with store.read() as c:
        found = find_by_email(c, "ada@reader.example")
    assert found is not None
    return found


def choose(store: Store, reader: Subscriber, **changes: object) -> Subscriber:
    wanted = {
        "name": reader.name,
        "zone": reader.zone,
        "language": reader.language,
        "topics": reader.topics,
        "audiences": reader.audiences,
        "editions": reader.editions,
        **changes,
    }
    return update_preferences(store, SETTINGS, reader.uid, now=LATER, **wanted)  # type: ignore[arg-type]


def test_leaving_one_edition_leaves_the_others_r13(store: Store) -> None:
    reader = add(store, editions="weekly|daily")
    assert unsubscribe(store, reader.uid, "daily", now=LATER)
    assert load(store).editions == ("weekly",)
    assert load(store).status is SubscriberStatus.CONFIRMED


def test_leaving_works_twice_r08(store: Store) -> None:
    reader = add(store)
    for edition in ("weekly", "weekly", None, None):
        assert unsubscribe(store, reader.uid, edition, now=LATER)
    assert load(store).status is SubscriberStatus.UNSUBSCRIBED
    with store.read() as c:
        assert left_editions(c, [reader.id]) == {reader.id: frozenset({"weekly"})}


def test_an_unknown_uid_is_told(store: Store) -> None:
    assert not unsubscribe(store, "nobody", None, now=NOON)
    assert not confirm(store, SETTINGS, "nobody", now=NOON)
    assert read_preferences(store, SETTINGS, "nobody") is None
    with pytest.raises(UsageError, match="does not exist"):
        choose(store, Subscriber(uid="nobody", email="a@b.example"))


def test_confirming_keeps_date_and_place(store: Store) -> None:
    reader = add(store, status="pending", consent_at="")
    assert confirm(store, SETTINGS, reader.uid, now=LATER)
    found = load(store)
    assert (found.status, found.consent_at) == (SubscriberStatus.CONFIRMED, LATER)
    assert found.consent_source == "confirmation link"
    assert confirm(store, SETTINGS, reader.uid, now=LATER + timedelta(days=1))
    assert load(store) == found


def test_an_old_confirmation_link_does_not_bring_back_who_left(store: Store) -> None:
    reader = add(store, status="pending")
    unsubscribe(store, reader.uid, None, now=LATER)
    assert not confirm(store, SETTINGS, reader.uid, now=LATER)
    assert load(store).status is SubscriberStatus.UNSUBSCRIBED


def test_choices_are_stored_exactly(store: Store) -> None:
    reader = add(store)
    found = choose(
        store,
        reader,
        name=" Ada  L. ",
        zone="Europe/Berlin",
        language="de",
        topics=["policy"],
        editions=["daily"],
    )
    assert found == load(store)
    assert (found.name, found.topics, found.editions) == ("Ada L.", ("policy",), ("daily",))
    with store.read() as c:
        assert left_editions(c, [reader.id]) == {reader.id: frozenset({"weekly"})}
    assert choose(store, found, editions=["weekly", "daily"]).editions == ("daily", "weekly")


def test_choosing_an_edition_brings_back_who_had_left_all(store: Store) -> None:
    reader = add(store)
    unsubscribe(store, reader.uid, None, now=LATER)
    found = choose(store, load(store), editions=["weekly"])
    assert (found.status, found.consent_at) == (SubscriberStatus.CONFIRMED, LATER)
    assert load(store) == found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"editions": ["nothing"]}, 'edition "nothing" cannot be chosen; there are weekly, daily'),
        ({"topics": ["nothing"]}, 'topic "nothing" cannot be chosen'),
        ({"audiences": ["nothing"]}, 'audience "nothing" cannot be chosen'),
        ({"zone": "Mars/Base"}, 'zone "Mars/Base" is not a time zone'),
        ({"zone": "recipient"}, "is for editions"),
        ({"language": "!"}, "is no language tag"),
        ({"name": "a\r\nBcc: b"}, "one line"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    sqlite_store: Store, changes: dict[str, object], words: str
) -> None:
    reader = add(sqlite_store)
    with pytest.raises(UsageError, match=words):
        choose(sqlite_store, reader, **changes)
    assert load(sqlite_store) == reader


def test_all_that_may_be_chosen_is_offered(store: Store) -> None:
    with store.write() as c:
        save_topics(
            c,
            [
                Topic(key="policy", name="Policy"),
                Topic(key="chips", name="Chips", declared=False),
                Topic(key="open-models", name="Open models", declared=False),
            ],
            now=NOON,
        )
    reader = add(store)
    offered = read_preferences(store, SETTINGS, reader.uid)
    assert offered is not None
    assert offered.subscriber == reader
    assert [edition.key for edition in offered.editions] == ["weekly", "daily"]
    assert [topic.key for topic in offered.topics] == ["open-source-ai", "policy", "chips"]
    assert [audience.key for audience in offered.audiences] == ["policy-maker"]


def test_a_choice_that_is_not_offered_any_more_may_be_kept(store: Store) -> None:
    with store.write() as c:
        save_topics(c, [Topic(key="chips", name="Chips", declared=False)], now=NOON)
    reader = add(store, topics="chips")
    tags_only = SETTINGS.model_copy(
        update={"publish": SETTINGS.publish.model_copy(update={"undeclared": "tag"})}
    )
    kept = update_preferences(
        store,
        tags_only,
        reader.uid,
        name="Ada",
        zone="",
        language="",
        topics=["chips"],
        audiences=[],
        editions=["weekly"],
        now=datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert kept.topics == ("chips",)
