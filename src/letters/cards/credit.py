"""The credit at the end of a card: who curated it, and who published the original.

The full form is ``Editorial summary, takeaway, and curation by CURATOR. Original article published by PUBLISHER.``; either
sentence may stand alone, and any word or three ("video", "podcast episode") may stand for "article".
"""

from __future__ import annotations

import re

from letters.model import Credit

_OPENING = re.compile(r"(?:editorial|(?:the )?original)\b", re.IGNORECASE)
_CURATED = (
    r"editorial\s+(?:(?:summar(?:y|ies)|(?:key\s+)?takeaways?|(?:key\s+)?insights?|selection|curation|and|&)[,\s]+)+by\s+"
    r"(?P<curator>\S.*?)"
)
_PUBLISHED = r"(?:the\s+)?original\s+(?P<medium>\w+(?:[ -]\w+){0,2}?)\s+(?:was\s+)?published\s+by\s+(?P<publisher>\S.*?)"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (rf"{_CURATED}\.?\s+{_PUBLISHED}\.?", rf"{_CURATED}\.?", rf"{_PUBLISHED}\.?")
)
_LONGEST_NAME = 120


def opens_credit(line: str) -> bool:
    """Whether a credit could begin with this line."""
    return _OPENING.match(line) is not None


def parse_credit(text: str) -> Credit | None:
    """A credit on one line; None when it is none. What it does not say is empty, the medium too."""
    for form in _FORMS:
        if found := form.fullmatch(text.strip()):
            parts = found.groupdict()
            credit = Credit(
                curator=parts.get("curator", ""),
                publisher=parts.get("publisher", ""),
                medium=parts.get("medium", ""),
            )
            fits = max(len(credit.curator), len(credit.publisher)) <= _LONGEST_NAME
            return credit if fits else None
    return None


def write_credit(credit: Credit) -> str | None:
    """The credit line; empty for an empty credit, None when no line would be read back as this credit."""
    parts = []
    if credit.curator:
        parts.append(f"Editorial summary, takeaway, and curation by {credit.curator}.")
    if credit.publisher:
        parts.append(f"Original {credit.medium} published by {credit.publisher}.")
    line = " ".join(parts)
    wanted = credit if credit.publisher else Credit(curator=credit.curator, medium="")
    says_all = bool(credit.publisher) or credit.medium == Credit().medium
    if not line:
        return "" if says_all else None
    return line if says_all and parse_credit(line) == wanted else None
