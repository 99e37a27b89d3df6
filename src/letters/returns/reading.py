"""What a mail that came back says, pure: bytes in, reports out."""

from __future__ import annotations

import logging

from flufl.bounce import all_failures

from letters.model import ReturnKind
from letters.returns.automatic import is_automatic_reply
from letters.returns.delivery_status import read_delivery_status
from letters.returns.feedback import read_feedback
from letters.returns.mime import Mail, field, parts_of, read_mail, text_of
from letters.returns.origin import trace_of
from letters.returns.status import exact_status, find_code, kind_of
from letters.returns.values import Report, Trace

# It logs each detector that stumbles over a stranger's mail, with a traceback.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


def read_report(content: bytes, *, return_address: str = "") -> list[Report]:
    """What a mail says of each recipient, one at least. `return_address`: where our bounces go, whose extension is a token.

    By field where there are fields (RFC 3464, RFC 5965), else by the forms of mail systems that flufl.bounce knows. Raises
    `UnreadableReportError`, and nothing else, whatever the bytes.
    """
    mail = read_mail(content)
    trace = trace_of(mail, return_address)
    found = read_feedback(mail, trace) or read_delivery_status(mail, trace)
    if found is None and is_automatic_reply(mail):
        found = [Report(kind=ReturnKind.AUTO_REPLY, trace=trace)]
    return found or _by_form(mail, trace) or [Report(kind=ReturnKind.OTHER, trace=trace)]


def _by_form(mail: Mail, trace: Trace) -> list[Report]:
    try:
        passing, lasting = all_failures(mail)
    # Its detectors are written for mails of the systems they know, and raise what they like on others.
    except Exception:  # noqa: BLE001
        return []
    text = f"{field(mail, 'Subject')}\n" + "\n".join(
        text_of(part) for part in parts_of(mail) if part.get_content_type() == "text/plain"
    )
    said = [Report(kind=ReturnKind.DELAYED, address=_decode(one), trace=trace) for one in sorted(passing)]
    # Nothing but words and a code in them tells how the others failed.
    has_code = bool(find_code(text))
    said += [
        Report(
            kind=kind_of("", text) if has_code else ReturnKind.HARD,
            address=_decode(one),
            status=exact_status(text),
            trace=trace,
        )
        for one in sorted(lasting)
    ]
    return said


def _decode(address: bytes | str) -> str:
    return address.decode("utf-8", "replace") if isinstance(address, bytes) else address
