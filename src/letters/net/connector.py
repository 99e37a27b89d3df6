"""Where connections are made: names resolved and sockets opened, each past the guard (R63)."""

from __future__ import annotations

import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from letters.net.guard import Guard, RefusedAddressError

# A pass asks hundreds of hosts within seconds: open sockets add up to the system's limit where all are kept for long.
# A host's next turn comes well within this.
_KEPT_SECONDS = 3.0


def make_connector(guard: Guard) -> aiohttp.TCPConnector:
    """A connector that opens no socket to an address the guard refuses.

    How many there are at once is the client's affair. A connection that is kept and used again was checked when it was made; it leads where it led.
    """

    def make_socket(info: tuple[Any, ...]) -> socket.socket:
        """The last check: called with the very address that the new socket will connect to."""
        family, kind, protocol, _name, address = info
        guard.check_socket(address[0], address[1])
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.TCPConnector(
        resolver=_GuardedResolver(guard),
        socket_factory=make_socket,
        limit=0,
        keepalive_timeout=_KEPT_SECONDS,
    )


class _GuardedResolver(AbstractResolver):
    """Resolves names, and hides addresses that may not be connected to."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # The system's resolver, so that names mean what they mean to the operator's other programs.
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        public = [result for result in found if self._guard.check_resolved(host, port, result["host"])]
        if found and not public:
            raise RefusedAddressError(found[0]["host"])
        return public

    async def close(self) -> None:
        await self._inner.close()
