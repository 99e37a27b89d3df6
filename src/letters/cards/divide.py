"""The lines of a card's body, divided at its headings and its credit. Pure.

A line that merely looks like an unknown heading is believed to be one only when

- its part has text already, and
- it stands between blank lines with more text to follow, or an item of a list follows it directly and no sentence or
  item runs into it, and
- within a list, that list has bullets (else it is the next name of the list).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from letters.cards.credit import opens_credit, parse_credit
from letters.cards.headings import Heading, Kind, atx_text, known_heading, looks_like_heading, marked_heading
from letters.cards.wording import ends_sentence, is_rule, join_lines, match_bullet
from letters.model import Credit

_LISTS = {Kind.PRINCIPLES, Kind.IN_PRACTICE, Kind.TOPICS, Kind.AUDIENCES, Kind.RELATED}
# A credit is two sentences; wrapped even in narrow windows it stays below this.
_MOST_CREDIT_LINES = 8


class Role(Enum):
    """What a part is: text before the first heading, a section, the credit, or text after the credit."""

    OPENING = auto()
    SECTION = auto()
    CREDIT = auto()
    AFTER_CREDIT = auto()


@dataclass
class Part:
    """Lines under one heading, from `first` (counted as in the file)."""

    role: Role
    first: int
    heading: Heading = field(default_factory=lambda: Heading(""))
    lines: list[str] = field(default_factory=list)
    credit: Credit | None = None

    @property
    def has_text(self) -> bool:
        return bool(self.heading.rest) or any(line.strip() for line in self.lines)

    @property
    def takes_bare_headings(self) -> bool:
        if self.heading.kind in _LISTS:
            return any(match_bullet(line.strip()) for line in self.lines)
        return self.has_text


def divide(lines: Sequence[str], *, begin: int, first_line: int) -> Iterator[Part]:
    """The parts from line `begin` on, in order; every line is in one of them, or is its heading."""
    part = Part(Role.OPENING, first_line + begin)
    seen: set[Kind] = set()
    at = begin
    while at < len(lines):
        if credit := _credit_at(lines, at):
            yield part
            found, at_next = credit
            yield Part(Role.CREDIT, first_line + at, credit=found)
            part = Part(Role.AFTER_CREDIT, first_line + at_next)
            at = at_next
        elif heading := _heading_at(lines, at, part, seen):
            yield part
            part = Part(Role.SECTION, first_line + at, heading)
            if heading.kind:
                seen.add(heading.kind)
            at += 2 if _underlined(lines, at) else 1
        else:
            part.lines.append(lines[at])
            at += 1
    yield part


def _heading_at(lines: Sequence[str], at: int, part: Part, seen: set[Kind]) -> Heading | None:
    text = lines[at].strip()
    if not text or text[0] == "\\":
        return None
    if text[0] == "#":
        return marked_heading(text)
    if heading := known_heading(text):
        is_prose = (heading.rest and heading.kind in seen) or _runs_on(lines, at)
        return None if is_prose else heading
    apart = _underlined(lines, at) or (part.takes_bare_headings and _stands_apart(lines, at))
    return Heading(text.rstrip(":：").rstrip()) if looks_like_heading(text) and apart else None


def _runs_on(lines: Sequence[str], at: int) -> bool:
    """Whether a heading's words are the wrapped middle of a sentence: all lower case, no colon, text on both sides."""
    text, before, after = lines[at].strip(), _line(lines, at - 1), _line(lines, at + 1)
    return (
        text.islower()
        and not text.endswith((":", "："))
        and len(before) > len(text)
        and before[-1:].isalnum()
        and not match_bullet(before)
        and known_heading(before) is None
        and after[:1].islower()
    )


def _stands_apart(lines: Sequence[str], at: int) -> bool:
    before, after = _line(lines, at - 1), _line(lines, at + 1)
    if match_bullet(after):
        parted = not before or ends_sentence(before)
        return parted or (match_bullet(before) is not None and lines[at].rstrip().endswith((":", "：")))
    return not before and not after and _text_follows(lines, at + 1)


def _text_follows(lines: Sequence[str], at: int) -> bool:
    """Whether the next line with text is text of a section, not another heading or the credit."""
    for index in range(at, len(lines)):
        text = lines[index].strip()
        if text:
            return (
                not is_rule(text)
                and known_heading(text) is None
                and atx_text(text) is None
                and _credit_at(lines, index) is None
            )
    return False


def _underlined(lines: Sequence[str], at: int) -> bool:
    """Whether a rule follows directly (CommonMark 4.3, Setext headings)."""
    return at + 1 < len(lines) and is_rule(lines[at + 1])


def _line(lines: Sequence[str], at: int) -> str:
    return lines[at].strip() if 0 <= at < len(lines) else ""


def _credit_at(lines: Sequence[str], at: int) -> tuple[Credit, int] | None:
    """A credit that begins at this line, and the line after it.

    A sentence of a paragraph may begin like one, so nothing but headings may follow it, and nothing at all one that
    names no curator.
    """
    if not opens_credit(lines[at].strip()):
        return None
    end = at + 1
    while end < len(lines) and end - at < _MOST_CREDIT_LINES and _continues(lines[end]):
        end += 1
    credit = parse_credit(join_lines(lines[at:end]))
    if credit is None:
        return None
    following = next((i for i in range(end, len(lines)) if lines[i].strip()), None)
    if following is None or _credit_at(lines, following):
        return credit, end
    heads = known_heading(lines[following].strip()) or atx_text(lines[following].strip())
    return (credit, end) if credit.curator and heads else None


def _continues(line: str) -> bool:
    text = line.strip()
    return bool(text) and not is_rule(text) and known_heading(text) is None and atx_text(text) is None
