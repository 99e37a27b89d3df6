"""Whether an address that sends has a name, and the name that address (PTR, forward-confirmed)."""

from __future__ import annotations

import re

from letters.doctor.finding import Finding, note, unknown, well, wrong
from letters.doctor.resolver import IPAddress, Kind, Outcome, Resolver, reverse_name

_RULE = "Gmail and Yahoo want a PTR record whose name leads back"


def check_reverse(resolver: Resolver, address: IPAddress) -> Finding:
    """The PTR record of one address."""
    name = f"PTR of {address}"
    answer = resolver.ask(reverse_name(address), "PTR")
    remedy = "whoever gave you the address sets its PTR record: ask for the name of the host that sends"
    if answer.outcome is Outcome.FAILED:
        return unknown(name, f"could not be asked for: {answer.why}")
    if answer.is_void:
        return wrong(
            name, "the address has no name", wanted="the name of the host", remedy=remedy, rule=_RULE
        )
    confirmed = [host for host in answer.values if _leads_back(resolver, host, address)]
    names = ", ".join(answer.values)
    if not confirmed:
        return wrong(
            name,
            f"{names} does not lead back to it",
            wanted=f"{'an A' if address.version == 4 else 'an AAAA'} record with {address}",
            remedy=f"add it in the DNS of {answer.values[0]}",
            rule=_RULE,
        )
    if all(_is_generic(host, address) for host in confirmed):
        return note(
            name,
            f"{names} is made of the address, as names of dial-up lines are",
            wanted="a name of yours",
            remedy=remedy,
            rule="Yahoo wants a name that is not generic",
        )
    return well(name, f"{', '.join(confirmed)}, which leads back to it", rule=_RULE)


def _leads_back(resolver: Resolver, host: str, address: IPAddress) -> bool:
    kind: Kind = "A" if address.version == 4 else "AAAA"
    return str(address) in resolver.ask(host, kind).values


def _is_generic(host: str, address: IPAddress) -> bool:
    """Whether a name repeats its address, as in ``192-0-2-1.dyn.isp.example``."""
    if address.version == 6:
        return address.exploded.replace(":", "")[-16:] in re.sub(r"[^0-9a-f]", "", host.lower())
    parts = re.split(r"\D+", host)
    numbers = [str(int(part)) for part in parts if part]
    octets = str(address).split(".")
    return any(numbers[at : at + 4] in (octets, octets[::-1]) for at in range(len(numbers) - 3))
