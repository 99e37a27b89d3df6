"""Rounds of one issue: claim some of its rows, send them, fold what became of them into the ledger; and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from letters.deliver.batch import Batch, News, Stop
from letters.deliver.books import Books, Claims, Round
from letters.deliver.colleagues import Colleagues
from letters.deliver.desk import Desk, MissingRenderingError
from letters.deliver.encode import HeaderError
from letters.deliver.owner import Owner
from letters.deliver.pace import is_full, next_at, next_day, room
from letters.deliver.routes import Counted, Routes, send_all
from letters.deliver.run import Run
from letters.model import DeliveryState, Issue, IssueState
from letters.store.deliveries import claim, is_finished, left_readers, postpone
from letters.store.issues import load_issue

#: Where a batch takes longer, the relay is what is waited for, and others may need the rows that we would claim ahead.
_QUICK_SECONDS = 2.0


class Rounds:
    """The rounds of one issue by one process. `answered` is called for each message that came to an end."""

    def __init__(
        self, run: Run, issue: Issue, owner: Owner, routes: Routes, *, answered: Callable[[], None]
    ) -> None:
        self._run, self._issue, self._owner, self._routes = run, issue, owner, routes
        self._store, self._tally, self._answered = run.store, run.tally, answered
        self._full: set[str] = set()
        self._is_quick = False
        #: Until when messages that wait for a limit of their destination are spread.
        self.spread_until: datetime | None = None

    def send(self, desk: Desk, others: Colleagues, *, ends: datetime) -> Stop | None:
        """Send what is due, until nothing is or it is too late; what stopped it, if something did.

        However it ends, what was claimed is in the ledger again.
        """
        with Books(self._next_round, self._fold) as books:
            while not self._run.stop.is_set() and self._run.clock() <= ends:
                found = books.next()
                stopped = None
                if found.claims:
                    stopped = self._send_with(books, found, desk, others.processes)
                elif found.wait_until is not None:
                    self._run.nap(found.wait_until)
                else:
                    return found.stop
                others.listen(within_seconds=0)
                if stopped := stopped or others.stop:
                    return stopped
        return None

    def _send_with(self, books: Books, found: Round, desk: Desk, processes: int) -> Stop | None:
        is_ahead, journal = self._may_claim_ahead(), self._owner.journal
        if is_ahead:
            books.claim_ahead()
        try:
            return self._send(found, desk, processes)
        finally:
            books.fold(found.claims)
            if not is_ahead or journal.is_full:
                books.settle()
                if journal.is_full:
                    journal.begin_anew()

    def _may_claim_ahead(self) -> bool:
        """Limits are asked when their turn has come, and which relay is down is known after a batch."""
        return self._is_quick and len(self._routes.routes) == 1 and not self._routes.are_limited

    def _next_round(self) -> Round:
        """Claim what is due, as much as the relays may be given now."""
        while True:
            now = self._run.clock()
            routes = self._routes.open()
            with self._store.write() as c:
                meters = self._routes.lock(c, now=now)
                rooms = [
                    room(one.limit, meters[one.name], now=now) if one.name in meters else None
                    for one in routes
                ]
                limit = None if None in rooms else sum(left for left in rooms if left is not None)
                if limit == 0:
                    if all(is_full(one.limit, meters[one.name]) for one in routes):
                        return self._full_for_today(now)
                    return Round(
                        wait_until=min(next_at(one.limit, meters[one.name], now=now) for one in routes)
                    )
                claims, dropped = claim(
                    c,
                    self._issue.id,
                    self._owner.name,
                    now=now,
                    resend_unknown=self._run.resends,
                    limit=limit,
                )
                shared = self._routes.share(c, claims, meters, now=now)
                waiting = [(claims[place].id, until) for place, until in shared.waiting]
                postpone(c, self._owner.name, waiting)
            self._tally.dropped(dropped)
            self._note_waiting(waiting, shared.full, now)
            # A batch of readers who all left, or who all have to wait, is no end.
            if shared.given or not (dropped or waiting):
                return Round(
                    {name: [claims[place] for place in places] for name, places in shared.given.items()}
                )

    def _full_for_today(self, now: datetime) -> Round:
        if self._is_done():
            return Round()
        names = " and ".join(f'"{one.name}"' for one in self._routes.open())
        why = f"the day's number of messages is reached for {names} (daily_cap, warm_up)"
        return Round(stop=Stop(reason=why, remedy=f"they go on at {next_day(now):%Y-%m-%d %H:%M} UTC"))

    def _note_waiting(self, waiting: Sequence[tuple[int, datetime]], full: set[str], now: datetime) -> None:
        soon = [until for _, until in waiting if until < next_day(now)]
        if soon:
            self.spread_until = max([*soon, *([self.spread_until] if self.spread_until else [])])
        for meter in sorted(full - self._full):
            self._tally.problem(
                self._issue.name,
                f'the day\'s number of messages is reached for "{meter}"; the rest of its domains waits',
                f"they go on at {next_day(now):%Y-%m-%d %H:%M} UTC",
            )
        self._full |= full

    def _is_done(self) -> bool:
        with self._store.read() as c:
            return is_finished(c, self._issue.id, resend_unknown=self._run.resends)

    def _send(self, found: Round, desk: Desk, processes: int) -> Stop | None:
        """Send a batch by each relay."""
        claims, began = found.claims, time.monotonic()
        answered = self._answered if len(claims) == 1 else Counted(self._answered)
        batches = {
            name: Batch(
                share,
                journal=self._owner.journal,
                write=desk.write,
                look=self._look,
                stop=self._run.stop,
                answered=answered,
                processes=processes,
                looked_at=found.claimed_at,
            )
            for name, share in claims.items()
        }
        try:
            desk.prepare([one for share in claims.values() for one in share])
            send_all([(self._routes.transport(name), batch) for name, batch in batches.items()])
        except (HeaderError, MissingRenderingError) as error:
            _end_all(batches, Stop(reason=str(error), hold=True))
        except OSError as error:
            # The outbox or the journal cannot be written; what was under way is settled like any other.
            _end_all(
                batches, Stop(reason=str(error), remedy="make room or mend the folder; the next pass goes on")
            )
        self._is_quick = time.monotonic() - began < _QUICK_SECONDS
        if any(batch.is_halted for batch in batches.values()) and not self._owner.is_held():
            return Stop(reason="the connection that holds our lock was lost", remedy="the next pass goes on")
        return self._judge({name: batch.stopped for name, batch in batches.items() if batch.stopped})

    def _fold(self, claims: Claims) -> None:
        now = self._run.clock()
        settled = self._owner.fold([one for share in claims.values() for one in share], now=now)
        self._tally.settled(self._issue.name, settled)
        back = {end.id for _, end in settled if end.state is DeliveryState.PENDING}
        if back and self._routes.are_limited:
            with self._store.write() as c:
                for name, share in claims.items():
                    self._routes.give_back(c, name, [one for one in share if one.id in back], now=now)

    def _judge(self, stops: dict[str, Stop]) -> Stop | None:
        """What stops the issue: a refusal of it, or that no relay is left; one that failed leaves its share to the others."""
        for stop in stops.values():
            if stop.hold:
                return stop
        last: Stop | None = None
        for name, stop in stops.items():
            last = self._routes.failed(name, stop)
            if last is None:
                self._tally.problem(f'relay "{name}"', f"{stop.reason}; the others go on", stop.remedy)
        return last

    def _look(self, waiting: Sequence[int]) -> News:
        """What was decided elsewhere while this batch is being sent."""
        with self._store.read() as c:
            issue = load_issue(c, self._issue.id)
            left = left_readers(c, waiting)
        approved = issue is not None and issue.state is IssueState.APPROVED
        return News(halt=not approved or not self._owner.is_held(), left=frozenset(left))


def _end_all(batches: dict[str, Batch], stop: Stop) -> None:
    for batch in batches.values():
        batch.end(stop)
