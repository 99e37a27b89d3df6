"""The JSON form of a card: one object with the fields of front matter and one for each section."""

from __future__ import annotations

import json
from typing import Any

from letters.cards.draft import Draft
from letters.cards.fields import Field, read_fields
from letters.errors import CardError, Problem
from letters.model import Card


class _Pairs(list[tuple[str, Any]]):
    """The names and values of the outermost object, where a name may come twice."""


def read_json(text: str, draft: Draft) -> None:
    """Read a JSON card into the draft. Raises `CardError` for anything but one JSON object."""
    try:
        data = json.loads(text, object_pairs_hook=_Pairs, strict=False)
    except json.JSONDecodeError as error:
        raise _no_card(draft, f"not JSON: {error.msg}", line=error.lineno) from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or brackets nested a thousand deep.
        raise _no_card(draft, "JSON that cannot be read: a number too long, or nested too deeply") from error
    if not isinstance(data, _Pairs):
        raise _no_card(draft, f"found JSON of type {type(data).__name__}")
    read_fields((Field(name=name, value=_plain(value)) for name, value in data), draft)


def write_json(card: Card) -> str:
    """The card as indented JSON; empty fields are left out."""
    credit, insights = card.credit, card.insights
    fields = {
        "id": card.id,
        "title": card.title,
        "link": card.link,
        "guid": card.guid,
        "language": card.language,
        "date": card.date.isoformat() if card.date else "",
        "weight": card.weight,
        "pinned": card.pinned,
        "summary": card.summary,
        "takeaway": card.takeaway,
        "insights": _filled(
            {"lead": insights.lead, "principles": insights.principles, "in_practice": insights.in_practice}
        ),
        "topics": card.topics,
        "audiences": card.audiences,
        "related_on": card.related_on,
        "related": [_filled({"title": one.title, "url": one.url}) for one in card.related],
        "curator": credit.curator,
        "publisher": credit.publisher,
        "medium": credit.medium,
        "sections": [{"heading": one.heading, "text": one.text} for one in card.sections],
    }
    return json.dumps(_filled(fields), ensure_ascii=False, indent=2) + "\n"


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        names = [name for name, _ in value]
        # A name twice in an inner object: as a list of pairs it fits no field, and so is kept whole.
        if len(set(names)) < len(names):
            return [[name, _plain(one)] for name, one in value]
        return {name: _plain(one) for name, one in value}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _no_card(draft: Draft, what: str, *, line: int | None = None) -> CardError:
    remedy = 'write one object with at least a "title"'
    return CardError([Problem(what=what, where=draft.where, line=line, remedy=remedy)])
