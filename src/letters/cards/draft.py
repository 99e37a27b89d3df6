"""A card being read: parts come in from front matter, body or JSON in any order, and none of them is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from letters.cards.wording import normalise_card, tidy_id
from letters.errors import CardError, Problem
from letters.model import Card, Credit, Insights, RelatedCard, Section


@dataclass
class Draft:
    """What was read so far; `finish` makes the card."""

    where: str
    title: str = ""
    summary: list[str] = field(default_factory=list)
    takeaway: list[str] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)
    principles: list[str] = field(default_factory=list)
    in_practice: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)
    related_on: str = ""
    related: list[RelatedCard] = field(default_factory=list)
    curator: str = ""
    publisher: str = ""
    medium: str = ""
    sections: list[Section] = field(default_factory=list)
    id: str = ""
    link: str = ""
    guid: str = ""
    language: str = ""
    date: date | None = None
    weight: int = 0
    pinned: bool = False
    problems: list[Problem] = field(default_factory=list)

    def report(self, what: str, *, line: int | None = None, remedy: str = "") -> None:
        self.problems.append(Problem(what=what, where=self.where, line=line, remedy=remedy))

    def keep(self, heading: str, text: str) -> None:
        """Keep text that has no place of its own, as a section."""
        self.sections.append(Section(heading=heading, text=text))

    def set_once(self, name: str, value: str, *, line: int | None = None) -> None:
        """Set a field of one line; a second, different value is kept as a section and reported."""
        before = getattr(self, name)
        if not before:
            setattr(self, name, value)
        elif value and " ".join(value.split()) != " ".join(before.split()):
            self.keep(name, value)
            self.report(
                f'{name} is given twice, "{_short(before)}" and "{_short(value)}"; the first counts',
                line=line,
                remedy="remove one",
            )

    def set_id(self, value: str, *, line: int | None = None) -> None:
        """Set the id; what is no UUID is kept as a section and reported."""
        if found := tidy_id(value):
            self.set_once("id", found, line=line)
        elif value:
            self.keep("id", value)
            self.report(
                f'id "{_short(value)}" is not a UUID',
                line=line,
                remedy='write one such as "0b6f1c1e-6d0f-4b53-9a3b-2f6c7f0e9d11", or leave it out: one is made',
            )

    def set_date(self, value: str, *, line: int | None = None) -> None:
        """Set the date from ``2026-11-22`` or a time that begins so; anything else is kept as a section and reported."""
        text = value.strip()
        try:
            found = date.fromisoformat(text[:10]) if text[10:11] in {"", "T", " "} else None
        except ValueError:
            found = None
        if found is None or self.date not in {None, found}:
            self.keep("date", value)
            what = f'date "{_short(value)}" is not a date' if found is None else "date is given twice"
            self.report(what, line=line, remedy='write it as "2026-11-22"')
        else:
            self.date = found
            if text[10:].strip():
                self.keep("date", value)

    def add_names(self, to: list[str], names: Iterable[str]) -> None:
        """Add names that are not there yet: front matter and body may both list them."""
        to.extend(name for name in names if name not in to)

    def finish(self) -> Card:
        """The card, tidy. Raises `CardError` when no title was found."""
        card = normalise_card(
            Card(
                id=self.id,
                title=self.title,
                summary="\n\n".join(self.summary),
                takeaway="\n\n".join(self.takeaway),
                insights=Insights(
                    lead="\n\n".join(self.lead),
                    principles=tuple(self.principles),
                    in_practice=tuple(self.in_practice),
                ),
                topics=tuple(self.topics),
                audiences=tuple(self.audiences),
                related_on=self.related_on,
                related=tuple(self.related),
                credit=Credit(curator=self.curator, publisher=self.publisher, medium=self.medium),
                sections=tuple(self.sections),
                link=self.link,
                guid=self.guid,
                language=self.language,
                date=self.date,
                weight=self.weight,
                pinned=self.pinned,
            )
        )
        if not card.title:
            raise CardError(
                [
                    Problem(
                        what="no title was found",
                        where=self.where,
                        line=1,
                        remedy="write the title on the first line",
                    )
                ]
            )
        self._check_link(card)
        return card

    def _check_link(self, card: Card) -> None:
        if card.link and not card.link.startswith(("https://", "http://")):
            self.report(
                f'link "{_short(card.link)}" is not a web address; no episode can have it',
                remedy='begin it with "https://"',
            )


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
