"""A reader's own feed: made, replaced and stopped, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import delete
from subscribe_kit import NOON

from letters.model import Choice, Subscriber, SubscriberStatus
from letters.store import Store, tables
from letters.store.private_feeds import add_private_feed, find_private_feed
from letters.store.subscribers import find_by_uid, save_subscribers
from letters.subscribe import (
    has_private_feed,
    make_private_feed,
    replace_private_feed,
    stop_private_feed,
    unsubscribe,
)


@pytest.fixture
def readers(store: Store) -> Store:
    """Ada is confirmed, Bob is not yet."""
    ada = Subscriber(
        uid="ada", email="ada@reader.example", topics=("policy",), status=SubscriberStatus.CONFIRMED
    )
    with store.write() as c:
        save_subscribers(
            c,
            [
                ada,
                replace(
                    ada, uid="bob", email="bob@reader.example", topics=(), status=SubscriberStatus.PENDING
                ),
            ],
            now=NOON,
        )
    return store


def serial_of(store: Store, uid: str = "ada") -> str:
    with store.read() as c:
        found = find_private_feed(c, uid)
    return found.serial if found else ""


def test_making_again_changes_nothing(readers: Store) -> None:
    assert make_private_feed(readers, "ada", now=NOON)
    first = serial_of(readers)
    assert make_private_feed(readers, "ada", now=NOON)
    assert serial_of(readers) == first != ""


def test_two_who_make_it_in_the_same_moment_make_one(readers: Store) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: make_private_feed(readers, "ada", now=NOON), range(12)))
    assert all(made)
    first = serial_of(readers)
    with readers.write() as c:
        reader = find_by_uid(c, "ada")
        assert reader is not None
        add_private_feed(c, reader.id, "late", now=NOON)
    assert serial_of(readers) == first


def test_it_says_what_the_reader_chose_and_since_when(readers: Store) -> None:
    make_private_feed(readers, "ada", now=NOON)
    with readers.read() as c:
        found = find_private_feed(c, "ada")
    assert found is not None
    assert (found.made_at, found.choice, found.tree_token) == (
        NOON,
        Choice(topics=frozenset({"policy"})),
        None,
    )


def test_only_the_address_that_is_meant_is_replaced_or_stopped(readers: Store) -> None:
    make_private_feed(readers, "ada", now=NOON)
    first = serial_of(readers)
    replace_private_feed(readers, "ada", first, now=NOON)
    second = serial_of(readers)
    assert second not in {first, ""}
    replace_private_feed(readers, "ada", first, now=NOON)
    stop_private_feed(readers, "ada", first)
    assert serial_of(readers) == second
    stop_private_feed(readers, "ada", second)
    stop_private_feed(readers, "ada", second)
    assert not has_private_feed(readers, "ada")


@pytest.mark.parametrize("uid", ["bob", "nobody"])
def test_who_is_not_confirmed_or_not_there_gets_none(readers: Store, uid: str) -> None:
    assert not make_private_feed(readers, uid, now=NOON)
    replace_private_feed(readers, uid, "x", now=NOON)
    stop_private_feed(readers, uid, "x")
    assert not has_private_feed(readers, uid)


def test_who_left_all_newsletters_keeps_it_and_may_make_one(readers: Store) -> None:
    make_private_feed(readers, "ada", now=NOON)
    unsubscribe(readers, "ada", None, now=NOON)
    assert has_private_feed(readers, "ada")
    stop_private_feed(readers, "ada", serial_of(readers))
    assert make_private_feed(readers, "ada", now=NOON)


def test_saving_the_reader_leaves_it_and_deleting_ends_it(readers: Store) -> None:
    make_private_feed(readers, "ada", now=NOON)
    before = serial_of(readers)
    with readers.write() as c:
        reader = find_by_uid(c, "ada")
        assert reader is not None
        save_subscribers(c, [replace(reader, topics=())], now=NOON)
    assert serial_of(readers) == before
    with readers.write() as c:
        c.execute(delete(tables.subscriber).where(tables.subscriber.c.uid == "ada"))
    assert not has_private_feed(readers, "ada")
