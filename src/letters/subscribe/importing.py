"""Importing subscribers from CSV."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TextIO

from sqlalchemy import Connection

from letters.errors import Problem, UsageError
from letters.model import Subscriber, SubscriberStatus
from letters.settings import Settings
from letters.store import Store
from letters.store.deliveries import drop_for_reader
from letters.store.subscribers import (
    batches,
    email_key,
    end_subscriptions,
    find_by_keys,
    left_editions,
    save_subscribers,
)
from letters.store.suppression import SuppressionReason, find_suppressed
from letters.subscribe.merge import Merged, merge
from letters.subscribe.offer import edition_names, term_names
from letters.subscribe.preferences import load_offer
from letters.subscribe.rows import COLUMNS, KnownNames, Row, read_row, unguard_cell

_COUNTED = ("added", "updated", "unchanged", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """How many subscribers an import added, updated, found as they were, and left out; and what is wrong, by line."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    problems: tuple[Problem, ...] = ()


def import_csv(
    store: Store,
    settings: Settings,
    file: TextIO,
    *,
    now: datetime,
    dry_run: bool = False,
    where: str = "subscribers.csv",
) -> ImportReport:
    """Read subscribers from a CSV with the columns of `rows.COLUMNS`; `where` names it in problems.

    What is wrong with a line costs that line, or only a word of it. All good lines are stored together, or none if the process
    dies. Nobody who left comes back. The same file a second time changes nothing. Raises `UsageError` if the file is no
    such CSV. With `dry_run` the same is reported and nothing stored.
    """
    job = _Import(now, dry_run, where)
    with store.read() as c:
        offer = load_offer(c, settings)
    known = KnownNames(
        editions=edition_names(offer.editions),
        topics=term_names("topic", offer.topics),
        audiences=term_names("audience", offer.audiences),
    )
    try:
        rows = job.rows(file, known)
        if dry_run:
            with store.read() as c:
                job.store(c, rows)
        else:
            with store.write() as c:
                job.store(c, rows)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{where}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from error
    return job.report()


@dataclass
class _Import:
    now: datetime
    dry_run: bool
    where: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    problems: list[Problem] = field(default_factory=list)
    _first_line: dict[str, int] = field(default_factory=dict)

    def report(self) -> ImportReport:
        self.problems.sort(key=lambda problem: problem.line or 0)
        return ImportReport(**self.counts, problems=tuple(self.problems))

    def problem(self, line: int, what: str, remedy: str = "") -> None:
        self.problems.append(Problem(where=self.where, line=line, what=what, remedy=remedy))

    def rows(self, file: TextIO, known: KnownNames) -> Iterator[Row]:
        """The lines that can be used."""
        for line, cells in self._lines(file):
            read = read_row(cells, line=line, known=known, now=self.now)
            for fault in read.faults:
                self.problem(line, fault)
            if read.row is None or self._is_repeated(read.row):
                self.counts["skipped"] += 1
            else:
                yield read.row

    def _is_repeated(self, row: Row) -> bool:
        first = self._first_line.setdefault(email_key(row.email), row.line)
        if first != row.line:
            self.problem(row.line, f"{row.email} stands in line {first} already; the line is left out")
        return first != row.line

    def _lines(self, file: TextIO) -> Iterator[tuple[int, dict[str, str]]]:
        header = file.readline()
        delimiter = max(",;\t", key=header.count)
        columns = self._columns(next(csv.reader([header], delimiter=delimiter), []))
        reader = csv.reader(file, delimiter=delimiter)
        line = 2
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise UsageError(f"{self.where}:{line}: no CSV ({error}); nothing was imported") from error
            if len(cells) > len(columns):
                self.problem(
                    line,
                    f"{len(cells)} cells, wanted {len(columns)} as in the first line; the line is left out",
                )
                self.counts["skipped"] += 1
            elif any(cell.strip() for cell in cells):
                yield (
                    line,
                    {name: unguard_cell(cell) for name, cell in zip(columns, cells, strict=False) if name},
                )
            line = reader.line_num + 2

    def _columns(self, header: Sequence[str]) -> list[str]:
        names = [name.strip().lstrip("\ufeff").lower() for name in header]
        if "email" not in names:
            raise UsageError(
                f'{self.where}:1: no column "email"; wanted a first line with some of: {", ".join(COLUMNS)}'
            )
        for name in names:
            if name not in COLUMNS:
                near = difflib.get_close_matches(name, COLUMNS, n=1)
                hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(COLUMNS)}"
                self.problem(1, f'column "{name}" is not known and is left out', hint)
        if "status" not in names:
            self.problem(
                1,
                "there is no column status, so new subscribers are pending, and get no mail until they confirm",
            )
        return [name if name in COLUMNS else "" for name in names]

    def store(self, c: Connection, rows: Iterator[Row]) -> None:
        for batch in batches(rows):
            keys = [email_key(row.email) for row in batch]
            suppressed = find_suppressed(c, keys)
            found = find_by_keys(c, keys)
            left = left_editions(c, [one.id for one in found.values()])
            allowed = [row for row in batch if not self._is_suppressed(row, suppressed, found)]
            self._store_batch(c, allowed, found, left)

    def _is_suppressed(
        self, row: Row, suppressed: Mapping[str, SuppressionReason], found: Mapping[str, Subscriber]
    ) -> bool:
        """Whether the line would give mail to an address that gets none (R36); what takes mail away is let through."""
        key = email_key(row.email)
        reason = suppressed.get(key)
        if reason is None or (row.status is SubscriberStatus.UNSUBSCRIBED and key in found):
            return False
        self.problem(row.line, f"{row.email} is suppressed ({reason}), and is not brought back")
        self.counts["skipped"] += 1
        return True

    def _store_batch(
        self,
        c: Connection,
        batch: Sequence[Row],
        found: dict[str, Subscriber],
        left: dict[int, frozenset[str]],
    ) -> None:
        changed: list[Merged] = []
        for row in batch:
            before = found.get(email_key(row.email))
            merged = merge(row, before, left.get(before.id, frozenset()) if before else frozenset())
            for fault in merged.faults:
                self.problem(row.line, fault)
            self.counts[_kind(before, merged)] += 1
            if merged.subscriber != before or merged.left:
                changed.append(merged)
        if changed and not self.dry_run:
            _save(c, changed, found, now=self.now)


def _kind(before: Subscriber | None, merged: Merged) -> str:
    if merged.stays_away:
        return "skipped"
    if before is None:
        return "added"
    return "unchanged" if merged.subscriber == before and not merged.left else "updated"


def _save(c: Connection, changed: Sequence[Merged], found: dict[str, Subscriber], *, now: datetime) -> None:
    save_subscribers(c, [merged.subscriber for merged in changed], now=now)
    keys = [email_key(merged.subscriber.email) for merged in changed]
    ids = {key: one.id for key, one in find_by_keys(c, keys).items()}
    end_subscriptions(
        c,
        [(ids[key], edition) for key, merged in zip(keys, changed, strict=True) for edition in merged.left],
        now=now,
    )
    for key, merged in zip(keys, changed, strict=True):
        if key in found:
            gone = merged.subscriber.status is SubscriberStatus.UNSUBSCRIBED
            left = set(found[key].editions) - set(merged.subscriber.editions)
            if gone or left:
                drop_for_reader(c, ids[key], None if gone else left)
