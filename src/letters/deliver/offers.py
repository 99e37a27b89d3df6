"""What a relay offers beside the bare protocol, and the commands of a message that follow from it; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from letters.deliver.answers import Answer, Stage
from letters.deliver.batch import Outgoing

# RFC 6531 section 3.7.4.2 and RFC 3463 section 3.4 give the enhanced codes.
_NEEDS_SMTPUTF8 = "5.6.7 this address needs SMTPUTF8, which the relay does not offer"
_NO_ADDRESS = "5.1.3 this address cannot be written in a command"
# A quoted local part could hold some of these; nobody has one, and a command that is cut short there means another address.
_NOT_IN_A_PATH = re.compile(r"[\x00-\x20\x7f<>]")
# RFC 3461 section 4: xtext; an envelope's identifier has at most 100 characters.
_NOT_XTEXT = re.compile(r"[^!-~]|[+=]")
_LONGEST_ENVID = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """The extensions of a relay that change what we say."""

    pipelining: bool = False
    #: Whether it wants to hear a message's size, and the most octets it takes; 0 for no limit that it names.
    size: bool = False
    size_limit: int = 0
    eight_bit: bool = False
    smtputf8: bool = False
    dsn: bool = False

    @classmethod
    def read(cls, extensions: Mapping[str, str]) -> Self:
        """From the answer to EHLO, by the extensions' names in small letters."""
        limit = extensions.get("size", "").strip()
        return cls(
            pipelining="pipelining" in extensions,
            size="size" in extensions,
            size_limit=int(limit) if re.fullmatch("[0-9]{1,19}", limit) else 0,
            eight_bit="8bitmime" in extensions,
            smtputf8="smtputf8" in extensions,
            dsn="dsn" in extensions,
        )

    def refusal(self, message: Outgoing) -> Answer | None:
        """The answer that the relay would have to give to a message that it cannot carry; None if it can."""
        for address in (message.sender, message.recipient):
            if _NOT_IN_A_PATH.search(address):
                return Answer(Stage.RECIPIENT, 553, _NO_ADDRESS)
        if _needs_utf8(message) and not self.smtputf8:
            return Answer(Stage.RECIPIENT, 553, _NEEDS_SMTPUTF8)
        size = len(message.content)
        if self.size_limit and size > self.size_limit:
            text = f"5.3.4 a message of {size:,} octets, and the relay takes {self.size_limit:,}"
            return Answer(Stage.SENDER, 552, text)
        return None

    def commands(self, message: Outgoing) -> tuple[bytes, bytes, bytes]:
        """MAIL, RCPT and DATA of a message, each a line."""
        mail = [b"MAIL FROM:<", message.sender.encode(), b">"]
        rcpt = [b"RCPT TO:<", message.recipient.encode(), b">"]
        if self.size:
            mail.append(b" SIZE=%d" % len(message.content))
        if self.eight_bit and not message.content.isascii():
            mail.append(b" BODY=8BITMIME")
        if _needs_utf8(message):
            mail.append(b" SMTPUTF8")
        if self.dsn:
            mail.append(b" RET=HDRS" + _envid(message))
            rcpt.append(b" NOTIFY=FAILURE" + _original(message))
        return b"".join((*mail, b"\r\n")), b"".join((*rcpt, b"\r\n")), b"DATA\r\n"


def _envid(message: Outgoing) -> bytes:
    """The Message-ID as the envelope's identifier, so that a report names it even without the message's headers."""
    text = xtext(message.claim.message_id.strip("<>"))
    return b" ENVID=" + text if text and len(text) <= _LONGEST_ENVID else b""


def _original(message: Outgoing) -> bytes:
    # The form for addresses beyond ASCII (RFC 6533 section 3) is little known; a report without it names the last address.
    address = message.recipient
    return b" ORCPT=rfc822;" + xtext(address) if address.isascii() else b""


def xtext(text: str) -> bytes:
    """ASCII text in the form that stands in a parameter (RFC 3461 section 4)."""
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text).encode("ascii")


def _needs_utf8(message: Outgoing) -> bool:
    return not (message.sender.isascii() and message.recipient.isascii())
