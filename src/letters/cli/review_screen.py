"""A question of the review as it is drawn: the card and a candidate side by side, what they share made visible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from letters.cli.face import ACCENT
from letters.cli.reviewing import KEYS, UNDO, Review
from letters.model import Card, Episode, Evidence
from letters.pair import Proposal, Question
from letters.pair.search import ASKED
from letters.pair.wording import fold, words
from letters.text import date_words, one_line

#: So many lines of a summary or a description are shown, and reasons for or against.
_TEXT_LINES = 9
_REASONS = 6
_WEIGHTY = 0.05
_WORD = re.compile(r"\w+")
#: Both columns, and what stands between them.
_WIDEST = 120
_GAP = 4


def draw(review: Review, *, width: int, height: int) -> RenderableType:
    """The question that is asked now, in at most so many columns and lines, as long as titles are not."""
    question = review.question
    if question is None:
        return Group(
            _told(review),
            Text("That was the last one."),
            Text(),
            _keys((UNDO, "undo"), ("any other key", "ends")),
        )
    proposal = review.proposals[review.shown]
    lines = max(2, min(_TEXT_LINES, height - 20))
    parts: list[RenderableType] = [
        _head(review),
        Text(),
        _side_by_side(question, proposal, place=_place(review), width=min(width, _WIDEST), lines=lines),
        Text(),
        _reasons(proposal.evidence),
    ]
    runner_up = _runner_up(review, proposal)
    if runner_up is not None:
        parts += [Text(), runner_up]
    return Group(*parts, Text(), _keys(*KEYS))


def _head(review: Review) -> RenderableType:
    place = Text(f"Review  {review.place + 1} of {len(review.questions)}", style=ACCENT)
    return Group(_told(review), Text(), place) if review.told else place


def _told(review: Review) -> Text:
    return Text(review.told.strip())


def _place(review: Review) -> str:
    count = len(review.proposals)
    return f"Candidate {review.shown + 1} of {count}" if count > 1 else "Candidate"


def _side_by_side(
    question: Question, proposal: Proposal, *, place: str, width: int, lines: int
) -> RenderableType:
    card, episode = question.card, proposal.episode
    column = (width - _GAP) // 2
    shared = proposal.shared
    table = Table.grid(padding=(0, _GAP, 0, 0))
    for _ in range(2):
        table.add_column(width=column, overflow="fold")
    table.add_row(
        Text("Card", style=ACCENT), Text(f"{place}, likely {proposal.probability:.2f}", style=ACCENT)
    )
    table.add_row(_marked(card.title, shared, style="bold"), _marked(episode.title, shared, style="bold"))
    table.add_row(Text(_about_card(card), style="dim"), Text(_about_episode(episode), style="dim"))
    table.add_row(
        _cut(_marked(card.summary or card.takeaway, shared), column, lines),
        _cut(_marked(episode.description, shared), column, lines),
    )
    return table


def _about_card(card: Card) -> str:
    said = (card.credit.publisher, date_words(card.date), f"{card.link or card.guid}")
    return " · ".join(one_line(one) for one in said if one)


def _about_episode(episode: Episode) -> str:
    said = (
        episode.show or episode.source,
        date_words(episode.published),
        _minutes(episode.duration),
        episode.id[:8],
    )
    return " · ".join(one_line(one) for one in said if one)


def _minutes(duration: timedelta | None) -> str:
    return f"{round(duration.total_seconds() / 60)} min" if duration else ""


def _marked(text: str, shared: frozenset[str], *, style: str = "") -> Text:
    """The text with the words that the other side has too in the accent."""
    marked = Text(one_line(text), style=style)
    for found in _WORD.finditer(marked.plain):
        if shared & {*words(fold(found[0]))}:
            marked.stylize(f"{ACCENT} underline", found.start(), found.end())
    return marked


def _cut(text: Text, width: int, lines: int) -> Text:
    """As much of the text as fits into so many lines, about."""
    if text.cell_len > width * lines:
        text.truncate(width * lines - 1, overflow="ellipsis")
    return text


def _reasons(evidence: Sequence[Evidence]) -> Table:
    """What speaks most for and against, with its weight."""
    weighty = sorted(evidence, key=lambda one: -abs(one.weight))[:_REASONS]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for one in sorted(weighty, key=lambda one: -one.weight):
        if abs(one.weight) >= _WEIGHTY:
            table.add_row(f"{one.weight:+.2f}", Text(one.words))
    for one in evidence:
        if one.comparison == ASKED:
            table.add_row("ask", Text(one.words))
    return table


def _runner_up(review: Review, proposal: Proposal) -> Text | None:
    others = [one for one in review.proposals if one is not proposal]
    if not others:
        return None
    best = others[0]
    return Text(
        f'Else: "{one_line(best.episode.title)}", {_about_episode(best.episode)}, likely {best.probability:.2f}',
        style="dim",
    )


def _keys(*keys: tuple[str, str]) -> Text:
    line = Text()
    for key, does in keys:
        line.append(key, style=f"bold {ACCENT}").append(f" {does}   ")
    line.rstrip()
    return line
