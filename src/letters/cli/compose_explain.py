"""``letters compose EDITION --explain``: each card's points by rule, its heading and why, what was shortened, what was left out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.table import Table
from rich.text import Text

from letters.cli.face import ACCENT, Face, count
from letters.compose import ExplainedEntry, Explanation, NotTaken
from letters.model import Choice
from letters.text import date_words, one_line

#: So many that the issue does not take are listed; --json has all.
_SHOWN = 15


def read_choice(topics: str, audiences: str, *, titles_only: bool) -> Choice:
    """A reader's choice, from lists of keys with commas."""
    return Choice(topics=_keys(topics), audiences=_keys(audiences), titles_only=titles_only)


def _keys(text: str) -> frozenset[str]:
    return frozenset(key for part in text.split(",") if (key := part.strip()))


def print_explanation(face: Face, about: Explanation) -> None:
    """What comes in which place and why; then what does not come, and why."""
    at = about.occurrence.at
    name = f"{about.edition.key}/{about.number}" if about.is_composed else about.edition.key
    face.out.print(Text(f"{name} · {date_words(at)} {at:%H:%M} UTC", style="bold"))
    whom = f"For readers who chose {about.choice.key}: " if about.choice.key else ""
    said = about.outcome if about.is_composed else f"no issue: {about.outcome}"
    face.out.print(Text(f"{whom}{said}."))
    if about.entries:
        face.out.print()
        face.out.print(_entries(about))
    if about.not_taken:
        face.out.print()
        _print_not_taken(face, about)


def _entries(about: Explanation) -> Table:
    table = _table(">", "card", ">points", "heading", "shown")
    for place, one in enumerate(about.entries, 1):
        title = Text(one_line(one.entry.title))
        title.append(f"\n{one_line(one.entry.episode.show)}", style="dim")
        points = Text(f"{one.ranked.points.total:.1f}")
        points.append(f"\n{_say_points(one)}", style="dim")
        heading = Text(one_line(one.heading) or "none")
        heading.append(f"\n{one.why_there}", style="dim")
        table.add_row(str(place), title, points, heading, one.shown)
    return table


def _say_points(one: ExplainedEntry) -> str:
    """The tier, where it is not a card's own, and what each rule gave; a rule that gave nothing is silent."""
    rules = [f"{name} {value:+.1f}" for name, value in one.ranked.points._asdict().items() if value]
    card = one.entry.card
    tier = ["no card"] if card is None else ["pinned"] if card.pinned else []
    return "\n".join([*tier, *rules])


def _print_not_taken(face: Face, about: Explanation) -> None:
    recent = [one for one in about.not_taken if one.is_recent]
    older = Counter(one.why for one in about.not_taken if not one.is_recent)
    if recent:
        face.out.print(Text("Not taken", style=ACCENT))
    for one in recent[:_SHOWN]:
        face.out.print(Text(f"  {one_line(one.entry.title)}: {one.why}"))
    if len(recent) > _SHOWN:
        face.out.print(Text(f"  and {len(recent) - _SHOWN} more, with: --json", style="dim"))
    for why, number in older.most_common():
        face.out.print(Text(f"  {count(number, 'entry')} from before the last issue: {why}", style="dim"))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style=ACCENT, padding=(0, 2, 1, 0))
    for column in columns:
        right = column.startswith(">")
        table.add_column(
            column.lstrip(">"), justify="right" if right else "left", overflow="fold", no_wrap=right
        )
    return table


def explanation_as_json(about: Explanation) -> dict[str, Any]:
    """The whole explanation."""
    return {
        "edition": about.edition.key,
        "occurrence": about.occurrence.at,
        "number": about.number if about.is_composed else None,
        "choice": about.choice.key,
        "composed": about.is_composed,
        "outcome": about.outcome,
        "bytes": about.size_bytes,
        "entries": [_entry_as_json(one) for one in about.entries],
        "not_taken": [_not_taken_as_json(one) for one in about.not_taken],
    }


def _entry_as_json(one: ExplainedEntry) -> dict[str, Any]:
    return {
        **_names(one.entry.id, one.entry.title, one.entry.episode.show),
        "tier": one.ranked.tier.name.lower(),
        "points": {
            name: round(value, 3)
            for name, value in {**one.ranked.points._asdict(), "total": one.ranked.points.total}.items()
        },
        "heading": one.heading,
        "why_there": one.why_there,
        "detail": one.detail.name.lower(),
        "shown": one.shown,
    }


def _not_taken_as_json(one: NotTaken) -> dict[str, Any]:
    return {
        **_names(one.entry.id, one.entry.title, one.entry.episode.show),
        "why": one.why,
        "ready_at": one.entry.ready_at,
    }


def _names(entry: str, title: str, show: str) -> dict[str, Any]:
    return {"id": entry, "title": title, "show": show}
