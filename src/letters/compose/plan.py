"""What an issue shows to a choice, before anything is rendered: in which order, under which headings, in what detail. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from letters.compose.arrange import Section, arrange
from letters.compose.rank import Ranked, rank
from letters.compose.select import narrow
from letters.compose.size import Detail
from letters.model import Choice, Edition, Entry

#: A look that begins with less of each card than there is: a title and one line.
BRIEF = "brief"
#: The look of a letter about one card.
SINGLE = "single"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Each entry that the choice leaves, once: in a section or among the lines at the end."""

    #: All of them, the most important first.
    ranked: tuple[Ranked, ...]
    sections: tuple[Section, ...]
    #: What is beyond the edition's `max_cards`.
    also: tuple[Entry, ...]
    #: Where an entry begins with less than all there is of it; a size budget may take more.
    start: Mapping[str, Detail]

    @property
    def lead(self) -> Entry | None:
        """The first card of the issue."""
        return next((entry for section in self.sections for entry in section.entries), None)

    @property
    def reading_order(self) -> tuple[Entry, ...]:
        return (*(entry for section in self.sections for entry in section.entries), *self.also)


def make_plan(entries: Iterable[Entry], edition: Edition, choice: Choice, *, at: datetime) -> Plan:
    """What the choice sees of the entries; `at` is the issue's occurrence.

    `max_cards` counts what this choice leaves, so a reader of one topic gets its cards in full though they are few among
    the many of the issue. Where everything is a line, nothing is set apart as lines.
    """
    ranked = rank(narrow(entries, choice), edition, choice, at=at)
    most = 1 if edition.look == SINGLE else edition.max_cards
    shown = len(ranked) if choice.titles_only else most or len(ranked)
    ordered = [one.entry for one in ranked]
    lines = ordered if choice.titles_only else ordered[shown:]
    start = dict.fromkeys((entry.id for entry in lines), Detail.LINE)
    if edition.look == BRIEF:
        start = {entry.id: start.get(entry.id, Detail.NO_SUMMARY) for entry in ordered}
    return Plan(
        ranked=tuple(ranked),
        sections=arrange(ordered[:shown], edition, choice),
        also=tuple(ordered[shown:]),
        start=start,
    )
