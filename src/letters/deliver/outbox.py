"""The outbox: each message as a file instead of over a wire."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from letters.deliver.batch import Batch, Outgoing
from letters.files import replace_file
from letters.model import DeliveryState
from letters.store.subscribers import email_key

_UNSAFE = re.compile(r"[^a-z0-9@.+_-]")
_LONGEST = 120
_AT_ONCE = 8


class Outbox:
    """Writes each message to a file of a folder.

    Files are named by recipient and replaced whole, so a second run of the same issue leaves the same folder. They hold the very
    bytes a relay would get, with CRLF.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, batch: Batch) -> None:
        """Write what the batch gives."""
        # Files are synced, and disks sync several at once as fast as one.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while messages := list(islice(iter(batch.next, None), _AT_ONCE)):
                for message in messages:
                    batch.handing_over(message)
                for message, path in zip(messages, pool.map(self._write, messages), strict=True):
                    batch.answer(message, DeliveryState.SENT, f"written to {path.name}")

    def _write(self, message: Outgoing) -> Path:
        path = self.folder / file_name(message.claim.email)
        replace_file(path, message.content)
        return path


def file_name(email: str) -> str:
    """A recipient's file name: readable, safe on any file system, and one for each address.

    What is not safe becomes "_", and a digest then keeps such names apart from each other; it follows a "~", which no safe
    name holds.
    """
    key = email_key(email)
    safe = _UNSAFE.sub("_", key).lstrip(".-")[:_LONGEST]
    if safe != key:
        safe += f"~{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    return f"{safe}.eml"
