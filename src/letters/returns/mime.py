"""A mail from a stranger as a tree of parts, whatever its bytes: within limits, and with one error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.header import Header
from email.message import Message

from letters.returns.values import UnreadableReportError

#: Of a mail no more is looked at: reports stand at its beginning, what they return behind them.
SIZE_LIMIT_BYTES = 1_000_000
_MOST_CONTAINERS = 40
_MOST_PARTS = 100
_LONGEST_FIELD = 4_000
_CONTAINER = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)

Mail = Message


def read_mail(content: bytes) -> Mail:
    """The mail in some bytes. Raises `UnreadableReportError` when it is empty or too deep to be one that a mail system writes."""
    content = content[:SIZE_LIMIT_BYTES]
    if len(_CONTAINER.findall(content)) > _MOST_CONTAINERS:
        raise UnreadableReportError(
            f"the mail has more than {_MOST_CONTAINERS} parts within parts, which no report has; it is left unread"
        )
    try:
        mail = message_from_bytes(content)
    # The standard library's parser is not written for hostile mail; whatever trips it, the mail cannot be read.
    except Exception as error:
        raise UnreadableReportError(f"the mail cannot be read: {type(error).__name__}") from error
    if not mail.keys():
        raise UnreadableReportError(
            "no header fields, so this is no mail; wanted one whole message (RFC 5322)"
        )
    return mail


def parts_of(mail: Mail) -> Iterator[Mail]:
    """The mail and its parts, its own before those of messages inside, at most a hundred."""
    waiting = [mail]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        inside = part.get_payload()
        if isinstance(inside, list):
            waiting = [one for one in inside if isinstance(one, Message)] + waiting


def field(mail: Mail, name: str) -> str:
    """A header field on one line; empty when it is missing. Bytes that are no ASCII are replaced."""
    return _as_line(mail.get(name))


def fields(mail: Mail, name: str) -> list[str]:
    """All fields of one name, from the top."""
    return [_as_line(value) for value in mail.get_all(name) or ()]


def text_of(part: Mail) -> str:
    """The part's text; empty for one that holds other parts or cannot be decoded."""
    if part.is_multipart():
        return ""
    try:
        payload = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 - as above: a stranger's encoding of a part may be anything
        return ""
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def header_blocks(part: Mail) -> list[Mail]:
    """The groups of fields in a part such as message/delivery-status, whether the parser saw them or they came encoded."""
    inside = part.get_payload()
    if isinstance(inside, list):
        groups = [one for one in inside if isinstance(one, Message)]
        # An encoded part is seen by the parser as one group without fields.
        if any(one.keys() for one in groups):
            return groups
        text = "\n\n".join(str(one.get_payload()) for one in groups)
    else:
        text = text_of(part)
    return [message_from_string(block) for block in re.split(r"\r?\n[ \t]*\r?\n", text)[:_MOST_PARTS]]


def _as_line(value: object) -> str:
    if value is None:
        return ""
    text = value.encode() if isinstance(value, Header) else str(value)
    return " ".join(text[:_LONGEST_FIELD].encode("utf-8", "replace").decode().split())
