"""Notices: single mails that answer somebody's own doing, over the configured transport.

They are no part of an issue: nothing of the ledger, no List headers, for nobody is on a list by them; `Auto-Submitted` says that no
person wrote them (RFC 3834 section 5; R22).
"""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime
from email.utils import format_datetime, parseaddr
from pathlib import Path
from types import TracebackType
from typing import Self

from letters.deliver.batch import Batch, News, Outgoing, Transport
from letters.deliver.encode import CRLF, HeaderError, mailbox, quoted_printable, unstructured, verbatim
from letters.deliver.journal import Journal
from letters.deliver.message import header_address
from letters.deliver.outbox import file_name
from letters.deliver.relay import Relay
from letters.deliver.single import envelope_sender, relay_of, signed
from letters.files import replace_file
from letters.model import DeliveryState, NoticeEnd, NoticeMail
from letters.settings import Settings, Workspace
from letters.store.deliveries import Claim

#: Below var/outbox/; no edition has this key, for keys have no underscore.
FOLDER = "_notices"


class Notices:
    """Sends notices, over one connection while it lasts; to be closed."""

    def __init__(self, settings: Settings, workspace: Workspace, *, now: datetime) -> None:
        self._settings, self._now = settings, now
        self._folder = workspace.outbox / FOLDER
        self._relay: Relay | None = None

    def send(self, mail: NoticeMail) -> NoticeEnd:
        """Send one. Whether a relay took a message whose answer was lost nobody knows: it is sent again, with the same Message-ID."""
        try:
            content = notice_message(mail, self._settings, now=self._now)
        except HeaderError as error:
            return NoticeEnd(state=DeliveryState.FAILED, reason=str(error))
        if self._settings.delivery.transport == "outbox":
            path = self._folder / notice_file(mail)
            replace_file(path, content)
            return NoticeEnd(state=DeliveryState.SENT, reason=f"written to {path.name}")
        return self._relayed(mail, content)

    def close(self) -> None:
        if self._relay is not None:
            self._relay.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _relayed(self, mail: NoticeMail, content: bytes) -> NoticeEnd:
        outgoing = Outgoing(
            claim=_claim(mail),
            sender=envelope_sender(self._settings),
            recipient=header_address(mail.email),
            content=content,
        )
        ear = _Ear()
        batch = Batch(
            [outgoing.claim],
            journal=ear,
            write=lambda _claim: outgoing,
            look=lambda _ids: News(),
            stop=threading.Event(),
            answered=lambda: None,
        )
        self._transport().send(batch)
        if batch.stopped is not None:
            return NoticeEnd(state=DeliveryState.DEFERRED, reason=batch.stopped.reason, is_shut=True)
        if ear.state in {DeliveryState.SENT, DeliveryState.FAILED}:
            return NoticeEnd(state=ear.state, reason=ear.reason)
        return NoticeEnd(state=DeliveryState.DEFERRED, reason=ear.reason)

    def _transport(self) -> Transport:
        if self._relay is None:
            self._relay = relay_of(self._settings)
        return self._relay


class _Ear(Journal):
    """Hears what becomes of the one message of a batch. What a kill leaves open is settled by the notice's own row."""

    def __init__(self) -> None:
        super().__init__(Path())
        self.state, self.reason = DeliveryState.PENDING, ""

    def handing_over(self, delivery_id: int, attempt: int) -> None:
        pass

    def answered(self, delivery_id: int, attempt: int, state: DeliveryState, reason: str) -> None:
        self.state, self.reason = state, reason


def notice_message(mail: NoticeMail, settings: Settings, *, now: datetime) -> bytes:
    """The whole message, CRLF and all, signed if there are keys. Raises `HeaderError` when a subject or name cannot stand in a header."""
    boundary = f"=_{hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]}".encode("ascii")
    return signed(_fields(mail, settings, boundary, now), _body(mail, boundary), settings, now=now)


def _fields(mail: NoticeMail, settings: Settings, boundary: bytes, now: datetime) -> list[bytes]:
    """The whole header fields."""
    sender = settings.delivery.sender
    return [
        mailbox("From", sender.display_name, header_address(sender.addr_spec)),
        *([_reply_to(settings.delivery.reply_to)] if settings.delivery.reply_to else []),
        mailbox("To", mail.name, header_address(mail.email)),
        unstructured("Subject", mail.subject),
        verbatim("Date", format_datetime(now)),
        verbatim("Message-ID", mail.message_id),
        verbatim("Auto-Submitted", "auto-generated"),
        # Exchange answers automatically all the same, unless told by this one.
        verbatim("X-Auto-Response-Suppress", "All"),
        verbatim("MIME-Version", "1.0"),
        b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n',
    ]


def _body(mail: NoticeMail, boundary: bytes) -> bytes:
    parts = b"".join(
        b'--%s\r\nContent-Type: text/%s; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n'
        % (boundary, subtype, quoted_printable(text))
        for subtype, text in ((b"plain", mail.text), (b"html", mail.html))
    )
    return parts + b"--" + boundary + b"--" + CRLF


def notice_file(mail: NoticeMail) -> str:
    """Its name in the outbox: the same for the same mail, and another for each."""
    digest = hashlib.sha256(mail.message_id.encode()).hexdigest()[:8]
    return f"{file_name(mail.email).removesuffix('.eml')}.{digest}.eml"


def _reply_to(value: str) -> bytes:
    name, address = parseaddr(value)
    return mailbox("Reply-To", name, header_address(address))


def _claim(mail: NoticeMail) -> Claim:
    """Only for the batch's sake; 0 is the id of no delivery."""
    return Claim(
        id=0,
        issue_id=0,
        attempt=1,
        message_id=mail.message_id,
        choice="",
        email=mail.email,
        name=mail.name,
        uid="",
    )
