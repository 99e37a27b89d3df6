"""Reading a card in any of its three forms."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from typing import Literal

from letters.cards.body import read_body
from letters.cards.draft import Draft
from letters.cards.front_matter import read_front_matter, split_front_matter
from letters.cards.json_form import read_json
from letters.cards.wording import clean
from letters.errors import CardError, Problem
from letters.model import Card

Form = Literal["text", "markdown", "json"]
#: The form of a card file by its ending.
FORMS: dict[str, Form] = {".txt": "text", ".md": "markdown", ".json": "json"}

# The longer mark first: UTF-32's little-endian one begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCard:
    """A card, and what a person should mend in its file."""

    card: Card
    problems: tuple[Problem, ...] = ()


def read_card(text: str, *, form: Form, where: str) -> ReadCard:
    """Read a card; `where` names its file in problems.

    Never loses text: what has no place of its own becomes a section and is reported. Raises `CardError` only when
    nothing can be read: no text, no title, JSON that is no object. The card has an id only if the file gives one, and no
    address.
    """
    draft = Draft(where=where)
    cleaned = clean(text)
    if not cleaned.strip():
        raise CardError([Problem(what="the file is empty", where=where, remedy="write a card, or delete it")])
    if form == "json":
        # Its strings are cleaned one by one: a line separator inside one is no line end of the file.
        read_json(text.lstrip("\ufeff"), draft)
    else:
        lines = cleaned.split("\n")
        place, body = split_front_matter(lines)
        if place:
            read_front_matter(lines, place, draft)
        read_body(lines[body:], draft, first_line=body + 1)
    card = draft.finish()
    return ReadCard(card=card, problems=tuple(draft.problems))


def read_card_bytes(data: bytes, *, form: Form, where: str) -> ReadCard:
    """Read a card file: UTF-8, whatever its byte order mark says, else Windows-1252, which is reported.

    Raises `CardError` also for what is no text.
    """
    text, problems = _decode(data, where=where)
    read = read_card(text, form=form, where=where)
    return replace(read, problems=(*problems, *read.problems)) if problems else read


def _decode(data: bytes, *, where: str) -> tuple[str, list[Problem]]:
    remedy = "save it as UTF-8"
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    try:
        if encoding or b"\0" not in data:
            return data.decode(encoding or "utf-8"), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        if encoding is None:
            what = "the file is not UTF-8; it is read as Windows-1252"
            return data.decode("cp1252", "replace"), [
                Problem(what=what, where=where, line=line, remedy=remedy)
            ]
    raise CardError([Problem(what="the file is not text", where=where, remedy=remedy)])
