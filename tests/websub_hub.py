"""A WebSub hub as a process of its own, behaving as the W3C recommendation says, and misbehaving where it is told to.

Run as a program it serves on a free port of loopback, whose number is the first line it prints, until its standard input
ends. `HubProcess` starts it and speaks to it.

``POST /`` is the hub. ``POST /push?topic=…`` distributes the body, answers when all subscribers have answered, and gives
their statuses. ``POST /behave`` sets, and ``GET /state`` tells.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_PATIENCE = 30.0
_RETRIES = 3


@dataclass
class Behaviour:
    """What a hub may decide, and what it may do wrong."""

    #: The status of answers to requests; 202 is the only one that is followed by a verification.
    answer: int = 202
    #: Said with a refusal; CALLBACK and SECRET stand for what was sent.
    words: str = ""
    #: Instead of the lease that was asked for.
    lease: str = ""
    verifies: bool = True
    #: Verify before answering the request, as some hubs do.
    at_once: bool = False
    #: Deny with this reason instead of verifying.
    denies: str = ""
    #: Send whoever asks elsewhere (307).
    moved_to: str = ""
    algorithm: str = "sha256"
    #: "right", "wrong" or "missing".
    signature: str = "right"


@dataclass
class Subscriber:
    topic: str
    callback: str
    secret: str
    lease: int
    ends_at: float


@dataclass
class State:
    """What the hub knows, and what happened so far."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    subscribers: list[Subscriber] = field(default_factory=list)
    #: Requests as they came: the form's fields.
    requests: list[dict[str, str]] = field(default_factory=list)
    #: What subscribers answered to verifications and denials: mode, topic, status, whether the challenge came back.
    calls: list[dict[str, Any]] = field(default_factory=list)


class Hub:
    """The rules; HTTP is below."""

    def __init__(self) -> None:
        self.state = State()
        self.url = ""
        self._lock = threading.Lock()

    def ask(self, form: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """A request to subscribe or unsubscribe (section 5.1)."""
        does = self.state.behaviour
        self.state.requests.append(form)
        if form.get("hub.mode") == "publish":
            return self._take_ping(form)
        if does.moved_to:
            return 307, "", {"Location": does.moved_to}
        wrong = _mistake(form)
        if wrong:
            return 400, wrong, {}
        if does.answer != 202:
            words = does.words.replace("CALLBACK", form["hub.callback"]).replace("SECRET", form["hub.secret"])
            return does.answer, words, {}
        work = self._deny if does.denies else self._verify
        if does.at_once:
            work(form)
        elif does.verifies or does.denies:
            threading.Thread(target=work, args=(form,), daemon=True).start()
        return 202, "", {}

    def _take_ping(self, form: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """A publisher says that a document changed (left open by section 7): it is fetched before the answer."""
        does, topic = self.state.behaviour, form["hub.url"]
        if does.answer != 202:
            return does.answer, does.words, {}
        status, body = _get(topic, {})
        digest = hashlib.sha256(body).hexdigest()
        self.state.calls.append({"mode": "publish", "topic": topic, "status": status, "digest": digest})
        return 204, "", {}

    def _deny(self, form: dict[str, str]) -> None:
        query = {
            "hub.mode": "denied",
            "hub.topic": form["hub.topic"],
            "hub.reason": self.state.behaviour.denies,
        }
        status, _ = _get(form["hub.callback"], query)
        self._forget(form)
        self.state.calls.append({"mode": "denied", "topic": form["hub.topic"], "status": status})

    def _verify(self, form: dict[str, str]) -> None:
        """Verification of intent (section 5.3). The state changes only once the challenge came back."""
        mode, topic, challenge = form["hub.mode"], form["hub.topic"], f"{secrets.token_hex(16)} &<é"
        lease = self.state.behaviour.lease or form.get("hub.lease_seconds", "864000")
        query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": challenge}
        if mode == "subscribe":
            query["hub.lease_seconds"] = lease
        status, body = _get(form["hub.callback"], query)
        agreed = 200 <= status < 300 and body == challenge.encode()
        if agreed:
            self._forget(form)
        if agreed and mode == "subscribe":
            seconds = int(lease) if lease.isdecimal() else 864000
            subscriber = Subscriber(
                topic, form["hub.callback"], form.get("hub.secret", ""), seconds, time.time() + seconds
            )
            with self._lock:
                self.state.subscribers.append(subscriber)
        self.state.calls.append({"mode": mode, "topic": topic, "status": status, "agreed": agreed})

    def _forget(self, form: dict[str, str]) -> None:
        with self._lock:
            self.state.subscribers = [
                one
                for one in self.state.subscribers
                if (one.topic, one.callback) != (form["hub.topic"], form["hub.callback"])
            ]

    def push(self, topic: str, body: bytes, content_type: str) -> list[int]:
        """Content distribution (section 7): leases are enforced, failures retried, 410 ends a subscription."""
        with self._lock:
            self.state.subscribers = [one for one in self.state.subscribers if one.ends_at > time.time()]
            chosen = [one for one in self.state.subscribers if one.topic == topic]
        return [self._deliver(one, body, content_type) for one in chosen]

    def _deliver(self, one: Subscriber, body: bytes, content_type: str) -> int:
        headers = {
            "Content-Type": content_type,
            "Link": f'<{self.url}>; rel="hub", <{one.topic}>; rel="self"',
        }
        does = self.state.behaviour
        if one.secret and does.signature != "missing":
            key = one.secret if does.signature == "right" else "another secret"
            headers["X-Hub-Signature"] = (
                f"{does.algorithm}={hmac.new(key.encode(), body, does.algorithm).hexdigest()}"
            )
        status = 0
        for attempt in range(_RETRIES):
            status = _post(one.callback, body, headers)
            if 200 <= status < 300 or status == 410:
                break
            time.sleep(0.05 * 2**attempt)
        if status == 410:
            self._forget({"hub.topic": one.topic, "hub.callback": one.callback})
        return status


def _mistake(form: dict[str, str]) -> str:
    """What the recommendation forbids in a request."""
    for name in ("hub.callback", "hub.mode", "hub.topic"):
        if not form.get(name):
            return f"{name} is required"
    if form["hub.mode"] not in {"subscribe", "unsubscribe"}:
        return "hub.mode is neither subscribe nor unsubscribe"
    if len(form.get("hub.secret", "").encode()) >= 200:
        return "hub.secret is 200 bytes or longer"
    if not form.get("hub.lease_seconds", "1").isdecimal():
        return "hub.lease_seconds is no positive decimal integer"
    return ""


def _get(callback: str, query: dict[str, str]) -> tuple[int, bytes]:
    """A call to a subscriber; what its callback has for a query of its own is kept."""
    joint = "&" if "?" in callback else "?"
    try:
        with urllib.request.urlopen(callback + joint + urllib.parse.urlencode(query), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""
    except OSError:
        return 0, b""


def _post(callback: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(callback, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException):
        return 0


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        if path == "/behave":
            self.hub.state.behaviour = Behaviour(**json.loads(body))
            self._answer(200, "", {})
        elif path == "/push":
            topic = dict(urllib.parse.parse_qsl(query))["topic"]
            statuses = self.hub.push(topic, body, self.headers["Content-Type"])
            self._answer(200, json.dumps(statuses), {})
        elif self.headers.get_content_type() != "application/x-www-form-urlencoded":
            self._answer(415, "wanted a form", {})
        else:
            self._answer(*self.hub.ask(dict(urllib.parse.parse_qsl(body.decode()))))

    def do_GET(self) -> None:
        self._answer(200, json.dumps(asdict(self.hub.state)), {})

    def _answer(self, status: int, text: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(hub.url, flush=True)  # noqa: T201
    sys.stdin.read()


class HubProcess:
    """The hub as the tests see it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def behave(self, **behaviour: Any) -> None:
        """From now on like this, in all else as the recommendation says."""
        self._ask("behave", json.dumps(behaviour).encode())

    def push(self, topic: str, body: str | bytes, content_type: str = "application/rss+xml") -> list[int]:
        """The statuses of the subscribers to a topic."""
        data = body.encode() if isinstance(body, str) else body
        return list(
            json.loads(self._ask(f"push?{urllib.parse.urlencode({'topic': topic})}", data, content_type))
        )

    def state(self) -> dict[str, Any]:
        return dict(json.loads(self._ask("state")))

    def wait_for(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The state once it is so; the hub does its work beside."""
        end = time.monotonic() + _PATIENCE
        while not condition(state := self.state()):
            assert time.monotonic() < end, f"the hub never came to it: {state}"
            time.sleep(0.01)
        return state

    def close(self) -> None:
        """Die, as hubs do."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, path: str, body: bytes | None = None, content_type: str = "application/json") -> bytes:
        request = urllib.request.Request(
            self.url + path, data=body, headers={"Content-Type": content_type} if body is not None else {}
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            return bytes(answer.read())


if __name__ == "__main__":
    main()
