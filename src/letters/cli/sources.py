"""The commands about sources that tell: how all of them fare, and everything about one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from letters.cli.app import app, face_of
from letters.cli.face import ACCENT, Face, count, parse_now
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.errors import UsageError
from letters.model import Episode
from letters.net import Client
from letters.pipeline import House
from letters.settings import net_settings
from letters.settings.problems import did_you_mean
from letters.store.episodes import load_episodes
from letters.store.pushes import load_subscriptions
from letters.store.sources import count_episodes, load_states
from letters.watch import history, rhythm
from letters.watch.health import (
    Condition,
    Health,
    examine,
    health_words,
    problem_of,
    push_words,
    worst_first,
)
from letters.watch.problems import without_password

sources = typer.Typer(help="The feeds that are watched: add, import, export, list, show.")
app.add_typer(sources, name="sources")

#: What a terminal has room for, by its width; from the last one on for everything.
_COLUMNS = (
    (50, ("source", "health")),
    (72, ("source", "health", "=last 30 days")),
    (130, ("source", "health", "=next look", "=last 30 days")),
)
_NEWEST = 5
_ALL = '"letters sources list" names all'


@sources.callback(invoke_without_command=True)
def sources_alone(
    context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """List the sources, or do something about them."""
    face = face_of(context)
    if workspace is not None:
        face.workspace_root = workspace
    if context.invoked_subcommand is None:
        _list(face, now=parse_now(None))


@sources.command("list")
def list_sources(
    context: typer.Context,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the sources with their health in words and their last 30 days; those in trouble come first."""
    face = face_of(context)
    if workspace is not None:
        face.workspace_root = workspace
    _list(face, now=parse_now(now))


@sources.command("show")
def show_source(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source's key.")],
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything about one source."""
    face = face_of(context)
    moment = parse_now(now)
    with face.house(workspace) as house:
        found = _examined(house, now=moment)
        one = next((one for one in found if one.source.key == key), None)
        if one is None:
            hint = did_you_mean(key, [other.source.key for other in found])
            raise UsageError(f'source "{key}" is not known; {hint or _ALL}')
        line = house.settings.line("sources.toml", "source", found.index(one))
        with house.store.read() as connection:
            episodes = load_episodes(connection, sources=[key])
    newest = sorted(episodes, key=_date, reverse=True)[:_NEWEST]
    if not face.as_json:
        _print_whole(face, one, newest, line=line, now=moment)
    problem = problem_of(one, when=_when)
    face.finish(
        {"source": _as_json(one, now=moment) | {"newest": [_episode_as_json(episode) for episode in newest]}},
        [problem] if problem else [],
    )


def _list(face: Face, *, now: datetime) -> None:
    with face.house() as house:
        found = worst_first(_examined(house, now=now))
    if not face.as_json:
        _print_list(face, found, now=now)
    problems = [problem for one in found if (problem := problem_of(one, when=_when))]
    face.finish({"sources": [_as_json(one, now=now) for one in found]}, problems)


def _examined(house: House, *, now: datetime) -> list[Health]:
    client = Client(net_settings(house.settings))
    with house.store.read() as connection:
        return examine(
            house.settings.sources,
            load_states(connection),
            subscriptions=load_subscriptions(connection),
            counts=count_episodes(connection),
            is_exempt=client.is_private_place,
            now=now,
        )


def _print_list(face: Face, found: list[Health], *, now: datetime) -> None:
    columns: dict[str, Callable[[Health], str]] = {
        "source": lambda one: one.source.key,
        "show": lambda one: one.show,
        "health": lambda one: health_words(one, when=_when),
        "=last look": lambda one: _when(one.state.last_look_at),
        "=next look": lambda one: _when(one.state.next_look_at),
        "rhythm": lambda one: rhythm.words(one.state.rhythm),
        "push": lambda one: push_words(one, when=_when, now=now),
        "=last 30 days": lambda one: history.picture(one.state.history, now=now),
    }
    if not any(one.subscription for one in found):
        del columns["push"]
    if (fitting := next((names for width, names in _COLUMNS if face.out.width < width), None)) is not None:
        columns = {name: columns[name] for name in fitting}
    rows = [tuple(cell(one) for cell in columns.values()) for one in found]
    face.print_table(
        tuple(columns), rows, empty='No sources yet. "letters sources add URL" finds a feed and adds it.'
    )
    if len(found) > 1:
        face.out.print(f"\n{_summary(found)}", style="dim")


def _summary(found: list[Health]) -> str:
    """``12 sources: 1 failing, 11 well``."""
    names = {
        Condition.GONE: "gone",
        Condition.FAILING: "failing",
        Condition.QUARANTINED: "with episodes in quarantine",
        Condition.HELD: "left alone for now",
        Condition.NEW: "not looked at yet",
        Condition.WELL: "well",
    }
    numbers = Counter(one.condition for one in found)
    parts = [f"{numbers[condition]:,} {name}" for condition, name in names.items() if numbers[condition]]
    return f"{count(len(found), 'source')}: {', '.join(parts)}"


def _print_whole(face: Face, one: Health, newest: list[Episode], *, line: int | None, now: datetime) -> None:
    source, state = one.source, one.state
    place = f"config/sources.toml:{line}" if line else ""
    moving = f"{without_password(state.moving_url)}, by {count(state.moving_answers, 'answer')} since {_when(state.moving_since)}"
    rows = [
        ("source", f"{source.key}   {place}".rstrip()),
        ("address", without_password(source.url)),
        ("asked at", without_password(state.moved_url)),
        ("redirects to", moving if state.moving_url and state.moving_since else ""),
        ("show", one.show),
        ("other names", ", ".join(source.names)),
        ("health", health_words(one, when=_when)),
        ("last error", state.last_error),
        ("last look", _when(state.last_look_at)),
        ("next look", _when(state.next_look_at)),
        ("rhythm", rhythm.words(state.rhythm)),
        ("push", _push_line(one, now=now)),
        (
            "episodes",
            f"{one.episodes:,}" + (f", {one.quarantined:,} in quarantine" if one.quarantined else ""),
        ),
        ("last 30 days", history.picture(state.history, now=now)),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        if value:
            face.out.print(f"{name:<{width}}   ", style=ACCENT, end="")
            face.out.print(value, markup=False, soft_wrap=True)
    if newest:
        face.out.print()
        face.print_table(
            ("=published", "newest episodes"),
            [(f"{_date(episode).astimezone():%d %b %Y}", episode.title) for episode in newest],
            empty="",
        )


def _push_line(one: Health, *, now: datetime) -> str:
    words = push_words(one, when=_when, now=now)
    return f"{words}, by {without_password(one.subscription.hub)}" if one.subscription else words


def _when(moment: datetime | None) -> str:
    """A moment on this machine's clock."""
    return f"{moment.astimezone():%d %b %H:%M}" if moment else "-"


def _date(episode: Episode) -> datetime:
    return episode.published or episode.first_seen or datetime.min.replace(tzinfo=UTC)


def _as_json(one: Health, *, now: datetime) -> dict[str, Any]:
    source, state, push = one.source, one.state, one.subscription
    return {
        "key": source.key,
        "url": without_password(source.url),
        "show": one.show,
        "names": source.names,
        "backfill": source.backfill,
        "feed_title": state.feed_title,
        "condition": one.condition.name.lower(),
        "health": ": ".join(filter(None, (health_words(one, when=_iso), state.last_error))),
        "failures": state.failures,
        "last_error": state.last_error,
        "last_status": state.last_status,
        "first_look_at": state.first_look_at,
        "last_look_at": state.last_look_at,
        "next_look_at": state.next_look_at,
        "held_until": one.held_until,
        "gone_at": state.gone_at,
        "moved_url": state.moved_url,
        "moving_url": state.moving_url,
        "looks": state.looks,
        "rhythm": rhythm.words(state.rhythm),
        "days": history.days(state.history, now=now),
        "picture": history.picture(state.history, now=now),
        "push": {"hub": push.hub, "state": push.state, "lease_ends_at": push.lease_ends_at} if push else None,
        "episodes": one.episodes,
        "quarantined": one.quarantined,
    }


def _iso(moment: datetime | None) -> str:
    return moment.isoformat().replace("+00:00", "Z") if moment else ""


def _episode_as_json(episode: Episode) -> dict[str, Any]:
    return {"id": episode.id, "title": episode.title, "published": episode.published, "link": episode.link}
