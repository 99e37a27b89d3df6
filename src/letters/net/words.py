"""Why a request gave nothing, in plain words."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import aiohttp
from aiohttp import http_exceptions as wire
from yarl import URL

from letters.errors import FetchError, FetchTimeoutError, ForbiddenAddressError
from letters.net.guard import RefusedAddressError
from letters.net.urls import shown
from letters.net.values import NetSettings

_LONGEST = 200

# From the particular to the general: the first that fits speaks.
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), "its name cannot be resolved: {}"),
    ((aiohttp.ClientConnectorCertificateError,), "its certificate is not trusted: {}"),
    ((aiohttp.ClientConnectorSSLError,), "no TLS connection: {}"),
    ((aiohttp.ClientConnectorError,), "no connection: {}"),
    ((wire.ContentEncodingError,), "the answer is garbled: {}"),
    ((wire.PayloadEncodingError, aiohttp.ClientPayloadError), "the answer broke off or was garbled: {}"),
    ((aiohttp.ServerDisconnectedError,), "the server closed the connection without an answer"),
    ((aiohttp.ClientResponseError, wire.HttpProcessingError), "the answer is not HTTP: {}"),
    ((OSError,), "the connection broke off: {}"),
    ((aiohttp.InvalidURL, UnicodeError), "not an address: {}"),
)


def fetch_error(error: Exception, url: URL, settings: NetSettings, *, redirected: bool) -> FetchError:
    """Our error for one of aiohttp's or the system's; of a hop it names the address that the redirect led to."""
    found = _fetch_error(error, shown(url), settings)
    return type(found)(found.url, f"redirects to {found.url}: {found.reason}") if redirected else found


def _fetch_error(error: Exception, url: str, settings: NetSettings) -> FetchError:
    cause: BaseException | None = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    match cause:
        case FetchError():
            return cause
        case RefusedAddressError():
            reason = f"its address {cause.address} is not on the public internet and not in allow_private"
            return ForbiddenAddressError(url, reason)
        case TimeoutError():
            seconds = settings.connect_timeout.total_seconds()
            return FetchTimeoutError(url, f"no connection within {seconds:g} seconds")
    return FetchError(url, reason_of(error))


def reason_of(error: Exception) -> str:
    """A lower-case clause for an error of aiohttp or of the system."""
    innermost = _innermost(error)
    for kinds, words in _REASONS:
        if isinstance(error, kinds) or isinstance(innermost, kinds):
            return words.format(_line(innermost))
    return f"no usable answer: {_line(error)}"


def _innermost(error: BaseException) -> BaseException:
    """What the server did, without what aiohttp wrapped around it."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error.certificate_error
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error
    while isinstance(error.__cause__, wire.HttpProcessingError):
        error = error.__cause__
    return error


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


def _wire_words(error: wire.HttpProcessingError) -> str:
    """What is wrong, without the excerpt of the answer that follows on other lines."""
    if isinstance(error, wire.LineTooLong):
        return "a field of its header, or its status line, is too long"
    words = error.message.partition("\n")[0].rstrip(":.")
    # The name of a field keeps its capital.
    return words if "-" in words.partition(" ")[0] else words[:1].lower() + words[1:]


def _line(error: BaseException) -> str:
    """An error's own text as one short printable line: parts of it may come from the server."""
    match error:
        case OSError():
            text = _system_words(error)
        case wire.HttpProcessingError():
            text = _wire_words(error)
        case _:
            text = ""
    text = " ".join((text or str(error) or type(error).__name__).split())
    return "".join(character if character.isprintable() else "?" for character in text)[:_LONGEST]
