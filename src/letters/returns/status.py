"""What a status code says of the reader, pure (RFC 3463, R33)."""

from __future__ import annotations

import re

from letters.model import ReturnKind

# Not a part of an address of the internet, which has four numbers.
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)", re.ASCII)
_REPLY = re.compile(r"(?:^|[\s;])([45]\d\d)[ \-]", re.ASCII)

# Of the mailbox or the system: too large (X.2.3, X.3.4). All of X.6 is the content's.
_SIZE = frozenset({"2.3", "3.4"})
# The sender's address is bad (X.1.7, X.1.8): ours, not the reader's.
_OURS = frozenset({"1.7", "1.8"})
# A full mailbox, said with 5 by many; RFC 3463 wants it taken for a passing state.
_FULL = frozenset({"2.2"})
# SMTP replies without an enhanced code (RFC 5321 section 4.2.3).
_TOO_LARGE, _NOT_NOW = "552", "4"


def kind_of(status: str, diagnostic: str = "") -> ReturnKind:
    """What a failure says: by its enhanced code, else by the diagnostic's, else by its SMTP reply.

    ``X.0.0`` says nothing beyond its class, so a diagnostic that is more exact wins over it. Without any code a failure is soft:
    nobody said that it is for good.
    """
    code = exact_status(status, diagnostic)
    if not code:
        return _kind_of_reply(diagnostic)
    level, _, rest = code.partition(".")
    subject = rest.partition(".")[0]
    if level == "2":
        return ReturnKind.DELIVERED
    if level == "4" or rest in _FULL:
        return ReturnKind.SOFT
    if subject == "7" or rest in _OURS:
        return ReturnKind.POLICY
    return ReturnKind.CONTENT if subject == "6" or rest in _SIZE else ReturnKind.HARD


def _kind_of_reply(diagnostic: str) -> ReturnKind:
    reply = _REPLY.search(diagnostic)
    if reply is None or reply[1].startswith(_NOT_NOW):
        return ReturnKind.SOFT
    return ReturnKind.CONTENT if reply[1] == _TOO_LARGE else ReturnKind.HARD


def exact_status(status: str, diagnostic: str = "") -> str:
    """The enhanced code that says most; empty when there is none."""
    stated, spoken = find_code(status), find_code(diagnostic)
    vague = not stated or stated.endswith(".0.0")
    return spoken if vague and spoken else stated


def find_code(text: str) -> str:
    """The first enhanced code in a text, without leading zeros; empty when there is none."""
    found = _CODE.search(text)
    return ".".join(str(int(part)) for part in found.groups()) if found else ""
