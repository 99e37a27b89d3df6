"""Why a request gave nothing, in plain words."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

_LONGEST = 200

# From the particular to the general: the first that fits speaks.
_REASONS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), "its name cannot be resolved: {}"),
    ((aiohttp.ClientConnectorCertificateError,), "its certificate is not trusted: {}"),
    ((aiohttp.ClientConnectorSSLError,), "no TLS connection: {}"),
    ((aiohttp.ClientConnectorError,), "no connection: {}"),
    ((aiohttp.ClientPayloadError,), "the answer broke off or was garbled: {}"),
    ((aiohttp.ServerDisconnectedError,), "the server closed the connection without an answer"),
    ((aiohttp.ClientResponseError, HttpProcessingError), "the answer is not HTTP: {}"),
    ((OSError,), "the connection broke off: {}"),
    ((aiohttp.InvalidURL, UnicodeError), "not an address: {}"),
)


def reason_of(error: Exception) -> str:
    """A lower-case clause for an error of aiohttp or of the system."""
    for kinds, words in _REASONS:
        if isinstance(error, kinds):
            return words.format(_line(_innermost(error)))
    return f"no usable answer: {_line(error)}"


def _innermost(error: Exception) -> BaseException:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error.certificate_error
    return error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error


def _system_words(error: OSError) -> str:
    # asyncio says "Connect call failed" and the address; the number says what happened.
    number = error.errno
    if (
        number is not None
        and number in errno.errorcode
        and not isinstance(error, ssl.SSLError | socket.gaierror)
    ):
        return os.strerror(number).lower()
    return error.strerror or ""


def _line(error: object) -> str:
    """An error's own text as one short printable line: parts of it may come from the server."""
    text = _system_words(error) if isinstance(error, OSError) else ""
    text = " ".join((text or str(error) or type(error).__name__).split())
    return "".join(character if character.isprintable() else "?" for character in text)[:_LONGEST]
