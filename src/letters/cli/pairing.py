"""``letters pair``: cards are paired with episodes, and a person says which belong together."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from letters.cli.app import app, face_of
from letters.cli.face import Face, parse_now
from letters.cli.issues import ActorOption
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.cli.passes import run_verb
from letters.errors import UsageError
from letters.model import Decision
from letters.pair import Answered, confirm, find_named_card, find_named_episode, pair_files, reject, undo
from letters.pair.coefficients import read_coefficients
from letters.pipeline import Pass
from letters.store.answers import Answer, Said, load_confirmations
from letters.store.cards import load_cards
from letters.store.listing import episode_titles
from letters.store.pairings import find_pairings, load_pairings

pair = typer.Typer(
    help="Read the cards and pair them with episodes; answer what is doubtful; pair two files.",
    invoke_without_command=True,
)
app.add_typer(pair, name="pair")

CardArgument = Annotated[
    str,
    typer.Argument(metavar="CARD", help="Its id, its address, its file in cards/, or a piece of its title."),
]
EpisodeArgument = Annotated[
    str, typer.Argument(metavar="EPISODE", help="The beginning of its id as listed, or a piece of its title.")
]


@pair.callback()
def pair_all(
    context: typer.Context,
    episodes: Annotated[
        Path | None, typer.Option(help="Pair two files: JSON Lines of episodes.", dir_okay=False)
    ] = None,
    cards: Annotated[
        Path | None, typer.Option(help="Pair two files: JSON Lines of cards.", dir_okay=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Pair two files: where the decisions go.", dir_okay=False)
    ] = None,
    many: Annotated[
        bool, typer.Option("--many", help="Let several cards have the same episode (files only).")
    ] = False,
    coefficients: Annotated[
        Path | None, typer.Option(help="What letters pair fit wrote (files only).", dir_okay=False)
    ] = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the cards and pair them with episodes; or, with --episodes, --cards and --out, pair two files."""
    face = face_of(context)
    files: dict[str, object] = {"--episodes": episodes, "--cards": cards, "--out": out}
    files |= {"--many": many or None, "--coefficients": coefficients, "--now": now}
    if context.invoked_subcommand is not None:
        _check_alone(context.invoked_subcommand, files)
        face.workspace_root = workspace or face.workspace_root
        return
    if episodes is cards is out is None:
        for option in ("--many", "--coefficients"):
            if files[option] is not None:
                raise UsageError(
                    f"{option} is for pairing files; name them with --episodes, --cards and --out"
                )
        run_verb(context, "pair", workspace, now, Pass.pair)
    if episodes is None or cards is None or out is None:
        raise UsageError("pairing two files needs all of --episodes, --cards and --out")
    fitted = read_coefficients(coefficients) if coefficients is not None else None
    report = pair_files(episodes, cards, out, many=many, coefficients=fitted)
    if not face.as_json:
        face.out.print(
            f"{report.paired:,} paired, {report.review:,} for review, {report.none:,} without: {out}"
        )
    counts = {"paired": report.paired, "review": report.review, "none": report.none}
    face.finish({"pairs": counts, "out": out}, report.problems)


def _check_alone(command: str, options: Mapping[str, object]) -> None:
    """Raises `UsageError` for an option of ``letters pair`` itself that stands before another command."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(
            f'{given[0]} before "{command}" says nothing to it; give what "{command}" takes after its name'
        )


@pair.command("confirm")
def confirm_pair(
    context: typer.Context,
    card: CardArgument,
    episode: EpisodeArgument,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a card and an episode belong together.

    Whatever else has either lets go, and nothing automatic changes it again.
    """
    face = face_of(context)
    actor, moment = by or getpass.getuser(), parse_now(now)
    with face.house(workspace) as house:
        with house.store.read() as c:
            card_id = find_named_card(c, card).card.id
            episode_id = find_named_episode(c, episode).id
        done = confirm(house.store, card_id, episode_id, actor=actor, now=moment)
    _say(face, "confirmed", done, {"card_id": card_id, "episode_ids": [episode_id]})


@pair.command("reject")
def reject_pair(
    context: typer.Context,
    card: CardArgument,
    episodes: Annotated[
        list[str] | None,
        typer.Argument(metavar="EPISODE", help="Default: the one it is paired with, or in review for."),
    ] = None,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a card and an episode do not belong together.

    They are never proposed for each other again. Several episodes are one answer.
    """
    face = face_of(context)
    actor, moment = by or getpass.getuser(), parse_now(now)
    with face.house(workspace) as house:
        with house.store.read() as c:
            found = find_named_card(c, card).card
            ids = [find_named_episode(c, one).id for one in episodes or ()]
            ids = ids or [_proposed(c, found.id, found.title)]
        done = reject(house.store, found.id, ids, actor=actor, now=moment)
    _say(face, "rejected", done, {"card_id": found.id, "episode_ids": ids})


def _proposed(c: Connection, card_id: str, title: str) -> str:
    """The episode that a card has now, or is in review for."""
    for one in find_pairings(c, card_id):
        if one.pairing.episode_id is not None:
            return one.pairing.episode_id
    raise UsageError(
        f'card "{title}" has no episode to reject; name one, as "letters pair explain {card_id}" lists them'
    )


@pair.command("undo")
def take_back(
    context: typer.Context,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back the newest answer.

    Whoever gave it; the next time, the one before. What was mailed cannot be taken back.
    """
    face = face_of(context)
    actor = by or getpass.getuser()
    with face.house(workspace) as house:
        done = undo(house.store, actor=actor, now=parse_now(now))
        with house.store.read() as c:
            titles = episode_titles(c)
    if done is None or done.answer is None:
        if not face.as_json:
            face.out.print("No answer is left to take back.")
        face.finish({"undone": None})
    if not face.as_json:
        face.out.print(f"Taken back: {describe_answer(done.answer, done.card_title, titles)}", markup=False)
        face.out.print("All is as before that answer, but for what other cards were given since.")
    face.finish({"undone": answer_as_json(done.answer), "by": actor})


@pair.command("list")
def list_pairs(
    context: typer.Context,
    decision: Annotated[
        Decision | None, typer.Option(help="Only those that are paired, in review, or without.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List all cards with the episodes they have."""
    face = face_of(context)
    with face.house(workspace) as house, house.store.read() as c:
        cards = {stored.card.id: stored.card for stored in load_cards(c)}
        confirmed, titles = load_confirmations(c), episode_titles(c)
        found = [
            one
            for one in load_pairings(c)
            if one.card_id in cards and (decision is None or one.decision is decision)
        ]
    found.sort(key=lambda one: (list(Decision).index(one.decision), -one.probability, one.card_id))
    if not face.as_json:
        face.print_table(
            ("=decision", ">", "card", "episode", "by"),
            [
                (
                    one.decision.value,
                    f"{one.probability:.2f}",
                    cards[one.card_id].title,
                    titles.get(one.episode_id or "", ""),
                    _who(confirmed.get(one.card_id), one.episode_id),
                )
                for one in found
            ],
            empty="Nothing was decided yet. Drop cards into cards/ and run: letters pair",
        )
    rows = [
        {
            "card_id": one.card_id,
            "card": cards[one.card_id].title,
            "episode_id": one.episode_id,
            "episode": titles.get(one.episode_id or ""),
            "decision": one.decision.value,
            "probability": one.probability,
            "confirmed_by": _who(confirmed.get(one.card_id), one.episode_id) or None,
        }
        for one in found
    ]
    face.finish({"pairs": rows})


def _who(said: Said | None, episode_id: str | None) -> str:
    return said.actor if said is not None and said.episode_id == episode_id else ""


def _say(face: Face, word: str, done: Answered, about: Mapping[str, Any]) -> None:
    if not face.as_json:
        head = f'"{done.card_title}": {word}' if done.answer else f'"{done.card_title}": nothing changed'
        face.out.print(head, markup=False, soft_wrap=True)
        for told in done.told:
            face.out.print(f"  {told}", markup=False, soft_wrap=True)
        if done.answer:
            face.out.print("Pages and feeds follow at the next pass. Take it back with: letters pair undo")
    data = {**about, "changed": done.answer is not None, "told": list(done.told)}
    face.finish({**data, "by": done.answer.actor if done.answer else None})


def describe_answer(answer: Answer, card_title: str, titles: Mapping[str, str]) -> str:
    """ "ada, 3 Mar 2026: confirmed "Card" with "Episode" """
    verb, link = ("confirmed", "with") if answer.action == "confirm" else ("rejected", "for")
    episodes = ", ".join(f'"{titles.get(one, one)}"' for one in answer.episode_ids)
    return f'{answer.actor}, {answer.at.astimezone():%d %b %Y}: {verb} "{card_title}" {link} {episodes}'


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """An answer of the journal, without what stood before it."""
    episodes: Sequence[str] = answer.episode_ids
    return {
        "action": answer.action,
        "card_id": answer.card_id,
        "episode_ids": list(episodes),
        "by": answer.actor,
        "at": answer.at,
        "undone_by": answer.undone_by,
        "undone_at": answer.undone_at,
    }
