"""Lengths and sizes that decide what an inbox shows of a mail. Pure."""

from __future__ import annotations

from letters.compose.size import LIMIT_BYTES, size_bytes
from letters.errors import Problem
from letters.model import Rendering

#: Gmail cuts the HTML of a mail after about so much (R20).
CLIP_BYTES = 102_000
#: From here on it is worth knowing how near the limit is.
_NEAR = 0.9
#: Phones show some 40 to 60 characters of a subject.
SUBJECT_SEEN = 60
#: A shorter preheader is filled up with the mail's first words, a longer one is cut.
PREHEADER_FROM, PREHEADER_TO = 40, 110


def check_measures(rendering: Rendering) -> list[Problem]:
    """What is empty, too long or too large."""
    return [*_check_subject(rendering), *_check_preheader(rendering), *_check_size(rendering)]


def _check_subject(rendering: Rendering) -> list[Problem]:
    subject = rendering.subject
    if not subject.strip():
        return [
            Problem(where="subject", what="is empty", remedy="give the edition a subject that says something")
        ]
    if len(subject) > SUBJECT_SEEN:
        seen = subject[:SUBJECT_SEEN].rstrip()
        what = f'has {len(subject)} characters; phones show about {SUBJECT_SEEN}: "{seen}…"'
        return [Problem(where="subject", what=what, is_notice=True)]
    return []


def _check_preheader(rendering: Rendering) -> list[Problem]:
    preheader = " ".join(rendering.preheader.split())
    if not preheader:
        what = "is empty, so inboxes show the mail's first words, whatever they are"
        return [Problem(where="preheader", what=what, is_notice=True)]
    if preheader.casefold() == rendering.subject.casefold():
        return [
            Problem(
                where="preheader",
                what="says the subject again",
                remedy="let it say what the subject does not",
            )
        ]
    if not PREHEADER_FROM <= len(preheader) <= PREHEADER_TO:
        what = (
            f"has {len(preheader)} characters; inboxes show it well from {PREHEADER_FROM} to {PREHEADER_TO}"
        )
        return [Problem(where="preheader", what=what, is_notice=True)]
    return []


def _check_size(rendering: Rendering) -> list[Problem]:
    size = size_bytes(rendering.html)
    if size > LIMIT_BYTES:
        what = f"has {size:,} bytes with the longest personal links, wanted at most {LIMIT_BYTES:,}: Gmail cuts a mail at about {CLIP_BYTES:,}"
        return [Problem(where="html", what=what, remedy="make the templates smaller")]
    if size > _NEAR * LIMIT_BYTES:
        what = f"has {size:,} of {LIMIT_BYTES:,} bytes with the longest personal links"
        return [Problem(where="html", what=what, is_notice=True)]
    return []
