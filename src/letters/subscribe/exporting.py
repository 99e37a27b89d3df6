"""Exporting subscribers to CSV, so that the file imports again to the same state."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from sqlalchemy import Connection

from letters.model import Subscriber
from letters.store import Store
from letters.store.subscribers import batches, left_editions, load_subscribers
from letters.subscribe.rows import COLUMNS, LEFT_MARK, guard_cell, join_list


def export_csv(store: Store, file: TextIO) -> int:
    """Write all subscribers, those who left among them, in the columns that `import_csv` reads; says how many.

    An edition that was left stands as "!KEY", so that leaving survives the way to another database. A cell that a spreadsheet
    would run as a formula gets an apostrophe in front, which the import takes off again.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    written = 0
    with store.read() as c:
        for cells in _rows(c):
            writer.writerow([guard_cell(cell) for cell in cells])
            written += 1
    return written


def _rows(c: Connection) -> Iterator[list[str]]:
    for batch in batches(load_subscribers(c)):
        left = left_editions(c, [one.id for one in batch])
        for one in batch:
            yield _cells(one, left.get(one.id, frozenset()))


def _cells(one: Subscriber, left: frozenset[str]) -> list[str]:
    return [
        one.email,
        one.name,
        one.zone,
        one.language,
        join_list(one.topics),
        join_list(one.audiences),
        join_list((*one.editions, *(LEFT_MARK + key for key in sorted(left)))),
        one.status.value,
        one.consent_at.isoformat() if one.consent_at else "",
        one.consent_source,
        one.consent_wording,
        one.frequency.value,
        "yes" if one.titles_only else "no",
        one.paused_until.isoformat() if one.paused_until else "",
    ]
