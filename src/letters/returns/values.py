"""What a report says, as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from letters.errors import LettersError
from letters.model import ReturnKind


class UnreadableReportError(LettersError):
    """What came in cannot be a report: no mail, nested too deeply, or not the form of its provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """By what the message can be told that a report is about; the best first within each."""

    #: Of return paths of ours that the report was sent to, and of Message-IDs.
    tokens: tuple[str, ...] = ()
    #: Whole, with their angle brackets.
    message_ids: tuple[str, ...] = ()
    #: The last part of addresses that unsubscribe.
    unsubscribe_tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report says of one recipient. `address` may be redacted or missing."""

    kind: ReturnKind
    address: str = ""
    #: The enhanced status code (RFC 3463), if there is one.
    status: str = ""
    trace: Trace = field(default_factory=Trace)
