"""Everything the doctor looks at, in the order in which it is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from letters.doctor.clock import OtherClock, check_clock, check_zone_data, read_date, zone_data_version
from letters.doctor.database import examine_database
from letters.doctor.dkim import SigningRecord, check_dkim
from letters.doctor.dmarc import check_dmarc
from letters.doctor.domain import check_return_path, check_sender_policy
from letters.doctor.finding import Finding, note
from letters.doctor.machine import examine_folders, examine_secrets
from letters.doctor.relay import check_relay
from letters.doctor.resolver import IPAddress, Resolver
from letters.doctor.reverse import check_reverse
from letters.errors import FetchError
from letters.model import RelayAnswer
from letters.net import Client
from letters.settings import Settings, Workspace, net_settings
from letters.store.subscribers import domain_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who mails are from, as receivers see it; domains are as they stand in the DNS (IDNA)."""

    domain: str
    #: The address in MAIL FROM, without the token of each message.
    return_path: str
    #: The records that the keys want.
    records: tuple[SigningRecord, ...]

    @classmethod
    def of(cls, settings: Settings, records: Sequence[SigningRecord]) -> Sender:
        """The sender that settings describe."""
        delivery = settings.delivery
        local, _, domain = (delivery.return_path or delivery.sender.addr_spec).rpartition("@")
        return cls(
            domain=domain_key(delivery.sender.domain),
            return_path=f"{local}@{domain_key(domain)}",
            records=tuple(records),
        )

    @property
    def return_path_domain(self) -> str:
        return self.return_path.rpartition("@")[2]


def examine_domain(
    resolver: Resolver,
    sender: Sender,
    *,
    addresses: Sequence[IPAddress] = (),
    guessed: Sequence[IPAddress] = (),
    relay: str = "",
) -> list[Finding]:
    """SPF, DKIM and DMARC: whether receivers can tell that a mail is the sender's."""
    return [
        *check_sender_policy(
            resolver, return_path=sender.return_path, addresses=addresses, guessed=guessed, relay=relay
        ),
        *check_dkim(resolver, sender.records),
        *check_dmarc(
            resolver,
            sender_domain=sender.domain,
            return_path_domain=sender.return_path_domain,
            signing_domains=tuple(dict.fromkeys(record.domain for record in sender.records)),
        ),
    ]


def examine_mail(
    settings: Settings,
    resolver: Resolver,
    sender: Sender,
    relay: RelayAnswer | None,
    *,
    addresses: Sequence[IPAddress],
    now: datetime,
) -> list[Finding]:
    """The way of a mail: the relay (None where mails are only written to files), the sender's domain, the addresses that send."""
    smtp = settings.delivery.smtp
    guessed = _guessed(relay) if relay else ()
    findings = [
        *examine_domain(
            resolver, sender, addresses=addresses, guessed=guessed, relay="" if smtp.socket else smtp.host
        ),
        check_return_path(resolver, sender.return_path),
        *(check_reverse(resolver, address) for address in addresses),
    ]
    if relay:
        return [*check_relay(relay, smtp, now=now), *findings]
    return [
        note(
            "relay",
            'none: delivery.transport is "outbox", so mails are files, and what is said of the domain harms nobody yet',
        ),
        *(finding.softened() for finding in findings),
    ]


def examine_machine(settings: Settings, workspace: Workspace, *, now: datetime) -> list[Finding]:
    """Database, folders, secrets, clock and time zones of this machine. The clock is compared with the site's, over the network."""
    return [
        examine_database(settings.store.url),
        *examine_folders(workspace, settings),
        *examine_secrets(workspace, settings),
        check_clock(asyncio.run(_ask_the_time(settings))),
        check_zone_data(zone_data_version(), now=now),
    ]


async def _ask_the_time(settings: Settings) -> OtherClock:
    place = settings.site.base_url
    try:
        async with Client(net_settings(settings)) as client:
            answer = await client.head(place)
    except FetchError as error:
        return OtherClock(place=place, ours=datetime.now(UTC), why=error.reason)
    theirs = read_date(answer.headers.get("date", ""))
    return OtherClock(
        place=place, theirs=theirs, ours=datetime.now(UTC), why="" if theirs else "its answer has no date"
    )


def _guessed(relay: RelayAnswer) -> tuple[IPAddress, ...]:
    """The public address at which the relay is met; for one on this machine, the one by which this machine goes out."""
    try:
        met = ip_address(relay.address)
    except ValueError:
        return ()
    if met.is_loopback:
        # Naming a destination of a datagram socket sends nothing; it only chooses the way out. The address is a public one that
        # nobody has (RFC 5737).
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            try:
                way.connect(("192.0.2.1", 9))
                met = ip_address(way.getsockname()[0])
            except OSError:
                return ()
    return (met,) if met.is_global else ()
