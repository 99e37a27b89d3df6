"""What goes into the client and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class NetSettings:
    """Who asks, where it may go, and how much it takes."""

    user_agent: str
    #: Networks (``10.0.0.0/8``), addresses, or exact ``host:port`` places; all other private addresses are refused.
    allow_private: tuple[str, ...] = ()
    #: For one whole answer, redirects included.
    timeout: timedelta = timedelta(seconds=30)
    #: For a connection, TLS included: a place that is there at all answers in far less.
    connect_timeout: timedelta = timedelta(seconds=10)
    #: Until the whole header has come, and from then on between two pieces of the body.
    idle_timeout: timedelta = timedelta(seconds=15)
    #: Of the body once decompressed.
    size_limit_bytes: int = 20_000_000
    #: Of one header field or the status line. Some publishers send policies of many kilobytes in one field.
    field_limit_bytes: int = 32_768
    #: Of all header fields of one answer together.
    header_limit_bytes: int = 131_072
    #: How many header fields there may be, informational answers (1xx) and trailers counted apart.
    fields_limit: int = 128
    max_redirects: int = 8
    #: Open at the same time, to all hosts together.
    connections: int = 16


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect on the way: the address that answered with it, and how."""

    status: int
    url: str


class Answer(NamedTuple):
    """What an address answered, whatever its status."""

    status: int
    #: Where the answer came from, after redirects; without a name or password.
    url: str
    #: Names are compared without regard to case.
    headers: Mapping[str, str]
    hops: tuple[Hop, ...] = ()
    #: Decompressed. Of an answer that is no success only the beginning is kept.
    body: bytes = b""
