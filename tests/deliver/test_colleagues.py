"""Several processes that send one issue: each reader gets it once, whoever of them dies, and one report tells of all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from deliver_kit import NOON, TestRelay, World, make_settings, send_last, wait_for
from hypothesis import given
from hypothesis import strategies as st

import letters.deliver.colleagues
import letters.deliver.rounds
from letters.deliver.colleagues import processes_for
from letters.model import DeliveryState, IssueState
from letters.processes import cores, start
from letters.settings.types import DeliverySettings
from letters.store.deliveries import owners

READERS = 60
HERE = Path(__file__).parent


@pytest.fixture
def colleagues(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Those that are started, by few messages each and with small batches, so that all of them get some."""
    started: list[subprocess.Popen[bytes]] = []

    def start_small(module: str) -> tuple[subprocess.Popen[bytes], Connection]:
        process, connection = start("small_batches")
        started.append(process)
        return process, connection

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(HERE), *sys.path)))
    monkeypatch.setattr(letters.deliver.colleagues, "WORTH_A_PROCESS", READERS // 2)
    monkeypatch.setattr(letters.deliver.colleagues, "start", start_small)
    monkeypatch.setattr("letters.store.deliveries.BATCH", 5)
    return started


@pytest.fixture
def large(lite: World, relay: TestRelay) -> World:
    """An issue that is sent by two processes."""
    lite.settings = make_settings(smtp=relay.settings(connections=3))
    lite.settings = lite.settings.model_copy(
        update={"delivery": lite.settings.delivery.model_copy(update={"processes": 2})}
    )
    lite.add_readers(READERS)
    lite.add_issue()
    return lite


@pytest.fixture
def _sends_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """We ourselves begin once a colleague has claimed something."""
    monkeypatch.setattr(letters.deliver.rounds.Rounds, "send", send_last())


Started = list[subprocess.Popen[bytes]]


@pytest.mark.usefixtures("_sends_last")
def test_they_share_an_issue_and_its_report_tells_of_all_r45(
    large: World, relay: TestRelay, colleagues: Started
) -> None:
    told: list[tuple[int, int]] = []
    report = large.deliver(progress=lambda done, total: told.append((done, total)))
    assert (report.sent, report.problems) == (READERS, ())
    assert relay.recipients == {f"r{n}": 1 for n in range(READERS)}
    assert large.issue_state() is IssueState.SENT
    # Three connections: two of ours, and one of the colleague, who has ended.
    assert len(relay.sessions) == 3
    assert [one.returncode for one in colleagues] == [0]
    assert max(done for done, _ in told) == READERS
    assert {total for _, total in told} == {READERS}
    # Nothing of theirs is left: no journal, no lock.
    assert list(large.workspace.journal.iterdir()) == []


@pytest.mark.usefixtures("_sends_last")
def test_what_a_dead_colleague_held_is_taken_over_r40(
    large: World, relay: TestRelay, colleagues: Started
) -> None:
    def kill(recipient: str) -> None:
        # Before the answer to its envelope: of what it holds nothing was handed over.
        if colleagues[0].poll() is None:
            colleagues[0].send_signal(signal.SIGKILL)
            colleagues[0].wait()

    relay.script.on_rcpt = kill
    report = large.deliver()
    assert report.sent == READERS
    assert relay.recipients == {f"r{n}": 1 for n in range(READERS)}
    (problem,) = report.problems
    assert "ended by signal 9; what it held is taken over" in problem.what
    assert large.issue_state() is IssueState.SENT


@pytest.mark.usefixtures("_sends_last")
def test_a_stop_reaches_them_and_the_next_run_sends_the_rest(
    large: World, relay: TestRelay, colleagues: Started
) -> None:
    stop = threading.Event()
    # Once it is set the relay takes its time, so that nobody is done before they heard of it.
    relay.script.on_rcpt = lambda recipient: time.sleep(0.02 * stop.is_set())  # type: ignore[func-returns-value]
    relay.script.on_data = lambda recipient, taken: stop.set() if len(relay.taken) == 10 else None  # type: ignore[func-returns-value]
    first = large.deliver(stop=stop)
    assert 10 <= first.sent < READERS
    assert [one.returncode for one in colleagues] == [0]
    assert large.deliver(NOON + timedelta(minutes=1)).sent == READERS - first.sent
    assert relay.recipients == {f"r{n}": 1 for n in range(READERS)}


@pytest.mark.usefixtures("_sends_last", "colleagues")
def test_a_refusal_of_the_issue_holds_it_and_is_told_once_r42(large: World, relay: TestRelay) -> None:
    relay.script.on_mail = lambda sender: "550 5.7.1 we do not know you"
    report = large.deliver()
    assert report.sent == 0
    assert large.issue_state() is IssueState.HELD
    assert [one.what.partition(";")[0] for one in report.problems] == [
        "held: the relay answered 550 5.7.1 we do not know you to MAIL FROM"
    ]
    assert set(large.states().values()) == {DeliveryState.PENDING}


@pytest.mark.usefixtures("_sends_last")
def test_what_a_failed_colleague_held_is_taken_over_and_its_failure_told(
    large: World, relay: TestRelay, colleagues: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LETTERS_TESTS_FAIL_AFTER", "2")
    report = large.deliver()
    assert report.sent == READERS
    assert relay.recipients == {f"r{n}": 1 for n in range(READERS)}
    assert [one.returncode for one in colleagues] == [0]
    (problem,) = report.problems
    assert "ended by RuntimeError: no more of this; what it held is taken over" in problem.what


def test_where_no_process_can_be_started_one_does_it_all(
    large: World, relay: TestRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(module: str) -> tuple[subprocess.Popen[bytes], Connection]:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(letters.deliver.colleagues, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(letters.deliver.colleagues, "start", refuse)
    report = large.deliver()
    assert (report.sent, report.problems) == (READERS, ())


def test_when_we_die_colleagues_end_by_themselves_r40(
    large: World, relay: TestRelay, tmp_path: Path, colleagues: Started
) -> None:
    """SIGKILL on the one that started the other: the other settles what it holds, and the next run sends the rest."""
    script = HERE / "deliver_process.py"
    arguments = [large.store.url.render_as_string(), str(tmp_path), str(relay.port), "together"]
    with subprocess.Popen([sys.executable, str(script), *arguments]) as child:
        wait_for(lambda: len(relay.sessions) == 3, what="the colleague does not connect")
        child.send_signal(signal.SIGKILL)

    def nobody() -> bool:
        with large.store.read() as c:
            return len(owners(c)) <= 1

    wait_for(nobody, what="the colleague does not end")
    large.deliver(NOON + timedelta(minutes=1))
    twice = [name for name, times in relay.recipients.items() if times > 1]
    assert set(relay.recipients) == {f"r{n}" for n in range(READERS)}
    # Its two connections had one message each under way at the most.
    assert len(twice) <= 2
    assert max(relay.recipients.values()) <= 2


def settings_of(processes: int, *connections: int) -> DeliverySettings:
    relays = [{"name": f"r{n}", "connections": count} for n, count in enumerate(connections)]
    return DeliverySettings(
        **{"from": "Signal <news@signal.example>"}, transport="smtp", processes=processes, relay=relays
    )


@given(st.integers(0, 64), st.lists(st.integers(1, 100), min_size=1, max_size=3), st.integers(0, 2_000_000))
def test_each_process_has_a_connection_to_each_relay_and_enough_to_do(
    wanted: int, connections: list[int], due: int
) -> None:
    found = processes_for(settings_of(wanted, *connections), due)
    assert 1 <= found <= max(1, wanted or cores())
    assert found <= min(connections)
    assert found == 1 or due >= found * letters.deliver.colleagues.WORTH_A_PROCESS


@given(connections=st.integers(1, 100), data=st.data())
def test_shares_do_not_exceed_the_connections(connections: int, data: st.DataObject) -> None:
    processes = data.draw(st.integers(1, connections))
    ours, theirs = -(-connections // processes), connections // processes
    assert theirs >= 1
    assert ours + (processes - 1) * theirs <= connections
