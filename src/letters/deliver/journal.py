"""The journal of one owner: what was handed to the relay and what it said, on disk before the ledger knows.

One line before a message's content is handed over, one after the answer. A line is one write, which outlives a kill of the
process. A line names delivery and attempt, so lines of an earlier claim never speak for a later one. The first line names the
machine and its boot: after a power cut lines may be missing, and then no line proves nothing.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from letters.files import LineFile
from letters.model import DeliveryState

#: The line before a message's content goes out.
HANDED = "handed"
_VERSION = "letters-journal-1"
_WORDS = {HANDED, *(state.value for state in DeliveryState)}
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LINE = re.compile(r"^([a-z]+) (\d+) (\d+)(?: (.*))?\n", re.MULTILINE)
# A journal that has been folded into the ledger is begun anew when it has grown to this.
_FULL_BYTES = 1_000_000


class Mark(NamedTuple):
    """The newest line about one attempt."""

    word: str
    reason: str = ""


_HANDED = Mark(HANDED)


@dataclass(frozen=True, slots=True)
class Record:
    """A journal that was read."""

    marks: Mapping[tuple[int, int], Mark] = field(default_factory=dict)
    #: Whether the absence of a line proves that nothing was handed over.
    is_whole: bool = True


class Journal:
    """Writes an owner's journal, which nobody else writes to. Several threads may, each line whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: LineFile | None = None
        #: What the file says since it was folded last.
        self._marks: dict[tuple[int, int], Mark] = {}
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Make the file; it must exist before anything is claimed, for its absence means that it was lost."""
        self.close()
        self.path.unlink(missing_ok=True)
        self._append(_head())

    def handing_over(self, delivery_id: int, attempt: int) -> None:
        """Say that a message's content is about to go out. Raises OSError if that cannot be written: then it must not."""
        self._append(f"{HANDED} {delivery_id} {attempt}")
        self._marks[delivery_id, attempt] = _HANDED

    def answered(self, delivery_id: int, attempt: int, state: DeliveryState, reason: str) -> None:
        """Say how an attempt ended."""
        reason = reason.rstrip()
        self._append(
            f"{state} {delivery_id} {attempt} {reason}" if reason else f"{state} {delivery_id} {attempt}"
        )
        self._marks[delivery_id, attempt] = Mark(state, reason)

    def record(self) -> Record:
        """What a reader of the file would learn of the attempts that were not folded; its writer need not read it."""
        return Record(self._marks)

    def folded(self, attempts: Iterable[tuple[int, int]]) -> None:
        """What the file says of these attempts is in the ledger."""
        for one in attempts:
            self._marks.pop(one, None)

    @property
    def is_full(self) -> bool:
        """Whether the file is to be begun anew, which needs a moment at which nothing is under way."""
        return self._file is not None and self._file.size > _FULL_BYTES

    def begin_anew(self) -> None:
        """Nothing is under way, and all that the file says is in the ledger."""
        assert not self._marks, "what is under way is known from its lines only"
        self.begin()

    def close(self) -> None:
        """Keep the file for whoever settles what it tells of."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)

    def _append(self, line: str) -> None:
        with self._lock:
            if self._file is None:
                self._file = LineFile(self.path)
            append_line(self._file, line)


def append_line(file: LineFile, line: str) -> None:
    """Each line of a journal passes here."""
    file.append(line)


def read_journal(path: Path) -> Record:
    """What a journal says; not whole if it is lost, damaged, or older than the last boot of its machine."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Record(is_whole=False)
    return parse_journal(data, head=_head())


def parse_journal(data: bytes, *, head: str) -> Record:
    """What a journal's bytes say, read on a machine whose own journals begin with `head`.

    A torn line says nothing: content goes out only after its line was written whole.
    """
    first, line_end, rest = data.decode("utf-8", "replace").partition("\n")
    marks: dict[tuple[int, int], Mark] = {}
    # What follows the last line break is torn, or empty.
    for word, delivery_id, attempt, why in _LINE.findall(rest):
        if word in _WORDS:
            marks[int(delivery_id), int(attempt)] = Mark(word, why)
    return Record(marks, is_whole=bool(line_end) and _is_same_boot(first, head))


def _head() -> str:
    boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else "-"
    return f"{_VERSION} {socket.gethostname() or '-'} {boot}"


def _is_same_boot(found: str, ours: str) -> bool:
    try:
        version, node, boot = found.split(" ")
    except ValueError:
        return False
    _, our_node, our_boot = ours.split(" ")
    # Another machine's journal on a shared disk is as good as its disk; we cannot know its boots.
    return version == _VERSION and (node != our_node or boot == our_boot)
