"""Whose message a report is about, pure: by the address it came to, by what it returns; never by words of its text (R31, R35)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from letters.links import read_return_path
from letters.returns.mime import Mail, fields, header_blocks, parts_of, text_of
from letters.returns.values import Trace

# What the last hop notes of the envelope's recipient.
_ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_ADDRESS = re.compile(r"[^\s<>,;:\"]+@[^\s<>,;:\"]+")
_MESSAGE_ID = re.compile(r"<[^\s<>@]{1,200}@[^\s<>@]{1,253}>")
_UNSUBSCRIBE = re.compile(r"/unsubscribe/([A-Za-z0-9_.-]{10,300})")
#: Old systems paste the returned header into their text; the form of our own fields is exact enough to be found there.
_PASTED = re.compile(r"^[ \t>|]*(message-id|list-unsubscribe):[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)
_RETURNED = frozenset({"message/rfc822", "message/global"})
_RETURNED_HEADERS = frozenset({"text/rfc822-headers", "message/global-headers"})
_MOST = 20


def trace_of(mail: Mail, return_address: str) -> Trace:
    """Everything in a report that only our own message can have given it. `return_address`: empty when there is none of ours."""
    tokens: list[str] = []
    if return_address:
        for name in _ENVELOPE:
            for address in _ADDRESS.findall(" ".join(fields(mail, name))):
                token = read_return_path(return_address, address)
                tokens += [token] if token else []
    ids: list[str] = []
    links: list[str] = []
    for part in list(parts_of(mail))[1:]:
        if part.get_content_type() in _RETURNED_HEADERS:
            for block in header_blocks(part)[:1]:
                _gather(block, ids, links)
        elif part.get("Message-ID") or part.get("List-Unsubscribe"):
            _gather(part, ids, links)
    for part in parts_of(mail):
        for name, value in _PASTED.findall(text_of(part)) if part.get_content_maintype() == "text" else ():
            target, pattern = (ids, _MESSAGE_ID) if name.lower() == "message-id" else (links, _UNSUBSCRIBE)
            target += pattern.findall(value[:1000])
    return Trace(tokens=_first(tokens), message_ids=_first(ids), unsubscribe_tokens=_first(links))


def _gather(mail: Mail, ids: list[str], links: list[str]) -> None:
    for value in fields(mail, "Message-ID"):
        ids += _MESSAGE_ID.findall(value)
    for value in fields(mail, "List-Unsubscribe"):
        links += _UNSUBSCRIBE.findall(value)


def _first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MOST]
