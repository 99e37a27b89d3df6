"""What the store remembers of subscribers, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from letters.model import Choice, Subscriber, SubscriberStatus
from letters.store import Store
from letters.store.subscribers import (
    choices_of,
    count_subscribers,
    email_key,
    end_subscriptions,
    find_by_email,
    find_by_keys,
    find_by_uid,
    left_editions,
    load_subscribers,
    save_subscribers,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
CONFIRMED = SubscriberStatus.CONFIRMED


def reader(email: str = "ada@reader.example", **fields: object) -> Subscriber:
    return Subscriber(**{"email": email, "status": CONFIRMED, "editions": ("weekly",), **fields})  # type: ignore[arg-type]


def save(store: Store, *rows: Subscriber, now: datetime = NOON) -> None:
    with store.write() as c:
        save_subscribers(c, rows, now=now)


def load(store: Store, email: str = "ada@reader.example") -> Subscriber:
    with store.read() as c:
        found = find_by_email(c, email)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Reader.Example", "ada@reader.example"),
        (" ada@reader.example ", "ada@reader.example"),
        ("ada@bücher.example", "ada@XN--BCHER-KVA.example"),
        ("jose\u0301@reader.example", "jos\u00e9@reader.example"),
    ],
)
def test_spellings_of_one_address_are_one_subscriber(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


def test_a_subscriber_comes_back_as_saved_with_a_uid(store: Store) -> None:
    wanted = reader(
        name="Ada",
        zone="Europe/Berlin",
        language="de",
        topics=("b", "a"),
        consent_at=NOON,
        consent_source="form",
    )
    save(store, wanted)
    found = load(store)
    assert len(found.uid) == 16
    assert replace(found, id=0, uid="") == replace(wanted, topics=("a", "b"))
    with store.read() as c:
        assert find_by_uid(c, found.uid) == found
        assert find_by_uid(c, "nobody") is None
        assert find_by_keys(c, ["ada@reader.example", "no@body.example"]) == {"ada@reader.example": found}


def test_saving_again_keeps_the_uid_and_the_row(store: Store) -> None:
    save(store, reader())
    first = load(store)
    save(store, reader("ADA@reader.example", name="Ada"), now=LATER)
    assert load(store) == replace(first, name="Ada", email="ADA@reader.example")
    with store.read() as c:
        assert count_subscribers(c) == 1


def test_a_row_with_an_id_may_change_its_address(store: Store) -> None:
    save(store, reader())
    first = load(store)
    save(store, replace(first, email="countess@reader.example"))
    assert load(store, "countess@reader.example").uid == first.uid


def test_two_spellings_in_one_call_are_one_row_and_the_last_wins(store: Store) -> None:
    save(store, reader(name="first"), reader("ADA@reader.example", name="last"))
    assert load(store).name == "last"


def test_editions_that_are_not_listed_end_and_come_back_only_when_listed(store: Store) -> None:
    save(store, reader(editions=("daily", "weekly")))
    found = load(store)
    save(store, replace(found, editions=("weekly",)), now=LATER)
    assert load(store).editions == ("weekly",)
    with store.read() as c:
        assert left_editions(c, [found.id]) == {found.id: frozenset({"daily"})}
    save(store, replace(found, editions=("daily", "weekly")), now=LATER)
    assert load(store).editions == ("daily", "weekly")
    with store.read() as c:
        assert left_editions(c, [found.id]) == {}


def test_leaving_can_be_recorded_where_nothing_ran(store: Store) -> None:
    save(store, reader())
    id_ = load(store).id
    with store.write() as c:
        end_subscriptions(c, [(id_, "monthly"), (id_, "weekly")], now=LATER)
        end_subscriptions(c, [(id_, "weekly")], now=LATER)
    with store.read() as c:
        assert left_editions(c, [id_]) == {id_: frozenset({"monthly", "weekly"})}


def test_choices_are_the_distinct_narrow_ones_of_confirmed_receivers(store: Store) -> None:
    save(
        store,
        reader("a@r.example", topics=("x", "y")),
        reader("b@r.example", topics=("y", "x")),
        reader("c@r.example", audiences=("z",)),
        reader("everything@r.example"),
        reader("pending@r.example", topics=("q",), status=SubscriberStatus.PENDING),
        reader("elsewhere@r.example", topics=("q",), editions=("daily",)),
    )
    with store.read() as c:
        assert choices_of(c, "weekly") == [
            Choice(audiences=frozenset({"z"})),
            Choice(topics=frozenset({"x", "y"})),
        ]


def test_listing_passes_over_pages_and_filters(store: Store) -> None:
    save(store, *(reader(f"r{n}@r.example", editions=("weekly",) if n % 2 else ()) for n in range(1203)))
    with store.read() as c:
        assert len(list(load_subscribers(c))) == 1203
        assert len(list(load_subscribers(c, edition="weekly", status=CONFIRMED))) == 601
        assert list(load_subscribers(c, status=SubscriberStatus.PENDING)) == []
