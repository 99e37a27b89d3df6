"""The running scheduler, with real threads and a real APScheduler; only the pass is the test's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.base import BaseTrigger

from letters.errors import LockedError, UsageError
from letters.model import Edition
from letters.schedule import runner as runner_module
from letters.schedule.configuration import ConfigurationFiles
from letters.schedule.runner import Runner
from letters.schedule.worker import Worker

#: Long enough for a busy machine; nothing waits for it unless it fails.
PATIENCE = 30
FOR_EVER = timedelta(days=300)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
yearly = Edition(key="yearly", title="Yearly", when="0 0 1 1 *")


class Turns:
    """A task that writes down when it was called, and can be made to take its time."""

    def __init__(self) -> None:
        self.seen: list[datetime] = []
        self.under_way = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.errors: list[Exception] = []

    def __call__(self, now: datetime) -> None:
        self.seen.append(now)
        self.under_way.release()
        assert self.may_end.acquire(timeout=PATIENCE)
        if self.errors:
            raise self.errors.pop(0)

    def wait(self) -> datetime:
        """Until the next turn has begun."""
        assert self.under_way.acquire(timeout=PATIENCE)
        return self.seen[-1]


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def worker(turns: Turns, stop: threading.Event) -> Iterator[Worker]:
    one = Worker("test", turns, stop=stop)
    one.start()
    yield one
    turns.may_end.release(100)
    one.close()


# --- the worker --------------------------------------------------------------------------------------------


def test_a_worker_does_its_task_at_the_real_time(worker: Worker, turns: Turns) -> None:
    before = datetime.now(UTC)
    worker.ask(LONG_AGO)
    assert before <= turns.wait() <= datetime.now(UTC)


def test_now_is_never_before_the_time_asked_for(worker: Worker, turns: Turns) -> None:
    """A clock that was set back between the hour and the pass must not hide the hour from it."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    worker.ask(soon)
    assert turns.wait() == soon


def test_being_asked_many_times_meanwhile_makes_one_more_turn(worker: Worker, turns: Turns) -> None:
    worker.ask(LONG_AGO)
    turns.wait()
    ahead = datetime.now(UTC) + timedelta(hours=1)
    for minutes in (0, 50, 10):
        worker.ask(ahead + timedelta(minutes=minutes))
    turns.may_end.release()
    assert turns.wait() == ahead + timedelta(minutes=50)
    turns.may_end.release()
    worker.close()
    assert len(turns.seen) == 2


@pytest.mark.parametrize("error", [RuntimeError("a surprise"), UsageError("a known error")])
def test_an_error_does_not_end_the_worker(worker: Worker, turns: Turns, error: Exception) -> None:
    turns.errors.append(error)
    for _ in range(2):
        worker.ask(LONG_AGO)
        turns.wait()
        turns.may_end.release()


def test_a_turn_that_found_the_door_locked_is_taken_again(worker: Worker, turns: Turns) -> None:
    turns.errors.append(LockedError("another process is at it"))
    turns.may_end.release(2)
    ahead = datetime.now(UTC) + timedelta(hours=1)
    worker.ask(ahead)
    assert turns.wait() == ahead
    assert turns.wait() == ahead


def test_closing_asks_the_running_turn_to_stop_and_waits_for_it(stop: threading.Event) -> None:
    begun, ended = threading.Event(), threading.Event()

    def task(_now: datetime) -> None:
        begun.set()
        assert stop.wait(PATIENCE)
        ended.set()

    one = Worker("test", task, stop=stop)
    one.start()
    one.ask(LONG_AGO)
    assert begun.wait(PATIENCE)
    one.ask(LONG_AGO)
    one.close()
    assert ended.is_set()


def test_a_worker_that_never_started_can_be_closed(turns: Turns, stop: threading.Event) -> None:
    Worker("test", turns, stop=stop).close()


# --- the scheduler -----------------------------------------------------------------------------------------


class At(BaseTrigger):  # type: ignore[misc]
    """Fires at given times."""

    def __init__(self, *times: datetime) -> None:
        self.times = times

    def get_next_fire_time(self, previous: datetime | None, _now: datetime) -> datetime | None:
        return next((one for one in self.times if previous is None or one > previous), None)


class Asked:
    """What the runner asked for."""

    def __init__(self) -> None:
        self.times: list[datetime] = []
        self._more = threading.Semaphore(0)

    def __call__(self, at: datetime) -> None:
        self.times.append(at)
        self._more.release()

    def wait(self) -> datetime:
        assert self._more.acquire(timeout=PATIENCE)
        return self.times[-1]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def runner(asked: Asked) -> Iterator[Runner]:
    one = Runner(asked)
    yield one
    one.close()


def test_a_pass_is_asked_for_right_at_the_start(runner: Runner, asked: Asked) -> None:
    before = datetime.now(UTC)
    runner.start([], every=FOR_EVER)
    assert before <= asked.wait() <= datetime.now(UTC)


def test_a_pass_is_asked_for_every_so_often(runner: Runner, asked: Asked) -> None:
    runner.start([], every=timedelta(seconds=1))
    times = [asked.wait() for _ in range(3)]
    assert times[2] - times[1] == timedelta(seconds=1)


def test_a_pass_is_asked_for_at_an_editions_hour_and_told_it(
    runner: Runner, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour = datetime.now(UTC) + timedelta(milliseconds=300)
    monkeypatch.setattr(runner_module, "CronsimTrigger", lambda _edition: At(hour))
    runner.start([yearly], every=FOR_EVER)
    asked.wait()
    assert asked.wait() == hour
    assert datetime.now(UTC) >= hour


def test_hours_that_were_slept_through_are_asked_for_once(
    runner: Runner, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed = [LONG_AGO + timedelta(days=number) for number in range(5)]
    monkeypatch.setattr(runner_module, "CronsimTrigger", lambda _edition: At(*missed))
    runner.start([yearly], every=FOR_EVER)
    assert {asked.wait(), asked.wait()} >= {missed[-1]}
    runner.close()
    assert len(asked.times) == 2


def test_a_new_plan_replaces_the_old_one(
    runner: Runner, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.start([yearly], every=FOR_EVER)
    asked.wait()
    hour = datetime.now(UTC) + timedelta(milliseconds=300)
    monkeypatch.setattr(runner_module, "CronsimTrigger", lambda _edition: At(hour))
    runner.plan([yearly], every=FOR_EVER)
    asked.wait()
    runner.look_at_the_clock()
    assert asked.wait() == hour


def test_a_runner_that_never_started_can_be_closed(runner: Runner) -> None:
    runner.close()


# --- the configuration -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "letters.toml").write_text("a = 1")
    (tmp_path / "sources.toml").write_text("b = 1")
    return tmp_path


@pytest.fixture
def files(folder: Path) -> ConfigurationFiles:
    return ConfigurationFiles(lambda: folder.glob("*.toml"))


def is_edited(folder: Path) -> None:
    (folder / "letters.toml").write_text("a = 22")


def is_replaced(folder: Path) -> None:
    (folder / "new").write_text("a = 22")
    (folder / "new").replace(folder / "letters.toml")


def is_removed(folder: Path) -> None:
    (folder / "letters.toml").unlink()


def is_added(folder: Path) -> None:
    (folder / "topics.toml").write_text("")


@pytest.mark.parametrize("change", [is_edited, is_replaced, is_removed, is_added])
def test_a_change_is_noticed_once_and_only_when_it_is_at_rest(
    folder: Path, files: ConfigurationFiles, change: Callable[[Path], None]
) -> None:
    assert not files.changed()
    change(folder)
    assert not files.changed()
    assert files.changed()
    assert not files.changed()


def test_a_file_that_goes_on_changing_is_left_until_it_rests(folder: Path, files: ConfigurationFiles) -> None:
    for length in range(1, 5):
        (folder / "letters.toml").write_text("#" * length * 10)
        assert not files.changed()
    assert files.changed()


def test_a_new_date_alone_is_no_change(folder: Path, files: ConfigurationFiles) -> None:
    (folder / "letters.toml").write_text("a = 1")
    assert [files.changed() for _ in range(3)] == [False] * 3


def test_a_change_that_was_taken_back_before_it_was_seen_is_none(
    folder: Path, files: ConfigurationFiles
) -> None:
    (folder / "letters.toml").write_text("a = 222")
    files.changed()
    (folder / "letters.toml").write_text("a = 1")
    assert [files.changed() for _ in range(3)] == [False] * 3


def test_files_that_are_not_there_are_no_hindrance(tmp_path: Path) -> None:
    files = ConfigurationFiles(lambda: [tmp_path / "none.toml"])
    assert not files.changed()
