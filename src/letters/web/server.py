"""A web server in a thread, beside the scheduler."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import uvicorn

from letters.errors import LettersError, UsageError
from letters.web.protocol import DocumentProtocol

#: How long answers under way may take once the server is told to end, in seconds.
_PATIENCE = 5
_HIGHEST_PORT = 65_535


class WebServer:
    """Serves an ASGI application until closed. It listens from the moment it is made, and answers once started.

    There is no access log: the paths hold tokens. Raises `UsageError` when the address is taken or not ours.
    """

    def __init__(self, app: Any, host: str, port: int) -> None:
        self._socket = _listen(host, port)
        bound_host, self.port = self._socket.getsockname()[:2]
        shown = f"[{bound_host}]" if ":" in bound_host else bound_host
        self.url = f"http://{shown}:{self.port}/"
        config = uvicorn.Config(
            app,
            http=DocumentProtocol,
            # No page of ours opens one, whatever libraries are installed.
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            # The peer's address is used for nothing, so nobody's word for it is taken.
            proxy_headers=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
        # `access_log=False` only takes its handlers away, and whoever adds one would have the tokens again.
        logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None
        self._closing = False
        self._failure: BaseException | None = None

    def start(self, *, on_end: Callable[[], None] | None = None) -> None:
        """Answer from now on. `on_end` is called, in the server's thread, when it ends, whyever."""
        self._thread = threading.Thread(target=self._serve, args=(on_end,), name="letters-web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish the answers under way and end. Raises `LettersError` when the server had ended by itself."""
        was_closing, self._closing = self._closing, True
        ended_alone = self._thread is not None and not self._thread.is_alive() and not was_closing
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._socket.close()
        if ended_alone:
            raise LettersError(f"the web server at {self.url} ended by itself") from self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self, on_end: Callable[[], None] | None) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the edge of a thread; `close` raises it
            self._failure = error
        finally:
            if on_end is not None:
                on_end()


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _HIGHEST_PORT:
        raise UsageError(f'the web server cannot listen at port "{port}", wanted 0 to {_HIGHEST_PORT}')
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise UsageError(
            f"the web server cannot listen at {host}:{port}: {(error.strerror or str(error)).lower()}; "
            "choose another [web] host or port, or end the program that listens there"
        ) from error
