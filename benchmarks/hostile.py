"""What hostile documents do to ``letters watch``: one line against the source, how long, and how much memory.

    python benchmarks/hostile.py [KIND ...]

Serves documents that mean harm from a process of its own on loopback, beside a good one, and runs ``letters watch`` over
each kind in a child process, then over all kinds at once. Prints the problem that was reported, the seconds, those of
the processor, and the peak memory of the largest process of the child (``ru_maxrss``). Ends with exit code 1 where a pass took more than
``SLOWEST_SECONDS``, more than ``LARGEST_MB``, or left the good source beside the hostile one unread.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import multiprocessing
import os
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.queues import Queue
from pathlib import Path

SLOWEST_SECONDS = 60.0
LARGEST_MB = 1_000.0
#: The pass's own limits, shorter than the defaults so that the silent kinds do not make this a long wait.
TIMEOUTS = {"timeout": "8s", "idle_timeout": "3s", "parse_timeout": "10s"}
LIMIT_MB = 20

Pieces = Iterable[bytes]


@dataclass(frozen=True)
class Hostile:
    """A kind of answer: its header fields and its pieces, sent one by one and with a pause after each."""

    pieces: Callable[[], Pieces]
    fields: tuple[str, ...] = ("Content-Type: application/rss+xml",)
    pause_seconds: float = 0.0
    reset: bool = False


def rss(body: str, *, before: str = "", encoding: str = "utf-8") -> bytes:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'
    text = f'{declared}{before}<rss version="2.0"><channel><title>A show</title>{body}</channel></rss>'
    return text.encode(encoding)


def item(number: int, *, words: str = "words") -> str:
    return (
        f"<item><guid>g{number}</guid><title>Entry {number}</title><link>https://show.example/{number}</link>"
        f"<pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate><description>{words}</description></item>"
    )


GOOD = rss("".join(item(number) for number in range(20)))
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def bomb(megabytes: int) -> bytes:
    """Zeros as gzip: one flushed block of a megabyte, again and again."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * megabytes


def endless_items() -> Iterator[bytes]:
    start = rss("").removesuffix(b"</channel></rss>")
    return itertools.chain(
        [start], ("".join(map(item, range(at, at + 200))).encode() for at in itertools.count(0, 200))
    )


def large(size: int) -> Iterator[bytes]:
    """A whole feed of about so many bytes, in pieces of 200 entries."""
    start, _, end = rss("@").partition(b"@")
    piece = "".join(item(number, words="w" * 300) for number in range(200)).encode()
    return itertools.chain([start], itertools.repeat(piece, size // len(piece)), [end])


def one(make: Callable[[], bytes]) -> Callable[[], Pieces]:
    """A document as one piece, made when it is first asked for."""
    made = cache(make)
    return lambda: [made()]


XML = ("Content-Type: application/rss+xml",)
KINDS: dict[str, Hostile] = {
    "50 MB": Hostile(lambda: large(50_000_000)),
    "50 MB, announced": Hostile(lambda: large(50_000_000), (*XML, "Content-Length: 50000000")),
    "never-ending": Hostile(endless_items),
    "a byte a second": Hostile(lambda: itertools.repeat(b"<"), pause_seconds=1),
    "silent after its header": Hostile(lambda: [b"<rss>", b""], pause_seconds=60),
    "reset in the middle": Hostile(lambda: [GOOD[:900]], (*XML, f"Content-Length: {len(GOOD)}"), 0.1, reset=True),
    "2 GB as gzip": Hostile(one(lambda: bomb(2048)), (*XML, "Content-Encoding: gzip")),
    "no gzip at all": Hostile(one(lambda: GOOD), (*XML, "Content-Encoding: gzip")),
    "endless header": Hostile(list, tuple(f"X-{number}: {'y' * 900}" for number in range(200))),
    "a billion laughs": Hostile(
        one(lambda: rss(item(1, words="&l9;"), before=f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>'))
    ),
    "one long entity 10,000 times": Hostile(
        one(lambda: rss(item(1, words="&l;" * 10_000), before=f'<!DOCTYPE rss [<!ENTITY l "{"x" * 9_000}">]>'))
    ),
    "an external entity": Hostile(
        one(lambda: rss(item(1, words="&e;"), before='<!DOCTYPE rss [<!ENTITY e SYSTEM "file:///etc/hostname">]>'))
    ),
    "100,000 levels deep": Hostile(one(lambda: rss(item(1, words="<a>" * 100_000 + "</a>" * 100_000)))),
    "100,000 levels, never closed": Hostile(one(lambda: rss("<item>" + "<a>" * 100_000))),
    "one line of 19 MB": Hostile(one(lambda: rss(item(1, words="w" * 19_000_000)))),
    "one tag of 19 MB": Hostile(one(lambda: rss("<item " + " ".join(f"a{n}='x'" for n in range(1_500_000)) + "/>"))),
    "19 MB of references": Hostile(one(lambda: rss(item(1, words="&#65;" * 3_800_000)))),
    "19 MB of markup in an entry": Hostile(one(lambda: rss(item(1, words="&lt;b&gt;x" * 1_900_000)))),
    "19 MB of bare ampersands": Hostile(one(lambda: rss(item(1, words="& " * 9_500_000)))),
    "200,000 tiny entries": Hostile(
        one(lambda: rss("".join(f"<item><guid>{n}</guid><title>{n}</title></item>" for n in range(200_000))))
    ),
    "200,000 entries of one guid": Hostile(
        one(lambda: rss("<item><guid>x</guid><title>y</title></item>" * 200_000))
    ),
    "JSON of 100,000 levels": Hostile(
        one(lambda: b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 100_000),
        ("Content-Type: application/feed+json",),
    ),
    "JSON of 19 MB": Hostile(
        one(lambda: b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b"{}," * 6_300_000 + b"{}]}"),
        ("Content-Type: application/feed+json",),
    ),
    "HTML": Hostile(
        one(lambda: b"<!DOCTYPE html><html><body>Sign in</body></html>"), ("Content-Type: text/html",)
    ),
    "NULs": Hostile(one(lambda: b"\0" * 5_000_000)),
    "NULs between letters": Hostile(one(lambda: GOOD.replace(b"Entry", b"E\0n\0t\0r\0y\0\x1b\x7f"))),
    "lone surrogates": Hostile(
        one(
            lambda: json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "title": "\ud800",
                    "items": [{"id": "\udfff", "title": "\ud83d", "content_text": "\udc00"}],
                }
            ).encode()
        ),
        ("Content-Type: application/feed+json",),
    ),
    "a picture as a feed": Hostile(one(lambda: b"\x89PNG\r\n\x1a\n" + bytes(1_000_000))),
    "a feed as a picture": Hostile(one(lambda: GOOD), ("Content-Type: image/png",)),
    "UTF-8 that is UTF-16": Hostile(
        one(lambda: rss(item(1), encoding="utf-16")), ("Content-Type: text/xml; charset=utf-8",)
    ),
    "a charset that is none": Hostile(one(lambda: GOOD), ("Content-Type: text/xml; charset=zip",)),
}  # fmt: skip


# --- the server --------------------------------------------------------------------------------------------


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, EOFError):
        line = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        hostile = list(KINDS.values())[int(line[1:])] if line != "/good" else Hostile(lambda: [GOOD], XML)
        writer.write("\r\n".join(["HTTP/1.1 200 OK", "Connection: close", *hostile.fields, "", ""]).encode())
        for piece in hostile.pieces():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(hostile.pause_seconds)
        if hostile.reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()


@asynccontextmanager
async def _listening() -> AsyncIterator[int]:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _serve(ports: Queue[int]) -> None:
    async with _listening() as port:
        ports.put(port)
        # Whatever happens to its parent: it does not stay for ever.
        await asyncio.sleep(1800)


def _run_server(ports: Queue[int]) -> None:
    asyncio.run(_serve(ports))


@contextmanager
def _server() -> Iterator[int]:
    context = multiprocessing.get_context("spawn")
    ports: Queue[int] = context.Queue()
    process = context.Process(target=_run_server, args=(ports,), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=60)
    finally:
        process.kill()
        process.join()


# --- a pass ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What one pass reported, and what it took."""

    problems: tuple[str, ...]
    #: Entries of the good source, and of all others together.
    good: int
    others: int
    #: Of watching, without the start of the process.
    seconds: float
    #: Of the processor, all processes of the pass together.
    cpu_seconds: float
    peak_mb: float


def watch(workspace: Path, port: int, places: Sequence[int]) -> Outcome:
    """A pass of ``letters watch`` over these kinds and a good source, in a process of its own."""
    _write_workspace(workspace, port, places)
    command = [sys.executable, "-m", "letters", "watch", "--json", "-w", str(workspace)]
    environ = {**os.environ, "LETTERS_SECRET": "0" * 64}
    with (workspace / "report.json").open("wb") as report, (workspace / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=report, stderr=log, env=environ)
        stop = threading.Timer(SLOWEST_SECONDS, process.kill)
        stop.start()
        # Not Popen's own wait, which does not say what was used. The child's own children are counted in.
        _, status, usage = os.wait4(process.pid, 0)
        stop.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    found = json.loads((workspace / "report.json").read_bytes() or b"{}")
    with closing(sqlite3.connect(workspace / "var" / "letters.db")) as database:
        counts = dict(database.execute("SELECT source, count(*) FROM episode GROUP BY source"))
    good = counts.pop("good", 0)
    return Outcome(
        problems=tuple(f"{problem['where']}: {problem['what']}" for problem in found.get("problems", [])),
        good=good,
        others=sum(counts.values()),
        seconds=found.get("seconds", {}).get("watch", math.inf),
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
    )


def _write_workspace(workspace: Path, port: int, places: Sequence[int]) -> None:
    config = workspace / "config"
    config.mkdir(parents=True)
    limits = "".join(f'{name} = "{value}"\n' for name, value in TIMEOUTS.items())
    (config / "letters.toml").write_text(
        '[site]\ntitle = "Signal"\nbase_url = "https://signal.example"\n'
        '[delivery]\nfrom = "Signal <news@signal.example>"\n'
        f'[watch]\nallow_private = ["127.0.0.1:{port}"]\nsize_limit_mb = {LIMIT_MB}\n{limits}'
    )
    sources = [("good", "good"), *((f"hostile-{place:02}", str(place)) for place in places)]
    (config / "sources.toml").write_text(
        "".join(
            f'[[source]]\nkey = "{key}"\nurl = "http://127.0.0.1:{port}/{path}"\n' for key, path in sources
        )
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", nargs="*", help="only kinds that contain this")
    wanted: list[str] = parser.parse_args().kind
    names = list(KINDS)
    places = [place for place, name in enumerate(names) if not wanted or any(part in name for part in wanted)]
    rounds = [("(a good source alone)", ()), *((names[place], (place,)) for place in places)]
    if len(places) > 1:
        rounds.append((f"(all {len(places)} at once)", tuple(places)))
    good = True
    print(f"{'document':32} {'seconds':>7} {'CPU s':>6} {'peak MB':>7}  what was said")
    with _server() as port, tempfile.TemporaryDirectory() as folder:
        for number, (name, chosen) in enumerate(rounds):
            outcome = watch(Path(folder) / str(number), port, chosen)
            print(
                f"{name:32} {outcome.seconds:7.1f} {outcome.cpu_seconds:6.1f} {outcome.peak_mb:7.0f}  {_said(outcome)}",
                flush=True,
            )
            good &= _is_good(outcome)
    return 0 if good else 1


def _said(outcome: Outcome) -> str:
    if outcome.seconds == math.inf:
        return f"killed after {SLOWEST_SECONDS:g} seconds"
    if len(outcome.problems) > 1:
        return f"{len(outcome.problems)} problems, {outcome.others:,} entries stored"
    words = "; ".join(outcome.problems) or f"{outcome.others:,} entries stored"
    # The address says nothing here.
    return re.sub(r'source "hostile-\d+": (http://127\.0\.0\.1:\d+/\d+: )?', "", words)[:160]


def _is_good(outcome: Outcome) -> bool:
    return outcome.seconds <= SLOWEST_SECONDS and outcome.peak_mb <= LARGEST_MB and outcome.good == 20


if __name__ == "__main__":
    sys.exit(main())
