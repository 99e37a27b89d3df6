"""What a relay's answer means for a message, for its issue and for our pace; pure.

RFC 5321 section 4.2 gives the classes, RFC 3463 the enhanced codes that say whom a refusal is about.
"""

from __future__ import annotations

import re
from enum import Enum, StrEnum
from typing import NamedTuple

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")
# Relays have no code for "I do not relay for you" of its own; most say 554 5.7.1 to the recipient's command.
_NO_RELAYING = re.compile(
    r"relay(ing)? (access )?(is )?(denied|not permitted|not allowed|prohibited)|unable to relay|not permitted to relay",
    re.IGNORECASE,
)
_REASON_LENGTH = 300


class Stage(StrEnum):
    """The command that an answer belongs to."""

    SENDER = "MAIL FROM"
    RECIPIENT = "RCPT TO"
    DATA = "DATA"
    CONTENT = "the end of the message"


class Meaning(Enum):
    #: This step is done.
    ACCEPTED = "accepted"
    #: This message, at a later time (R41).
    LATER = "later"
    #: All messages, more slowly: the relay has too much, or enough of us (R41).
    BUSY = "busy"
    #: This recipient never; the others are not concerned (R42).
    REFUSED = "refused"
    #: The sender or the content is refused: every other message would be too.
    STOP = "stop"
    #: No answer that belongs here; what the connection says can no longer be trusted.
    CONFUSED = "confused"


class Answer(NamedTuple):
    """What the relay said last about a message, and to which command."""

    stage: Stage
    code: int
    text: str

    @property
    def meaning(self) -> Meaning:
        return meaning(self.stage, self.code, self.text)

    @property
    def said(self) -> str:
        """All of it, as it came."""
        return f"{self.code} {self.text}"

    def __str__(self) -> str:
        return one_line(self.said)


def meaning(stage: Stage, code: int, text: str) -> Meaning:
    """What an answer to a command means."""
    if code == 354 if stage is Stage.DATA else 200 <= code <= 299:
        return Meaning.ACCEPTED
    if code in {421, 454}:
        return Meaning.BUSY
    if 400 <= code <= 499:
        return Meaning.LATER
    if 500 <= code <= 599:
        return Meaning.REFUSED if _is_about_recipient(stage, code, text) else Meaning.STOP
    return Meaning.CONFUSED


def _is_about_recipient(stage: Stage, code: int, text: str) -> bool:
    subject, detail = _enhanced(text)
    # 5.1.7 and 5.1.8 are bad addresses of the sender (RFC 3463 section 3.2).
    about_sender = subject == 1 and detail in {7, 8}
    if stage is Stage.RECIPIENT:
        return not (about_sender or code in {530, 535, 538} or _NO_RELAYING.search(text))
    if stage is Stage.SENDER:
        return False
    # Some relays tell only at the end that the mailbox is unknown (X.1) or full (X.2).
    return subject in {1, 2} and not about_sender


def _enhanced(text: str) -> tuple[int | None, int | None]:
    match = _ENHANCED.match(text)
    return (int(match[2]), int(match[3])) if match else (None, None)


def one_line(text: str) -> str:
    """Foreign text as one short line without control characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:_REASON_LENGTH]
    clean = "".join(char if char.isprintable() else " " for char in text.encode("utf-8", "replace").decode())
    return " ".join(clean.split())[:_REASON_LENGTH]
