"""``letters doctor``: what is wrong with the relay, the DNS, the disk, the clock and the database, and how to mend it."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated, Any

import typer

from letters.cli.app import app, face_of
from letters.cli.face import Face, count
from letters.cli.options import JsonOption, WorkspaceOption
from letters.doctor import Finding, IPAddress, State
from letters.errors import UsageError
from letters.pipeline import examine
from letters.settings import load_settings


@app.command()
def doctor(
    context: typer.Context,
    address: Annotated[
        list[str] | None,
        typer.Option(
            metavar="IP", help="An address that mails leave from, as receivers see it; several times."
        ),
    ] = None,
    resolver: Annotated[
        list[str] | None,
        typer.Option(
            metavar="IP[:PORT]", help="A DNS server to ask instead of this machine's; several times."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at the relay, the DNS (SPF, DKIM, DMARC, PTR), disk, clock and database, and say how to mend what is wrong."""
    # Slow to import, and no other command asks the DNS.
    from letters.doctor.asking import make_dns  # noqa: PLC0415

    face = face_of(context)
    addresses = [_address(text) for text in dict.fromkeys(address or ())]
    ask = make_dns(tuple(resolver or ()))
    place = face.workspace(workspace)
    settings = load_settings(place, face.environ)
    findings = examine(place, settings, resolver=ask, addresses=addresses, now=datetime.now(UTC))
    if not face.as_json:
        _print(face, findings)
    face.finish(
        {"findings": [_as_json(finding) for finding in findings]},
        [finding.problem for finding in findings if finding.state is not State.WELL],
    )


def _address(text: str) -> IPAddress:
    try:
        return ip_address(text)
    except ValueError:
        raise UsageError(f'--address "{text}": wanted an address, such as 192.0.2.1 or 2001:db8::1') from None


def _print(face: Face, findings: list[Finding]) -> None:
    """What is well, and how many things are not: those stand below, as problems and notes with their remedies."""
    face.print_table(
        ("=well", "found"),
        [(finding.name, finding.found) for finding in findings if finding.state is State.WELL],
        empty="Nothing is well.",
    )
    numbers = {state: sum(finding.state is state for finding in findings) for state in State}
    parts = [f"{number:,} {state}" for state, number in numbers.items() if number]
    face.out.print(f"\n{count(len(findings), 'check')}: {', '.join(parts)}", style="dim")


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "state": finding.state.name.lower(),
        "found": finding.found,
        "wanted": finding.wanted,
        "remedy": finding.remedy,
        "rule": finding.rule,
        "unknown": finding.is_unknown,
    }
