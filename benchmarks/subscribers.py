"""What it takes to export 100,000 subscribers and import them again, into an empty database and into the one they are in.

    python benchmarks/subscribers.py [--readers 100000]

Readers with names, choices, left editions, pauses and consents are put into an embedded SQLite that is thrown away. Each step runs in a
process of its own, so that its peak of memory is its own. Printed are seconds of the processor and the peak above what an idle process has.
Exit status 1 if the second export differs from the first by a byte, if the import into the same database changes anybody, if a step takes more than two
minutes, or more than 300 MB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from letters.model import Audience, Edition, Frequency, Subscriber, SubscriberStatus, Topic
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
from letters.store.subscribers import end_subscriptions, load_subscribers, save_subscribers
from letters.subscribe import export_csv, import_csv

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
GOAL_SECONDS, GOAL_MB = 120.0, 300.0
ZONES = ("", "Europe/Berlin", "America/New_York", "Asia/Tokyo")
STATUSES = (SubscriberStatus.CONFIRMED,) * 8 + (SubscriberStatus.PENDING, SubscriberStatus.UNSUBSCRIBED)


def make_settings() -> Settings:
    return Settings(
        site=SiteSettings(title="Signal", base_url="https://signal.example"),
        store=StoreSettings(),
        watch=WatchSettings(),
        pair=PairSettings(),
        publish=PublishSettings(),
        delivery=DeliverySettings(**{"from": "Signal <news@signal.example>"}),
        topics=tuple(Topic(key=f"topic-{n}", name=f"Topic {n}") for n in range(40)),
        audiences=tuple(Audience(key=f"audience-{n}", name=f"Audience {n}") for n in range(8)),
        editions=tuple(Edition(key=f"edition-{n}", title=f"Edition {n}", when="0 8 * * *") for n in range(6)),
        secrets=Secrets(link_keys=(SecretStr("key"),)),
    )


def make_readers(count: int) -> Iterator[Subscriber]:
    for n in range(count):
        status = STATUSES[n % len(STATUSES)]
        left = status is SubscriberStatus.UNSUBSCRIBED
        yield Subscriber(
            email=f"Reader.{n}@domain-{n % 977}.example",
            name=f'Reader "{n}", the Ü-th',
            zone=ZONES[n % len(ZONES)],
            language=("", "en", "de")[n % 3],
            topics=tuple(sorted({f"topic-{n % 40}", f"topic-{n % 7}"})) if n % 3 else (),
            audiences=(f"audience-{n % 8}",) if n % 2 else (),
            editions=() if left else tuple(sorted({f"edition-{n % 6}", f"edition-{n % 4}"})),
            status=status,
            consent_at=NOW - timedelta(minutes=n % 500_000),
            consent_source="https://signal.example/subscribe",
            consent_wording="I want Signal to send me the newsletters ticked here by mail. [Edition 1]",
            frequency=tuple(Frequency)[n % 3],
            titles_only=n % 5 == 0,
            paused_until=date(2027, 1, 1) if n % 50 == 0 else None,
        )


def fill(store: Store, count: int) -> None:
    with store.write() as c:
        save_subscribers(c, make_readers(count), now=NOW)
        left = ((one.id, "edition-5") for one in load_subscribers(c) if "edition-5" not in one.editions)
        end_subscriptions(c, left, now=NOW)


def export_to(url: str, path: Path) -> str:
    store = Store(url)
    with path.open("w", encoding="utf-8", newline="") as file:
        written = export_csv(store, file)
    store.close()
    return f"{written:,} written"


def import_from(url: str, path: Path) -> str:
    store = Store(url)
    with path.open(encoding="utf-8", newline="") as file:
        report = import_csv(store, make_settings(), file, now=NOW + timedelta(days=1))
    store.close()
    return f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged, {report.skipped:,} skipped"


def measured(step: Callable[..., str], *arguments: Any) -> tuple[str, float, float]:
    """What a step says, its seconds of the processor, and by how many MB it raised the peak of its process."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(sender, step, arguments))
    child.start()
    said: tuple[str, float, float] = receiver.recv()
    child.join()
    return said


def _run(sender: Any, step: Callable[..., str], arguments: tuple[Any, ...]) -> None:
    before, started = peak_mb(), time.process_time()
    said = step(*arguments)
    sender.send((said, time.process_time() - started, peak_mb() - before))


def peak_mb() -> float:
    """The most memory this process had (Linux). Not `getrusage`'s, which begins with that of the process that started it."""
    (line,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(line) / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--readers", type=int, default=100_000)
    options = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as folder:
        first, second = (f"sqlite:///{folder}/{name}.db" for name in ("first", "second"))
        one, two = Path(folder, "one.csv"), Path(folder, "two.csv")
        for url in (first, second):
            store = Store(url)
            store.upgrade()
            if url == first:
                fill(store, options.readers)
            store.close()
        steps: list[tuple[str, Callable[..., str], str, Path]] = [
            ("export", export_to, first, one),
            ("import into an empty database", import_from, second, one),
            ("export of that", export_to, second, two),
            ("import into the same database", import_from, second, two),
        ]
        for name, step, url, path in steps:
            said, seconds, megabytes = measured(step, url, path)
            print(f"{name:32}{seconds:7.1f} s{megabytes:8.0f} MB   {said}")
            good = good and seconds <= GOAL_SECONDS and megabytes <= GOAL_MB
        same = one.read_bytes() == two.read_bytes()
        unchanged = said.startswith("0 added, 0 updated")
        size = one.stat().st_size / 1e6
    print(f"the two files ({size:.1f} MB) are {'the same' if same else 'NOT the same'}")
    return 0 if good and same and unchanged else 1


if __name__ == "__main__":
    sys.exit(main())
