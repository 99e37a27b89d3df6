"""Why a request gave nothing, in plain words."""

from __future__ import annotations

import os

import pycurl

from letters.errors import FetchError, FetchTimeoutError, ForbiddenAddressError
from letters.net.guard import RefusedAddressError
from letters.net.values import NetSettings

_LONGEST = 200

# By libcurl's number, and where that says too little by how its message begins, which is then not said again. The first
# that fits speaks. The numbers that pycurl has no name for are CURLE_WEIRD_SERVER_REPLY and CURLE_TOO_LARGE.
_REASONS: tuple[tuple[int, str, str], ...] = (
    (pycurl.E_URL_MALFORMAT, "", "not an address: {}"),
    (pycurl.E_COULDNT_RESOLVE_HOST, "Could not resolve host: ", "its name cannot be resolved: {}"),
    (pycurl.E_COULDNT_RESOLVE_HOST, "", "its name cannot be resolved: {}"),
    (pycurl.E_COULDNT_CONNECT, "", "no connection: {}"),
    (pycurl.E_SSL_CONNECT_ERROR, "", "no TLS connection: {}"),
    (pycurl.E_PEER_FAILED_VERIFICATION, "SSL certificate problem: ", "its certificate is not trusted: {}"),
    (pycurl.E_PEER_FAILED_VERIFICATION, "", "its certificate is not trusted: {}"),
    (pycurl.E_SSL_CACERT_BADFILE, "", "the system's certificates cannot be read: {}"),
    (pycurl.E_GOT_NOTHING, "", "the server closed the connection without an answer"),
    (pycurl.E_SEND_ERROR, "Send failure: ", "the connection broke off: {}"),
    (pycurl.E_SEND_ERROR, "", "the connection broke off: {}"),
    (pycurl.E_RECV_ERROR, "Recv failure: ", "the connection broke off: {}"),
    (pycurl.E_RECV_ERROR, "", "the answer broke off or was garbled: {}"),
    (pycurl.E_PARTIAL_FILE, "", "the answer broke off or was garbled: {}"),
    (pycurl.E_WRITE_ERROR, "", "the answer is garbled: {}"),
    (
        pycurl.E_BAD_CONTENT_ENCODING,
        "Error while processing content unencoding: ",
        "the answer is garbled: {}",
    ),
    (pycurl.E_BAD_CONTENT_ENCODING, "", "the answer is garbled: {}"),
    # Of HTTP; other protocols are not asked.
    (pycurl.E_UNSUPPORTED_PROTOCOL, "", "the answer is not HTTP: bad status line"),
    (8, "", "the answer is not HTTP: {}"),
    (100, "Too many response headers", "the answer is not HTTP: too many headers"),
    (100, "", "the answer is not HTTP: {}"),
)
# Where libcurl says nothing at all.
_UNSAID = {
    pycurl.E_WRITE_ERROR: "its encoding is not what it says",
    100: "a field of its header, or its status line, is too long",
}


def fetch_error(
    url: str, code: int, message: str, *, cause: OSError | None, settings: NetSettings
) -> FetchError:
    """Our error for one of libcurl's. `cause` is why there is no connection, where that is known better than libcurl says."""
    if code == pycurl.E_OPERATION_TIMEDOUT:
        # The only time that libcurl keeps for us; the others are `Patience`'s.
        seconds = settings.connect_timeout.total_seconds()
        return FetchTimeoutError(url, f"no connection within {seconds:g} seconds")
    if code == pycurl.E_COULDNT_CONNECT and isinstance(cause, RefusedAddressError):
        return forbidden_address(url, cause)
    if code == pycurl.E_COULDNT_CONNECT and cause is not None and cause.errno:
        message = os.strerror(cause.errno)
    return FetchError(url, reason_of(code, message))


def forbidden_address(url: str, error: RefusedAddressError) -> ForbiddenAddressError:
    reason = f"its address {error.address} is not on the public internet and not in allow_private"
    return ForbiddenAddressError(url, reason)


def reason_of(code: int, message: str) -> str:
    """A lower-case clause for what libcurl says."""
    message = message or _UNSAID.get(code, "") or pycurl.easy_strerror(code)
    for number, start, words in _REASONS:
        if number == code and message.startswith(start):
            return words.format(_line(message[len(start) :]))
    return f"no usable answer: {_line(message)}"


def _line(message: str) -> str:
    """A message as the end of a clause, short and printable: parts of it may come from the server."""
    text = " ".join(message.split()).rstrip(".")
    # The name of a field, a protocol or an acronym keeps its capital.
    first = text.partition(" ")[0]
    if first[1:].islower() and first.isalpha():
        text = text[:1].lower() + text[1:]
    return "".join(character if character.isprintable() else "?" for character in text)[:_LONGEST]
