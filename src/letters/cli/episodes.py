"""The commands about episodes: what is stored, what is in quarantine, and what is to stay away from readers."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import Annotated

import typer
from sqlalchemy import Connection

from letters.cli.app import app, face_of
from letters.cli.face import Face, count, parse_now
from letters.cli.issues import ActorOption
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.errors import UsageError
from letters.pipeline import House
from letters.store.hidden import release_episodes, remove_episodes, restore_episodes
from letters.store.listing import ListedEpisode, find_ids, has_episodes, list_episodes, quarantined_ids

#: As much of an id as is shown and has to be typed.
_SHORT = 8

episodes = typer.Typer(help="What the sources published.", no_args_is_help=True)
app.add_typer(episodes, name="episodes")

_IDs = Annotated[
    list[str], typer.Argument(metavar="ID...", help="Their ids as listed; the beginning of one is enough.")
]


@episodes.command("list")
def list_stored(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Option("--source", "-s", metavar="KEY", help="Only of one source.")
    ] = None,
    quarantined: Annotated[bool, typer.Option("--quarantined", help="Only those in quarantine.")] = False,
    removed: Annotated[bool, typer.Option("--removed", help="Only those that were removed.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest episodes, those in quarantine, or those that were removed."""
    if quarantined and removed:
        raise UsageError("--quarantined and --removed exclude each other")
    kind = "quarantined" if quarantined else "removed" if removed else None
    face = face_of(context)
    with face.house(workspace) as house, house.store.read() as c:
        if source is not None:
            _check_source(house, c, source)
        found = list_episodes(c, source=source, kind=kind, limit=limit)
    if not face.as_json:
        face.print_table(
            ("=id", "=source", "=date", "title", "=state"),
            [
                (one.id[:_SHORT], one.source, f"{one.date.astimezone():%d %b %Y}", one.title, _state(one))
                for one in found
            ],
            empty=_EMPTY[kind],
        )
        _tell_next(face, found, kind)
    face.finish({"episodes": [_as_json(one) for one in found]})


_EMPTY = {
    None: "No episodes yet. Name sources in config/sources.toml and run: letters watch",
    "quarantined": "Nothing is in quarantine.",
    "removed": "Nothing was removed.",
}


@episodes.command()
def release(
    context: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE|ID...", help="A source's key for all of its, or ids as listed."),
    ],
    as_news: Annotated[
        bool, typer.Option("--as-news", help="Count them as new, and as first seen now.")
    ] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let episodes out of quarantine: they are paired and published from now on, but are no news."""
    face = face_of(context)
    moment = parse_now(now)
    with face.house(workspace) as house, house.store.write() as c:
        ids = [one for word in what for one in _meant(house, c, word)]
        released = release_episodes(c, ids, as_news=as_news, now=moment)
    if not face.as_json:
        news = "as news" if as_news else "not as news"
        face.out.print(
            f"{count(len(released), 'episode')} let in, {news}" if released else "Nothing was in quarantine."
        )
    face.finish({"released": released, "as_news": as_news})


@episodes.command()
def remove(
    context: typer.Context,
    ids: _IDs,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take episodes away from readers for good: they do not come back, and their cards are free for others."""
    face = face_of(context)
    actor = by or getpass.getuser()
    moment = parse_now(now)
    with face.house(workspace) as house, house.store.write() as c:
        removed = remove_episodes(c, [_find(c, word) for word in ids], by=actor, now=moment)
    if not face.as_json:
        face.out.print(
            f"{count(len(removed), 'episode')} removed, by {actor}" if removed else "Removed already."
        )
        if removed:
            face.out.print("Pages and feeds follow at the next pass, or now with: letters publish")
    face.finish({"removed": removed, "by": actor})


@episodes.command()
def restore(
    context: typer.Context,
    ids: _IDs,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring removed episodes back; the next pass pairs them again."""
    face = face_of(context)
    with face.house(workspace) as house, house.store.write() as c:
        restored = restore_episodes(c, [_find(c, word) for word in ids])
    if not face.as_json:
        face.out.print(
            f"{count(len(restored), 'episode')} restored" if restored else "None of them was removed."
        )
    face.finish({"restored": restored})


def _meant(house: House, c: Connection, word: str) -> Sequence[str]:
    """All of a source's episodes in quarantine, or the one with that id."""
    if any(source.key == word for source in house.settings.sources) or has_episodes(c, word):
        return quarantined_ids(c, word)
    return [_find(c, word)]


def _check_source(house: House, c: Connection, key: str) -> None:
    """Raises `UsageError` for a source that is neither configured nor remembered."""
    known = [source.key for source in house.settings.sources]
    if key not in known and not has_episodes(c, key):
        raise UsageError(f'source "{key}" is not known; "letters sources list" names all')


def _find(c: Connection, word: str) -> str:
    found = find_ids(c, word.lower())
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f'episode "{word}": several ids begin so; give more of it, as "letters episodes list --json" does'
        )
    raise UsageError(f'episode "{word}" is not known; "letters episodes list" names the newest')


def _state(one: ListedEpisode) -> str:
    if one.removed_at is not None:
        return f"removed by {one.removed_by}"
    if one.quarantined_at is not None:
        return "in quarantine"
    return "news" if one.is_new else "stored"


def _tell_next(face: Face, found: Sequence[ListedEpisode], kind: str | None) -> None:
    """What a person may do with what is listed."""
    if kind == "quarantined" and found:
        face.out.print(
            '\nLet them in with "letters episodes release SOURCE", or keep them away with "letters episodes remove ID".'
        )
    if kind == "removed" and found:
        face.out.print('\nBring one back with "letters episodes restore ID".')


def _as_json(one: ListedEpisode) -> dict[str, object]:
    return {
        "id": one.id,
        "source": one.source,
        "title": one.title,
        "link": one.link,
        "published": one.published,
        "first_seen": one.first_seen,
        "new": one.is_new,
        "quarantined_at": one.quarantined_at,
        "removed_at": one.removed_at,
        "removed_by": one.removed_by if one.removed_at else None,
    }
