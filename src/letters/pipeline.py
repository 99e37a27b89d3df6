"""The sentence as code: watch, pair, publish, compose, deliver. One short function per verb, no logic of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from letters.cards import CardsReport, sync_cards
from letters.compose import ComposeReport, complete_renderings
from letters.compose import compose as compose_issues
from letters.deliver import DeliverReport, Notices
from letters.deliver import deliver as deliver_issues
from letters.errors import LettersError, Problem
from letters.files import Lock
from letters.model import Issue, IssueState, Progress
from letters.pair import PairReport
from letters.pair import pair as pair_cards
from letters.publish import PublishReport, announce, complete_enclosures
from letters.publish import publish as publish_tree
from letters.returns import rate_alarms, take_maildir
from letters.settings import Settings, Workspace, load_settings
from letters.store import Store
from letters.store.issues import load_issues
from letters.store.passes import last_pass, record_pass
from letters.subscribe import NoticesReport, send_notices
from letters.watch import WatchReport
from letters.watch import watch as watch_sources


@dataclass(frozen=True)
class House:
    """A workspace that is open: its folders, its settings, its store."""

    workspace: Workspace
    settings: Settings
    store: Store

    def close(self) -> None:
        self.store.close()


def open_house(workspace: Workspace, environ: Mapping[str, str]) -> House:
    """Load the settings and open the store; SQLite is brought up to date on the way.

    Raises `SettingsError` with every problem of the configuration, and `StoreOutdatedError` for a PostgreSQL database
    that wants ``letters db upgrade``.
    """
    settings = load_settings(workspace, environ)
    store = Store(settings.store.url)
    if store.is_sqlite:
        store.upgrade()
    else:
        store.check_current()
    return House(workspace, settings, store)


@dataclass
class PassReport:
    """What a pass, or a single verb of it, did. The parts of verbs that did not run are None."""

    watched: WatchReport | None = None
    cards: CardsReport | None = None
    paired: PairReport | None = None
    published: PublishReport | None = None
    composed: ComposeReport | None = None
    delivered: DeliverReport | None = None
    noticed: NoticesReport | None = None
    #: Wall-clock seconds per verb.
    seconds: dict[str, float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Pass:
    """One pass over a house, by one clock. The verbs may be called in any order; each adds its part to `report`."""

    house: House
    now: datetime
    stop: threading.Event = field(default_factory=threading.Event)
    #: Whether hubs can reach us meanwhile, as they can while ``letters run`` serves (WebSub).
    listening: bool = False
    #: Asked for a progress per verb; may give None.
    progress: Mapping[str, Progress] = field(default_factory=dict)
    report: PassReport = field(default_factory=PassReport)

    @contextmanager
    def timed(self, verb: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.report.seconds[verb] = self.report.seconds.get(verb, 0.0) + time.perf_counter() - started

    def watch(self, *, everything: bool = False) -> None:
        with self.timed("watch"):
            self.report.watched = watch_sources(
                self.house.store,
                self.house.settings,
                now=self.now,
                everything=everything,
                listening=self.listening,
                progress=self.progress.get("watch"),
            )
        self.report.problems += self.report.watched.problems

    def pair(self) -> None:
        """Read the cards as they are now, and pair them."""
        with self.timed("cards"):
            self.report.cards = sync_cards(
                self.house.store,
                self.house.workspace,
                self.house.settings,
                now=self.now,
                progress=self.progress.get("cards"),
            )
        with self.timed("pair"):
            self.report.paired = pair_cards(
                self.house.store, self.house.settings, now=self.now, progress=self.progress.get("pair")
            )
        self.report.problems += [*self.report.cards.problems, *self.report.paired.problems]

    def publish(self, *, everything: bool = False) -> None:
        """Bring the published tree up to date; with `everything`, look at each document, whether it is known to have changed or not.

        A second time in one pass adds to the first's count of what was written.
        """
        with self.timed("publish"):
            if self.report.published is None:
                found = complete_enclosures(self.house.store, self.house.settings, now=self.now)
                self.report.problems += found.problems
            report = publish_tree(
                self.house.store,
                self.house.settings,
                self.house.workspace,
                now=self.now,
                everything=everything,
                progress=self.progress.get("publish"),
            )
            announced = announce(self.house.store, self.house.settings, now=self.now)
        earlier = self.report.published
        self.report.problems += [
            problem
            for problem in (*report.problems, *announced.problems)
            if problem not in self.report.problems
        ]
        self.report.published = (
            replace(report, written=report.written + earlier.written) if earlier else report
        )

    def take_returns(self) -> None:
        """Take in what came back to the maildir, before more is sent; and say which rates are alarming."""
        house = self.house
        if house.settings.returns.maildir:
            folder = house.workspace.root / house.settings.returns.maildir
            try:
                report = take_maildir(house.store, house.settings, folder, now=self.now)
                self.report.problems += report.problems
            except (LettersError, OSError) as error:
                self.report.problems.append(
                    Problem(where="config/letters.toml", what=f"[returns] maildir: {error}")
                )
        self.report.problems += rate_alarms(house.store, now=self.now)

    def compose(self, edition: str | None = None) -> None:
        """Compose what is due, and publish the pages of what was composed, before any mail links to them."""
        with self.timed("compose"):
            self.report.composed = compose_issues(
                self.house.store,
                self.house.settings,
                self.house.workspace,
                now=self.now,
                edition=edition,
                progress=self.progress.get("compose"),
            )
        self.report.problems += self.report.composed.problems
        if self.report.composed.composed:
            self.publish()

    def deliver(self, issue: str | None = None) -> None:
        """Hand over what is due. Several processes may do this at once; `prepare_delivery` comes before."""
        with self.timed("deliver"):
            self.report.delivered = deliver_issues(
                self.house.store,
                self.house.settings,
                self.house.workspace,
                now=self.now,
                issue=issue,
                stop=self.stop,
                progress=self.progress.get("deliver"),
            )
        self.report.problems += self.report.delivered.problems

    def notify(self) -> None:
        """Send the mails that answer what people did: few, and awaited by somebody, so before any issue."""
        self.report.noticed = notify(self.house, now=self.now, stop=self.stop)
        self.report.problems += self.report.noticed.problems

    def prepare_delivery(self) -> None:
        """See to it that approved issues have their page, for mails link to it, and a rendering for each choice made since."""
        house = self.house
        with house.store.read() as connection:
            approved = load_issues(connection, states=(IssueState.APPROVED,))
        for issue in approved:
            self.report.problems += complete_renderings(house.store, house.settings, house.workspace, issue)
        if not all(map(self._has_page, approved)):
            self.publish()
        if not all(map(self._has_page, approved)):
            # Somebody took a page away.
            self.publish(everything=True)

    def _has_page(self, issue: Issue) -> bool:
        tree = self.house.workspace.tree(self.house.settings)
        return (tree / "issues" / issue.edition / str(issue.number) / "index.html").exists()


@contextmanager
def begin_pass(
    house: House,
    command: str,
    *,
    now: datetime,
    stop: threading.Event | None = None,
    progress: Mapping[str, Progress] | None = None,
) -> Iterator[Pass]:
    """A pass that nobody else makes in this workspace at the same time. Raises `LockedError` when somebody does.

    A clock earlier than the last recorded pass is reported and obeyed.
    """
    with Lock(house.workspace.var / "pass.lock"):
        run = Pass(
            house,
            now,
            stop=stop or threading.Event(),
            listening=command == "run",
            progress=progress or {},
        )
        with house.store.write() as connection:
            latest = last_pass(connection)
            record_pass(connection, at=now, command=command)
        if latest is not None and now < latest:
            run.report.problems.append(
                Problem(
                    where="--now",
                    what=f"{now:%Y-%m-%d %H:%M:%S} UTC is earlier than the last pass at {latest:%Y-%m-%d %H:%M:%S} UTC",
                    remedy="check the clock; what that pass did stays done",
                )
            )
        yield run


def once(
    house: House,
    *,
    now: datetime,
    stop: threading.Event | None = None,
    progress: Mapping[str, Progress] | None = None,
) -> PassReport:
    """One whole pass: watch, pair, publish, compose what is due, deliver.

    Setting `stop` ends it after the verb, or the batch of messages, that is under way.
    """
    return _delivered(prepare(house, "once", now=now, stop=stop, progress=progress))


def prepare(
    house: House,
    command: str,
    *,
    now: datetime,
    stop: threading.Event | None = None,
    progress: Mapping[str, Progress] | None = None,
) -> Pass:
    """A pass up to the point where issues lie ready to be delivered."""
    with begin_pass(house, command, now=now, stop=stop, progress=progress) as run:
        for verb in (run.watch, run.pair, run.publish, run.take_returns, run.compose, run.prepare_delivery):
            if not run.stop.is_set():
                verb()
    return run


def deliver(
    house: House,
    *,
    now: datetime,
    issue: str | None = None,
    stop: threading.Event | None = None,
    progress: Mapping[str, Progress] | None = None,
) -> PassReport:
    """Only the last verb: hand over what is due of all issues, or of one ("EDITION/NUMBER")."""
    with begin_pass(house, "deliver", now=now, stop=stop, progress=progress) as run:
        run.prepare_delivery()
    return _delivered(run, issue)


def _delivered(run: Pass, issue: str | None = None) -> PassReport:
    # Outside the lock of the pass: a send may take hours, and sources are still to be watched meanwhile. What keeps two
    # senders apart is the ledger.
    if not run.stop.is_set():
        run.notify()
        run.deliver(issue)
    return run.report


def notify(house: House, *, now: datetime, stop: threading.Event | None = None) -> NoticesReport:
    """Send the mails that answer what people did, such as signing up. Several processes may do this at once."""
    with Notices(house.settings, house.workspace, now=now) as notices:
        return send_notices(
            house.store, house.settings, house.workspace, send=notices.send, now=now, stop=stop
        )
