"""A real HTTP server on loopback that can also misbehave. Any test may ask for the `http_server` fixture."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass(frozen=True)
class Request:
    """What the server was asked, as recorded."""

    method: str
    path: str
    headers: Message
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What the server answers.

    `body` may be an iterable of pieces, which are written one by one without a Content-Length, until the connection
    is closed. `length` lies about the length. `raw` replaces everything, status line included.
    """

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    raw: bytes | None = None
    #: Waited for before anything is answered.
    wait: threading.Event | None = None


Handler = Callable[[Request], Reply]


class HttpServer:
    """Serves what it was told to, on a free port of 127.0.0.1, and records each request."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "https" if tls is not None else "http"
        self.requests: list[Request] = []
        self._handlers: dict[str, Handler] = {}
        server = self

        class _Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_request(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                server.answer(self, Request(self.command, self.path, self.headers, body))

            do_GET = do_HEAD = do_POST = handle_request  # noqa: N815 - the names that http.server looks for

            def log_message(self, *_: object) -> None:
                pass

        class _Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                """A client that hangs up is what some tests are about."""

        self._server = _Server(("127.0.0.1", 0), _Handler)
        if tls is not None:
            # Shaking hands is left to each connection's own thread, so that a client that hangs up stops nobody.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def place(self) -> str:
        """As ``allow_private`` wants it."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def on(self, path: str, handler: Handler | Reply) -> str:
        """Answer a path by a function of the request, or always the same; gives the path's URL."""
        self._handlers[path] = (lambda _request: handler) if isinstance(handler, Reply) else handler
        return self.url(path)

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        return self.on(path, Reply(status, headers={"Location": to}))

    def serve(
        self,
        path: str,
        body: bytes | str,
        *,
        content_type: str = "application/xml",
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> str:
        """A document that honours conditional requests as RFC 9110 section 13 wants; by default its ETag is its digest."""
        data = body.encode() if isinstance(body, str) else body
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"' if etag is None else etag
        headers = {"ETag": tag} if tag else {}
        if last_modified:
            headers["Last-Modified"] = last_modified

        def handler(request: Request) -> Reply:
            asked, since = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
            fresh = asked == tag if asked is not None else bool(last_modified) and since == last_modified
            if fresh:
                return Reply(304, headers=headers)
            return Reply(200, data, {"Content-Type": content_type, **headers})

        return self.on(path, handler)

    def count(self, path: str) -> int:
        return sum(request.path == path for request in self.requests)

    def answer(self, connection: BaseHTTPRequestHandler, request: Request) -> None:
        self.requests.append(request)
        handler = self._handlers.get(request.path)
        reply = handler(request) if handler else Reply(404, b"nothing here")
        if reply.wait is not None:
            reply.wait.wait(30)
        try:
            _write(connection, reply)
        except OSError:
            connection.close_connection = True

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _write(connection: BaseHTTPRequestHandler, reply: Reply) -> None:
    if reply.raw is not None:
        connection.wfile.write(reply.raw)
        connection.close_connection = True
        return
    connection.send_response(reply.status)
    for name, value in reply.headers.items():
        connection.send_header(name, value)
    if isinstance(reply.body, bytes):
        length = len(reply.body) if reply.length is None else reply.length
        if reply.status != 304:
            connection.send_header("Content-Length", str(length))
        connection.end_headers()
        if connection.command != "HEAD" and reply.status != 304:
            connection.wfile.write(reply.body)
        connection.close_connection = connection.close_connection or length != len(reply.body)
        return
    connection.send_header("Connection", "close")
    connection.end_headers()
    for piece in reply.body:
        connection.wfile.write(piece)
    connection.close_connection = True


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    """A server of this test's own."""
    server = HttpServer()
    yield server
    server.close()
