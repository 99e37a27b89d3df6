"""Writing a card in any of its three forms, so that reading gives the same card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from letters.cards.body import inline_names
from letters.cards.credit import write_credit
from letters.cards.front_matter import write_front_matter
from letters.cards.headings import (
    Heading,
    Kind,
    escape,
    escape_title,
    known_heading,
    write_marked,
    write_marked_related,
    write_marked_title,
)
from letters.cards.json_form import write_json
from letters.cards.reading import Form
from letters.cards.related import write_related
from letters.cards.wording import is_rule, normalise_card
from letters.errors import CardError, Problem
from letters.model import Card, Credit


def write_card(card: Card, *, form: Form) -> str:
    """The card as a file's text.

    Reading it gives `normalise_card(card)`: whatever the text, and the address apart, which no file holds. In text and
    Markdown a line that would be taken for a heading begins with a backslash. Raises `CardError` for a card without a title.
    """
    card = normalise_card(card)
    if not card.title:
        raise CardError([Problem(what="a card without a title cannot be written", where=card.id)])
    if form == "json":
        return write_json(card)
    return _write_text(card) if form == "text" else _write_markdown(card)


def _write_text(card: Card) -> str:
    credit = write_credit(card.credit)
    fields = _binding_fields(card) | ({} if credit is not None else _credit_fields(card.credit))
    audiences = inline_names(card.audiences)
    insights = card.insights
    blocks = [
        *_section(Kind.SUMMARY.value, _paragraphs(card.summary)),
        *_section(Kind.TAKEAWAY.value, _paragraphs(card.takeaway)),
        *_section(Kind.INSIGHTS.value, _paragraphs(insights.lead), always=bool(insights)),
        *_section(Kind.PRINCIPLES.value, _bullets(insights.principles)),
        *_section(Kind.IN_PRACTICE.value, _bullets(insights.in_practice)),
        *_section(Kind.TOPICS.value, _bullets(card.topics)),
        *(
            [f"{Kind.AUDIENCES.value}: {audiences}"]
            if audiences
            else _section(Kind.AUDIENCES.value, _bullets(card.audiences))
        ),
        *_related(card, level=0),
        *_sections(card, level=1),
        *([credit] if credit else []),
    ]
    return _join([escape_title(card.title), *blocks], fields)


def _write_markdown(card: Card) -> str:
    fields = _binding_fields(card)
    fields |= {
        name: list(names) for name, names in (("topics", card.topics), ("audiences", card.audiences)) if names
    }
    fields |= _credit_fields(card.credit)
    insights = card.insights
    blocks = [
        *_section(f"## {Kind.SUMMARY.value}", _paragraphs(card.summary)),
        *_section(f"## {Kind.TAKEAWAY.value}", _paragraphs(card.takeaway)),
        *_section(f"## {Kind.INSIGHTS.value}", _paragraphs(insights.lead), always=bool(insights)),
        *_section(f"### {Kind.PRINCIPLES.value}", _bullets(insights.principles)),
        *_section(f"### {Kind.IN_PRACTICE.value}", _bullets(insights.in_practice)),
        *_related(card, level=2),
        *_sections(card, level=2),
    ]
    return _join([write_marked_title(card.title), *blocks], fields)


def _join(blocks: Iterable[str], fields: dict[str, object]) -> str:
    front = write_front_matter(fields)
    return (f"{front}\n" if front else "") + "\n\n".join(blocks) + "\n"


def _binding_fields(card: Card) -> dict[str, object]:
    fields: dict[str, object] = {
        "id": card.id,
        "link": card.link,
        "guid": card.guid,
        "language": card.language,
        "date": card.date,
        "weight": card.weight,
        "pinned": card.pinned,
    }
    return {name: value for name, value in fields.items() if value}


def _credit_fields(credit: Credit) -> dict[str, object]:
    fields = {"curator": credit.curator, "publisher": credit.publisher}
    if credit.medium != Credit().medium:
        fields["medium"] = credit.medium
    return {name: value for name, value in fields.items() if value}


def _section(heading: str, blocks: Sequence[str], *, always: bool = False) -> list[str]:
    """A heading with its first block directly below, as editors write it; nothing without blocks, unless `always`."""
    if not blocks:
        return [heading] if always else []
    return [f"{heading}\n{blocks[0]}", *blocks[1:]]


def _paragraphs(text: str) -> list[str]:
    found = text.split("\n\n") if text else []
    return [escape(one, before="" if i else None, after="") for i, one in enumerate(found)]


def _bullets(items: Sequence[str]) -> list[str]:
    # Items such as "- -" would make a rule of their line.
    return (
        ["\n".join(f"* {item}" if is_rule(f"- {item}") else f"- {item}" for item in items)] if items else []
    )


def _related(card: Card, *, level: int) -> list[str]:
    if not card.related and not card.related_on:
        return []
    items = _bullets([write_related(one) for one in card.related])
    return ["\n".join([_related_heading(card.related_on, level=level), *items])]


def _related_heading(name: str, *, level: int) -> str:
    """Bare where that is read back, else marked; a colon at its end would be dropped in reading, so it stands twice."""
    if not name:
        return f"{'#' * level} {Kind.RELATED.value}".strip()
    bare = f"{Kind.RELATED.value} on {name}"
    if not level and known_heading(bare) == Heading(bare, Kind.RELATED, name=name):
        return bare
    return write_marked_related(name, level=level or 1)


def _sections(card: Card, *, level: int) -> list[str]:
    return [
        "\n".join([write_marked(section.heading, level=level), *_escaped_lines(section.text)])
        for section in card.sections
    ]


def _escaped_lines(text: str) -> list[str]:
    lines = text.split("\n") if text else []
    around = [None, *lines, ""]
    return [
        escape(line, before=before, after=after)
        for before, line, after in zip(around, lines, around[2:], strict=False)
    ]
