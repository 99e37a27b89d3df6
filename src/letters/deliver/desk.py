"""The desk of one issue: turns claims into messages. Templates are made once per choice, messages by joining bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from letters.clicks import linked_addresses, with_counted_links
from letters.deliver.audience import list_domain
from letters.deliver.batch import Outgoing
from letters.deliver.message import (
    Letterhead,
    MessageTemplate,
    Recipient,
    header_address,
    message_template,
    recipient_values,
)
from letters.deliver.sender import sender_of
from letters.deliver.signing import signing_keys
from letters.errors import LettersError
from letters.links import Links, return_path
from letters.model import Edition, Issue, Rendering
from letters.settings import Settings
from letters.store import Store
from letters.store.clicks import give_places
from letters.store.deliveries import Claim
from letters.store.issues import load_rendering

#: What is longer is clipped (R20). Personal links, whose marks are shorter, take some of it.
_LONGEST_HTML_BYTES = 98_000


class MissingRenderingError(LettersError):
    """A row of the ledger names a choice of which the issue has no rendering."""


class Desk:
    """Writes the messages of one issue, and signs them if there are keys."""

    def __init__(
        self, store: Store, settings: Settings, issue: Issue, edition: Edition, *, now: datetime
    ) -> None:
        self._store, self._issue, self._now = store, issue, now
        self._links = Links(
            [key.get_secret_value() for key in settings.secrets.link_keys], settings.site.base_url
        )
        self._head = Letterhead(
            edition=edition.key,
            title=edition.title,
            sender=sender_of(settings, edition, issue),
            list_domain=list_domain(settings),
            base_url=settings.site.base_url,
            reply_to=settings.delivery.reply_to,
            contact=settings.site.contact,
        )
        self._sender = header_address(self._head.sender.addr_spec)
        self._return_path = (
            header_address(settings.delivery.return_path) if settings.delivery.return_path else ""
        )
        self._counts = edition.clicks
        self._keys = signing_keys(settings)
        self._templates: dict[str, MessageTemplate] = {}

    def prepare(self, claims: Iterable[Claim]) -> None:
        """Make the templates that these claims need, and forget all others: a batch needs few, an issue may have many.

        Raises `HeaderError` if the issue's own words cannot stand in a header, and `MissingRenderingError`.
        """
        choices = {claim.choice for claim in claims}
        self._templates = {
            choice: self._templates.get(choice) or self._template(choice) for choice in sorted(choices)
        }

    def write(self, claim: Claim) -> Outgoing:
        """The message of one claim. Raises `HeaderError` if the recipient's own words cannot stand in a header."""
        recipient = Recipient(
            email=claim.email,
            name=claim.name,
            message_id=claim.message_id,
            unsubscribe_url=self._links.unsubscribe_url(claim.uid, self._issue.edition),
            preferences_url=self._links.preferences_url(claim.uid),
        )
        template = self._templates[claim.choice]
        return Outgoing(
            claim=claim,
            sender=return_path(self._return_path, claim.message_id) if self._return_path else self._sender,
            recipient=header_address(claim.email),
            content=template.fill(recipient_values(recipient)),
            is_dotless=template.is_dotless,
        )

    def _template(self, choice: str) -> MessageTemplate:
        with self._store.read() as c:
            rendering = load_rendering(c, self._issue.id, choice)
        if rendering is None:
            raise MissingRenderingError(
                f'{self._issue.name}: there is no rendering for the choice "{choice}"'
            )
        if self._counts:
            rendering = self._counted(rendering)
        return message_template(self._head, self._issue, rendering, now=self._now, keys=self._keys)

    def _counted(self, rendering: Rendering) -> Rendering:
        """The rendering with links that are counted; as it is, if they made it too long for mail clients (R20)."""
        with self._store.write() as c:
            places = give_places(c, self._issue.id, linked_addresses(rendering.html))
        counted = with_counted_links(
            rendering.html, lambda address: self._links.counted_url(self._issue.id, places[address])
        )
        return replace(rendering, html=counted) if len(counted.encode()) <= _LONGEST_HTML_BYTES else rendering
