"""One connection to a relay, and the dialogue over it, which tells at each moment whether a message's content has gone out.

aiosmtplib connects, does TLS and AUTH, and reads answers; the order of commands is ours.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException, SMTPHeloError

from letters.deliver.answers import Meaning, Stage, meaning, reason
from letters.deliver.batch import Outgoing
from letters.settings.types import SmtpSettings

# RFC 6531 section 3.7.4.2 gives the enhanced code for an address that the relay cannot carry.
_NEEDS_SMTPUTF8 = "5.6.7 this address needs SMTPUTF8, which the relay does not offer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay said last about a message, and to which command."""

    stage: Stage
    code: int
    text: str

    @property
    def meaning(self) -> Meaning:
        return meaning(self.stage, self.code, self.text)

    def __str__(self) -> str:
        return reason(self.code, self.text)


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended in the middle of a message."""

    #: Whether the content was on its way: then nobody knows whether the relay took it.
    handed: bool
    reason: str


class _Smtp(SMTP):
    """Ends at once: TLS takes leave in its own time, and our loop does not live as long."""

    def close(self) -> None:
        transport = self.transport
        super().close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


class Connection:
    """An open connection."""

    def __init__(self, smtp: SMTP) -> None:
        self._smtp = smtp
        #: Messages that the relay took on this connection.
        self.accepted = 0

    @classmethod
    async def open(
        cls, settings: SmtpSettings, *, password: str | None, tls: ssl.SSLContext | None, host_name: str
    ) -> Connection:
        """Connect, protect and log in as the settings say. Raises SMTPException or OSError."""
        smtp = _Smtp(
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=(password or "") if settings.username else None,
            local_hostname=host_name,
            timeout=settings.timeout.total_seconds(),
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            tls_context=tls,
        )
        await smtp.connect()
        # What was offered before STARTTLS is forgotten, for anybody could have said it.
        if smtp.is_ehlo_or_helo_needed:
            try:
                await smtp.ehlo()
            except SMTPHeloError:
                await smtp.helo()
        return cls(smtp)

    @property
    def is_open(self) -> bool:
        return self._smtp.is_connected

    async def transact(self, message: Outgoing, *, handing_over: Callable[[], None]) -> Answer | Lost:
        """Send one message; `handing_over` is called right before its content goes out.

        Ends with the first answer that is no acceptance, or with the one to the content.
        """
        handed = False
        try:
            for stage, command in self._commands(message):
                answer = Answer(stage, *await self._smtp.execute_command(*command))
                if answer.meaning is not Meaning.ACCEPTED:
                    return await self._after_refusal(answer)
            if not self.is_open:
                return Lost(False, "connection lost before the content")
            handing_over()
            handed = True
            answer = await self._hand_over(with_dots(message.content))
        except (SMTPException, ConnectionError, TimeoutError) as error:
            self._smtp.close()
            return Lost(handed, str(error) or type(error).__name__)
        if answer.meaning is Meaning.CONFUSED:
            self._smtp.close()
            return Lost(True, f"the relay answered {answer} to {answer.stage}")
        self.accepted += answer.meaning is Meaning.ACCEPTED
        return answer

    async def quit(self) -> None:
        """Say goodbye; a relay that does not answer is left without."""
        try:
            await self._smtp.quit()
        except (SMTPException, ConnectionError, TimeoutError):
            self._smtp.close()

    def close(self) -> None:
        self._smtp.close()

    def _commands(self, message: Outgoing) -> Iterator[tuple[Stage, tuple[bytes, ...]]]:
        options: list[bytes] = []
        if self._smtp.supports_extension("size"):
            options.append(b"SIZE=%d" % len(message.content))
        if _needs_utf8(message):
            options.append(b"SMTPUTF8")
        yield Stage.SENDER, (b"MAIL", b"FROM:<" + message.sender.encode() + b">", *options)
        yield Stage.RECIPIENT, (b"RCPT", b"TO:<" + message.recipient.encode() + b">")
        yield Stage.DATA, (b"DATA",)

    async def _after_refusal(self, answer: Answer) -> Answer | Lost:
        if answer.meaning is Meaning.CONFUSED:
            self._smtp.close()
            return Lost(False, f"the relay answered {answer} to {answer.stage}")
        if self.is_open:
            try:
                # Whatever the relay remembers of this message must not reach the next one.
                await self._smtp.execute_command(b"RSET")
            except (SMTPException, ConnectionError, TimeoutError):
                self._smtp.close()
        return answer

    async def _hand_over(self, content: bytes) -> Answer:
        protocol = self._smtp.protocol
        assert protocol is not None, "it was open a moment ago, and nothing was awaited since"
        protocol.write(content)
        timeout = self._smtp.timeout
        return Answer(Stage.CONTENT, *await protocol.read_response(timeout=timeout))

    def refuses(self, message: Outgoing) -> Answer | None:
        """The refusal of an address that this relay cannot carry; None if it can."""
        if _needs_utf8(message) and not self._smtp.supports_extension("smtputf8"):
            return Answer(Stage.RECIPIENT, 553, _NEEDS_SMTPUTF8)
        return None


def with_dots(content: bytes) -> bytes:
    """Content as it goes over the wire: dots at line starts doubled, and the line that ends it (RFC 5321 section 4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    ending = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
    return content.replace(b"\r\n.", b"\r\n..") + ending


def _needs_utf8(message: Outgoing) -> bool:
    return not (message.sender.isascii() and message.recipient.isascii())
