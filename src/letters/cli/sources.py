"""The commands about sources: what is watched, and how it fares."""

from __future__ import annotations

from datetime import datetime

import typer

from letters.cli.app import app, face_of
from letters.cli.face import count
from letters.cli.options import JsonOption, WorkspaceOption
from letters.settings import Settings
from letters.store.sources import SourceState, load_states

sources = typer.Typer(help="The feeds that are watched.", no_args_is_help=True)
app.add_typer(sources, name="sources")


@sources.command("list")
def list_sources(
    context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """List the sources, with their health in words."""
    face = face_of(context)
    with face.house(workspace) as house, house.store.read() as connection:
        states = load_states(connection)
        settings = house.settings
    rows = [(source, states.get(source.key)) for source in settings.sources]
    if not face.as_json:
        face.print_table(
            ("=source", "show", "health", "=last look", "=next look"),
            [
                (
                    source.key,
                    source.show or (state.feed_title if state else ""),
                    health(state),
                    _when(state.last_look_at if state else None),
                    _when(state.next_look_at if state else None),
                )
                for source, state in rows
            ],
            empty="No sources yet. They stand in config/sources.toml.",
        )
    face.finish(
        {"sources": [_source_as_json(settings, index, state) for index, (_, state) in enumerate(rows)]}
    )


def health(state: SourceState | None) -> str:
    """How a source fares, in words."""
    if state is None or state.last_look_at is None:
        return "not looked at yet"
    if state.gone_at is not None:
        return "gone (410): not asked any more"
    if state.failures:
        return f"failing, {count(state.failures, 'time')}: {state.last_error}"
    return "well"


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone():%d %b %H:%M}" if moment else "-"


def _source_as_json(settings: Settings, index: int, state: SourceState | None) -> dict[str, object]:
    source = settings.sources[index]
    return {
        "key": source.key,
        "url": source.url,
        "show": source.show or (state.feed_title if state else ""),
        "health": health(state),
        "failures": state.failures if state else 0,
        "last_look_at": state.last_look_at if state else None,
        "next_look_at": state.next_look_at if state else None,
    }
