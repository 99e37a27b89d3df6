"""The process behind ``letters run``: scheduler and web server, until a signal says stop."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType

import structlog

from letters.errors import LettersError
from letters.pipeline import House, open_house
from letters.schedule.configuration import ConfigurationFiles
from letters.schedule.logs import start_logging
from letters.schedule.passes import Passes
from letters.schedule.pushes import Every, Subscriptions
from letters.schedule.runner import Runner
from letters.schedule.worker import Worker
from letters.settings import Settings, Workspace

#: How often the configuration and the clock are looked at, in seconds.
_GLANCE = 2.0
#: How often hubs are asked for what is due, passes apart.
_HUBS_EVERY = timedelta(minutes=5)
#: How often mails that answer people are looked for, beside at once when one is made: another process may have made it.
_NOTICES_EVERY = timedelta(minutes=1)
_log = structlog.get_logger("letters.schedule")


def run_scheduler(
    workspace: Workspace, environ: Mapping[str, str], *, host: str | None = None, port: int | None = None
) -> None:
    """Run the scheduler and the web server until SIGTERM or SIGINT; a second signal does not wait for what is running.

    Raises at once what makes running pointless: settings that cannot be used, a port that is taken. Later mistakes in
    the configuration are logged with file and line, and the last good settings stay.
    """
    from letters.web import WebServer, make_app  # noqa: PLC0415 - Litestar would slow the start of every command

    wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
    pushed, noticed = threading.Event(), threading.Event()
    house = CurrentHouse(workspace, environ)
    try:
        web = house().settings.web
        server = WebServer(
            make_app(house, on_push=pushed.set, on_notice=noticed.set),
            host or web.host,
            web.port if port is None else port,
        )
        with server, _signals(lambda: wakes.put(None)):
            start_logging()
            server.start(on_end=lambda: wakes.put(None))
            _log.info("started", site=server.url, workspace=str(workspace.root))
            _run(house, wakes, pushed, noticed)
    finally:
        house.close()
    _log.info("stopped")


class CurrentHouse:
    """The house by the newest settings that can be used."""

    def __init__(self, workspace: Workspace, environ: Mapping[str, str]) -> None:
        self._workspace = workspace
        self._environ = environ
        self._house = open_house(workspace, environ)

    def __call__(self) -> House:
        return self._house

    def reload(self) -> bool:
        """Read the settings again; False, and the old ones stay, when they cannot be used."""
        try:
            fresh = open_house(self._workspace, self._environ)
        except LettersError as error:
            for line in str(error).splitlines():
                _log.error(f"the last good settings stay: {line}")
            return False
        # Connections in use live on until they are given back; only the idle ones are closed.
        self._house.close()
        self._house = fresh
        return True

    def close(self) -> None:
        self._house.close()


def _run(
    house: CurrentHouse, wakes: queue.SimpleQueue[None], pushed: threading.Event, noticed: threading.Event
) -> None:
    crew = _Crew(house)
    runner = Runner(crew.preparations.ask)
    workspace = house().workspace
    files = ConfigurationFiles(lambda: [*workspace.config.glob("*.toml"), workspace.secret_key])
    hubs_are_due, notices_are_due = Every(_HUBS_EVERY), Every(_NOTICES_EVERY)
    try:
        crew.start()
        runner.start(house().settings.editions, every=house().settings.watch.every)
        while not _woken(wakes):
            runner.look_at_the_clock()
            if files.changed():
                _reload(house, runner)
            if pushed.is_set():
                pushed.clear()
                crew.preparations.ask(datetime.now(UTC))
            if noticed.is_set() or notices_are_due.has_passed():
                noticed.clear()
                crew.notices.ask(datetime.now(UTC))
            if hubs_are_due.has_passed():
                crew.subscriptions.ask(datetime.now(UTC))
    finally:
        crew.stop.set()
        _log.info("stopping; a running pass ends after what it is doing")
        runner.close()
        crew.close()


class _Crew:
    """Four workers: one makes passes, one delivers, one keeps subscriptions at hubs, one sends mails that answer people.

    A pass is followed by delivering and subscribing, for it composes what is to be delivered, and finds the hubs of new sources.
    """

    def __init__(self, house: CurrentHouse) -> None:
        self.stop = threading.Event()
        passes, subscriptions = Passes(house, stop=self.stop), Subscriptions(house, stop=self.stop)

        def prepare(now: datetime) -> None:
            passes.prepare(now)
            self.deliveries.ask(now)
            self.subscriptions.ask(now)

        def keep(now: datetime) -> None:
            if subscriptions.keep(now):
                self.subscriptions.ask(now)

        self.preparations = Worker("pass", prepare, stop=self.stop)
        self.deliveries = Worker("deliver", passes.deliver, stop=self.stop)
        self.subscriptions = Worker("websub", keep, stop=self.stop)
        self.notices = Worker("notices", passes.notify, stop=self.stop)

    def start(self) -> None:
        for worker in (self.deliveries, self.subscriptions, self.notices, self.preparations):
            worker.start()

    def close(self) -> None:
        for worker in (self.preparations, self.notices, self.subscriptions, self.deliveries):
            worker.close()


def _woken(wakes: queue.SimpleQueue[None]) -> bool:
    try:
        wakes.get(timeout=_GLANCE)
    except queue.Empty:
        return False
    return True


def _reload(house: CurrentHouse, runner: Runner) -> None:
    before = house().settings
    if not house.reload():
        return
    settings = house().settings
    runner.plan(settings.editions, every=settings.watch.every)
    _log.info(
        "read the changed configuration", editions=len(settings.editions), sources=len(settings.sources)
    )
    if _address(before) != _address(settings):
        _log.warning("config/letters.toml: [web] changed; it is obeyed from the next start on")


def _address(settings: Settings) -> tuple[str, int]:
    return settings.web.host, settings.web.port


@contextmanager
def _signals(on_signal: Callable[[], None]) -> Iterator[None]:
    """Turn SIGTERM and SIGINT into one call each; the next one does what it did before.

    The call happens between any two instructions of the main thread, so it may only do what is safe there; putting
    something into a `SimpleQueue` is.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, _frame: FrameType | None) -> None:
        restore(signal.Signals(number))
        on_signal()

    def restore(number: signal.Signals) -> None:
        # None is a handler that was not installed from Python and cannot be from here.
        signal.signal(number, before[number] or signal.SIG_DFL)

    try:
        for number in before:
            signal.signal(number, handle)
        yield
    finally:
        for number in before:
            restore(number)
