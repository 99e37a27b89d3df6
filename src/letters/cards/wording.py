"""Text as cards hold it: clean lines, paragraphs, one-line values. What `normalise_card` gives is what reading gives."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

from letters.model import Card, Credit, Insights, RelatedCard, Section
from letters.text import strip_controls

# Everything that some editor or word processor ends a line with (Unicode 5.8, newline guidelines).
_LINE_ENDS = re.compile("\r\n|[\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_BULLET = re.compile(r"(?:[-*+•–—·‣▪◦●]|\(?\d{1,2}[.)])\s+(?=\S)|[•‣▪◦●](?=\S)")
_RULE = re.compile(r"\s*([-=_*~–—])(?:\1{2,}|(?:\s+\1){2,})\s*")
_ENDS_SENTENCE = re.compile(r"[.?!:;…。！？：；][\"'”’»)\]]*$")
#: Scripts written without spaces: Chinese and Japanese with their punctuation, and full-width forms.
_UNSPACED = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff"
_UNSPACED_PAIR = re.compile(f"[{_UNSPACED}]\n[{_UNSPACED}]")

#: A section whose heading was left empty.
UNNAMED = "Notes"


def clean(text: str) -> str:
    """The text with line feeds as its only line ends, and without what is no text at all."""
    # Most texts are clean already, and asking is ten times as fast.
    if text.isprintable():
        return text
    return strip_controls(_LINE_ENDS.sub("\n", text)).replace("\ufeff", "")


def one_line(text: str) -> str:
    """The text on one line: each run of white space is one space."""
    return " ".join(clean(text).split())


def match_bullet(line: str) -> re.Match[str] | None:
    """The bullet or number (with the space after it) that a line without indentation begins with."""
    return _BULLET.match(line)


def is_rule(line: str) -> bool:
    """Whether a line is a mere rule: ``---``, ``***``, ``=====``."""
    return _RULE.fullmatch(line) is not None


def ends_sentence(line: str) -> bool:
    """Whether a line ends where a sentence may, so that the next line need not continue it."""
    return _ENDS_SENTENCE.search(line.rstrip()) is not None


def join_lines(lines: Iterable[str]) -> str:
    """Wrapped lines as one: joined by a space, or by nothing between two characters of an unspaced script."""
    joined = "\n".join(stripped for line in lines if (stripped := line.strip()))
    if joined.isascii():
        return joined.replace("\n", " ")
    joined = _UNSPACED_PAIR.sub(lambda pair: pair[0].replace("\n", ""), joined)
    return joined.replace("\n", " ")


def paragraphs(lines: Iterable[str]) -> list[str]:
    """Lines as paragraphs: parted by blank lines, and each item of a list one of its own, its bullet kept.

    A line that begins with a bullet in the middle of a sentence ("models / - and more") continues that sentence.
    """
    found: list[list[str]] = []
    blank = True
    for line in lines:
        stripped = line.strip()
        if stripped:
            begins = blank or (
                match_bullet(stripped) is not None
                and (match_bullet(found[-1][0]) is not None or ends_sentence(found[-1][-1]))
            )
            if begins:
                found.append([stripped])
            else:
                found[-1].append(stripped)
        blank = not stripped
    return [join_lines(one) for one in found]


def tidy_paragraphs(text: str) -> str:
    """Paragraphs parted by one blank line each, every paragraph on one line."""
    return "\n\n".join(paragraphs(clean(text).split("\n")))


def tidy_block(text: str) -> str:
    """A section's text word for word: its lines without trailing space, without blank lines around them."""
    lines = [line.rstrip() for line in clean(text).split("\n")]
    return "\n".join(lines).strip("\n")


def tidy_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names on one line each, without empty ones."""
    return tuple(name for one in names if (name := one_line(one)))


def tidy_url(text: str) -> str:
    """An address without the characters that no address may hold (RFC 3986, section 2): they are percent-encoded."""
    return re.sub(r"[\s<>]", lambda found: quote(found[0]), clean(text).strip())


def tidy_id(text: str) -> str | None:
    """A UUID in its usual form; None when the text is none."""
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        return None


def normalise_card(card: Card) -> Card:
    """The card as reading it from a file would give it: tidy text, no address.

    Reading never gives anything else, and writing begins with this; an id that is no UUID is dropped.
    """
    insights = Insights(
        lead=tidy_paragraphs(card.insights.lead),
        principles=tidy_names(card.insights.principles),
        in_practice=tidy_names(card.insights.in_practice),
    )
    return replace(
        card,
        id=tidy_id(card.id) or "",
        address="",
        title=one_line(card.title),
        summary=tidy_paragraphs(card.summary),
        takeaway=tidy_paragraphs(card.takeaway),
        insights=insights,
        topics=tuple(dict.fromkeys(tidy_names(card.topics))),
        audiences=tuple(dict.fromkeys(tidy_names(card.audiences))),
        related_on=one_line(card.related_on),
        related=tuple(one for related in card.related if (one := _tidy_related(related)).title),
        credit=_tidy_credit(card.credit),
        sections=tuple(_tidy_section(section) for section in card.sections),
        link=tidy_url(card.link),
        guid=one_line(card.guid),
        language=one_line(card.language),
    )


def _tidy_related(related: RelatedCard) -> RelatedCard:
    url = tidy_url(related.url)
    return RelatedCard(title=one_line(related.title) or url, url=url)


def _tidy_credit(credit: Credit) -> Credit:
    return Credit(
        curator=one_line(credit.curator),
        publisher=one_line(credit.publisher),
        medium=one_line(credit.medium) or Credit().medium,
    )


def _tidy_section(section: Section) -> Section:
    return Section(heading=one_line(section.heading) or UNNAMED, text=tidy_block(section.text))
