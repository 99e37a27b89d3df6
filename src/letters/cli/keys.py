"""Keys as they are pressed, one at a time and without Enter."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

#: What a key gives when the terminal is closed, or Ctrl-D is pressed.
END = ""
_CTRL_D = "\x04"
_ESCAPE = "\x1b"
#: The rest of an arrow key's sequence comes at once, in seconds.
_SEQUENCE = 0.02
_LAST_OF_SEQUENCE = ("@", "~")


class Keyboard:
    """The terminal behind standard input, while it gives each key at once and shows none."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def forget(self) -> None:
        """Throw away what was typed so far: it was meant for something else than what is shown next."""
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def read(self) -> str:
        """Wait for a key; `END` when no more will come. Arrows and the like are passed over."""
        while True:
            key = os.read(self._descriptor, 1).decode(errors="ignore")
            if key in {END, _CTRL_D}:
                return END
            if key != _ESCAPE:
                return key
            self._pass_over()

    def _pass_over(self) -> None:
        """Read the rest of a key's sequence (ECMA-48, 5.4), or nothing when Escape was pressed alone."""
        first = self._at_once()
        if first == "[":
            while (byte := self._at_once()) and not _LAST_OF_SEQUENCE[0] <= byte <= _LAST_OF_SEQUENCE[1]:
                pass
        elif first == "O":
            self._at_once()

    def _at_once(self) -> str:
        if not select.select([self._descriptor], [], [], _SEQUENCE)[0]:
            return ""
        return os.read(self._descriptor, 1).decode(errors="ignore")


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Take standard input, which must be a terminal, key by key; it is as before at the end, however that comes."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    # Ctrl-C still interrupts, and output is still translated.
    tty.setcbreak(descriptor)
    try:
        yield Keyboard(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
