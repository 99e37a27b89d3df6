"""Who an issue is from. Pure."""

from __future__ import annotations

from email.headerregistry import Address

from letters.model import Edition, Issue
from letters.settings import Settings
from letters.settings.mail_lines import say_sender


def sender_of(settings: Settings, edition: Edition, issue: Issue) -> Address:
    """The address of ``[delivery] from`` with the edition's own name for it. Raises `RenderError` for its template."""
    sender = settings.delivery.sender
    if not edition.from_name:
        return sender
    name = say_sender(
        edition.from_name,
        site=settings.site.title,
        edition=edition.title,
        # A skipped occurrence has no number, and no mail either.
        issue=issue.number or 0,
        date=issue.occurrence.local_date,
        language=edition.language or settings.site.language,
    )
    return Address(display_name=name or sender.display_name, addr_spec=sender.addr_spec)
