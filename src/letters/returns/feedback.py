"""Complaints in the abuse reporting format, by field (RFC 5965, R35), and in Outlook.com's, which has no report."""

from __future__ import annotations

from letters.model import ReturnKind
from letters.returns.mime import Mail, field, header_blocks, parts_of
from letters.returns.values import Report, Trace

#: A person said so. Other types are about lists, authentication and viruses, or take a complaint back.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
# Outlook.com's Junk Mail Reporting Program sends the message itself, with this field put on top, under this subject.
_OUTLOOK_FIELD, _OUTLOOK_SUBJECT = "X-HmXmrOriginalRecipient", "complaint about message from"


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
    return _read_outlook(mail, trace)


def _read_outlook(mail: Mail, trace: Trace) -> list[Report] | None:
    if not field(mail, "Subject").lower().startswith(_OUTLOOK_SUBJECT):
        return None
    for part in parts_of(mail):
        if address := field(part, _OUTLOOK_FIELD).strip("<>"):
            return [Report(kind=ReturnKind.COMPLAINT, address=address, trace=trace)]
    return None
