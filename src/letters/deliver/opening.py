"""Opening a connection: aiosmtplib connects, protects and logs in; after that the dialogue is ours."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPHeloError

from letters.deliver.batch import Stop
from letters.deliver.dialogue import Connection
from letters.deliver.offers import Offers
from letters.deliver.wire import Wire
from letters.settings.types import SmtpSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where connections of one relay come from.

    Certificates are verified, against `ca_file` when it is given.
    """

    settings: SmtpSettings
    #: Not in the repr, so in no traceback.
    password: str | None
    tls: ssl.SSLContext | None
    host_name: str

    def __repr__(self) -> str:
        return f"Door({self.place})"

    @property
    def place(self) -> str:
        """Where it leads, for people."""
        settings = self.settings
        return settings.socket or f"{settings.host}:{settings.port}"

    async def open(self) -> Connection:
        """Connect, protect and log in as the settings say. Raises SMTPException or OSError."""
        settings = self.settings
        by_token = settings.auth == "xoauth2"
        smtp = _Smtp(
            hostname=settings.host,
            port=None if settings.socket else settings.port,
            socket_path=settings.socket or None,
            username=settings.username or None,
            password=(self.password or "") if settings.username and not by_token else None,
            oauth_token_generator=self._token if settings.username and by_token else None,
            local_hostname=self.host_name,
            timeout=settings.timeout.total_seconds(),
            use_tls=self.tls is not None and settings.tls == "tls",
            start_tls=self.tls is not None and settings.tls == "starttls",
            tls_context=self.tls,
        )
        smtp.only_by = settings.auth
        await smtp.connect()
        try:
            # What was offered before STARTTLS is forgotten, for anybody could have said it.
            if smtp.is_ehlo_or_helo_needed:
                try:
                    await smtp.ehlo()
                except SMTPHeloError:
                    await smtp.helo()
        except BaseException:
            smtp.close()
            raise
        transport = smtp.transport
        if not isinstance(transport, asyncio.WriteTransport):
            raise SMTPException("the relay closed the connection after its greeting")
        offers = Offers.read(smtp.esmtp_extensions)
        return Connection(Wire(transport), offers, timeout_seconds=settings.timeout.total_seconds())

    async def _token(self) -> str:
        """The access token of this moment: whoever renews it writes it to the file again and again."""
        if self.settings.password_file:
            return (await asyncio.to_thread(Path(self.settings.password_file).read_text, "utf-8")).strip()
        return self.password or ""

    def closed(self, error: Exception) -> Stop:
        """Why there is no connection, and what to do about it."""
        if isinstance(error, SMTPAuthenticationError):
            remedy = "check delivery.smtp.username and LETTERS_SMTP_PASSWORD"
        elif isinstance(error, ssl.SSLError):
            remedy = "check delivery.smtp.tls, host and ca_file"
        else:
            remedy = "check delivery.smtp; the next pass tries again"
        what = str(error) or type(error).__name__
        return Stop(reason=f"no connection to {self.place}: {what}", remedy=remedy)


def make_door(settings: SmtpSettings, *, password: str | None, host_name: str) -> Door:
    """The door that settings describe. A socket is a file of this machine, so nobody is on the way who could listen."""
    bare = settings.tls == "none" or bool(settings.socket)
    tls = None if bare else ssl.create_default_context(cafile=settings.ca_file or None)
    return Door(settings=settings, password=password, tls=tls, host_name=host_name)


class _Smtp(SMTP):
    """A client that logs in by one mechanism where one is named, and that ends at once."""

    only_by = "auto"

    @property
    def supported_auth_methods(self) -> list[str]:
        offered = super().supported_auth_methods
        return offered if self.only_by == "auto" else [name for name in offered if name == self.only_by]

    def close(self) -> None:
        transport = self.transport
        super().close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
