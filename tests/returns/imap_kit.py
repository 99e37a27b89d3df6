"""A little IMAP server on loopback with two folders in memory, which can be told to break off."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "häfen", "open sesame"


@dataclass
class Mailbox:
    """What the server holds, and how it behaves. A mail is its bytes and its flags, by its UID."""

    inbox: dict[int, tuple[bytes, set[str]]] = field(default_factory=dict)
    done: list[bytes] = field(default_factory=list)
    capabilities: str = "IMAP4rev1 AUTH=PLAIN MOVE"
    #: At the so-many-th command of this name, the connection ends: before it is done, or after, without an answer.
    drop_at: tuple[str, int] = ("", 0)
    drop_after: bool = False
    #: Announced in front of every mail instead of its size.
    literal_size: int | None = None
    said: list[str] = field(default_factory=list)
    port: int = 0

    def put(self, *mails: bytes) -> None:
        for mail in mails:
            self.inbox[len(self.inbox) + len(self.done) + 7] = (mail, set())

    def do(self, command: str, words: str) -> bytes:
        """What a command answers before its OK."""
        if command == "SEARCH":
            unseen = "UNSEEN" in words
            uids = [uid for uid, (_, flags) in self.inbox.items() if not (unseen and r"\Seen" in flags)]
            return f"* SEARCH {' '.join(map(str, uids))}\r\n".encode()
        number = int(words.split(maxsplit=1)[0])
        if number not in self.inbox:
            return b""
        mail, flags = self.inbox[number]
        if command == "FETCH" and "RFC822.SIZE" in words:
            return f"* 1 FETCH (UID {number} RFC822.SIZE {len(mail)})\r\n".encode()
        if command == "FETCH":
            asked = re.search(r"<0\.(\d+)>", words)
            part, origin = (mail[: int(asked[1])], "<0>") if asked else (mail, "")
            size = len(part) if self.literal_size is None else self.literal_size
            return f"* 1 FETCH (UID {number} BODY[]{origin} {{{size}}}\r\n".encode() + part + b")\r\n"
        if command == "STORE":
            flags.add(words.partition("(")[2].rstrip(")"))
        elif command == "MOVE":
            self.done.append(self.inbox.pop(number)[0])
        return b""


@contextmanager
def imap_server(mailbox: Mailbox, context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Serve a mailbox while the block runs; its port is in the mailbox."""
    loop, ready, end = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await _talk(mailbox, reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
        mailbox.port = server.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
        loop.close()


async def _talk(mailbox: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"* OK a mailbox of a test\r\n")
    counts: dict[str, int] = {}
    while line := (await reader.readline()).decode():
        tag, _, rest = line.strip().partition(" ")
        command, _, words = rest.removeprefix("UID ").partition(" ")
        mailbox.said.append(rest)
        counts[command] = counts.get(command, 0) + 1
        is_dropped = mailbox.drop_at == (command, counts[command])
        if is_dropped and not mailbox.drop_after:
            return
        answer, verdict = b"", "OK done"
        if command == "CAPABILITY":
            answer = f"* CAPABILITY {mailbox.capabilities}\r\n".encode()
        elif command == "AUTHENTICATE":
            writer.write(b"+ \r\n")
            given = base64.b64decode(await reader.readline())
            verdict = "OK in" if given == f"\0{USER}\0{PASSWORD}".encode() else "NO wrong"
        elif command == "SELECT":
            answer = f"* {len(mailbox.inbox)} EXISTS\r\n".encode()
            verdict = "OK chosen" if words == '"INBOX"' else "NO no such folder"
        elif command == "LOGOUT":
            answer = b"* BYE\r\n"
        elif rest.startswith("UID "):
            answer = mailbox.do(command, words)
        else:
            verdict = "BAD unknown"
        if is_dropped:
            return
        writer.write(answer + f"{tag} {verdict}\r\n".encode())
        await writer.drain()
        if command == "LOGOUT":
            return
