"""Delivery status notifications, by field (RFC 3464, R32)."""

from __future__ import annotations

from letters.model import ReturnKind
from letters.returns.mime import Mail, field, header_blocks, parts_of
from letters.returns.status import exact_status, kind_of
from letters.returns.values import Report, Trace

_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_DONE = {"delivered", "relayed", "expanded"}


def read_delivery_status(mail: Mail, trace: Trace) -> list[Report] | None:
    """What a notification says of each recipient; None when the mail is none.

    `Action` decides before `Status`: a delay with a 5 in its status is a delay still (R33).
    """
    for part in parts_of(mail):
        if part.get_content_type() in _TYPES:
            groups = [one for one in header_blocks(part) if one.get("Final-Recipient") or one.get("Action")]
            return [_report(group, trace) for group in groups] or None
    return None


def _report(group: Mail, trace: Trace) -> Report:
    action = field(group, "Action").split(" ")[0].lower()
    status, diagnostic = field(group, "Status"), field(group, "Diagnostic-Code")
    if action == "delayed":
        kind = ReturnKind.DELAYED
    elif action in _DONE:
        kind = ReturnKind.DELIVERED
    else:
        kind = kind_of(status, diagnostic)
    return Report(
        kind=kind,
        # What we wrote to comes first: the final recipient may be where a mailbox forwards to.
        address=_address(field(group, "Original-Recipient")) or _address(field(group, "Final-Recipient")),
        status=exact_status(status, diagnostic),
        trace=trace,
    )


def _address(value: str) -> str:
    """``rfc822; reader@example.org`` without its type, and without the angle brackets that some add."""
    kind, semicolon, address = value.partition(";")
    found = (address if semicolon else kind).strip().strip("<>").strip()
    return found if "@" in found else ""
