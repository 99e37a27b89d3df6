"""The outbox: each message as a file instead of over a wire."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from letters.deliver.batch import Batch
from letters.files import replace_file
from letters.model import DeliveryState
from letters.store.subscribers import email_key

_UNSAFE = re.compile(r"[^a-z0-9@.+_-]")
_LONGEST = 120


class Outbox:
    """Writes each message to a file of a folder.

    Files are named by recipient and replaced whole, so a second run of the same issue leaves the same folder. They hold the very
    bytes a relay would get, with CRLF.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, batch: Batch) -> None:
        """Write what the batch gives."""
        while (message := batch.next()) is not None:
            batch.handing_over(message)
            path = self.folder / file_name(message.claim.email)
            replace_file(path, message.content)
            batch.answer(message, DeliveryState.SENT, f"written to {path.name}")

    def close(self) -> None:
        pass


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
