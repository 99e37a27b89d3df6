"""The named fields of front matter and of JSON cards, which are the same, into a draft."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from letters.cards.body import split_names
from letters.cards.draft import Draft
from letters.cards.related import parse_related
from letters.cards.wording import clean, paragraphs
from letters.model import RelatedCard, Section


@dataclass(frozen=True, slots=True)
class Field:
    """One field as found: text, lists and objects of these; `source` is its text where there is one."""

    name: str
    value: Any
    line: int | None = None
    source: str = ""


def read_fields(fields: Iterable[Field], draft: Draft) -> None:
    """Read fields into the draft. What is unknown or of another shape is kept as a section and reported."""
    seen: set[str] = set()
    for field in fields:
        name = _FOLDED.get(_fold(field.name))
        if field.value is None or field.value in ("", [], {}):
            continue
        if name is None:
            _keep(
                field, draft, f'field "{field.name}" is not known; it is kept as a section', _nearest(field)
            )
        elif name in seen:
            _keep(field, draft, f'field "{field.name}" is given twice; the first counts', "remove one")
        else:
            seen.add(name)
            try:
                _READERS[name](field, draft)
            except _ShapeError as error:
                _keep(
                    field, draft, f'field "{field.name}" is not {error}; it is kept as a section', "mend it"
                )


class _ShapeError(Exception):
    """The value has another shape than the field wants."""


def _fold(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _nearest(field: Field) -> str:
    best = process.extractOne(_fold(field.name), list(_READERS), scorer=fuzz.ratio)
    return f'the nearest known field is "{best[0]}"'


def _keep(field: Field, draft: Draft, what: str, remedy: str) -> None:
    draft.keep(field.name, field.source or _as_text(field.value))
    draft.report(what, line=field.line, remedy=remedy)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


# --- shapes ----------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _ShapeError("text")
    return str(value)


def _texts(value: Any) -> list[str]:
    """Paragraphs, from one text or from a list of them."""
    if isinstance(value, list):
        return [one for item in value for one in _texts(item)]
    return paragraphs(_text(value).split("\n"))


def _items(value: Any) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value if item is not None]
    return [line for line in _text(value).split("\n") if line.strip()]


def _names(value: Any) -> list[str]:
    """Names, from a list or from one text with commas."""
    return _items(value) if isinstance(value, list) else split_names(_items(value))


def _object(value: Any, *, known: Iterable[str], wanted: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not set(value) <= set(known):
        raise _ShapeError(wanted)
    return value


# --- readers ---------------------------------------------------------------------------------------------


def _one(name: str) -> Callable[[Field, Draft], None]:
    def read(field: Field, draft: Draft) -> None:
        draft.set_once(name, _text(field.value).strip(), line=field.line)

    return read


def _many(name: str, shape: Callable[[Any], list[str]]) -> Callable[[Field, Draft], None]:
    def read(field: Field, draft: Draft) -> None:
        getattr(draft, name).extend(shape(field.value))

    return read


def _read_names(name: str) -> Callable[[Field, Draft], None]:
    def read(field: Field, draft: Draft) -> None:
        draft.add_names(getattr(draft, name), _names(field.value))

    return read


def _read_weight(field: Field, draft: Draft) -> None:
    try:
        weight = int(_text(field.value))
    except (ValueError, _ShapeError):
        raise _ShapeError(_WANTED_WEIGHT) from None
    if abs(weight) > HEAVIEST:
        raise _ShapeError(_WANTED_WEIGHT)
    draft.weight = weight


def _read_pinned(field: Field, draft: Draft) -> None:
    value = _TRUTHS.get(str(field.value).strip().lower())
    if value is None:
        raise _ShapeError('"true" or "false"')
    draft.pinned = value


def _read_insights(field: Field, draft: Draft) -> None:
    if isinstance(field.value, str | list):
        draft.lead.extend(_texts(field.value))
        return
    parts = _object(
        field.value,
        known=("lead", "principles", "in_practice"),
        wanted='an object of "lead", "principles" and "in_practice"',
    )
    lead, principles, in_practice = (parts.get(name) or [] for name in ("lead", "principles", "in_practice"))
    found = _texts(lead), _items(principles), _items(in_practice)
    for to, texts in zip((draft.lead, draft.principles, draft.in_practice), found, strict=True):
        to.extend(texts)


def _read_credit(field: Field, draft: Draft) -> None:
    parts = _object(
        field.value,
        known=("curator", "publisher", "medium"),
        wanted='an object of "curator", "publisher" and "medium"',
    )
    texts = {name: _text(value or "").strip() for name, value in parts.items()}
    for name, text in texts.items():
        draft.set_once(name, text, line=field.line)


def _read_related(field: Field, draft: Draft) -> None:
    found = [_related(one) for one in field.value] if isinstance(field.value, list) else None
    if found is None:
        raise _ShapeError("a list")
    draft.related.extend(found)


def _related(value: Any) -> RelatedCard:
    if isinstance(value, str):
        return parse_related(clean(value))
    parts = _object(value, known=("title", "url"), wanted='a list of texts, or of "title" and "url"')
    return RelatedCard(title=_text(parts.get("title") or ""), url=_text(parts.get("url") or ""))


def _read_sections(field: Field, draft: Draft) -> None:
    if not isinstance(field.value, Sequence) or isinstance(field.value, str):
        raise _ShapeError("a list")
    wanted = 'a list of "heading" and "text"'
    objects = [_object(one, known=("heading", "text"), wanted=wanted) for one in field.value]
    draft.sections.extend(
        Section(heading=_text(one.get("heading") or ""), text=_text(one.get("text") or "")) for one in objects
    )


#: A weight is from minus this to this.
HEAVIEST = 9
_WANTED_WEIGHT = f"a whole number from -{HEAVIEST} to {HEAVIEST}"
# YAML's words (1.1); front matter is read as text.
_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

_READERS: dict[str, Callable[[Field, Draft], None]] = {
    "id": lambda field, draft: draft.set_id(_text(field.value), line=field.line),
    "link": _one("link"),
    "guid": _one("guid"),
    "language": _one("language"),
    "date": lambda field, draft: draft.set_date(_text(field.value), line=field.line),
    "weight": _read_weight,
    "pinned": _read_pinned,
    "title": _one("title"),
    "summary": _many("summary", _texts),
    "takeaway": _many("takeaway", _texts),
    "insights": _read_insights,
    "principles": _many("principles", _items),
    "in_practice": _many("in_practice", _items),
    "topics": _read_names("topics"),
    "audiences": _read_names("audiences"),
    "related_on": _one("related_on"),
    "related": _read_related,
    "publisher": _one("publisher"),
    "curator": _one("curator"),
    "medium": _one("medium"),
    "credit": _read_credit,
    "sections": _read_sections,
}
_FOLDED = {name: name for name in _READERS} | {
    "lang": "language",
    "topic": "topics",
    "audience": "audiences",
    "best_for": "audiences",
    "key_takeaway": "takeaway",
    "key_insights": "insights",
    "show": "publisher",
}
