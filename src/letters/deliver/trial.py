"""A trial: one mail to one address through the configured transport, before anybody gets the issue.

It is no delivery. Nothing is written to the ledger, nobody is claimed, and the journal is one of its own that goes with it.
The mail bears no List-* header, since its reader is on no list, and its personal links lead to the site's front page.
"""

from __future__ import annotations

import re
import secrets
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

from letters.deliver.audience import list_domain
from letters.deliver.batch import Batch, News, Outgoing, Transport
from letters.deliver.encode import CRLF
from letters.deliver.journal import Journal, read_journal
from letters.deliver.message import (
    Letterhead,
    Recipient,
    header_address,
    message_template,
    recipient_values,
)
from letters.deliver.outbox import Outbox
from letters.deliver.single import envelope_sender, relay_of, signed
from letters.errors import UsageError
from letters.model import DeliveryState, Edition, Issue, IssueState, Occurrence, Rendering
from letters.settings import Settings, Workspace
from letters.store.deliveries import Claim

#: What a test mail's subject begins with.
MARK = "[Test] "

# RFC 5321 section 4.5.3.1: 64 octets before the @, 255 after it, 254 in a path of both.
_LONGEST = 254
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}")
_DOMAIN = re.compile(
    r"(?=.{4,255}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE
)
_LIST_HEADER = re.compile(rb"(?:List-[A-Za-z-]+|Archived-At|Feedback-ID):", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAnswer:
    """What became of a test mail."""

    address: str
    is_sent: bool
    #: The relay's answer, or where the file is.
    words: str


def check_trial_address(address: str) -> str:
    """The address without white space around it. Raises `UsageError` for what is no single address of a domain."""
    bare = address.strip()
    local, at, _ = bare.rpartition("@")
    is_dotted = not (local.startswith(".") or local.endswith(".") or ".." in local)
    if not (at and is_dotted and bare.isprintable() and len(bare) <= _LONGEST and _LOCAL.fullmatch(local)):
        raise _nonsense(address)
    try:
        wire = header_address(bare)
    except (ValueError, UnicodeError):
        raise _nonsense(address) from None
    if parseaddr(bare)[1] != bare or not _DOMAIN.fullmatch(wire.rpartition("@")[2]):
        raise _nonsense(address)
    return bare


def send_trial(
    settings: Settings,
    workspace: Workspace,
    edition: Edition,
    rendering: Rendering,
    address: str,
    *,
    occurrence: Occurrence,
    number: int,
    now: datetime,
) -> TrialAnswer:
    """Send a rendering to one address as a test mail; with the outbox, write it under ``var/outbox/EDITION/test/``.

    Run twice, it sends twice: each has a Message-ID of its own, so that no mailbox takes the second for the first. Raises
    `UsageError` for an address that is none, and `HeaderError` for a subject that cannot stand in a header.
    """
    address = check_trial_address(address)
    issue = Issue(id=0, edition=edition.key, occurrence=occurrence, number=number, state=IssueState.AWAITING)
    message = trial_message(settings, edition, issue, rendering, address, now=now)
    claim = Claim(id=0, issue_id=0, attempt=1, message_id="", choice="", email=address, name="", uid="")
    sender = envelope_sender(settings)
    outgoing = Outgoing(claim=claim, sender=sender, recipient=header_address(address), content=message)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="letters-test-")))
        journal = Journal(folder / "journal")
        journal.begin()
        batch = Batch(
            [claim],
            journal=journal,
            write=lambda _: outgoing,
            look=lambda _: News(),
            stop=threading.Event(),
            answered=lambda: None,
        )
        _transport(settings, workspace, edition, stack).send(batch)
        mark = read_journal(journal.path).marks.get((claim.id, claim.attempt))
    if mark is None or mark.word == DeliveryState.PENDING:
        said = batch.stopped.reason if batch.stopped else "it was not handed over"
        return TrialAnswer(address=address, is_sent=False, words=said)
    return TrialAnswer(
        address=address, is_sent=mark.word == DeliveryState.SENT, words=mark.reason or mark.word
    )


def trial_message(
    settings: Settings, edition: Edition, issue: Issue, rendering: Rendering, address: str, *, now: datetime
) -> bytes:
    """A rendering as a test mail's bytes. Pure but for the Message-ID, which is new each time."""
    site = settings.site.base_url.rstrip("/") + "/"
    head = Letterhead(
        edition=edition.key,
        title=edition.title,
        sender=settings.delivery.sender,
        list_domain=list_domain(settings),
        base_url=settings.site.base_url,
        reply_to=settings.delivery.reply_to,
        contact=settings.site.contact,
    )
    recipient = Recipient(
        email=address,
        name="",
        message_id=f"<test-{secrets.token_hex(16)}@{head.list_domain}>",
        unsubscribe_url=site,
        preferences_url=site,
    )
    marked = replace(rendering, subject=MARK + rendering.subject)
    template = message_template(head, issue, marked, now=now)
    head_fields, _, body = template.fill(recipient_values(recipient)).partition(CRLF + CRLF)
    return signed(_without_list_headers(head_fields), body, settings, now=now)


def _without_list_headers(head: bytes) -> list[bytes]:
    """The header fields but those that speak of a list, each with its continuation lines."""
    fields = re.split(rb"\r\n(?![ \t])", head)
    return [field + CRLF for field in fields if not _LIST_HEADER.match(field)]


def _transport(settings: Settings, workspace: Workspace, edition: Edition, stack: ExitStack) -> Transport:
    if settings.delivery.transport == "outbox":
        return Outbox(workspace.outbox / edition.key / "test")
    relay = relay_of(settings)
    stack.callback(relay.close)
    return relay


def _nonsense(address: str) -> UsageError:
    return UsageError(f'--send-test "{address}": wanted one address, such as "ada@readers.example"')
