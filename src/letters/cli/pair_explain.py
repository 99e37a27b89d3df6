"""``letters pair explain``: the decision about a card in words, and its candidates with each comparison's weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from letters.cli.app import face_of
from letters.cli.face import ACCENT, Face
from letters.cli.options import JsonOption, WorkspaceOption
from letters.cli.pairing import CardArgument, answer_as_json, describe_answer, pair
from letters.model import Episode, Evidence, Pairing
from letters.pair import Candidate, Explanation, explain, find_named_card, verdict
from letters.pair.search import ASKED
from letters.text import date_words, one_line

#: So many candidates are shown beside each other; --json has all.
_SHOWN = 4


@pair.command("explain")
def explain_card(
    context: typer.Context,
    card: CardArgument,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a card is paired as it is.

    Who or what decided, and how each candidate fared, comparison by comparison.
    """
    face = face_of(context)
    with face.house(workspace) as house, face.progress("pair") as progress:
        with house.store.read() as c:
            stored = find_named_card(c, card)
        about = explain(house.store, house.settings, stored, progress=progress.get("pair"))
        words = verdict(about, language=house.settings.site.language)
    if not face.as_json:
        _print(face, about, words)
    face.finish(_as_json(about, words))


def _print(face: Face, about: Explanation, words: Sequence[str]) -> None:
    face.out.print(Text(one_line(about.card.title), style="bold"))
    credit = about.card.credit.publisher or "no publisher named"
    face.out.print(Text(f"{one_line(credit)} · {about.card.id[:8]} · {about.card.address}", style="dim"))
    face.out.print()
    for sentence in words:
        face.out.print(Text(f"{one_line(sentence)}."))
    shown = _worth_showing(about)
    if shown:
        face.out.print()
        face.out.print(_candidates(shown))
        face.out.print()
        face.out.print(_comparisons(shown, about.thought))
    if about.answers:
        face.out.print()
    for answer in about.answers:
        back = f", taken back by {answer.undone_by}" if answer.undone_at else ""
        line = describe_answer(answer, about.card.title, about.titles)
        face.out.print(Text(one_line(f"{line}{back}"), style="dim"))


def _worth_showing(about: Explanation) -> list[Candidate]:
    """The likeliest, and all about which something was said."""
    return [
        one
        for place, one in enumerate(about.candidates)
        if place < _SHOWN or one.confirmed or one.rejected or _has(about, one)
    ][: 2 * _SHOWN]


def _has(about: Explanation, one: Candidate) -> bool:
    return about.entry is not None and about.entry.episode_id == one.episode.id


def _candidates(shown: Sequence[Candidate]) -> Table:
    table = _table("", ">likely", "candidate", "=date", "")
    for number, one in enumerate(shown, 1):
        title = Text(one_line(one.episode.title))
        title.append(f"\n{one.episode.show or one.episode.source} · {one.episode.id[:8]}", style="dim")
        table.add_row(str(number), f"{one.probability:.2f}", title, _day(one.episode), _standing(one))
    return table


def _standing(one: Candidate) -> str:
    if one.confirmed:
        return f"confirmed by {one.confirmed.actor}"
    if one.rejected:
        return f"rejected by {one.rejected.actor}"
    return f'has the card "{one.held_by}"' if one.held_by else ""


def _comparisons(shown: Sequence[Candidate], thought: Pairing | None) -> Table:
    """A row per comparison: its weight for each candidate, and what it says of the first."""
    evidence = [one.evidence for one in shown]
    if thought is not None and thought.episode_id == shown[0].episode.id:
        # What the decision weighed besides: rivals, an address that binds.
        known = {item.comparison for item in evidence[0]}
        evidence[0] += tuple(item for item in thought.evidence if item.comparison not in known)
    weights = [{item.comparison: item.weight for item in some} for some in evidence]
    names = list(dict.fromkeys(name for row in weights for name in row))
    words = {
        item.comparison: item.words
        for some in reversed(evidence)
        for item in some
        if item.comparison == ASKED
    }
    words |= {item.comparison: item.words for item in evidence[0]}
    table = _table("=comparison", *(f">{number}" for number in range(1, len(shown) + 1)), "of the first")
    for name in names:
        cells = [_cell(name, row[name]) if name in row else "" for row in weights]
        table.add_row(name, *cells, Text(words.get(name, ""), style="dim"))
    sums = [f"{sum(row.values()):+.2f}" for row in weights]
    table.add_row(Text("together", style="bold"), *(Text(one, style="bold") for one in sums), "")
    return table


def _cell(name: str, weight: float) -> str:
    return "ask" if name == ASKED else f"{weight:+.2f}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style=ACCENT, padding=(0, 2, 0, 0))
    for column in columns:
        right, whole = column.startswith(">"), column.startswith("=")
        table.add_column(
            column.lstrip(">="), justify="right" if right else "left", overflow="fold", no_wrap=right or whole
        )
    return table


def _day(episode: Episode) -> str:
    return date_words(episode.published, short=True) + (
        f" {episode.published:%Y}" if episode.published else ""
    )


def _as_json(about: Explanation, words: Sequence[str]) -> dict[str, Any]:
    confirmed, decided, thought = about.confirmed, about.decided, about.thought
    return {
        "card": {"id": about.card.id, "address": about.card.address, "title": about.card.title},
        "verdict": list(words),
        "retired_at": about.retired_at,
        "decided": decided
        and {
            "episode_id": decided.pairing.episode_id,
            "decision": decided.pairing.decision.value,
            "probability": decided.pairing.probability,
            "at": decided.decided_at,
        },
        "now": thought
        and {
            "episode_id": thought.episode_id,
            "decision": thought.decision.value,
            "probability": thought.probability,
            "evidence": [_evidence(item) for item in thought.evidence],
        },
        "confirmed": confirmed
        and {"episode_id": confirmed.episode_id, "by": confirmed.actor, "at": confirmed.at},
        "entry": about.entry
        and {
            "id": about.entry.id,
            "address": about.entry.address,
            "episode_id": about.entry.episode_id,
            "ready_at": about.entry.ready_at,
            "published": about.entry.is_published,
        },
        "candidates": [
            {
                "episode_id": one.episode.id,
                "title": one.episode.title,
                "show": one.episode.show or one.episode.source,
                "published": one.episode.published,
                "probability": one.probability,
                "confirmed_by": one.confirmed and one.confirmed.actor,
                "rejected_by": one.rejected and one.rejected.actor,
                "held_by": one.held_by or None,
                "evidence": [_evidence(item) for item in one.evidence],
            }
            for one in about.candidates
        ],
        "answers": [answer_as_json(answer) for answer in about.answers],
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {"comparison": item.comparison, "weight": item.weight, "words": item.words}
