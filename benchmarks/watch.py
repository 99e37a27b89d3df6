"""How much CPU a pass over many sources costs, beside reader, newsboat and a bare aiohttp client on the same server.

    python benchmarks/watch.py [--sources 2000] [--scale] [--peers [reader] [newsboat]]

A loopback server offers made-up podcast feeds of about 20 KB (`feed_server.py`). Each client runs in a process of its own
and goes through five passes: the first look, every feed with one new entry, a quarter of the feeds with one and the others
answering 304, no feed changed, and no feed changed once more. Printed are feeds per CPU second (user and system, worker
processes included) and per second of wall time, and how many times the peer's rate ours is. ``--scale`` adds the cost per
source for 100, 1,000 and 10,000 sources, with memory. reader wants ``make peers``; newsboat is used where it is installed.

Ends with exit code 1 where a goal is missed: 10 times reader with every feed changed, 40 times with a quarter changed, and
no more than 1.5 times the CPU of the bare client with none changed. The bare client itself, which reads and stores
nothing, is some 45 times as fast as reader with a quarter changed; so our rate there is told beside reader's with every
feed changed as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / "var" / "peers" / "bin" / "python"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
#: What changes before each pass: the share of the feeds that get an entry.
PASSES = {
    "first look": 0.0,
    "every feed changed": 1.0,
    "a quarter changed": 0.25,
    "none changed": 0.0,
    "none changed, again": 0.0,
}


@dataclass(frozen=True)
class Cost:
    """What one pass cost."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float = 0.0


# --- the clients, each in a process of its own ------------------------------------------------------------


def _measured(work: Callable[[], object]) -> Cost:
    cpu, wall = _cpu_seconds(), time.perf_counter()
    work()
    wall = time.perf_counter() - wall
    return Cost(_cpu_seconds() - cpu, wall, _peak_mb())


def _cpu_seconds() -> float:
    """Of this process, the children it waited for, and those that still live."""
    ended = sum(usage.ru_utime + usage.ru_stime for usage in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))
    return ended + sum(_ticks(child) for child in _children()) / os.sysconf("SC_CLK_TCK")


def _children() -> list[str]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split()]


def _ticks(process: str) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _peak_mb() -> float:
    """The most memory this process ever had, and the most of any child."""
    return sum(getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN)) / 1024


def run_ours(address: str, sources: int, passes: list[str]) -> Iterator[Cost]:
    """``letters watch`` as the pipeline calls it, on SQLite in a temporary folder."""

    # As above: reader's environment has none of ours.
    from letters.model import Source  # noqa: PLC0415
    from letters.settings import types  # noqa: PLC0415
    from letters.store import Store  # noqa: PLC0415
    from letters.watch import watch  # noqa: PLC0415

    settings = types.Settings(
        site=types.SiteSettings(title="Benchmark", base_url="https://benchmark.example"),
        store=types.StoreSettings(),
        watch=types.WatchSettings(allow_private=("127.0.0.0/8",)),
        pair=types.PairSettings(),
        publish=types.PublishSettings(),
        delivery=types.DeliverySettings(**{"from": "desk@benchmark.example"}),  # type: ignore[arg-type]
        sources=tuple(Source(key=f"s{n}", url=f"{address}/{n}/feed") for n in range(sources)),
        secrets=types.Secrets(link_keys=()),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/letters.db")
        store.upgrade()
        for place, name in enumerate(passes):
            _publish(address, PASSES[name])
            now = NOW + place * timedelta(days=2)
            reports: list[Any] = []
            yield _measured(
                lambda now=now, reports=reports: reports.append(
                    watch(store, settings, now=now, everything=True)
                )
            )  # type: ignore[misc]
            _check(name, sources, reports[0])
        store.close()


def _check(name: str, sources: int, report: Any) -> None:
    """A fast pass that finds nothing is no pass."""
    changed = len([n for n in range(sources) if n * 7919 % 1000 < PASSES[name] * 1000])
    wanted = (0, sources * 10) if name == "first look" else (changed, changed)
    if (report.polled, report.failed, (report.new, report.stored)) != (sources, 0, wanted):
        sys.exit(f"{name}: wanted {sources} sources and {wanted} new and stored episodes, found {report}")


def run_bare(address: str, sources: int, passes: list[str]) -> Iterator[Cost]:
    """aiohttp asking for the same documents with their validators, and doing nothing with them."""
    import aiohttp  # noqa: PLC0415 - each client's library is there only in its own environment

    known: dict[int, str] = {}

    async def ask_all() -> None:
        slots = asyncio.Semaphore(16)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as session:

            async def ask(number: int) -> None:
                headers = {"If-None-Match": known[number]} if number in known else {}
                async with slots, session.get(f"{address}/{number}/feed", headers=headers) as response:
                    await response.read()
                    known[number] = response.headers["ETag"]

            await asyncio.gather(*map(ask, range(sources)))

    for name in passes:
        _publish(address, PASSES[name])
        yield _measured(lambda: asyncio.run(ask_all()))


def run_reader(address: str, sources: int, passes: list[str]) -> Iterator[Cost]:
    """reader as its guide has it: SQLite on disk, 20 workers."""
    from reader import make_reader  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as folder:
        reader = make_reader(f"{folder}/reader.db")
        for number in range(sources):
            reader.add_feed(f"{address}/{number}/feed")
        for name in passes:
            _publish(address, PASSES[name])
            yield _measured(lambda: reader.update_feeds(workers=20, scheduled=False))
        reader.close()


def run_newsboat(address: str, sources: int, passes: list[str]) -> Iterator[Cost]:
    """newsboat, which is written in C++ and Rust; its start is part of each pass."""
    with tempfile.TemporaryDirectory() as folder:
        urls, config, cache = (Path(folder) / name for name in ("urls", "config", "cache.db"))
        urls.write_text("".join(f"{address}/{number}/feed\n" for number in range(sources)))
        config.write_text("reload-threads 20\n")
        command = ["newsboat", "-x", "reload", "-u", str(urls), "-C", str(config), "-c", str(cache)]
        for name in passes:
            _publish(address, PASSES[name])
            yield _measured(lambda: subprocess.run(command, check=True, capture_output=True))


_CLIENTS = {"letters": run_ours, "bare aiohttp": run_bare, "reader": run_reader, "newsboat": run_newsboat}


def _publish(address: str, share: float) -> None:
    urllib.request.urlopen(f"{address}/publish/{share}").read()


# --- the comparison ---------------------------------------------------------------------------------------


def main() -> int:
    options = _options()
    if options.client:
        for cost in _CLIENTS[options.client](options.address, options.sources, list(PASSES)):
            print(json.dumps(asdict(cost)), flush=True)
        return 0
    clients = ["letters", "bare aiohttp", *_peers(options.peers)]
    with _server() as address:
        costs = {client: _run(client, address, options.sources) for client in clients}
    _print_costs(costs, options.sources)
    missed = _print_goals(costs, options.sources)
    if options.scale:
        _print_scale()
    return 1 if missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", type=int, default=2_000)
    parser.add_argument(
        "--scale", action="store_true", help="also the cost per source for 100, 1,000, 10,000 sources"
    )
    parser.add_argument(
        "--peers",
        nargs="*",
        choices=("reader", "newsboat"),
        default=["reader", "newsboat"],
        help="beside the bare client",
    )
    parser.add_argument("--client", choices=_CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    return parser.parse_args()


def _peers(wanted: list[str]) -> list[str]:
    missing = {
        "reader": "" if PEERS.exists() else "reader is not installed: make peers",
        "newsboat": ""
        if shutil.which("newsboat")
        else "newsboat is not installed; Debian has it by that name",
    }
    for peer in wanted:
        if missing[peer]:
            print(missing[peer])
    return [peer for peer in wanted if not missing[peer]]


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, str(HERE / "feed_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


def _run(client: str, address: str, sources: int) -> list[Cost]:
    python = str(PEERS) if client == "reader" else sys.executable
    command = [python, __file__, "--client", client, "--address", address, "--sources", str(sources)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{client} ended with {done.returncode}")
    return [Cost(**json.loads(line)) for line in done.stdout.splitlines()]


def _print_costs(costs: dict[str, list[Cost]], sources: int) -> None:
    print(f"\n{sources:,} sources. Feeds per CPU second, and per second of wall time:\n")
    print(f"{'':22}" + "".join(f"{client:>24}" for client in costs))
    for place, name in enumerate(PASSES):
        rates = [
            (sources / cost[place].cpu_seconds, sources / cost[place].wall_seconds) for cost in costs.values()
        ]
        print(f"{name:22}" + "".join(f"{f'{cpu:,.0f} / {wall:,.0f}':>24}" for cpu, wall in rates))


def _print_goals(costs: dict[str, list[Cost]], sources: int) -> int:
    """The ratios, those with a goal first; how many goals were missed."""
    missed = 0
    ours = dict(zip(PASSES, costs["letters"], strict=True))
    print("\nHow many times the other's CPU rate ours is, and its wall rate:\n")
    for client, theirs in costs.items():
        if client == "letters":
            continue
        for name, other in zip(PASSES, theirs, strict=True):
            cpu, wall = (
                other.cpu_seconds / ours[name].cpu_seconds,
                other.wall_seconds / ours[name].wall_seconds,
            )
            goal = _GOALS.get((client, name))
            met = goal is None or cpu >= goal
            missed += not met
            verdict = "" if goal is None else f"   goal {goal:.2f}: {'met' if met else 'missed'}"
            print(f"{client:16}{name:22}{cpu:8.2f}{wall:8.2f}{verdict}")
    if "reader" in costs:
        every = dict(zip(PASSES, costs["reader"], strict=True))["every feed changed"]
        ratio = every.cpu_seconds / ours["a quarter changed"].cpu_seconds
        print(f"\nOurs with a quarter changed, beside reader's with every feed changed: {ratio:.1f}")
    return missed


_GOALS = {
    ("reader", "every feed changed"): 10.0,
    ("reader", "a quarter changed"): 40.0,
    # No more than 1.5 times its CPU.
    ("bare aiohttp", "none changed"): 1 / 1.5,
}


def _print_scale() -> None:
    print("\nCost per source, in milliseconds of CPU, by the number of sources; and the most memory:\n")
    print(f"{'sources':>10}" + "".join(f"{name:>22}" for name in PASSES) + f"{'peak MB':>12}")
    for sources in (100, 1_000, 10_000):
        with _server() as address:
            costs = _run("letters", address, sources)
        each = "".join(f"{1000 * cost.cpu_seconds / sources:>22.3f}" for cost in costs)
        print(f"{sources:>10,}{each}{max(cost.peak_mb for cost in costs):>12.0f}")


if __name__ == "__main__":
    sys.exit(main())
