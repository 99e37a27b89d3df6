"""A message, pure: headers and MIME structure of a rendering as a template, and what is each recipient's own.

Header names and forms: RFC 5322, RFC 2369 (List-*), RFC 2919 (List-Id), RFC 5064 (Archived-At), RFC 8058 (one-click).
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import NamedTuple

from letters.deliver.dkim import Seal, SigningKey
from letters.deliver.encode import CRLF, SOFT_BREAK, HeaderError, has_dots, mailbox, unstructured, verbatim
from letters.deliver.splice import Template, body_template, body_value, hole, literal
from letters.model import Issue, PersonalLink, Rendering
from letters.store.subscribers import domain_key

_TO, _MESSAGE_ID, _UNSUBSCRIBE = "to", "message-id", "list-unsubscribe"
#: The values that are whole header fields, under the fields' names.
_PERSONAL = (_TO, _MESSAGE_ID, _UNSUBSCRIBE)
_SIGNATURES = "dkim-signature"
_TEXT, _HTML = "text-", "html-"
#: The holes of each link in the text part and in the HTML part. Written out, for a name of an enumeration takes as long as half a signature.
_LINKS = tuple(
    (_TEXT + link.name, _HTML + link.name) for link in (PersonalLink.PREFERENCES, PersonalLink.UNSUBSCRIBE)
)
# Gmail's Feedback-ID wants a name of five to fifteen characters in the last of its four parts.
_SENDER_ID_LENGTH = 15
# Base32's letter (RFC 4648 section 6, in lower case) for the last five bits of each byte.
_FIVE_BITS = b"abcdefghijklmnopqrstuvwxyz234567" * 8
# Of a Message-ID's 32 letters, those that say which issue.
_ISSUE_LETTERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What the messages of one edition have in common."""

    edition: str
    title: str
    sender: Address
    #: Domain of List-Id and Message-ID.
    list_domain: str
    base_url: str
    reply_to: str = ""
    #: An address that people can write to, or a page.
    contact: str = ""


class Recipient(NamedTuple):
    """What is one recipient's own in a message."""

    email: str
    name: str
    message_id: str
    unsubscribe_url: str
    preferences_url: str


def message_ids(issue: Issue, list_domain: str) -> Callable[[str], str]:
    """The Message-ID of an issue to each subscriber, by uid: always the same one, so that a retry can be told (R15).

    Those of one issue begin alike, and so are neighbours in the ledger's index however many issues it has; the other 24
    letters, which are 120 bits, nobody guesses who does not know the uid.
    """
    place = issue.occurrence
    name = "\0".join((issue.edition, place.local_date.isoformat(), str(place.slot), ""))
    start, end = f"<{_letters(name)[:_ISSUE_LETTERS]}", f"@{list_domain}>"

    def of(uid: str) -> str:
        return f"{start}{_letters(name + uid)[_ISSUE_LETTERS:]}{end}"

    return of


def _letters(name: str) -> str:
    """Five bits of each of a digest's 32 bytes. As base32 of 20 of them these would be no better, and take five times as long."""
    return hashlib.sha256(name.encode()).digest().translate(_FIVE_BITS).decode("ascii")


def list_id(head: Letterhead) -> str:
    """The edition's identifier as a list: stable for as long as its key and our domain are (RFC 2919 section 2)."""
    identifier = f"{head.edition}.{head.list_domain}"
    if len(identifier) > 255:
        raise HeaderError(f"List-Id: {len(identifier)} characters, wanted at most 255 (RFC 2919 section 2)")
    return identifier


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A rendering as a whole message with holes, which is signed as it is filled."""

    whole: Template
    seal: Seal | None
    #: Whether no line of a message begins with a dot. What fills the holes never does: encoded bodies have none (R19), nor do fields.
    is_dotless: bool

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The message that `recipient_values` make of it."""
        if self.seal is not None:
            values = {**values, _SIGNATURES: self.seal.signatures(values)}
        return self.whole.fill(values)


def message_template(
    letterhead: Letterhead,
    issue: Issue,
    rendering: Rendering,
    *,
    now: datetime,
    keys: Sequence[SigningKey] = (),
) -> MessageTemplate:
    """A rendering as a template, to be filled with `recipient_values`; signed by each of the keys.

    Raises `HeaderError` when a subject or title cannot stand in a header.
    """
    boundary = _boundary(rendering)
    first = _first_fields(letterhead, rendering, now)
    last = _last_fields(letterhead, issue, boundary)
    body = (
        _part(boundary, "plain", rendering.text, _TEXT)
        + _part(boundary, "html", rendering.html, _HTML)
        + literal(b"--" + boundary + b"--" + CRLF)
    )
    seal = Seal(keys, fields=[*first, *last], personal=_PERSONAL, body=body, now=now) if keys else None
    whole = literal(b"".join(first))
    for name in _PERSONAL:
        whole += hole(name)
    whole += literal(b"".join((*last, CRLF))) + body
    if keys:
        whole = hole(_SIGNATURES) + whole
    is_dotless = not any(has_dots(part) for part in whole.parts if isinstance(part, bytes))
    return MessageTemplate(whole.merged(), seal, is_dotless)


def recipient_values(recipient: Recipient) -> dict[str, bytes]:
    """What fills the holes of a `message_template` for one recipient."""
    values = {
        _TO: mailbox("To", recipient.name, header_address(recipient.email)),
        _MESSAGE_ID: verbatim("Message-ID", recipient.message_id),
        # R01: one https address; never folded, for mail software does not unfold encoded words in it.
        _UNSUBSCRIBE: verbatim("List-Unsubscribe", f"<{recipient.unsubscribe_url}>"),
    }
    for (in_text, in_html), url in zip(
        _LINKS, (recipient.preferences_url, recipient.unsubscribe_url), strict=True
    ):
        place, slash, token = url.rpartition("/")
        text_start, html_start = _link_start(place + slash)
        values[in_text] = text_start + body_value(token)
        values[in_html] = html_start + body_value(html.escape(token))
    return values


@lru_cache(maxsize=64)
def _link_start(place: str) -> tuple[bytes, bytes]:
    """What all links of a kind begin with, in the form for the text part and in that for the HTML part."""
    return body_value(place) + SOFT_BREAK, body_value(html.escape(place)) + SOFT_BREAK


def header_address(email: str) -> str:
    """The address as it goes over the wire: its domain in A-labels, which every relay knows."""
    local, _, domain = email.strip().rpartition("@")
    return f"{local}@{domain_key(domain)}"


def _first_fields(head: Letterhead, rendering: Rendering, now: datetime) -> list[bytes]:
    sender = head.sender
    return [
        mailbox("From", sender.display_name, header_address(sender.addr_spec)),
        *([_reply_to(head.reply_to)] if head.reply_to else []),
        unstructured("Subject", rendering.subject),
        verbatim("Date", format_datetime(now)),
    ]


def _last_fields(head: Letterhead, issue: Issue, boundary: bytes) -> list[bytes]:
    base = head.base_url.rstrip("/")
    return [
        mailbox("List-Id", head.title, list_id(head)),
        verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        verbatim("List-Help", f"<{_help_address(head.contact, base)}>"),
        verbatim("List-Archive", f"<{base}/>"),
        verbatim("List-Post", "NO"),
        verbatim("Archived-At", f"<{base}/issues/{issue.edition}/{issue.number}/>"),
        verbatim("Feedback-ID", feedback_id(head, issue)),
        verbatim("MIME-Version", "1.0"),
        b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n',
    ]


def feedback_id(head: Letterhead, issue: Issue) -> str:
    """What Gmail's Postmaster Tools count complaints by: issue, edition, kind of mail, and at last the sender's lasting name."""
    name = re.sub("[^a-z0-9]", "", header_address(f"x@{head.list_domain}").partition("@")[2])
    return f"{issue.edition}-{issue.number}:{issue.edition}:newsletter:{name[:_SENDER_ID_LENGTH]:x<5}"


def _reply_to(value: str) -> bytes:
    name, address = parseaddr(value)
    return mailbox("Reply-To", name, header_address(address))


def _help_address(contact: str, base: str) -> str:
    if "://" in contact:
        return contact
    return f"mailto:{header_address(contact)}?subject=help" if "@" in contact else f"{base}/"


def _boundary(rendering: Rendering) -> bytes:
    # "=_" cannot come of quoted-printable, so no body holds the boundary; equal renderings have equal bytes.
    digest = hashlib.sha256(f"{rendering.text}\0{rendering.html}".encode()).hexdigest()
    return f"=_{digest[:32]}".encode("ascii")


def _part(boundary: bytes, subtype: str, text: str, prefix: str) -> Template:
    head = (
        f'--{boundary.decode("ascii")}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return literal(head.encode("ascii")) + body_template(text, prefix=prefix) + literal(CRLF)
