"""How fast ``letters run`` serves a published feed, beside nginx with one worker on the same tree.

    python benchmarks/serve.py [--seconds 2] [--rounds 3] [--connections 16]

Makes a workspace with ``letters demo``, starts ``letters run`` on it and nginx on its tree, each a process of its own, and
lets wrk ask both for ``all.rss``: as a reader does that holds it (If-None-Match, answered 304) and as one that does not,
plain and compressed. The servers share one core and take turns; wrk has another. Both look at the file at every request:
nginx is left without ``open_file_cache``, which would spare it that.

Printed are requests per second, the best of the rounds of each, and Letters' share of nginx's; then the same per second of
CPU time that the server used. On a quiet machine the two shares agree; where others want the cores too, the clock flatters
whoever is slower, for both then wait for wrk. So the second decides: exit code 1 if 304 answers come at less than 0.3 of
nginx's rate. Needs wrk and nginx: ``apt-get install wrk nginx-light``; loopback only.
"""

from __future__ import annotations

import argparse
import getpass
import gzip
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

GOAL = 0.3
DOCUMENT = "/all.rss"
PATIENCE_SECONDS = 60
#: Beside the demo's own output, which is nobody's business here.
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
LETTERS = [sys.executable, "-m", "letters"]

NGINX = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  gzip_static on;
  keepalive_requests 1000000000;
  types {{ application/rss+xml rss; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {tree}; }}
}}
"""


@dataclass(frozen=True)
class Server:
    """One that runs: where it listens, and the process that answers."""

    name: str
    port: int
    process: int


@dataclass(frozen=True)
class Rate:
    """What was answered, per second by the clock and per second of the server's CPU time."""

    by_clock: float
    by_cpu: float

    def best(self, other: Rate) -> Rate:
        return Rate(max(self.by_clock, other.by_clock), max(self.by_cpu, other.by_cpu))


def main() -> int:
    options = _options()
    missing = [program for program in ("wrk", _nginx()) if not shutil.which(program)]
    if missing:
        print(f"{' and '.join(missing)} not found; apt-get install wrk nginx-light", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="letters-serve-") as temporary:
        workspace = Path(temporary) / "workspace"
        tree = _publish(workspace)
        with _letters(workspace) as ours, _nginx_on(tree, Path(temporary)) as nginx:
            return _compare(ours, nginx, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Letters and nginx serve the same feed.")
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    return parser.parse_args()


# --- what is served ----------------------------------------------------------------------------------------


def _publish(workspace: Path) -> Path:
    """The demo's tree, with a compressed twin of the feed at least."""
    subprocess.run([*LETTERS, "demo", "--workspace", str(workspace)], check=True, **QUIET)
    # Nobody serves its sources any more.
    (workspace / "config" / "sources.toml").write_text("")
    feed = workspace / "feeds" / DOCUMENT[1:]
    twin = feed.with_name(feed.name + ".gz")
    if not twin.exists():
        twin.write_bytes(gzip.compress(feed.read_bytes(), mtime=0))
    date = feed.stat().st_mtime_ns
    os.utime(twin, ns=(date, date))
    return feed.parent


@contextmanager
def _letters(workspace: Path) -> Iterator[Server]:
    port = _free_port()
    command = [*LETTERS, "run", "--workspace", str(workspace), "--port", str(port)]
    with _running(command) as process:
        _wait_for(port, process)
        yield Server("letters", port, process.pid)


@contextmanager
def _nginx_on(tree: Path, folder: Path) -> Iterator[Server]:
    port = _free_port()
    # Started by root it would answer as nobody, who may not look into a temporary folder.
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(user=user, folder=folder, port=port, tree=tree))
    with _running([_nginx(), "-c", str(configuration), "-e", str(folder / "error.log")]) as process:
        _wait_for(port, process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Server("nginx", port, int(children[0]))


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, **QUIET)
    try:
        os.sched_setaffinity(process.pid, {_cores()[0]})
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(PATIENCE_SECONDS * 10):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            # A file that changed a moment ago is not held in memory yet; and a starting pass may take its time.
            time.sleep(3)
            return
    raise SystemExit(f"{' '.join(map(str, process.args))} does not answer at port {port}")  # type: ignore[arg-type]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


def _nginx() -> str:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or "nginx"


def _cores() -> list[int]:
    """The server's and wrk's; the same one where there is no other."""
    cores = sorted(os.sched_getaffinity(0))
    return [cores[0], cores[-1]]


# --- what is measured --------------------------------------------------------------------------------------


def _compare(ours: Server, nginx: Server, options: argparse.Namespace) -> int:
    print(f"{DOCUMENT[1:]}, {options.connections} connections, best of {options.rounds} rounds\n")
    print(f"{'':14}{'by the clock, per second':^36}{'per CPU second':^30}")
    print(f"{'':14}{'letters':>12}{'nginx':>12}{'ratio':>9}{'letters':>12}{'nginx':>12}{'ratio':>9}")
    shares = {}
    for name, (status, sent) in {
        "304": (304, {}),
        "304 gzip": (304, {"Accept-Encoding": "gzip"}),
        "200": (200, {}),
        "200 gzip": (200, {"Accept-Encoding": "gzip"}),
    }.items():
        best: dict[str, Rate] = {}
        for _ in range(options.rounds):
            for server in (ours, nginx):
                rate = _measure(server, _headers(server, status, sent), options)
                best[server.name] = rate.best(best.get(server.name, rate))
        a, b = best["letters"], best["nginx"]
        shares[name] = a.by_cpu / b.by_cpu
        print(
            f"{name:14}{a.by_clock:12,.0f}{b.by_clock:12,.0f}{a.by_clock / b.by_clock:9.2f}"
            f"{a.by_cpu:12,.0f}{b.by_cpu:12,.0f}{shares[name]:9.2f}",
            flush=True,
        )
    is_reached = shares["304"] >= GOAL
    print(
        f"\n304 at {shares['304']:.2f} of nginx's rate per CPU second, wanted {GOAL}: {'yes' if is_reached else 'no'}"
    )
    return 0 if is_reached else 1


def _headers(server: Server, status: int, sent: Mapping[str, str]) -> dict[str, str]:
    """What to send to get this answer; asked once, so that nothing else is measured by mistake."""
    first = _ask(server, sent)
    assert (first.status, first.getheader("Content-Encoding")) == (200, sent.get("Accept-Encoding"))
    headers = dict(sent)
    if status == 304:
        etag = first.getheader("ETag")
        assert etag
        headers["If-None-Match"] = etag
        assert _ask(server, headers).status == 304
    return headers


def _ask(server: Server, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    # Without the "Accept-Encoding: identity" that http.client adds by itself; wrk sends none.
    connection.putrequest("GET", DOCUMENT, skip_accept_encoding=True)
    for header in headers.items():
        connection.putheader(*header)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def _measure(server: Server, headers: Mapping[str, str], options: argparse.Namespace) -> Rate:
    fields = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    url = f"http://127.0.0.1:{server.port}{DOCUMENT}"
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", *fields, url]
    before = _cpu_seconds(server.process)
    done = subprocess.run(
        ["taskset", "-c", str(_cores()[1]), *command], check=True, capture_output=True, text=True
    ).stdout
    used = _cpu_seconds(server.process) - before
    # wrk tells these only where there were any.
    if trouble := re.search(r"(Non-2xx.*|Socket errors.*)", done):
        raise SystemExit(f"{server.name}: {trouble[1]}")
    count, per_second = re.search(r"(\d+) requests in", done), re.search(r"Requests/sec:\s+([\d.]+)", done)
    assert count
    assert per_second
    return Rate(float(per_second[1]), int(count[1]) / max(used, 1 / os.sysconf("SC_CLK_TCK")))


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
