"""Freezing an audience: how long it takes to make a million rows of the ledger, what claiming and recording cost then, and in how much memory.

    python benchmarks/freeze.py [READERS] [STORE-URL]

Without a URL it makes a SQLite database in a temporary folder. A limit is printed beside each figure; processor time, not the clock's.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import text

from letters.deliver.audience import freeze
from letters.model import DeliveryState, Edition, IssueState, Occurrence, Rendering
from letters.settings import Settings
from letters.settings.types import (
    DeliverySettings,
    PairSettings,
    PublishSettings,
    Secrets,
    SiteSettings,
    StoreSettings,
    WatchSettings,
)
from letters.store import Store
from letters.store.deliveries import Outcome, claim, record
from letters.store.issues import add_issue

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EDITION = Edition(key="weekly", title="Weekly", when="0 8 * * MON")
_ROUNDS = 20
_SECONDS_PER_MILLION = 18.0
_MEGABYTES_MORE = 40.0


def make_readers(store: Store, count: int) -> None:
    """Confirmed subscribers, by one statement: they are not what is measured."""
    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
        if store.is_sqlite
        else "WITH n AS (SELECT generate_series(1, :count) AS i)"
    )
    yes = "0" if store.is_sqlite else "false"
    with store.write() as c:
        c.execute(
            text(
                f"{numbers} INSERT INTO subscriber (uid, email, email_key, name, zone, language, topics, audiences, titles_only,"
                " status, consent_source, created_at, changed_at) SELECT 'uid-' || i, 'r' || i || '@reader.example',"
                f" 'r' || i || '@reader.example', '', '', '', '[]', '[]', {yes}, 'confirmed', '', :now, :now FROM n"
            ),
            {"count": count, "now": "2026-11-23 12:00:00.000000" if store.is_sqlite else NOW},
        )
        c.execute(
            text(
                "INSERT INTO subscription (subscriber_id, edition, since) SELECT id, 'weekly', created_at FROM subscriber"
            )
        )
        if not store.is_sqlite:
            # As PostgreSQL does of itself within a minute.
            c.execute(text("ANALYZE subscriber, subscription"))


def make_settings() -> Settings:
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example"),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(),
        publish=PublishSettings(),
        delivery=DeliverySettings(**{"from": "Signal <news@signal.example>"}),
        editions=(EDITION,),
        secrets=Secrets(link_keys=()),
    )


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(store: Store, count: int) -> None:
    store.upgrade()
    make_readers(store, count)
    with store.write() as c:
        issue = add_issue(
            c,
            edition="weekly",
            occurrence=Occurrence(at=NOW, local_date=date(2026, 11, 23)),
            number=1,
            state=IssueState.APPROVED,
            composed_at=NOW,
            renderings=[
                Rendering(choice="", subject="s", preheader="", html="<p>x</p>", text="x", entries=("e",))
            ],
        )
    assert issue is not None
    before, began, clock = memory_mb(), time.process_time(), time.perf_counter()
    with store.write() as c:
        freeze(c, issue, EDITION, make_settings(), now=NOW)
    seconds, wall = time.process_time() - began, time.perf_counter() - clock
    limit = _SECONDS_PER_MILLION * count / 1_000_000
    print(
        f"freezing {count:,} readers: {seconds:.2f} s of processor, {wall:.2f} s by the clock (limit {limit:.2f})"
    )
    began, clock = time.process_time(), time.perf_counter()
    for _ in range(_ROUNDS):
        with store.write() as c:
            claims, _ = claim(c, issue.id, "bench", now=NOW, resend_unknown=True)
        ends = [Outcome(id=one.id, state=DeliveryState.SENT, reason="250 2.0.0 ok") for one in claims]
        with store.write() as c:
            record(c, "bench", ends, now=NOW)
    seconds, wall = time.process_time() - began, time.perf_counter() - clock
    print(
        f"claiming and recording 500 of them: {seconds / _ROUNDS * 1000:.1f} ms of processor, "
        f"{wall / _ROUNDS * 1000:.1f} ms by the clock"
    )
    print(f"memory: {memory_mb() - before:.0f} MB more than before (limit {_MEGABYTES_MORE:.0f})")


if __name__ == "__main__":
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'letters.db'}"
        measure(Store(url), readers)
