"""Rounds of dying under relays that refuse, delay, hang up and lose answers (R40): lost nobody, repeated only what nobody can know.

Most rounds die in a forked child at a chosen write; one in twenty by SIGKILL on the whole program, which `test_kill` does ten times
besides. ``LETTERS_KILL_ROUNDS`` asks for more rounds. What arrived is counted from the relay's own log.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from deliver_kit import TestRelay, World
from test_kill import DEATHS, DIED, READERS, end_of, fork, may_come_twice, prepare, settle, start_process

from letters.model import DeliveryState

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

ROUNDS = int(os.environ.get("LETTERS_KILL_ROUNDS", "8"))
_LATER = ("421 4.7.0 slow down", "450 4.2.1 busy", "451 4.7.1 greylisted", "452 4.3.1 full", "454 throttled")


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """Counts what the rounds came to, and prints it in the end."""
    counts: Counter[str] = Counter()
    yield counts
    shown = ", ".join(
        f"{counts[name]:,} {name}" for name in ("rounds", "deaths", "mails", "repeated", "lost")
    )
    if capture := request.config.pluginmanager.getplugin("capturemanager"):
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\nkilled while delivering: {shown}\n")
            sys.stdout.flush()


def make_hostile(relay: TestRelay, chance: random.Random) -> set[str]:
    """Give the relay moods by reader; returns those whom it refuses for good."""
    names = [f"r{n}" for n in range(READERS)]
    refused, dropped, moody = (set(chance.sample(names, 2)) for _ in range(3))
    again: Counter[str] = Counter()
    per_connection = chance.choice([2, 5, 1_000])

    def on_rcpt(recipient: str) -> str | None:
        name = recipient.partition("@")[0]
        if name in refused:
            return "550 5.1.1 no such user"
        again[name] += name in moody
        return chance.choice(_LATER) if 0 < again[name] < 3 else None

    def on_data(recipient: str, taken: int) -> str | None:
        name = recipient.partition("@")[0]
        # An answer that is lost once: the mail was taken.
        relay.script.drop_after_data = {name} if name in dropped else set()
        dropped.discard(name)
        if chance.random() < 0.1:
            time.sleep(0.002)
        return "421 4.7.0 enough of this connection" if taken >= per_connection else None

    relay.script.on_rcpt, relay.script.on_data = on_rcpt, on_data
    relay.script.drop_at_rcpt = dict.fromkeys(chance.sample(names, 2), 1)
    return refused


@pytest.mark.parametrize("number", range(ROUNDS))
def test_r40_a_round_under_a_hostile_relay(
    number: int, lite: World, relay: TestRelay, told: Counter[str], request: pytest.FixtureRequest
) -> None:
    chance = random.Random(number)
    if number % 4 == 3:
        lite.store = request.getfixturevalue("postgres_store")
    world = prepare(lite, relay)
    refused = make_hostile(relay, chance)
    lost_answers: Counter[str] = Counter()
    if number % 20 == 19:
        child = start_process(world, relay)
        while len(relay.taken) < 3 and child.poll() is None:
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        died = child.wait() == -signal.SIGKILL
    else:
        died = end_of(fork(world, chance.choice(DEATHS))) == DIED
    lost_answers += may_come_twice(world)
    told["deaths"] += died
    assert sum(lost_answers.values()) <= 2
    settle_with_refusals(world, relay, refused)
    # Where the relay itself lost the answer, once for each of two readers, the ledger said "unknown" and sent again.
    repeated = Counter({name: copies - 1 for name, copies in relay.recipients.items() if copies > 1})
    told.update(
        rounds=1,
        mails=len(relay.taken),
        repeated=sum(repeated.values()),
        lost=READERS - len(refused) - len(relay.recipients),
    )
    assert set(relay.recipients) == {f"r{n}" for n in range(READERS)} - refused
    assert all(len(ids) == 1 for ids in relay.message_ids.values())
    assert sum((repeated - lost_answers).values()) <= 2


def settle_with_refusals(world: World, relay: TestRelay, refused: set[str]) -> None:
    """Deliver until nothing is left; those who were refused have failed, and nobody else."""
    settle(world, relay, refused=refused)
    assert {name for name, state in world.states().items() if state is DeliveryState.FAILED} == refused
