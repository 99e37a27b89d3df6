"""The commands about time: what will be sent when, and the running scheduler."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from letters.cli.app import app, face_of
from letters.cli.face import parse_now
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.model import RECIPIENT_ZONE
from letters.schedule import Planned, plan, run_scheduler
from letters.settings import load_settings


@app.command()
def schedule(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look ahead.")] = 14,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what will be sent when."""
    face = face_of(context)
    settings = load_settings(face.workspace(workspace), face.environ)
    planned = plan(settings.editions, now=parse_now(now), days=days)
    if not face.as_json:
        face.print_table(
            ("=when", "=zone", "=UTC", "=edition", "title"),
            [
                (_local(one), one.zone, f"{one.occurrence.at:%d %b %H:%M}", one.edition, one.title)
                for one in planned
            ],
            empty=f"Nothing is due in the next {days} days. Editions stand in config/schedule.toml.",
        )
    face.finish({"days": days, "planned": [_as_json(one) for one in planned]})


@app.command()
def run(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Where the web server listens; default: [web] host.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Its port; default: [web] port.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the scheduler and the web server in one process, until stopped."""
    face = face_of(context)
    run_scheduler(face.workspace(workspace), face.environ, host=host, port=port)
    face.finish({"stopped": True})


def _local(planned: Planned) -> str:
    if planned.zone == RECIPIENT_ZONE:
        # Mails leave at each reader's own hour; the first of them at the moment shown as UTC.
        return f"{planned.occurrence.local_date:%a %d %b}"
    return f"{planned.occurrence.at.astimezone(ZoneInfo(planned.zone)):%a %d %b %H:%M}"


def _as_json(planned: Planned) -> dict[str, object]:
    zone = None if planned.zone == RECIPIENT_ZONE else ZoneInfo(planned.zone)
    return {
        "edition": planned.edition,
        "title": planned.title,
        "at": planned.occurrence.at,
        "local": planned.occurrence.at.astimezone(zone).isoformat() if zone else None,
        "zone": planned.zone,
        "local_date": planned.occurrence.local_date.isoformat(),
        "slot": planned.occurrence.slot,
    }
