"""Mails from a folder of an IMAP server, each marked or moved once what it says is committed (RFC 3501, RFC 6851)."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from letters.errors import LettersError, Problem
from letters.returns.edge import ReturnsReport, take_mail
from letters.returns.mime import SIZE_LIMIT_BYTES
from letters.settings import Settings
from letters.settings.types import ImapSettings
from letters.store import Store

#: Of one run; the others wait for the next.
MOST_MAILS = 1_000
# Besides a mail, the server says little.
_LARGEST_LITERAL_BYTES = SIZE_LIMIT_BYTES + 10_000
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,20})")
_BODY = re.compile(rb"BODY\[\]")


class ImapError(LettersError):
    """The server refused, broke off, or does not speak IMAP; what was taken in before stays taken in."""


def take_imap(
    store: Store, settings: Settings, *, now: datetime, report: ReturnsReport | None = None
) -> ReturnsReport:
    """Take in what is new in the folder of ``[returns.imap]``.

    Nothing is deleted: a mail is marked as seen, or moved to the folder `done`. Killed or cut off before that, it is read again and found
    to have been told before. A server that fails is a problem in the report.
    """
    report = report or ReturnsReport()
    imap = settings.returns.imap
    password = settings.secrets.imap_password
    try:
        with _opened(imap, password.get_secret_value() if password else "") as folder:
            for uid in folder.new():
                content = folder.read(uid)
                if content is None:
                    continue
                take_mail(
                    store, settings, content, where=f"{imap.folder}, mail {uid}", now=now, report=report
                )
                folder.put_away(uid)
        report.problems += folder.notices
    except (ImapError, imaplib.IMAP4.error, OSError) as error:
        what = str(error) or type(error).__name__
        report.problems.append(
            Problem(where="config/letters.toml", what=f"[returns.imap] {imap.host}:{imap.port}: {what}")
        )
    return report


@contextmanager
def _opened(imap: ImapSettings, password: str) -> Iterator[_Folder]:
    client = _connect(imap)
    try:
        _log_in(client, imap.username, password)
        yield _Folder(client, imap)
        with suppress(imaplib.IMAP4.error, OSError):
            client.logout()
    finally:
        with suppress(OSError):
            client.shutdown()


class _Bounded:
    """Refuses a literal that is larger than anything that was asked for: imaplib would put all of it into memory."""

    def read(self, size: int) -> bytes:
        if size > _LARGEST_LITERAL_BYTES:
            raise ImapError(f"the server sends {size:,} bytes at once, which nobody asked for")
        return super().read(size)  # type: ignore[misc,no-any-return]


class _Plain(_Bounded, imaplib.IMAP4):
    pass


class _Tls(_Bounded, imaplib.IMAP4_SSL):
    pass


def _connect(imap: ImapSettings) -> imaplib.IMAP4:
    seconds = imap.timeout.total_seconds()
    if imap.tls == "none":
        return _Plain(imap.host, imap.port, seconds)
    verified = ssl.create_default_context(cafile=imap.ca_file or None)
    if imap.tls == "tls":
        return _Tls(imap.host, imap.port, ssl_context=verified, timeout=seconds)
    client = _Plain(imap.host, imap.port, seconds)
    try:
        client.starttls(verified)
    except BaseException:
        client.shutdown()
        raise
    return client


def _log_in(client: imaplib.IMAP4, username: str, password: str) -> None:
    try:
        if "AUTH=PLAIN" in client.capabilities:
            # RFC 4616; unlike LOGIN it takes more than ASCII.
            client.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())
        else:
            client.login(username, password)
    except UnicodeError:
        raise ImapError("the server takes names and passwords in ASCII only") from None
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise ImapError(
            f'"{username}" cannot log in: {error}; check username and LETTERS_IMAP_PASSWORD'
        ) from error


class _Folder:
    def __init__(self, client: imaplib.IMAP4, imap: ImapSettings) -> None:
        self._client = client
        self._done = imap.done
        self.notices: list[Problem] = []
        said, data = client.select(_quoted(imap.folder))
        if said != "OK":
            raise ImapError(f'there is no folder "{imap.folder}": {_words(data)}')
        if self._done and "MOVE" not in client.capabilities:
            self._done = ""
            what = "the server cannot move mails (RFC 6851); they are marked as seen instead"
            self.notices.append(Problem(where="[returns.imap] done", what=what, is_notice=True))

    def new(self) -> list[str]:
        # What is moved away when it is done can be read by a person before; without that, seen is done.
        asked = "UNDELETED" if self._done else "UNSEEN UNDELETED"
        found = b" ".join(one for one in self._ask("SEARCH", *asked.split()) if isinstance(one, bytes))
        uids = [uid.decode() for uid in found.split() if uid.isdigit()]
        if len(uids) > MOST_MAILS:
            what = f"{len(uids) - MOST_MAILS:,} mails wait for the next run; one takes {MOST_MAILS:,}"
            self.notices.append(Problem(where="[returns.imap]", what=what, is_notice=True))
        return uids[:MOST_MAILS]

    def read(self, uid: str) -> bytes | None:
        """The mail, its beginning if it is large; None when somebody else took it away."""
        sizes = [_SIZE.search(line) for line in _lines(self._ask("FETCH", uid, "(RFC822.SIZE)"))]
        size = next((int(one[1]) for one in sizes if one), None)
        if size is None:
            return None
        part = "" if size <= SIZE_LIMIT_BYTES else f"<0.{SIZE_LIMIT_BYTES}>"
        for one in self._ask("FETCH", uid, f"(BODY.PEEK[]{part})"):
            if isinstance(one, tuple) and _BODY.search(one[0]):
                content: bytes = one[1]
                return content[:SIZE_LIMIT_BYTES]
        return None

    def put_away(self, uid: str) -> None:
        self._ask("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
        if self._done:
            self._ask("MOVE", uid, _quoted(self._done))

    def _ask(self, command: str, *words: str) -> Sequence[Any]:
        said, data = self._client.uid(command, *words)
        if said != "OK":
            hint = f'; is there a folder "{self._done}"?' if command == "MOVE" else ""
            raise ImapError(f"the server refused {command}: {_words(data)}{hint}")
        return data or ()


def _lines(data: Sequence[Any]) -> Iterator[bytes]:
    for one in data:
        if isinstance(one, tuple):
            yield one[0]
        elif isinstance(one, bytes):
            yield one


def _words(data: Sequence[Any]) -> str:
    return b" ".join(_lines(data)).decode("utf-8", "replace")[:300]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
