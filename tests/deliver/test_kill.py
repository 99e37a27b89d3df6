"""Processes that die at the worst moment: nobody is missed, nobody gets it twice but where nobody could know (R40, R45).

Most rounds die in a forked child at a chosen write; some by SIGKILL on a whole process. What arrived is counted from the relay's
own log, and what may come twice from the dead one's journal, read with a few lines of our own.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from deliver_kit import NOON, TestRelay, World, make_settings, wait_for
from sqlalchemy import select

import letters.deliver.journal
import letters.deliver.owner
import letters.deliver.rounds
import letters.deliver.sending
import letters.store.deliveries
from letters.deliver import set_issue
from letters.model import DeliveryState, IssueState
from letters.store import Store
from letters.store.deliveries import load_claims, owners
from letters.store.tables import delivery

# The relay of the tests is a thread here; the child only ever runs the thread that forked.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

READERS = 12
DIED = 9


@dataclass(frozen=True)
class Death:
    """Where a process dies: at the n-th call of a function, before it, after it, or half through writing a line."""

    module: ModuleType
    function: str
    nth: int
    when: str

    def __str__(self) -> str:
        return f"{self.when} {self.function} {self.nth}"

    def arm(self) -> None:
        """Prepare this process to die."""
        usual: Callable[..., object] = getattr(self.module, self.function)
        calls = 0

        def deadly(*args: object, **kwargs: object) -> object:
            nonlocal calls
            calls += 1
            if calls == self.nth and self.when == "before":
                os._exit(DIED)
            if calls == self.nth and self.when == "torn":
                path, line = Path(str(args[0])), args[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("ab") as file:
                    file.write(str(line).encode()[: len(str(line)) // 2])
                os._exit(DIED)
            result = usual(*args, **kwargs)
            if calls == self.nth and self.when == "after":
                os._exit(DIED)
            return result

        setattr(self.module, self.function, deadly)


def journal_deaths(*numbers: int) -> list[Death]:
    return [
        Death(letters.deliver.journal, "append_line", nth, when)
        for nth in numbers
        for when in ("before", "after", "torn")
    ]


DEATHS = [
    # The first line is the head; of the others two belong to each message.
    *journal_deaths(1, 2, 3, 4, 10, 15, 25),
    *(Death(letters.deliver.sending, "freeze", 1, when) for when in ("before", "after")),
    *(Death(letters.deliver.rounds, "claim", nth, when) for nth in (1, 2, 3) for when in ("before", "after")),
    *(Death(letters.deliver.owner, "record", nth, when) for nth in (1, 2, 3) for when in ("before", "after")),
    *(Death(letters.deliver.sending, "is_finished", 1, when) for when in ("before", "after")),
]
SOME_DEATHS = [*journal_deaths(3, 10), DEATHS[-9], DEATHS[-8], DEATHS[-4], DEATHS[-3], DEATHS[-1]]


def fork(world: World, death: Death | None, *, minutes: int = 0, batch: int = 5) -> int:
    """Deliver in a child, which may die; its process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        # Small batches, so that a small audience sees several of them.
        letters.store.deliveries.BATCH = batch
        if death is not None:
            death.arm()
        # Connections do not survive a fork: a store of its own.
        world.store = Store(world.store.url)
        world.deliver(NOON + timedelta(minutes=minutes))
    except BaseException:  # noqa: BLE001 - a child that raised must not go on as a second test run
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def end_of(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def may_come_twice(world: World) -> Counter[str]:
    """Readers whose message a dead process handed over without an answer, by its journal."""
    found: Counter[str] = Counter()
    with world.store.read() as c:
        claims = [one for name in owners(c) for one in load_claims(c, name)]
        names = {one.id: name for name in owners(c) for one in load_claims(c, name)}
    for claim in claims:
        lines = (world.workspace.journal / names[claim.id]).read_text().split("\n")[:-1]
        words = [
            line.split()[0] for line in lines if line.split()[1:3] == [str(claim.id), str(claim.attempt)]
        ]
        found[claim.email.partition("@")[0]] += bool(words) and words[-1] == "handed"
    return found


def settle(world: World, relay: TestRelay, *, refused: Collection[str] = ()) -> None:
    """Deliver until nothing is left, then look what arrived."""
    minutes = 30

    def is_sent() -> bool:
        nonlocal minutes
        minutes += 300
        world.deliver(NOON + timedelta(minutes=minutes))
        return world.issue_state() is IssueState.SENT

    wait_for(is_sent, what=f"the issue never ended: {world.states()}")
    assert {state for name, state in world.states().items() if name not in refused} == {DeliveryState.SENT}
    assert all(len(ids) == 1 for ids in relay.message_ids.values())
    assert not list(world.workspace.journal.iterdir())


def prepare(world: World, relay: TestRelay, *, connections: int = 2, readers: int = READERS) -> World:
    world.settings = make_settings(smtp=relay.settings(connections=connections))
    world.add_readers(readers)
    world.add_issue()
    return world


@pytest.mark.parametrize("death", DEATHS, ids=str)
def test_a_death_misses_nobody_and_repeats_only_what_nobody_can_know_r40(
    lite: World, relay: TestRelay, death: Death
) -> None:
    check_death(prepare(lite, relay), relay, death)


@pytest.mark.parametrize("death", SOME_DEATHS, ids=str)
def test_a_death_on_postgresql_r40(
    postgres_store: Store, lite: World, relay: TestRelay, death: Death
) -> None:
    lite.store = postgres_store
    check_death(prepare(lite, relay), relay, death)


def check_death(world: World, relay: TestRelay, death: Death) -> None:
    assert end_of(fork(world, death)) == DIED
    twice = may_come_twice(world)
    assert sum(twice.values()) <= 2
    settle(world, relay)
    assert set(relay.recipients) == {f"r{n}" for n in range(READERS)}
    assert all(copies <= 1 + twice[name] for name, copies in relay.recipients.items())


def test_many_deaths_in_a_row_r40(lite: World, relay: TestRelay) -> None:
    prepare(lite, relay)
    relay.script.on_rcpt = lambda recipient: (
        "451 later" if recipient.startswith("r5@") and chance.random() < 0.5 else None
    )
    chance = random.Random(2026)
    twice: Counter[str] = Counter()
    for number in range(25):
        death = Death(
            letters.deliver.journal,
            "append_line",
            chance.randint(2, 8),
            chance.choice(["before", "after", "torn"]),
        )
        if end_of(fork(lite, death, minutes=number)) == 0:
            break
        twice += may_come_twice(lite)
    settle(lite, relay)
    assert set(relay.recipients) == {f"r{n}" for n in range(READERS)}
    assert all(copies <= 1 + twice[name] for name, copies in relay.recipients.items())


def test_what_a_death_left_unknown_is_reported_and_sent_again_with_the_same_message_id_r40(
    lite: World, relay: TestRelay
) -> None:
    prepare(lite, relay, connections=1)
    # The fifth line is the answer to the second message: it was taken, and nobody wrote that down.
    assert end_of(fork(lite, Death(letters.deliver.journal, "append_line", 5, "before"))) == DIED
    assert may_come_twice(lite) == {"r1": 1, **{f"r{n}": 0 for n in range(5) if n != 1}}
    report = lite.deliver(NOON)
    assert (report.unknown, report.sent) == (1, 12)
    assert "1 message handed over by a run that died before the answer; sent again" in str(
        report.problems[-1]
    )
    assert relay.recipients == {**{f"r{n}": 1 for n in range(READERS)}, "r1": 2}
    assert len(relay.message_ids["r1"]) == 1


def test_where_the_setting_says_leave_nothing_comes_twice_r40(lite: World, relay: TestRelay) -> None:
    prepare(lite, relay, connections=1)
    lite.settings = make_settings(smtp=relay.settings(connections=1), unknown="leave")
    assert end_of(fork(lite, Death(letters.deliver.journal, "append_line", 5, "before"))) == DIED
    report = lite.deliver(NOON)
    assert (report.unknown, report.sent) == (1, 11)
    assert "not sent again" in str(report.problems[-1])
    assert lite.states()["r1"] is DeliveryState.UNKNOWN
    assert set(relay.recipients.values()) == {1}


@pytest.mark.parametrize("harm", ["lost", "headless", "older boot"])
def test_without_its_journal_a_whole_claim_is_unknown(lite: World, relay: TestRelay, harm: str) -> None:
    prepare(lite, relay, connections=1)
    assert end_of(fork(lite, Death(letters.deliver.journal, "append_line", 4, "after"))) == DIED
    (journal,) = lite.workspace.journal.iterdir()
    lines = journal.read_text().splitlines(keepends=True)
    if harm == "lost":
        journal.unlink()
    elif harm == "headless":
        journal.write_text("".join(lines[1:]))
    else:
        version, node, _ = lines[0].split()
        journal.write_text("".join([f"{version} {node} another-boot\n", *lines[1:]]))
    report = lite.deliver(NOON)
    # Lines that are there still count: the first message had its answer.
    assert report.unknown == (5 if harm == "lost" else 4)
    settle(lite, relay)


def test_a_cancel_after_a_death_stops_what_was_not_handed_over(lite: World, relay: TestRelay) -> None:
    prepare(lite, relay, connections=1)
    assert end_of(fork(lite, Death(letters.deliver.journal, "append_line", 4, "before"))) == DIED
    set_issue(lite.store, "weekly/1", "cancel", actor="Kim", now=NOON)
    report = lite.deliver(NOON)
    assert (report.sent, report.unknown) == (1, 0)
    assert Counter(lite.states().values()) == {DeliveryState.SENT: 1, DeliveryState.DROPPED: 11}


def test_the_living_are_left_alone_while_the_dead_are_settled(lite: World, relay: TestRelay) -> None:
    prepare(lite, relay, connections=1)
    is_sending, go_on = threading.Event(), threading.Event()

    def pause(recipient: str, taken: int) -> str | None:
        is_sending.set()
        go_on.wait()
        return None

    relay.script.on_data = pause
    pid = fork(lite, None, batch=500)
    is_sending.wait()
    report = lite.deliver(NOON)
    go_on.set()
    assert end_of(pid) == 0
    assert (report.sent, report.unknown) == (0, 0)
    assert relay.recipients == {f"r{n}": 1 for n in range(READERS)}


def test_eight_processes_on_one_database_send_each_row_once_r45(world: World, relay: TestRelay) -> None:
    prepare(world, relay, readers=60)
    children = [fork(world, None, batch=4) for _ in range(8)]
    assert [end_of(pid) for pid in children] == [0] * 8
    assert relay.recipients == {f"r{n}": 1 for n in range(60)}
    assert world.issue_state() is IssueState.SENT
    with world.store.read() as c:
        assert set(c.scalars(select(delivery.c.attempts))) == {1}


# --- SIGKILL on a whole process --------------------------------------------------------------------------


def start_process(world: World, relay: TestRelay) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("deliver_process.py")
    url = world.store.url.render_as_string(hide_password=False)
    arguments = [sys.executable, str(script), url, str(world.workspace.root), str(relay.port)]
    return subprocess.Popen(arguments)


@pytest.mark.parametrize("at", range(1, 11))
def test_sigkill_on_a_whole_process_r40(lite: World, relay: TestRelay, at: int) -> None:
    prepare(lite, relay)
    child = start_process(lite, relay)
    seen = 0

    def kill(recipient: str, taken: int) -> str | None:
        nonlocal seen
        seen += 1
        if seen == at:
            child.send_signal(signal.SIGKILL)
        return None

    relay.script.on_data = kill
    child.wait()
    assert child.returncode == -signal.SIGKILL
    relay.script.on_data = lambda recipient, taken: None
    twice = may_come_twice(lite)
    assert sum(twice.values()) <= 2
    settle(lite, relay)
    assert set(relay.recipients) == {f"r{n}" for n in range(READERS)}
    assert all(copies <= 1 + twice[name] for name, copies in relay.recipients.items())
