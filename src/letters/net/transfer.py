"""One request and its answer, by one of libcurl's easy handles."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pycurl

from letters.errors import FetchError
from letters.net.driver import Driver
from letters.net.guard import Guard
from letters.net.patience import Wait
from letters.net.reading import Reading
from letters.net.trust import trust_the_system
from letters.net.urls import Target, shown
from letters.net.values import NetSettings
from letters.net.words import fetch_error

_IMPOSSIBLE = re.compile(r"[\r\n\0]")


class Transfer:
    """Asks for one document, and then for another: setting a handle up costs more than a request.

    The address of every socket is checked by the function that opens it, to which libcurl gives the very address that
    it is about to connect to (R63). A connection that is kept and used again was checked when it was made; libcurl
    uses it for the same scheme, host and port only.
    """

    def __init__(self, driver: Driver, guard: Guard, settings: NetSettings) -> None:
        self._driver, self._guard, self._settings = driver, guard, settings
        self._target: Target | None = None
        # Whether the last request was another than a GET.
        self._is_other = self._opened = False
        self._unopened: OSError | None = None
        self._curl = _make_handle(settings)
        self._curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        self._curl.setopt(pycurl.SOCKOPTFUNCTION, _keep_from_children)
        self._reading = Reading(settings)
        self._curl.setopt(pycurl.HEADERFUNCTION, self._reading.take_line)
        self._curl.setopt(pycurl.WRITEFUNCTION, self._reading.take_piece)

    def close(self) -> None:
        """Only once the driver is closed: until then its connections call back here."""
        self._curl.close()

    async def ask(
        self,
        target: Target,
        headers: Mapping[str, str],
        *,
        limit_bytes: int,
        wait: Wait,
        form: Mapping[str, str] | None = None,
        is_head: bool = False,
    ) -> Reading:
        """The answer of one address, to a POST where there is a form, or to a HEAD, as it is until the next is asked for.

        Redirects are answers. Raises `FetchError`, and `TimeoutError` when `wait` is over.
        """
        reading = self._reading
        reading.begin(wait, limit_bytes)
        self._prepare(target, headers, form, is_head=is_head)
        done = self._driver.start(self._curl)
        wait.asked(done)
        try:
            await done
        except pycurl.error as error:
            if not reading.is_enough:
                raise self._fetch_error(error, shown(target.url)) from error
        finally:
            self._driver.end(self._curl)
        if not reading.status:
            raise FetchError(shown(target.url), "the server closed the connection without an answer")
        return reading

    def _prepare(
        self, target: Target, headers: Mapping[str, str], form: Mapping[str, str] | None, *, is_head: bool
    ) -> None:
        curl = self._curl
        if self._target is None or target.place != self._target.place:
            curl.setopt(pycurl.URL, target.place)
        self._target = target
        curl.setopt(pycurl.REQUEST_TARGET, target.path)
        curl.setopt(pycurl.HTTPHEADER, _fields(headers, target))
        if self._is_other:
            # It also ends what NOBODY and POSTFIELDS began.
            curl.setopt(pycurl.HTTPGET, 1)
        if form is not None:
            curl.setopt(pycurl.POSTFIELDS, urlencode(form))
        elif is_head:
            curl.setopt(pycurl.NOBODY, 1)
        self._is_other = is_head or form is not None
        self._opened, self._unopened = False, None

    def _open_socket(self, _purpose: int, address: Any) -> socket.socket | int:
        """The check that decides. libcurl tries a name's next address where this gives it no socket."""
        assert self._target is not None, "libcurl connects for a request only"
        try:
            self._guard.check_address(self._target.host, self._target.port, address.addr[0])
            opened = socket.socket(address.family, address.socktype, address.protocol)
        except OSError as error:
            self._unopened = self._unopened or error
            return int(pycurl.SOCKET_BAD)
        self._opened = True
        # pycurl takes a duplicate, once this function has returned.
        asyncio.get_running_loop().call_soon(opened.close)
        return opened

    def _fetch_error(self, error: pycurl.error, url: str) -> FetchError:
        if self._reading.refusal is not None:
            kind, reason = self._reading.refusal
            return kind(url, reason)
        code, message = error.args
        if self._opened:
            cause: OSError | None = OSError(self._curl.getinfo(pycurl.OS_ERRNO), "")
        else:
            cause = self._unopened
        return fetch_error(url, code, message, cause=cause, settings=self._settings)


def _make_handle(settings: NetSettings) -> pycurl.Curl:
    """A handle that knows no proxy, cookie, password file, redirect or protocol but HTTP/1, whatever the environment says."""
    curl = pycurl.Curl()
    options = {
        pycurl.USERAGENT: settings.user_agent,
        # Whatever this libcurl can unpack: an empty list means all.
        pycurl.ACCEPT_ENCODING: "",
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        # HTTP/2 would let a server keep many streams and tables in memory, and gains nothing for one document.
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        pycurl.HTTP09_ALLOWED: 0,
        pycurl.FOLLOWLOCATION: 0,
        pycurl.PROXY: "",
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.NOSIGNAL: 1,
        pycurl.CONNECTTIMEOUT_MS: max(1, round(settings.connect_timeout.total_seconds() * 1000)),
    }
    for option, value in options.items():
        curl.setopt(option, value)
    trust_the_system(curl)
    return curl


def _keep_from_children(number: int, _purpose: int) -> int:
    """A duplicate is inherited by the programs that are started, if nobody says otherwise."""
    os.set_inheritable(number, False)
    return int(pycurl.SOCKOPT_OK)


def _fields(headers: Mapping[str, str], target: Target) -> list[bytes]:
    """The header to be sent, as libcurl wants it: ``Name;`` is an empty field, ``Name:`` none at all."""
    # Never an empty list: pycurl would leave the last request's fields in place. And nobody is asked for leave to send.
    lines = ["Expect:"]
    lines += [f"{name}: {value}" if value else f"{name};" for name, value in headers.items()]
    if _IMPOSSIBLE.search("".join(lines)):
        raise FetchError(shown(target.url), "a header to be sent holds characters that no header may hold")
    return [line.encode("utf-8", "surrogateescape") for line in lines]
