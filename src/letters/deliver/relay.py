"""The relay: messages over SMTP, on several connections at once, each used for many messages."""

from __future__ import annotations

import asyncio
import math
import socket

from aiosmtplib import SMTPException

from letters.deliver.answers import Answer, Meaning
from letters.deliver.batch import Batch, Outgoing, Stop
from letters.deliver.dialogue import Connection, Lost
from letters.deliver.opening import make_door
from letters.model import DeliveryState
from letters.settings.types import SmtpSettings

#: After so many answers in a row that say "too much", the rest waits for the next pass.
_MAX_BUSY_IN_A_ROW = 20
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.5
#: How long messages that are under way may go on when we are interrupted.
_GRACE_SECONDS = 10.0
_TURNS_TO_CLOSE = 4
_STATES = {
    Meaning.LATER: DeliveryState.DEFERRED,
    Meaning.BUSY: DeliveryState.DEFERRED,
    Meaning.REFUSED: DeliveryState.FAILED,
}


class Relay:
    """Sends messages to a relay. Connections are kept from batch to batch; `close` ends them.

    Not to be used inside a running event loop.
    """

    def __init__(self, settings: SmtpSettings, *, password: str | None) -> None:
        self._settings = settings
        self._door = make_door(settings, password=password, host_name=socket.getfqdn())
        self._runner = asyncio.Runner()
        self._idle: list[Connection] = []
        self._pauses = 0
        self._busy_in_a_row = 0

    def send(self, batch: Batch) -> None:
        """Send what the batch gives. An interrupt lets messages that are under way come to their answer."""
        self._runner.run(self._send(batch))

    def close(self) -> None:
        """End all connections politely."""
        self._runner.run(self._quit())
        self._runner.close()

    async def _quit(self) -> None:
        await asyncio.gather(*(connection.quit() for connection in self._idle))
        # A closed transport lets go of its socket only in later turns of the loop, which will have none.
        for _ in range(_TURNS_TO_CLOSE):
            await asyncio.sleep(0)

    async def _send(self, batch: Batch) -> None:
        self._pauses = self._busy_in_a_row = 0
        workers = min(math.ceil(self._settings.connections / batch.processes), len(batch))
        work = asyncio.gather(*(self._work(batch) for _ in range(workers)), return_exceptions=True)
        try:
            ends = await asyncio.shield(work)
        except asyncio.CancelledError:
            batch.is_halted = True
            await asyncio.wait([work], timeout=_GRACE_SECONDS)
            raise
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        stops = [end for end in ends if isinstance(end, Stop)]
        # A relay may limit our connections; only when nobody is left to send the rest has it been unreachable.
        if stops and batch.has_more():
            batch.end(stops[0])

    async def _work(self, batch: Batch) -> Stop | None:
        """One connection's share; says why there is no connection, if there is none.

        A surprise on one connection ends the batch for all, after the messages that are under way.
        """
        connection: Connection | None = None
        message: Outgoing | None = None
        try:
            while message is not None or batch.has_more():
                try:
                    connection = await self._open(connection)
                except (SMTPException, OSError) as error:
                    if message is not None:
                        batch.give_back(message)
                    return self._door.closed(error)
                if message is None:
                    message = batch.next()
                if message is not None:
                    message = await self._send_one(connection, message, batch)
        except BaseException as error:
            batch.end(Stop(reason=f"{type(error).__name__}: {error}"))
            if connection is not None:
                connection.close()
            raise
        if connection is not None and connection.is_open:
            self._idle.append(connection)
        return None

    async def _open(self, connection: Connection | None) -> Connection:
        most = self._settings.messages_per_connection
        if connection is not None and connection.is_open and most and connection.accepted >= most:
            await connection.quit()
            connection = None
        while connection is None or not connection.is_open:
            if not self._idle:
                return await self._door.open()
            connection = self._idle.pop()
        return connection

    async def _send_one(self, connection: Connection, message: Outgoing, batch: Batch) -> Outgoing | None:
        """Send a message; gives the one that is to follow on this connection, if its envelope may be out already."""
        if not connection.has_begun(message) and (refusal := connection.offers.refusal(message)) is not None:
            self._take_answer(connection, message, refusal, batch)
            return None
        then = batch.next_ahead() if connection.offers.pipelining else None
        end = await connection.transact(message, handing_over=lambda: batch.handing_over(message), then=then)
        if isinstance(end, Lost):
            self._take_loss(message, end, batch)
        elif self._take_answer(connection, message, end, batch) is Meaning.ACCEPTED:
            self._pauses = self._busy_in_a_row = 0
        else:
            await self._pace(end, batch)
        if then is not None and not batch.still_wants(then):
            connection.abandon()
            then = None
        return then

    def _take_answer(
        self, connection: Connection, message: Outgoing, answer: Answer, batch: Batch
    ) -> Meaning:
        what = answer.meaning
        if what is Meaning.ACCEPTED:
            batch.answer(message, DeliveryState.SENT, answer.said)
        elif what is Meaning.STOP:
            batch.release(message, str(answer))
            batch.end(_hold(answer))
        elif what is Meaning.BUSY and not connection.is_open and connection.accepted:
            # A relay that takes n messages per connection says 421 to the next one; a new connection is as good as any.
            batch.put_back(message, str(answer))
        else:
            batch.answer(message, _STATES[what], answer.said)
        return what

    def _take_loss(self, message: Outgoing, lost: Lost, batch: Batch) -> None:
        # Connections that idled as long as this one are likely gone too, and would cost this message a try each.
        for idle in self._idle:
            idle.close()
        self._idle.clear()
        if lost.handed:
            batch.answer(message, DeliveryState.UNKNOWN, f"no answer after the content: {lost.reason}")
        else:
            batch.put_back(message, f"connection lost: {lost.reason}")

    async def _pace(self, answer: Answer, batch: Batch) -> None:
        """Wait a little after an answer that says "later", longer after each that follows until one is taken."""
        if answer.meaning is Meaning.BUSY:
            self._busy_in_a_row += 1
            if self._busy_in_a_row >= _MAX_BUSY_IN_A_ROW:
                batch.end(Stop(reason=f"the relay answers only {answer}", remedy="the next pass tries again"))
        if answer.meaning in {Meaning.BUSY, Meaning.LATER}:
            pause = _FIRST_PAUSE_SECONDS * 2 ** min(self._pauses, 10)
            self._pauses += 1
            await asyncio.sleep(min(pause, _LONGEST_PAUSE_SECONDS))


def _hold(answer: Answer) -> Stop:
    return Stop(reason=f"the relay answered {answer} to {answer.stage}", hold=True)
