"""Complaints in the abuse reporting format, by field (RFC 5965, R35)."""

from __future__ import annotations

from letters.model import ReturnKind
from letters.returns.mime import Mail, field, header_blocks, parts_of
from letters.returns.values import Report, Trace

#: A person said so. Other types are about lists, authentication and viruses, or take a complaint back.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})


def read_feedback(mail: Mail, trace: Trace) -> list[Report] | None:
    """What a feedback report says; None when the mail is none. Its address is often redacted."""
    for part in parts_of(mail):
        if part.get_content_type() == "message/feedback-report":
            group = next((one for one in header_blocks(part) if one.get("Feedback-Type")), None)
            if group is None:
                return None
            kind = field(group, "Feedback-Type").lower()
            return [
                Report(
                    kind=ReturnKind.COMPLAINT if kind in _COMPLAINTS else ReturnKind.OTHER,
                    address=field(group, "Original-Rcpt-To").strip("<>"),
                    trace=trace,
                )
            ]
    return None
