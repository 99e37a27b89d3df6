"""How often sources are looked at, and how late their entries are found, when looks follow each source's own rhythm.

Replays the last year of real publication dates (documents under ``../shared/data/feeds``, or a folder that is named)
through `letters.watch.rhythm` and through fixed intervals. Nothing is fetched. Stops by itself in under a minute.

    python benchmarks/rhythm.py [FOLDER]
"""

from __future__ import annotations

import bisect
import calendar
import io
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser

from letters.watch import rhythm

EVERY, SLOWEST = timedelta(minutes=30), timedelta(days=1)
REPLAYED = timedelta(days=365)
# Of a source's entries, the older ones are known from its first look.
FEWEST = 12

Wait = Callable[[dict[str, Any] | None, datetime], timedelta]


@dataclass
class Outcome:
    looks: int = 0
    days: float = 0.0
    delays: list[float] = field(default_factory=list)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/feeds")
    sources = [times for path in sorted(folder.rglob("*.xml")) if len(times := published(path)) >= FEWEST]
    if not sources:
        sys.exit(f"{folder}: no documents with {FEWEST} dated entries or more")
    print(f"{len(sources)} sources, up to {REPLAYED.days} days of each")
    print("way of looking        looks a day  median late  mean late  90 % within  evenly spaced")
    for name, wait in ways():
        show(name, [replay(times, wait) for times in sources])
    print("\nown rhythm, by how often the source publishes")
    for name, low, high in (
        ("several a day", 0, 0.8),
        ("daily", 0.8, 2),
        ("weekly", 2, 10),
        ("rarer", 10, 1e9),
    ):
        own = dict(ways())["own rhythm"]
        some = [times for times in sources if low <= spacing_days(times) < high]
        if some:
            show(f"{name} ({len(some)})", [replay(times, own) for times in some])


def published(path: Path) -> list[int]:
    """The distinct times of publication in a document, oldest first."""
    parsed = feedparser.parse(io.BytesIO(path.read_bytes()), sanitize_html=False, resolve_relative_uris=False)
    dates = (entry.get("published_parsed") or entry.get("updated_parsed") for entry in parsed.entries)
    return sorted({calendar.timegm(date) for date in dates if date and date.tm_year > 1990})


def spacing_days(times: Sequence[int]) -> float:
    known = rhythm.learn(None, map(_moment, times), now=_moment(times[-1]))
    return (known["spacing"] or 0) / 86_400 if known else 0.0


def ways() -> Iterator[tuple[str, Wait]]:
    yield "own rhythm", lambda known, now: rhythm.next_wait(known, every=EVERY, slowest=SLOWEST, now=now)
    for hours in (0.5, 1, 2, 6):
        yield f"every {hours:g} h", lambda _known, _now, hours=hours: timedelta(hours=hours)


def replay(times: Sequence[int], wait: Wait) -> Outcome:
    """Look again and again from the middle of the source's times (or a year before their end) until their end."""
    outcome = Outcome()
    start = max(times[len(times) // 2], times[-1] - int(REPLAYED.total_seconds()))
    # Not from the very moment of an entry: an interval that divides a week would then hit all later ones.
    now = float(start) + start * 7919 % 21_600
    found = bisect.bisect_right(times, now)
    known = rhythm.learn(None, map(_moment, times[:found]), now=_moment(now))
    while found < len(times):
        now += wait(known, _moment(now)).total_seconds()
        outcome.looks += 1
        seen = bisect.bisect_right(times, now)
        outcome.delays += [now - time for time in times[found:seen]]
        if seen > found:
            known = rhythm.learn(known, map(_moment, times[found:seen]), now=_moment(now))
            found = seen
    outcome.days = (now - start) / 86_400
    return outcome


def show(name: str, outcomes: Sequence[Outcome]) -> None:
    """One line; its last column is how late entries would be, on average, with as many looks at even intervals."""
    outcomes = [one for one in outcomes if one.delays]
    # Each source counts alike, however much it publishes.
    looks = statistics.mean(one.looks / one.days for one in outcomes)
    median = statistics.mean(statistics.median(one.delays) for one in outcomes) / 3600
    mean = statistics.mean(statistics.mean(one.delays) for one in outcomes) / 3600
    late = statistics.mean(sorted(one.delays)[int(len(one.delays) * 0.9)] for one in outcomes) / 3600
    print(f"{name:<22}{looks:>10.1f}{median:>11.1f} h{mean:>9.1f} h{late:>11.1f} h{12 / looks:>13.1f} h")


def _moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)


if __name__ == "__main__":
    main()
