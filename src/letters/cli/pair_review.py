"""``letters pair review``: what is doubtful is shown side by side and answered by one key each."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer

from letters.cli.app import face_of
from letters.cli.face import Face, count, parse_now
from letters.cli.issues import ActorOption
from letters.cli.keys import END, keyboard
from letters.cli.options import JsonOption, NowOption, WorkspaceOption
from letters.cli.pairing import pair
from letters.cli.review_screen import draw
from letters.cli.reviewing import Review
from letters.pair import Question, review_queue

_NOTHING = "Nothing is doubtful. What new cards and episodes bring is decided by: letters pair"


@pair.command("review")
def review_pairs(
    context: typer.Context,
    by: ActorOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer what is doubtful, by one key each.

    Card and candidate are shown side by side. Without a terminal, and with --json, they are listed.
    """
    face = face_of(context)
    actor = by or getpass.getuser()
    moment = parse_now(now)
    with face.house(workspace) as house:
        with face.progress("pair") as progress:
            questions = review_queue(house.store, house.settings, progress=progress.get("pair"))
        if face.as_json or not (sys.stdin.isatty() and face.out.is_terminal):
            _list(face, questions)
        review = Review(
            store=house.store,
            questions=questions,
            actor=actor,
            now=(lambda: moment) if now else (lambda: datetime.now(UTC)),
        )
        _ask(face, review)
    _tell(face, review)
    face.finish({})


def _ask(face: Face, review: Review) -> None:
    if not review.questions:
        return
    with keyboard() as keys:
        while not review.is_over:
            keys.forget()
            face.out.clear()
            face.out.print(draw(review, width=face.out.width, height=face.out.height))
            try:
                key = keys.read()
            except KeyboardInterrupt:
                key = END
            if key == END:
                review.stop()
            else:
                review.press(key)


def _tell(face: Face, review: Review) -> None:
    if not review.questions:
        face.out.print(_NOTHING)
        return
    if review.told:
        face.out.print(review.told.strip(), markup=False)
    left = len(review.questions) - review.answered
    face.out.print(f"{count(review.answered, 'card')} answered, {left:,} left.")
    if review.answered:
        face.out.print(
            "Pages and feeds follow at the next pass. Take the last answer back with: letters pair undo"
        )


def _list(face: Face, questions: Sequence[Question]) -> None:
    if not face.as_json:
        face.print_table(
            ("=card", "title", "=episode", "candidate", ">likely"),
            [
                (
                    one.card.id[:8] if at == 0 else "",
                    one.card.title if at == 0 else "",
                    proposal.episode.id[:8],
                    proposal.episode.title,
                    f"{proposal.probability:.2f}",
                )
                for one in questions
                for at, proposal in enumerate(one.proposals)
            ],
            empty=_NOTHING,
        )
        if questions:
            face.out.print(
                '\nAnswer with "letters pair confirm CARD EPISODE" or "letters pair reject CARD EPISODE"; '
                '"letters pair explain CARD" says why.'
            )
    face.finish({"review": [_as_json(one) for one in questions]})


def _as_json(one: Question) -> dict[str, Any]:
    return {
        "card_id": one.card.id,
        "card": one.card.title,
        "publisher": one.card.credit.publisher,
        "probability": one.pairing.probability,
        "candidates": [
            {
                "episode_id": proposal.episode.id,
                "title": proposal.episode.title,
                "show": proposal.episode.show or proposal.episode.source,
                "published": proposal.episode.published,
                "probability": proposal.probability,
                "evidence": [
                    {"comparison": item.comparison, "weight": item.weight, "words": item.words}
                    for item in proposal.evidence
                ],
            }
            for proposal in one.proposals
        ],
    }
