"""Answers that a machine gave for a person: out of office, receipts. No bounce, and never answered (RFC 3834, R23)."""

from __future__ import annotations

import re

from letters.returns.mime import Mail, field

_SUBJECT = re.compile(
    r"(out of (the )?office|automatic reply|auto(matic)?[- ]?(reply|response)|abwesenheit|automatische antwort|"
    r"absence du bureau|r[ée]ponse automatique|fuera de la oficina|respuesta autom[áa]tica)",
    re.IGNORECASE,
)
_MACHINES = ("X-Autoreply", "X-Autorespond", "X-Autoreply-From", "X-Mail-Autoreply")
_MAILER = re.compile(r"\b(mailer-daemon|postmaster|mail-daemon)\b", re.IGNORECASE)


def is_automatic_reply(mail: Mail) -> bool:
    """Whether a person's machine answered, and not a mail system that gave up."""
    if field(mail, "Content-Type").lower().replace('"', "").find("report-type=disposition-notification") >= 0:
        return True
    if _MAILER.search(field(mail, "From")) or mail.get("X-Failed-Recipients"):
        return False
    submitted = field(mail, "Auto-Submitted").lower().partition(";")[0].strip()
    precedence = field(mail, "Precedence").lower()
    return (
        submitted not in {"", "no"}
        or any(mail.get(name) for name in _MACHINES)
        or precedence in {"auto_reply", "auto-reply"}
        or bool(_SUBJECT.search(field(mail, "Subject")))
    )
