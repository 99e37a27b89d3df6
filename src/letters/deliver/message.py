"""A message, pure: headers and MIME structure of a rendering as a template, and what is each recipient's own.

Header names and forms: RFC 5322, RFC 2369 (List-*), RFC 2919 (List-Id), RFC 5064 (Archived-At), RFC 8058 (one-click).
"""

from __future__ import annotations

import base64
import hashlib
import html
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr

from letters.deliver.encode import CRLF, HeaderError, mailbox, unstructured, verbatim
from letters.deliver.splice import Template, body_template, body_value, hole, literal
from letters.model import Issue, PersonalLink, Rendering
from letters.store.subscribers import domain_key

_TO, _MESSAGE_ID, _UNSUBSCRIBE = "to", "message-id", "list-unsubscribe"
_TEXT, _HTML = "text-", "html-"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What is one recipient's own in a message."""

    email: str
    name: str
    message_id: str
    unsubscribe_url: str
    preferences_url: str


def message_id(issue: Issue, uid: str, list_domain: str) -> str:
    """The Message-ID of an issue to a subscriber: always the same one, so that a retry can be told (R15)."""
    place = issue.occurrence
    name = "\0".join((issue.edition, place.local_date.isoformat(), str(place.slot), uid))
    digest = base64.b32encode(hashlib.sha256(name.encode()).digest()[:20]).decode("ascii").lower()
    return f"<{digest}@{list_domain}>"


def list_id(head: Letterhead) -> str:
    """The edition's identifier as a list: stable for as long as its key and our domain are (RFC 2919 section 2)."""
    identifier = f"{head.edition}.{head.list_domain}"
    if len(identifier) > 255:
        raise HeaderError(f"List-Id: {len(identifier)} characters, wanted at most 255 (RFC 2919 section 2)")
    return identifier


def message_template(head: Letterhead, issue: Issue, rendering: Rendering, *, now: datetime) -> Template:
    """A rendering as a whole message with holes, to be filled with `recipient_values`.

    Raises `HeaderError` when a subject or title cannot stand in a header.
    """
    boundary = _boundary(rendering)
    return (
        _headers(head, issue, rendering, boundary, now)
        + _part(boundary, "plain", rendering.text, _TEXT)
        + _part(boundary, "html", rendering.html, _HTML)
        + literal(b"--" + boundary + b"--" + CRLF)
    )


def recipient_values(recipient: Recipient) -> dict[str, bytes]:
    """What fills the holes of a `message_template` for one recipient."""
    links = {
        PersonalLink.PREFERENCES: recipient.preferences_url,
        PersonalLink.UNSUBSCRIBE: recipient.unsubscribe_url,
    }
    values = {
        _TO: mailbox("To", recipient.name, header_address(recipient.email)),
        _MESSAGE_ID: verbatim("Message-ID", recipient.message_id),
        # R01: one https address; never folded, for mail software does not unfold encoded words in it.
        _UNSUBSCRIBE: verbatim("List-Unsubscribe", f"<{recipient.unsubscribe_url}>"),
    }
    for link, url in links.items():
        values[_TEXT + link.name] = body_value(url)
        values[_HTML + link.name] = body_value(html.escape(url))
    return values


def header_address(email: str) -> str:
    """The address as it goes over the wire: its domain in A-labels, which every relay knows."""
    local, _, domain = email.strip().rpartition("@")
    return f"{local}@{domain_key(domain)}"


def _headers(
    head: Letterhead, issue: Issue, rendering: Rendering, boundary: bytes, now: datetime
) -> Template:
    sender = head.sender
    base = head.base_url.rstrip("/")
    common = (
        mailbox("From", sender.display_name, header_address(sender.addr_spec))
        + (_reply_to(head.reply_to) if head.reply_to else b"")
        + unstructured("Subject", rendering.subject)
        + verbatim("Date", format_datetime(now))
    )
    lists = (
        mailbox("List-Id", head.title, list_id(head))
        + verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        + verbatim("List-Help", f"<{_help_address(head.contact, base)}>")
        + verbatim("List-Archive", f"<{base}/>")
        + verbatim("List-Post", "NO")
        + verbatim("Archived-At", f"<{base}/issues/{issue.edition}/{issue.number}/>")
    )
    mime = (
        verbatim("MIME-Version", "1.0")
        + b'Content-Type: multipart/alternative;\r\n boundary="'
        + boundary
        + b'"\r\n\r\n'
    )
    return literal(common) + hole(_TO) + hole(_MESSAGE_ID) + hole(_UNSUBSCRIBE) + literal(lists + mime)


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
