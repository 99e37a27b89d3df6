"""``letters sources add``: finds the feed behind an address, shows it, and writes it into the configuration."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Annotated, Any, NoReturn

import typer
from rich.prompt import IntPrompt
from rich.text import Text

from letters.cli.app import face_of
from letters.cli.face import PROBLEMS, Face, count, parse_now
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.cli.sources import sources
from letters.errors import Problem, UsageError
from letters.model import Source
from letters.settings import Settings, load_settings
from letters.settings.edit import Addition, add_sources, complaint_about
from letters.text import date_words, one_line
from letters.watch import rhythm
from letters.watch.discover import addresses_of, known_feed
from letters.watch.finding import Finding, find_feeds
from letters.watch.found import FoundFeed
from letters.watch.intake import key_for, owner_of
from letters.watch.problems import without_password


@sources.command("add")
def add_source(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL", help="A feed, a page, a channel or a playlist; https:// may be left out."
        ),
    ],
    key: Annotated[
        str | None, typer.Option(help="Its key, which never changes; default: made of its title.")
    ] = None,
    show: Annotated[
        str, typer.Option(help="The show as cards' credits name it; default: the feed's title.")
    ] = "",
    backfill: Annotated[
        int, typer.Option(min=0, help="Of its entries of now, how many of the newest count as new.")
    ] = 0,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Take the best of several feeds without asking.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what is found and change nothing.")
    ] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the feed behind an address and add it to config/sources.toml."""
    face, moment = face_of(context), parse_now(now)
    place = face.workspace(workspace)
    settings = load_settings(place, face.environ)
    draft = Source(key=key or "key", url="https://feeds.example", show=one_line(show), backfill=backfill)
    _check(draft, settings)
    given = addresses_of(url)
    if owner := owner_of([*given, known_feed(given[0])], settings.sources):
        _say_already(face, owner, dry_run=dry_run)
    asking = Text(f"asking {without_password(given[0])}")
    with face.err.status(asking) if face.err.is_terminal else nullcontext():
        finding = find_feeds(settings, url, now=moment)
    if not face.as_json:
        _print_found(face, finding, now=moment)
    chosen = _choose(face, finding, may_ask=not dry_run, yes=yes)
    if isinstance(chosen, Problem):
        _finish(face, finding, dry_run=dry_run, problem=chosen)
    if owner := owner_of([chosen.url, *chosen.also], settings.sources):
        _say_already(face, owner, finding, dry_run=dry_run)
    source = Source(
        key=key or key_for(chosen.title, chosen.url, {other.key for other in settings.sources}),
        url=chosen.url,
        show=draft.show,
        backfill=backfill,
    )
    if not dry_run:
        what = f"sources add {without_password(url)}: {source.key}"
        add_sources(
            place, face.environ, [Addition(source=source)], what=what, now=datetime.now(moment.tzinfo)
        )
    if not face.as_json:
        _say_added(face, source, dry_run=dry_run)
    _finish(face, finding, dry_run=dry_run, added=_source_as_json(source))


def _check(draft: Source, settings: Settings) -> None:
    """What the options say is looked at before anybody is asked anything."""
    if complaint := complaint_about(draft):
        raise UsageError(f"the new source would not load: {complaint}")
    if any(other.key == draft.key for other in settings.sources) and draft.key != "key":
        raise UsageError(
            f'--key "{draft.key}" is another source\'s; "letters sources show {draft.key}" shows it'
        )


def _choose(face: Face, finding: Finding, *, may_ask: bool, yes: bool) -> FoundFeed | Problem:
    """The one feed there is, the best with --yes, else the one that a person picks. Without a person: what to do."""
    feeds = finding.feeds
    if yes or (len(feeds) == 1 and not feeds[0].is_about_comments):
        return feeds[0]
    if may_ask and not face.as_json and sys.stdin.isatty() and face.out.is_terminal:
        choices = [str(number) for number in range(1, len(feeds) + 1)]
        return feeds[IntPrompt.ask("Which one", console=face.out, choices=choices, default=1) - 1]
    if len(feeds) == 1:
        return Problem(
            what="the only feed there is one of comments", remedy="add it with --yes if it is meant"
        )
    addresses = ", ".join(f'"{without_password(feed.url)}"' for feed in feeds)
    return Problem(
        what=f"there are {len(feeds)} feeds: {addresses}",
        remedy="name one of them, or take the first with --yes",
    )


def _say_already(face: Face, owner: Source, finding: Finding | None = None, *, dry_run: bool) -> NoReturn:
    if not face.as_json:
        face.out.print(
            f'source "{owner.key}" has this feed already ({without_password(owner.url)}); nothing was changed',
            markup=False,
            soft_wrap=True,
        )
    _finish(face, finding or Finding(), dry_run=dry_run, already=owner.key)


def _print_found(face: Face, finding: Finding, *, now: datetime) -> None:
    feeds = finding.feeds
    if len(feeds) == 1:
        feed = feeds[0]
        face.out.print(f"{feed.title or 'A feed without a title'}", style="bold", markup=False)
        about = [feed.format, count(feed.entries, "entry")]
        if feed.newest is not None:
            about += [f"newest of {date_words(feed.newest)}", _rhythm(feed, now=now)]
        face.out.print(f"{', '.join(about)}", markup=False)
        face.out.print(without_password(feed.url), markup=False, soft_wrap=True)
    else:
        face.print_table(
            (">#", "title", "=format", ">entries", "=newest", "rhythm", "address"),
            [
                (
                    number,
                    f"{feed.title} (comments)" if feed.is_about_comments else feed.title,
                    feed.format,
                    feed.entries,
                    date_words(feed.newest, short=True),
                    _rhythm(feed, now=now),
                    without_password(feed.url),
                )
                for number, feed in enumerate(feeds, 1)
            ],
            empty="",
        )


def _rhythm(feed: FoundFeed, *, now: datetime) -> str:
    return rhythm.words(rhythm.learn(None, feed.published, now=now))


def _say_added(face: Face, source: Source, *, dry_run: bool) -> None:
    line = (
        f'Would be added to config/sources.toml as "{source.key}".'
        if dry_run
        else f'Added to config/sources.toml as "{source.key}". "letters watch" looks at it now, "letters run" at its next pass.'
    )
    face.out.print(f"\n{line}", markup=False, soft_wrap=True)


def _finish(
    face: Face,
    finding: Finding,
    *,
    dry_run: bool,
    added: dict[str, Any] | None = None,
    already: str | None = None,
    problem: Problem | None = None,
) -> NoReturn:
    problems: Sequence[Problem] = [*([problem] if problem else []), *finding.problems]
    face.finish(
        {
            "found": [_feed_as_json(feed) for feed in finding.feeds],
            "added": added,
            "already": already,
            "dry_run": dry_run,
        },
        problems,
        code=PROBLEMS if problem else None,
    )


def _feed_as_json(feed: FoundFeed) -> dict[str, Any]:
    return {
        "url": without_password(feed.url),
        "title": feed.title,
        "format": feed.format,
        "entries": feed.entries,
        "newest": feed.newest,
        "is_about_comments": feed.is_about_comments,
        "also": feed.also,
    }


def _source_as_json(source: Source) -> dict[str, Any]:
    return {
        "key": source.key,
        "url": without_password(source.url),
        "show": source.show,
        "backfill": source.backfill,
    }
