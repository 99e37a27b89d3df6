"""How an issue came about, as values: each card's points by rule, its place and why, what was shortened, what was not taken.

Pure. Made by the very functions that make the issue, so what it says is what happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from letters.compose.arrange import Section, why_under
from letters.compose.issue import Press, Printed
from letters.compose.plan import BRIEF, SINGLE
from letters.compose.rank import Ranked
from letters.compose.select import objection
from letters.compose.size import LIMIT_BYTES, Detail, size_bytes
from letters.model import Choice, Edition, Entry, Occurrence

_DETAIL_WORDS = {
    Detail.FULL: "in full",
    Detail.NO_INSIGHTS: "without its insights",
    Detail.NO_SUMMARY: "without insights and summary",
    Detail.LINE: "a line",
    Detail.LEFT_OUT: "left out; the issue's page has it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedEntry:
    """An entry of the issue, at its rank."""

    ranked: Ranked
    #: The heading that it stands under; empty for none.
    heading: str
    why_there: str
    detail: Detail
    #: "in full", or what it lost and why.
    shown: str

    @property
    def entry(self) -> Entry:
        return self.ranked.entry


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """An entry that the issue does not have, or not for this choice."""

    entry: Entry
    why: str
    #: It became ready after the edition's newest occurrence that was dealt with.
    is_recent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How an issue comes about."""

    edition: Edition
    occurrence: Occurrence
    #: The number it takes, when it is not put off.
    number: int
    choice: Choice
    #: "will be composed", or why not, in words.
    outcome: str
    is_composed: bool
    #: In the order of their rank. Of an issue that is put off: what it would have.
    entries: tuple[ExplainedEntry, ...]
    not_taken: tuple[NotTaken, ...]
    size_bytes: int


def explain_issue(
    press: Press,
    entries: Sequence[Entry],
    candidates: Iterable[Entry],
    choice: Choice,
    *,
    ready_from: datetime,
    since: datetime,
    put_off: str,
) -> Explanation:
    """How the issue of these entries comes about.

    `candidates` are all that were thought of, `since` is when the edition was last dealt with, and `put_off` says why there
    is no issue for now, if there is none.
    """
    edition, occurrence = press.edition, press.occurrence
    nothing = not entries and edition.empty == "skip"
    printed = press.print(entries, choice)
    shown = {one.entry.id for one in printed.plan.ranked}
    not_taken = [
        NotTaken(entry=entry, why=why, is_recent=entry.ready_at >= since)
        for entry in candidates
        if entry.id not in shown
        and (
            why := objection(
                entry,
                edition,
                ready_from=ready_from,
                ready_before=occurrence.at,
                news_within=press.settings.pair.news_within,
            )
            or "is left out by the reader's choice"
        )
    ]
    return Explanation(
        edition=edition,
        occurrence=occurrence,
        number=press.number,
        choice=choice,
        outcome='there is nothing new, and empty = "skip"' if nothing else put_off or _say_outcome(printed),
        is_composed=not (nothing or put_off),
        entries=_explain_entries(printed, edition, choice),
        not_taken=tuple(not_taken),
        size_bytes=size_bytes(printed.rendering.html),
    )


def _say_outcome(printed: Printed) -> str:
    if not printed.rendering.html:
        return "the choice leaves nothing of it; its readers get no mail"
    shortened = sum(
        detail > printed.plan.start.get(each, Detail.FULL) for each, detail in printed.details.items()
    )
    size = size_bytes(printed.rendering.html)
    said = f"its mail has {size:,} of at most {LIMIT_BYTES:,} bytes"
    return f"{said}, {shortened} shortened for it" if shortened else said


def _explain_entries(printed: Printed, edition: Edition, choice: Choice) -> tuple[ExplainedEntry, ...]:
    sections = {entry.id: section for section in printed.plan.sections for entry in section.entries}
    return tuple(
        _explain_entry(one, sections.get(one.entry.id), printed, edition, choice)
        for one in printed.plan.ranked
    )


def _explain_entry(
    ranked: Ranked, section: Section | None, printed: Printed, edition: Edition, choice: Choice
) -> ExplainedEntry:
    entry, also_name = ranked.entry, printed.also_name
    detail = printed.details.get(entry.id, Detail.FULL)
    return ExplainedEntry(
        ranked=ranked,
        heading=section.name if section else also_name,
        why_there=(why_under(section, entry, edition, choice) if section else _say_beyond(edition)),
        detail=detail,
        shown=_say_shown(detail, printed.plan.start.get(entry.id, Detail.FULL), choice, edition),
    )


def _say_beyond(edition: Edition) -> str:
    if edition.look == SINGLE:
        return 'look = "single" shows one card'
    return f"beyond max_cards = {edition.max_cards}"


def _say_shown(detail: Detail, start: Detail, choice: Choice, edition: Edition) -> str:
    if detail is start and detail is not Detail.LINE and edition.look == BRIEF:
        return "a title and one line, as the edition looks"
    said = _DETAIL_WORDS[detail]
    if detail > start:
        return f"{said}, for size"
    if detail is Detail.LINE:
        return f"{said}, as the reader wants" if choice.titles_only else f"{said} at the end"
    return said
