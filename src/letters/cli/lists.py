"""The commands that list and carry: subscribers, cards."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from letters.cards import write_card
from letters.cli.app import app, face_of
from letters.cli.face import count, parse_now
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.errors import UsageError
from letters.files import replace_file
from letters.store.cards import find_card, load_cards
from letters.store.private_feeds import find_private_feed
from letters.store.subscribers import find_by_email, load_subscribers
from letters.subscribe import (
    erase,
    export_csv,
    find_uid,
    import_csv,
    read_own_data,
    replace_private_feed,
    stop_private_feed,
)

subscribers = typer.Typer(help="The people who get mail.", no_args_is_help=True)
cards = typer.Typer(help="What editors wrote.", no_args_is_help=True)
app.add_typer(subscribers, name="subscribers")
app.add_typer(cards, name="cards")


@subscribers.command("import")
def import_subscribers(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="CSV", help="The file; - reads standard input.", allow_dash=True)
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")
    ] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read subscribers from a CSV file. Whoever unsubscribed stays unsubscribed."""
    face = face_of(context)
    moment = parse_now(now)
    with face.house(workspace) as house:
        if str(file) == "-":
            report = import_csv(
                house.store, house.settings, sys.stdin, now=moment, dry_run=dry_run, where="standard input"
            )
        else:
            with file.open(encoding="utf-8-sig", newline="") as stream:
                report = import_csv(
                    house.store, house.settings, stream, now=moment, dry_run=dry_run, where=str(file)
                )
    if not face.as_json:
        would = "would be " if dry_run else ""
        face.out.print(
            f"{count(report.added, 'subscriber')} {would}added, {report.updated:,} updated, "
            f"{report.unchanged:,} unchanged, {report.skipped:,} skipped"
        )
    counts = {name: getattr(report, name) for name in ("added", "updated", "unchanged", "skipped")}
    face.finish({**counts, "dry_run": dry_run}, report.problems)


@subscribers.command("export")
def export_subscribers(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="CSV", help="The file; - writes standard output.", allow_dash=True)
    ],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all subscribers to a CSV file that can be imported again."""
    face = face_of(context)
    with face.house(workspace) as house:
        if str(file) == "-":
            if face.as_json:
                raise UsageError("--json and a CSV on standard output exclude each other; name a file")
            export_csv(house.store, sys.stdout)
            raise typer.Exit
        content = io.StringIO(newline="")
        written = export_csv(house.store, content)
        replace_file(file, content.getvalue())
    if not face.as_json:
        face.out.print(f"{count(written, 'subscriber')} written to {file}")
    face.finish({"written": written, "file": file})


@subscribers.command("list")
def list_subscribers(
    context: typer.Context,
    edition: Annotated[str | None, typer.Option(help="Only those of one edition.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the subscribers."""
    face = face_of(context)
    with face.house(workspace) as house, house.store.read() as connection:
        found = list(load_subscribers(connection, edition=edition))
    if not face.as_json:
        face.print_table(
            ("=email", "=status", "editions", "only"),
            [
                (
                    one.email,
                    one.status.value,
                    ", ".join(one.editions),
                    ", ".join((*one.topics, *one.audiences)),
                )
                for one in found
            ],
            empty='Nobody yet. "letters subscribers import FILE.csv" brings people in.',
        )
    rows = [
        {
            "email": one.email,
            "name": one.name,
            "status": one.status.value,
            "editions": one.editions,
            "topics": one.topics,
            "audiences": one.audiences,
            "zone": one.zone,
            "language": one.language,
            "frequency": one.frequency.value,
            "titles_only": one.titles_only,
            "paused_until": one.paused_until.isoformat() if one.paused_until else None,
        }
        for one in found
    ]
    face.finish({"subscribers": rows})


@subscribers.command("feed")
def subscriber_feed(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose feed.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Give it another address; the reader finds it under preferences."),
    ] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End it.")] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether a subscriber has a private feed; replace its address or stop it. The address itself is never printed."""
    face = face_of(context)
    if replace and stop:
        raise UsageError("--replace and --stop exclude each other; name one of them")
    with face.house(workspace) as house:
        with house.store.read() as connection:
            reader = find_by_email(connection, email)
            feed = find_private_feed(connection, reader.uid) if reader else None
        if reader is None:
            raise UsageError(f'subscriber "{email}" does not exist; "letters subscribers list" names all')
        if feed and stop:
            stop_private_feed(house.store, reader.uid, feed.serial)
        elif feed and replace:
            replace_private_feed(house.store, reader.uid, feed.serial, now=parse_now(now))
    what = ("stopped" if stop else "replaced" if replace else "running") if feed else "none"
    if not face.as_json:
        face.out.print(f"{reader.email}: {_FEED_WORDS[what]}")
    face.finish({"email": reader.email, "feed": what, "since": feed.made_at if feed else None})


@subscribers.command("erase")
def erase_subscriber(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who is to be forgotten.")],
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete all that is kept of a subscriber, for good. A digest of the address stays, so that no import brings them back."""
    face = face_of(context)
    with face.house(workspace) as house:
        uid = find_uid(house.store, email)
        if uid is None:
            raise UsageError(f'subscriber "{email}" does not exist; "letters subscribers list" names all')
        erase(house.store, uid, now=parse_now(now))
    if not face.as_json:
        face.out.print(f"{email} is forgotten, and is not brought back by an import")
    face.finish({"email": email, "erased": True})


@subscribers.command("data")
def subscriber_data(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who asked for it.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print all that is kept of a subscriber, as JSON; readers find the same behind their preferences link."""
    face = face_of(context)
    with face.house(workspace) as house:
        uid = find_uid(house.store, email)
        found = read_own_data(house.store, uid) if uid else None
    if found is None:
        raise UsageError(f'subscriber "{email}" does not exist; "letters subscribers list" names all')
    if face.as_json:
        face.finish(json.loads(found))
    else:
        face.out.print(found, markup=False, highlight=False, soft_wrap=True, end="")


_FEED_WORDS = {
    "none": "has no private feed",
    "running": "has a private feed",
    "replaced": "the private feed has another address now, to be found under preferences; the old one has stopped",
    "stopped": "the private feed was stopped",
}


@cards.command("list")
def list_cards(
    context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """List the cards that were read."""
    face = face_of(context)
    with face.house(workspace) as house, house.store.read() as connection:
        found = load_cards(connection)
    if not face.as_json:
        face.print_table(
            ("=card", "title", "publisher", "file"),
            [(one.card.address, one.card.title, one.card.credit.publisher, one.path or "") for one in found],
            empty="No cards yet. Drop some into cards/ and run: letters pair",
        )
    rows = [
        {
            "id": one.card.id,
            "address": one.card.address,
            "title": one.card.title,
            "publisher": one.card.credit.publisher,
            "path": one.path,
            "changed_at": one.changed_at,
        }
        for one in found
    ]
    face.finish({"cards": rows})


@cards.command("show")
def show_card(
    context: typer.Context,
    card: Annotated[str, typer.Argument(metavar="CARD", help="Its address, its id, or its file in cards/.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one card as Letters read it."""
    face = face_of(context)
    with face.house(workspace) as house, house.store.read() as connection:
        found = find_card(connection, card)
    if found is None:
        raise UsageError(f'card "{card}" is not known; "letters cards list" names all')
    if not face.as_json:
        face.out.print(write_card(found.card, form="text"), markup=False, soft_wrap=True)
    face.finish({"card": write_card(found.card, form="json"), "path": found.path})
