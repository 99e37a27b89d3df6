"""Claims ahead of their turn: folded whatever happens, given back when there is no turn, and never sent to who left meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from deliver_kit import NOON, TestRelay, World, make_settings
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from letters.deliver.books import Books, Claims, Round
from letters.model import DeliveryState
from letters.store.deliveries import Claim
from letters.store.tables import delivery
from letters.subscribe import unsubscribe

READERS = 40


def claims(number: int) -> Claims:
    one = Claim(id=number, issue_id=1, attempt=1, message_id="", choice="", email="", name="", uid="")
    return {"relay": [one]}


class SurpriseError(Exception):
    """Something that nobody expected."""


@given(ahead=st.lists(st.booleans(), min_size=1, max_size=8), fails=st.booleans(), rounds=st.integers(0, 8))
def test_all_that_was_claimed_is_folded_once_however_it_ends(
    ahead: list[bool], fails: bool, rounds: int
) -> None:
    claimed: list[int] = []
    folded: list[int] = []

    def claim() -> Round:
        claimed.append(len(claimed) + 1)
        return Round(claims(claimed[-1]))

    def fold(batch: Claims) -> None:
        folded.extend(one.id for share in batch.values() for one in share)

    def work() -> None:
        with Books(claim, fold) as books:
            for number, claims_ahead in zip(range(rounds), ahead, strict=False):
                found = books.next()
                assert [one.id for one in found.claims["relay"]] == [number + 1]
                if claims_ahead:
                    books.claim_ahead()
                books.fold(found.claims)
            if fails:
                raise SurpriseError

    if fails:
        with pytest.raises(SurpriseError):
            work()
    else:
        work()
    assert sorted(folded) == claimed


def test_what_a_fold_raises_is_raised_and_the_rest_is_folded() -> None:
    folded: list[int] = []
    numbers = iter(range(1, 10))

    def fold(batch: Claims) -> None:
        (one,) = batch["relay"]
        if one.id == 1:
            raise SurpriseError
        folded.append(one.id)

    with pytest.raises(SurpriseError), Books(lambda: Round(claims(next(numbers))), fold) as books:
        first = books.next()
        books.claim_ahead()
        books.fold(first.claims)
        books.fold(books.next().claims)
    assert folded == [2]


def test_nothing_claimed_ahead_is_asked_again_once_the_last_batch_is_in_the_ledger() -> None:
    """What a fold gives back may be due at once."""
    given_back = threading.Event()

    def claim() -> Round:
        return Round(claims(2)) if given_back.is_set() else Round()

    with Books(claim, lambda batch: given_back.set()) as books:
        books.claim_ahead()
        books.fold(claims(1))
        assert books.next().claims == claims(2)
        books.fold(claims(2))


@pytest.fixture
def sending(lite: World, relay: TestRelay, monkeypatch: pytest.MonkeyPatch) -> World:
    """An issue of eight batches."""
    monkeypatch.setattr("letters.store.deliveries.BATCH", 5)
    lite.settings = make_settings(smtp=relay.settings())
    lite.add_readers(READERS)
    lite.add_issue()
    return lite


def test_a_stop_gives_back_what_was_claimed_ahead(sending: World, relay: TestRelay) -> None:
    stop = threading.Event()
    relay.script.on_data = lambda recipient, taken: stop.set() if len(relay.taken) == 12 else None  # type: ignore[func-returns-value]
    first = sending.deliver(stop=stop)
    assert 12 < first.sent < 20
    with sending.store.read() as c:
        assert list(c.scalars(select(delivery.c.owner).where(delivery.c.owner.is_not(None)))) == []
    assert set(sending.states().values()) == {DeliveryState.SENT, DeliveryState.PENDING}
    assert sending.deliver(NOON + timedelta(minutes=1)).sent == READERS - first.sent
    assert relay.recipients == {f"r{n}": 1 for n in range(READERS)}


@pytest.mark.usefixtures("one_by_one")
def test_who_leaves_after_being_claimed_ahead_gets_none_r09(sending: World, relay: TestRelay) -> None:
    def leave(recipient: str) -> None:
        if recipient.startswith("r11@"):
            for number in (14, 16, 19, 30):
                unsubscribe(sending.store, f"uid-{number}", "weekly", now=NOON)

    relay.script.on_rcpt = leave
    assert sending.deliver().sent == READERS - 4
    left = {"r14", "r16", "r19", "r30"}
    assert not left & set(relay.recipients)
    assert {sending.states()[one] for one in left} == {DeliveryState.DROPPED}
