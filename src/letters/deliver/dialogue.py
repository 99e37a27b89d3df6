"""The dialogue over one open connection, which tells at each moment whether a message's content has gone out.

Where the relay offers PIPELINING (RFC 2920), the envelope goes in one piece, and the next message's envelope together with the
content before it: one exchange for each message. Elsewhere each command waits for its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from letters.deliver.answers import Answer, Meaning, Stage
from letters.deliver.batch import Outgoing
from letters.deliver.encode import with_dots
from letters.deliver.offers import Offers
from letters.deliver.wire import LostError, Wire

_STAGES = (Stage.SENDER, Stage.RECIPIENT, Stage.DATA)
_CLOSING = 421
_GO_AHEAD = 354
_USUAL = (250, 250, _GO_AHEAD)
#: RFC 5321 section 4.5.3.2.6: the answer to the content needs more patience than others. Who gives up too soon sends twice.
_PATIENCE_FOR_CONTENT = 10
_GOODBYE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended in the middle of a message."""

    #: Whether the content was on its way: then nobody knows whether the relay took it.
    handed: bool
    reason: str


class Connection:
    """An open connection on which nothing is under way."""

    def __init__(self, wire: Wire, offers: Offers, *, timeout_seconds: float) -> None:
        self.offers = offers
        self._wire = wire
        self._timeout = timeout_seconds
        #: The message whose envelope is out already, unanswered.
        self._begun: Outgoing | None = None
        #: Messages that the relay took on this connection.
        self.accepted = 0

    def known(self, name: str) -> Any:
        """What the transport knows of the connection, such as its "peername"; None for what it does not."""
        return self._wire.known(name)

    @property
    def is_open(self) -> bool:
        """Whether it can be used; what a relay says unasked is that it is about to close."""
        return self._wire.is_open and (self._begun is not None or self._wire.is_quiet)

    def has_begun(self, message: Outgoing) -> bool:
        """Whether this message's envelope is out already."""
        return self._begun is message

    async def transact(
        self, message: Outgoing, *, handing_over: Callable[[], None], then: Outgoing | None = None
    ) -> Answer | Lost:
        """Send one message; `handing_over` is called right before its content goes out.

        Ends with the first answer that is no acceptance, or with the one to the content. `then` is the message that will
        follow on this connection, if that is known: its envelope may go out at once. Who changes their mind calls `abandon`.
        """
        handed = False
        try:
            refusal = await self._envelope(message)
            if refusal is not None:
                return refusal
            # What was said since belongs to no command of ours: this connection cannot be trusted with a content.
            if not self._wire.is_open or not self._wire.is_quiet:
                raise LostError("the relay said more than it was asked")
            handing_over()
            handed = True
            self._hand_over(message, then)
            answer = await self._answer(Stage.CONTENT, patience=_PATIENCE_FOR_CONTENT)
        except LostError as error:
            self.close()
            return Lost(handed, str(error))
        self.accepted += answer.meaning is Meaning.ACCEPTED
        return answer

    def abandon(self) -> None:
        """The message whose envelope went out ahead will not follow; a relay that waits for its content knows no other way."""
        if self._begun is not None:
            self.close()

    async def quit(self) -> None:
        """Say goodbye; a relay that does not answer is left without."""
        try:
            self._wire.write(b"QUIT\r\n")
            await self._wire.reply(within_seconds=min(self._timeout, _GOODBYE_SECONDS))
        except LostError:
            pass
        self.close()

    def close(self) -> None:
        self._begun = None
        self._wire.close()

    async def _envelope(self, message: Outgoing) -> Answer | None:
        """MAIL, RCPT and DATA; the first refusal."""
        if self._begun is message:
            self._begun = None
            return await self._read_envelope()
        if self._begun is not None:
            raise LostError("another message was begun on this connection")
        commands = self.offers.commands(message)
        if self.offers.pipelining:
            self._wire.write(b"".join(commands))
            return await self._read_envelope()
        for stage, command in zip(_STAGES, commands, strict=True):
            self._wire.write(command)
            answer = await self._answer(stage)
            if answer.meaning is not Meaning.ACCEPTED:
                await self._start_over()
                return answer
        return None

    async def _read_envelope(self) -> Answer | None:
        """The answers to an envelope that went in one piece; all are read, so that the next command gets its own."""
        # Nearly all envelopes are answered so; looking closer takes as long as sending does.
        if self._wire.pass_over(_USUAL):
            return None
        refusal: Answer | None = None
        for stage in _STAGES:
            try:
                answer = await self._answer(stage)
            except LostError:
                # A relay may say why it closes, and close without another word.
                if refusal is None:
                    raise
                return refusal
            if refusal is None and answer.meaning is not Meaning.ACCEPTED:
                refusal = answer
        if refusal is not None:
            if answer.code == _GO_AHEAD:
                # RFC 2920 section 3.1: to a relay that wants content although it knows no recipient we send none.
                await self._say(b".\r\n", patience=_PATIENCE_FOR_CONTENT)
            await self._start_over()
        return refusal

    async def _answer(self, stage: Stage, *, patience: int = 1) -> Answer:
        """The next answer. Raises `LostError` if it makes no sense; after a goodbye the connection is closed."""
        reply = await self._wire.reply(within_seconds=self._timeout * patience)
        answer = Answer(stage, *reply)
        if answer.code == _CLOSING:
            self.close()
        elif answer.meaning is Meaning.CONFUSED:
            raise LostError(f"the relay answered {answer} to {stage}")
        return answer

    async def _start_over(self) -> None:
        """Whatever the relay remembers of this message must not reach the next one."""
        await self._say(b"RSET\r\n")

    async def _say(self, command: bytes, *, patience: int = 1) -> None:
        """Say something whose answer changes nothing for the message at hand."""
        try:
            self._wire.write(command)
            await self._wire.reply(within_seconds=self._timeout * patience)
        except LostError:
            self.close()

    def _hand_over(self, message: Outgoing, then: Outgoing | None) -> None:
        content = message.content if message.is_dotless else with_dots(message.content)
        # The line that ends it may not be joined to one that has no end.
        pieces = [content, b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"]
        if then is not None and self.offers.pipelining and self.offers.refusal(then) is None:
            pieces += self.offers.commands(then)
            self._begun = then
        self._wire.write(b"".join(pieces))
