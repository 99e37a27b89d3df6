"""Headings: which lines are one, and the backslash that says a line is none.

Known headings stand bare (``Summary``), with a colon, in bold, or as Markdown (``## Summary``). An unknown heading is
believed only where nothing else is likely: as Markdown, or as a short line set apart (see `letters.cards.body`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from letters.cards.credit import opens_credit, parse_credit
from letters.cards.wording import is_rule, match_bullet


class Kind(Enum):
    """The sections we know; the value is the heading as we write it."""

    SUMMARY = "Summary"
    TAKEAWAY = "Key takeaway"
    INSIGHTS = "Key insights"
    PRINCIPLES = "Principles"
    IN_PRACTICE = "In practice"
    TOPICS = "Topics"
    AUDIENCES = "Best for"
    RELATED = "Related"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as found: its kind (None: unknown), NAME of "Related on NAME", and the text that follows it on its line."""

    text: str
    kind: Kind | None = None
    name: str = ""
    rest: str = ""


_NAMES = {
    "summary": Kind.SUMMARY,
    "key takeaway": Kind.TAKEAWAY,
    "key takeaways": Kind.TAKEAWAY,
    "takeaway": Kind.TAKEAWAY,
    "takeaways": Kind.TAKEAWAY,
    "key insights": Kind.INSIGHTS,
    "key insight": Kind.INSIGHTS,
    "insights": Kind.INSIGHTS,
    "principles": Kind.PRINCIPLES,
    "principle": Kind.PRINCIPLES,
    "in practice": Kind.IN_PRACTICE,
    "topics": Kind.TOPICS,
    "topic": Kind.TOPICS,
    "best for": Kind.AUDIENCES,
    "audience": Kind.AUDIENCES,
    "audiences": Kind.AUDIENCES,
    "related": Kind.RELATED,
    "related cards": Kind.RELATED,
}
_RELATED = re.compile(r"related(?: cards)? on (?P<name>.+)", re.IGNORECASE)
# "In practice: it fails" and "Principles: none" are how sentences begin, so those two take no text on their own line.
_INLINE = re.compile(
    r"(?P<mark>\*\*|__|)(?P<heading>summary|(?:key )?takeaways?|key insights?|topics?|best for|audiences?)"
    r"(?:\s*[:：]\s*(?P=mark)|(?P=mark)\s*[:：])\s*(?P<rest>\S.*)",
    re.IGNORECASE,
)
_ATX = re.compile(r"#{1,6}[ \t]+(?P<text>.*\S)")
_ATX_CLOSING = re.compile(r"[ \t]+#+$")
_EMPHASIS = re.compile(r"(?P<mark>\*\*|__|\*|_)(?P<text>[^*_]+)(?P=mark)[:：]?")
_LONGEST = 50
_LONGEST_UNSPACED = 16
_UNLIKELY_IN_HEADING = re.compile(r"://|@|[,;.、，；。]\s|[.?!,;…。！？、，；]$")


def known_heading(text: str) -> Heading | None:
    """A bare known heading; ``Best for: A, B`` with its rest. Takes a line without indentation."""
    if not text or (text[0].isascii() and not text[0].isalpha() and text[0] not in "*_"):
        return None
    plain = _strip_marks(text)
    kind = _NAMES.get(" ".join(plain.casefold().split()))
    if kind is not None:
        return Heading(text, kind)
    if (related := _RELATED.fullmatch(plain)) and _fits_bare_name(related["name"]):
        return Heading(text, Kind.RELATED, name=related["name"])
    if inline := _INLINE.fullmatch(text):
        kind = _NAMES[" ".join(inline["heading"].casefold().split())]
        return Heading(inline["heading"], kind, rest=inline["rest"])
    return None


def marked_heading(line: str) -> Heading | None:
    """A heading marked as in Markdown (CommonMark 4.2); any name may follow "Related on" here."""
    text = atx_text(line)
    if text is None:
        return None
    if related := _RELATED.fullmatch(_strip_marks(text)):
        return Heading(text, Kind.RELATED, name=related["name"])
    return known_heading(text) or Heading(_strip_colon(unescape_heading(text)))


def atx_text(line: str) -> str | None:
    """What follows the ``#`` of a Markdown heading, without a closing run of them."""
    if not line.startswith("#") or (found := _ATX.fullmatch(line)) is None:
        return None
    return _ATX_CLOSING.sub("", found["text"]) or found["text"]


def write_marked(text: str, *, level: int = 1) -> str:
    """The line that `marked_heading` reads as this unknown heading."""
    return _write_atx(escape_heading(_double_colon(text)), level=level)


def write_marked_related(name: str, *, level: int = 1) -> str:
    """The line that `marked_heading` reads as "Related on NAME"."""
    return _write_atx(_double_colon(f"Related on {name}"), level=level)


def write_marked_title(title: str) -> str:
    """A title as the first heading of a Markdown card."""
    return _write_atx(escape_title(title), level=1)


def _write_atx(text: str, *, level: int) -> str:
    closed = f"{text} #" if _ATX_CLOSING.search(text) else text
    return f"{'#' * level} {closed}"


def _double_colon(text: str) -> str:
    """Reading drops one colon at the end."""
    return f"{text}:" if text[-1:] in {":", "："} else text


def looks_like_heading(text: str) -> bool:
    """Whether a line without indentation has the shape of an unknown bare heading: short, and no sentence."""
    if not text or not text[0].isalpha() or text[0].islower():
        return False
    longest = _LONGEST if text[0].isupper() else _LONGEST_UNSPACED
    return (
        len(text) <= longest
        and len(text.split()) <= 6
        and not _UNLIKELY_IN_HEADING.search(text.rstrip(":："))
    )


def _could_be_markup(text: str) -> bool:
    return (
        text.startswith("#")
        or is_rule(text)
        or known_heading(text) is not None
        or opens_credit(text)
        or looks_like_heading(text)
    )


def unescape(line: str) -> str:
    """Drop the backslash that keeps a line from being a heading, a rule or a credit; any other backslash is text."""
    text = line.lstrip()
    if not text.startswith("\\") or not _could_be_markup(text.lstrip("\\")):
        return line
    return line[: len(line) - len(text)] + text[1:]


def escape(line: str, *, before: str | None, after: str | None) -> str:
    """The line so that reading it between these two lines gives it back as text (None: there is no such line).

    `unescape` undoes more than this does, so each line that it would change is escaped too.
    """
    text = line.lstrip()
    bare = text.lstrip("\\")
    if bare != text:
        needed = _could_be_markup(bare)
    else:
        needed = (
            atx_text(text) is not None
            or is_rule(text)
            or known_heading(text) is not None
            or parse_credit(text) is not None
            or (opens_credit(text) and bool(after and after.strip()))
            or (looks_like_heading(text) and _stands_apart(before, after))
        )
    return line[: len(line) - len(text)] + "\\" + text if needed else line


def _stands_apart(before: str | None, after: str | None) -> bool:
    """Wider than the reader's own rule: a backslash too many does no harm."""
    if before is None:
        return False
    parted = not before.strip() or match_bullet(before.strip()) is not None or _ends_no_word(before)
    return parted and (after is None or not after.strip() or match_bullet(after.strip()) is not None)


def _ends_no_word(line: str) -> bool:
    return not line.rstrip()[-1:].isalnum()


def escape_heading(text: str) -> str:
    """An unknown heading's text, so that it is not taken for a known one."""
    return f"\\{text}" if _is_known_anyhow(text.lstrip("\\")) else text


def unescape_heading(text: str) -> str:
    return text[1:] if text.startswith("\\") and _is_known_anyhow(text.lstrip("\\")) else text


def _is_known_anyhow(text: str) -> bool:
    plain = _strip_colon(text)
    return any(known_heading(one) or _RELATED.fullmatch(_strip_marks(one)) for one in (text, plain) if one)


def escape_title(title: str) -> str:
    """A title, so that it is not taken for a heading or the fence of front matter.

    "Summary: the year in batteries" is a title as it stands, since reading takes a heading with text on its line for one.
    """
    if title.startswith("\\"):
        return f"\\{title}" if _is_no_title(title.lstrip("\\")) else title
    heading = known_heading(title)
    is_title = heading is not None and heading.rest
    return title if is_title or not _is_no_title(title) else f"\\{title}"


def unescape_title(title: str) -> str:
    return title[1:] if title.startswith("\\") and _is_no_title(title.lstrip("\\")) else title


def _is_no_title(text: str) -> bool:
    return text.startswith("#") or is_rule(text) or _is_known_anyhow(text) or not text


def _strip_marks(text: str) -> str:
    found = _EMPHASIS.fullmatch(text)
    return _strip_colon(found["text"].strip()) if found else _strip_colon(text)


def _strip_colon(text: str) -> str:
    return text[:-1].rstrip() if text[-1:] in {":", "："} else text


def _fits_bare_name(name: str) -> bool:
    return len(name) <= 60 and len(name.split()) <= 6 and not _UNLIKELY_IN_HEADING.search(name)
