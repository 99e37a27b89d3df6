"""The commands of what came back: bounces and complaints, and addresses that get no mail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from letters.cli.app import app, face_of
from letters.cli.face import count, parse_now
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.errors import UsageError
from letters.returns import rate_alarms, read_rates, suppress_reader, take_mail, take_maildir
from letters.returns.mime import SIZE_LIMIT_BYTES
from letters.store.returns import Rate
from letters.store.subscribers import email_key, find_by_email
from letters.store.suppression import SuppressionReason, find_suppressed

suppressions = typer.Typer(help="The addresses that get no mail.", no_args_is_help=True)
app.add_typer(suppressions, name="suppressions")


@app.command()
def bounces(
    context: typer.Context,
    place: Annotated[
        str, typer.Argument(metavar="[MAILDIR]", help="A maildir, or - for one mail on standard input.")
    ] = "",
    rates: Annotated[
        bool, typer.Option("--rates", help="Read nothing; show complaints and bounces per issue and day.")
    ] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in bounces and complaints: from [returns] maildir, a maildir that is named, or standard input."""
    face = face_of(context)
    moment = parse_now(now)
    with face.house(workspace) as house:
        if rates:
            by_issue, by_day = read_rates(house.store, now=moment)
            problems = rate_alarms(house.store, now=moment)
            if not face.as_json:
                face.print_table(
                    ("=of", ">sent", ">complaints", ">rate", ">hard bounces", ">rate"),
                    [_cells(one) for one in (*by_issue, *by_day)],
                    empty="Nothing was sent yet.",
                )
            data = {"issues": [_as_json(one) for one in by_issue], "days": [_as_json(one) for one in by_day]}
            face.finish({"rates": data}, problems)
        if place == "-":
            content = sys.stdin.buffer.read(SIZE_LIMIT_BYTES)
            report = take_mail(house.store, house.settings, content, where="standard input", now=moment)
        else:
            named = place or house.settings.returns.maildir
            if not named:
                raise UsageError(
                    "there is nowhere to read from: set [returns] maildir in config/letters.toml, name a maildir, "
                    'or give one mail on standard input with "letters bounces -"'
                )
            # As the setting is: relative to the workspace; a path on the command line is the shell's.
            folder = Path(place) if place else house.workspace.root / named
            report = take_maildir(house.store, house.settings, folder, now=moment)
        report.problems += rate_alarms(house.store, now=moment)
    if not face.as_json:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(report.kinds.items()))
        face.out.print(
            f"{count(report.read, 'report')} taken in{f': {kinds}' if kinds else ''}; {report.repeated:,} told before; "
            f"{report.suppressed:,} suppressed, {count(report.dropped, 'waiting message')} dropped"
        )
    face.finish(
        {
            "reports": {kind.value: number for kind, number in sorted(report.kinds.items())},
            "repeated": report.repeated,
            "suppressed": report.suppressed,
            "dropped": report.dropped,
        },
        report.problems,
    )


@suppressions.command("add")
def add_suppression(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address.")],
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send an address no mail any more, whoever imports it."""
    face = face_of(context)
    key = _key(address)
    with face.house(workspace) as house, house.store.write() as connection:
        reader = find_by_email(connection, address)
        dropped = suppress_reader(connection, key, reader, SuppressionReason.OPERATOR, now=parse_now(now))
    if not face.as_json:
        face.out.print(
            f"{address} gets no mail any more; {count(dropped, 'waiting message')} dropped", markup=False
        )
    face.finish({"address": address, "dropped": dropped})


@suppressions.command("check")
def check_suppression(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether an address is suppressed, and why. The list holds digests, so it can be asked but not read."""
    face = face_of(context)
    key = _key(address)
    with face.house(workspace) as house, house.store.read() as connection:
        reason = find_suppressed(connection, [key]).get(key)
    if not face.as_json:
        face.out.print(f"{address}: {reason or 'not suppressed'}", markup=False)
    face.finish({"address": address, "reason": reason.value if reason else None})


def _key(address: str) -> str:
    try:
        if "@" not in address:
            raise ValueError
        return email_key(address)
    except ValueError:
        raise UsageError(f'"{address}" is no mail address; wanted one such as "reader@example.org"') from None


def _cells(rate: Rate) -> tuple[object, ...]:
    return (
        rate.of,
        f"{rate.sent:,}",
        f"{rate.complaints:,}",
        _share(rate.complaints, rate.sent),
        f"{rate.hard:,}",
        _share(rate.hard, rate.sent),
    )


def _share(number: int, sent: int) -> str:
    return f"{number / sent:.2%}" if sent else ""


def _as_json(rate: Rate) -> dict[str, object]:
    return {"of": rate.of, "sent": rate.sent, "complaints": rate.complaints, "hard": rate.hard}
