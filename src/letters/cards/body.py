"""The body of a card in plain text or Markdown: a title, then sections under headings, then a credit.

Both forms have one grammar; Markdown only marks its headings. First the lines are divided at headings
(`letters.cards.divide`), then each part is read by what its heading says. A backslash before a line says that it is
none (`letters.cards.headings`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from letters.cards.divide import Part, Role, divide
from letters.cards.draft import Draft
from letters.cards.headings import (
    Kind,
    atx_text,
    known_heading,
    marked_heading,
    unescape,
    unescape_title,
)
from letters.cards.related import parse_related
from letters.cards.wording import ends_sentence, is_rule, join_lines, match_bullet, paragraphs, tidy_block

_SEPARATOR = re.compile(r"\s*[,;，、；]\s*")
_LAST_AND = re.compile(r"(?:and|&)\s+(?=\S)", re.IGNORECASE)
_AFTER_CREDIT = "After the credit"


def read_body(lines: Sequence[str], draft: Draft, *, first_line: int) -> None:
    """Read the clean lines of a body into the draft; `first_line` is the number of the first one in its file."""
    begin = _read_title(lines, draft)
    parts = list(divide(lines, begin=begin, first_line=first_line))
    seen: set[Kind] = set()
    for part in parts:
        if part.role is Role.CREDIT:
            _read_credit(part, draft)
        elif part.role is Role.OPENING:
            _read_opening(part, draft)
        elif part.role is Role.AFTER_CREDIT:
            _keep_rest(part, draft)
        elif part.heading.kind is None:
            _keep_unknown(part, draft)
        else:
            if part.heading.kind in seen:
                draft.report(
                    f'a second heading "{part.heading.text}"; its text is added to the first',
                    line=part.first,
                    remedy="join the two sections",
                )
            seen.add(part.heading.kind)
            _read_section(part, draft)


# --- the title -------------------------------------------------------------------------------------------


def _read_title(lines: Sequence[str], draft: Draft) -> int:
    """Take the title from the first line with text; gives the line after it."""
    at = next((i for i, line in enumerate(lines) if line.strip() and not is_rule(line)), None)
    if at is None:
        return len(lines)
    line = lines[at].strip()
    heading = known_heading(line) or marked_heading(line)
    if heading and heading.kind and (draft.title or not heading.rest):
        return at
    title = unescape_title(atx_text(line) or line)
    if not draft.title:
        draft.title = title
        return at + 1
    # Front matter has a title already; the body may repeat it.
    return at + 1 if " ".join(title.split()) == " ".join(draft.title.split()) else at


# --- reading the parts -----------------------------------------------------------------------------------


def _read_opening(part: Part, draft: Draft) -> None:
    found = _texts(part)
    if found:
        draft.summary.extend(found)
        draft.report(
            "text before the first heading is read as the beginning of the summary",
            line=part.first,
            remedy='put the heading "Summary" above it',
        )


def _read_credit(part: Part, draft: Draft) -> None:
    assert part.credit is not None, "made with one"
    draft.set_once("curator", part.credit.curator, line=part.first)
    draft.set_once("publisher", part.credit.publisher, line=part.first)
    draft.set_once("medium", part.credit.medium, line=part.first)


def _keep_rest(part: Part, draft: Draft) -> None:
    if text := _as_written(part):
        draft.keep(_AFTER_CREDIT, text)
        draft.report(
            "text after the credit is kept as a section", line=part.first, remedy="move it above the credit"
        )


def _keep_unknown(part: Part, draft: Draft) -> None:
    heading = part.heading.text
    draft.keep(heading, _as_written(part))
    draft.report(
        f'heading "{heading}" is not known; its text is kept as a section',
        line=part.first,
        remedy=f'the nearest known heading is "{nearest_heading(heading)}"',
    )


def _as_written(part: Part) -> str:
    return tidy_block("\n".join(unescape(line) for line in part.lines))


def nearest_heading(text: str) -> str:
    """The known heading that is most like this one."""
    headings = [kind.value for kind in Kind]
    best = process.extractOne(text, headings, scorer=fuzz.WRatio, processor=str.casefold)
    return best[0]


def _read_section(part: Part, draft: Draft) -> None:
    kind = part.heading.kind
    if kind is Kind.SUMMARY:
        draft.summary.extend(_texts(part))
    elif kind is Kind.TAKEAWAY:
        draft.takeaway.extend(_texts(part))
    elif kind is Kind.INSIGHTS:
        draft.lead.extend(_texts(part))
    elif kind is Kind.PRINCIPLES:
        draft.principles.extend(_items(part))
    elif kind is Kind.IN_PRACTICE:
        draft.in_practice.extend(_items(part))
    elif kind is Kind.TOPICS:
        draft.add_names(draft.topics, _names(part))
    elif kind is Kind.AUDIENCES:
        draft.add_names(draft.audiences, _names(part))
    else:
        draft.set_once("related_on", part.heading.name, line=part.first)
        draft.related.extend(parse_related(item) for item in _items(part))


def _lines_with_rest(part: Part) -> list[str]:
    # A rule that only parts sections is no text; one that is meant has a backslash.
    kept = ["" if is_rule(line) else unescape(line) for line in part.lines]
    return [part.heading.rest, *kept] if part.heading.rest else kept


def _texts(part: Part) -> list[str]:
    return paragraphs(_lines_with_rest(part))


@dataclass
class _Item:
    lines: list[str]
    bulleted: bool


def _split_items(part: Part) -> list[_Item]:
    """Items with their wrapped lines. Without bullets each line is one, unless it plainly continues the line before."""
    items: list[_Item] = []
    blank = True
    for line in _lines_with_rest(part):
        text = line.strip()
        bullet = match_bullet(text)
        if bullet:
            items.append(_Item([text[bullet.end() :]], bulleted=True))
        elif text and items and not blank and (items[-1].bulleted or _continues_item(items[-1], text)):
            items[-1].lines.append(text)
        elif text:
            items.append(_Item([text], bulleted=False))
        blank = not text
    return items


def _continues_item(item: _Item, text: str) -> bool:
    return text[0].islower() and not ends_sentence(item.lines[-1])


def _items(part: Part) -> list[str]:
    return [join_lines(item.lines) for item in _split_items(part)]


def _names(part: Part) -> list[str]:
    """Names of a list: one per bullet, else parted by commas, else one per line."""
    names: list[str] = []
    plain: list[str] = []
    for item in _split_items(part):
        if item.bulleted:
            names += [*split_names(plain), join_lines(item.lines)]
            plain = []
        else:
            plain += item.lines
    return names + split_names(plain)


def split_names(lines: Sequence[str]) -> list[str]:
    """Names of one comma list, wrapped or not; without any comma, one per line."""
    if not any(_SEPARATOR.search(line) for line in lines):
        return list(lines)
    names = [name for name in _SEPARATOR.split(join_lines(lines)) if name]
    if len(names) > 1:
        names[-1] = _LAST_AND.sub("", names[-1], count=1) if _LAST_AND.match(names[-1]) else names[-1]
    return names


def inline_names(names: Sequence[str]) -> str | None:
    """The comma list that is read back as these names; None where only bullets will do."""
    line = ", ".join(names)
    return line if split_names([line]) == list(names) and not match_bullet(line) else None
