"""The demo's publishers: the bundled feeds over real HTTP on loopback, with validators and compression."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from letters.demo.content import feed_documents

_TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".xml": "text/xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class _Document:
    type: str
    body: bytes
    modified: datetime

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:16]


@contextmanager
def serve_demo(now: datetime) -> Iterator[str]:
    """Serve the demo's feeds, dated by `now`, until the end of the block; gives the address they are below."""
    server = _Server(_documents(now))
    # Asked every 50 ms whether to stop, so that the end of the block does not wait half a second.
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="demo-feeds", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _documents(now: datetime) -> dict[str, _Document]:
    modified = (now - timedelta(hours=1)).replace(microsecond=0)
    return {
        f"/{name}": _Document(_TYPES[name[name.rindex(".") :]], text.encode(), modified)
        for name, text in feed_documents(now).items()
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that keeps its connection must not keep the demo from ending.
    block_on_close = False

    def __init__(self, documents: Mapping[str, _Document]) -> None:
        self.documents = documents
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        document = self.server.documents.get(self.path.partition("?")[0])
        if document is None:
            self.send_response(HTTPStatus.NOT_FOUND)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        zipped = "gzip" in self.headers.get("Accept-Encoding", "")
        # Two encodings are two representations, so their strong validators differ (RFC 9110, section 8.8.3.3).
        etag = f'"{document.etag}{"-gzip" if zipped else ""}"'
        fresh = self._is_fresh(document, etag)
        body = gzip.compress(document.body, mtime=0) if zipped else document.body
        self.send_response(HTTPStatus.NOT_MODIFIED if fresh else HTTPStatus.OK)
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", format_datetime(document.modified, usegmt=True))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "max-age=60")
        if not fresh:
            self.send_header("Content-Type", document.type)
            self.send_header("Content-Length", str(len(body)))
            if zipped:
                self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if with_body and not fresh:
            self.wfile.write(body)

    def _is_fresh(self, document: _Document, etag: str) -> bool:
        """If-None-Match beats If-Modified-Since (RFC 9110, section 13.2.2)."""
        if (tags := self.headers.get("If-None-Match")) is not None:
            return etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        try:
            return document.modified <= parsedate_to_datetime(self.headers["If-Modified-Since"])
        except (TypeError, ValueError):
            return False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing: the demo's own report is what people read."""
