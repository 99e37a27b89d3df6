"""A look at the relay: open a connection as a delivery does, say goodbye, and tell what it was like."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime

from aiosmtplib import SMTPException

from letters.deliver.opening import Door, make_door
from letters.model import RelayAnswer
from letters.settings import Settings

#: A person waits for it; a delivery may take the longer time that the settings give it.
_PATIENCE_SECONDS = 20.0


def knock(settings: Settings) -> RelayAnswer:
    """Connect, protect and log in as ``[delivery.smtp]`` says. What goes wrong is an answer as well."""
    password = settings.secrets.smtp_password
    door = make_door(
        settings.delivery.smtp,
        password=password.get_secret_value() if password else None,
        host_name=socket.getfqdn(),
    )
    return asyncio.run(_knock(door))


async def _knock(door: Door) -> RelayAnswer:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            connection = await door.open()
    except TimeoutError:
        return RelayAnswer(
            place=door.place,
            error=f"no connection to {door.place} within {_PATIENCE_SECONDS:.0f} seconds",
            remedy="check delivery.smtp.host and port, and whether this network lets SMTP out",
        )
    except (SMTPException, OSError) as error:
        stop = door.closed(error)
        return RelayAnswer(place=door.place, error=stop.reason, remedy=stop.remedy)
    peer, tls = connection.known("peername"), connection.known("ssl_object")
    answer = RelayAnswer(
        place=door.place,
        protection=(tls.version() or "TLS") if tls else "",
        certificate_ends=_end(connection.known("peercert")),
        size_limit=connection.offers.size_limit,
        address=peer[0] if isinstance(peer, tuple) else "",
    )
    await connection.quit()
    return answer


def _end(certificate: object) -> datetime | None:
    ends = certificate.get("notAfter") if isinstance(certificate, dict) else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None
