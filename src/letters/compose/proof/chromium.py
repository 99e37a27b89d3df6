"""A Chromium without a window, told what to do over a pair of pipes (Chrome DevTools Protocol).

The protocol over pipes needs no port that others could reach and no library: a message is JSON and a NUL byte. Chromium
reads its file descriptor 3 and writes to 4.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from letters.errors import LettersError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
)
#: For one answer. A mail whose pictures hang is taken as it is by then.
_PATIENCE_SECONDS = 20.0
_LOADING_SECONDS = 8.0
_LEAVE_SECONDS = 5.0
#: The tallest picture that Chromium can draw, in pixels.
_TALLEST = 16_000
# Below this are descriptors that a child may want for itself.
_FIRST_FREE = 10


class ChromiumError(LettersError):
    """Chromium cannot be started, or does not do what it was told."""


def find_chromium(environ: Mapping[str, str]) -> str | None:
    """The Chromium that CHROMIUM names, or one on the PATH; None where there is none."""
    if named := environ.get("CHROMIUM"):
        return named
    return next((found for name in _NAMES if (found := shutil.which(name, path=environ.get("PATH")))), None)


class Chromium:
    """A running Chromium, with an empty profile of its own that goes with it.

    Pages run no scripts. Raises `ChromiumError` for all that goes wrong with it.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self._stack = ExitStack()
        self._read = self._write = self._pid = -1
        self._calls = 0
        self._unread = b""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            profile = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="letters-chromium-", ignore_cleanup_errors=True)
            )
            theirs_read, self._write = _pipe()
            self._read, theirs_write = _pipe()
            stack.callback(os.close, self._read)
            stack.callback(os.close, self._write)
            self._start(Path(profile), theirs_read, theirs_write)
            stack.callback(self._end)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def picture(self, address: str, *, width: int) -> bytes:
        """The whole page at an address as PNG, in a window so many CSS pixels wide."""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        window = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        light = [{"name": "prefers-color-scheme", "value": "light"}]
        self._call("Emulation.setDeviceMetricsOverride", session, **window)
        self._call("Emulation.setEmulatedMedia", session, features=light)
        self._call("Emulation.setScriptExecutionDisabled", session, value=True)
        self._call("Page.enable", session)
        self._call("Page.navigate", session, url=address)
        self._wait_for("Page.loadEventFired", session)
        size = self._call("Page.getLayoutMetrics", session)["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(size["height"], _TALLEST), "scale": 1}
        taken = self._call(
            "Page.captureScreenshot", session, format="png", captureBeyondViewport=True, clip=clip
        )
        self._call("Target.closeTarget", targetId=target)
        return base64.b64decode(taken["data"])

    def _start(self, profile: Path, read: int, write: int) -> None:
        arguments = [*_ARGUMENTS, f"--user-data-dir={profile}"]
        if os.geteuid() == 0:
            # Chromium's sandbox does not start for root, as which containers like to run things.
            arguments.append("--no-sandbox")
        nothing = os.devnull
        try:
            self._pid = os.posix_spawnp(
                self._program,
                [self._program, *arguments],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, nothing, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, nothing, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, nothing, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_DUP2, read, 3),
                    (os.POSIX_SPAWN_DUP2, write, 4),
                ],
            )
        except OSError as error:
            raise ChromiumError(f'"{self._program}" cannot be started: {error.strerror}') from error
        finally:
            # With ours closed, a Chromium that dies is an end of file.
            os.close(read)
            os.close(write)

    def _end(self) -> None:
        with suppress(ChromiumError):
            self._send("Browser.close", None, {})
        deadline = time.monotonic() + _LEAVE_SECONDS
        while time.monotonic() < deadline:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                return
            time.sleep(0.02)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def _call(self, method: str, session: str | None = None, /, **parameters: object) -> dict[str, Any]:
        number = self._send(method, session, parameters)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (message := self._receive(deadline)) is not None:
            if message.get("id") == number:
                if "error" in message:
                    raise ChromiumError(f"{self._program}: {method}: {message['error'].get('message')}")
                result: dict[str, Any] = message["result"]
                return result
        raise ChromiumError(f"{self._program}: no answer to {method} within {_PATIENCE_SECONDS:.0f} seconds")

    def _wait_for(self, event: str, session: str) -> None:
        deadline = time.monotonic() + _LOADING_SECONDS
        while (message := self._receive(deadline)) is not None:
            if message.get("method") == event and message.get("sessionId") == session:
                return

    def _send(self, method: str, session: str | None, parameters: Mapping[str, object]) -> int:
        self._calls += 1
        message: dict[str, object] = {"id": self._calls, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._write, data) :]
        except OSError as error:
            raise ChromiumError(f"{self._program}: ended by itself") from error
        return self._calls

    def _receive(self, deadline: float) -> dict[str, Any] | None:
        """The next message; None when there is none in time."""
        while b"\0" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                return None
            data = os.read(self._read, 1 << 20)
            if not data:
                raise ChromiumError(f"{self._program}: ended by itself")
            self._unread += data
        message, _, self._unread = self._unread.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


def _pipe() -> tuple[int, int]:
    """A pipe whose ends lie out of the way of 3 and 4."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
