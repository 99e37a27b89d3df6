"""SIGTERM is taken as Ctrl-C is: what is under way comes to its end, and nothing is left unknown that need not be."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def stopping_gently() -> Iterator[Callable[[], signal.Signals]]:
    """In the block SIGTERM interrupts the main thread; gives a function that says which signal an interrupt was.

    It is raised again as SIGINT, which an event loop knows how to take. A command that has a way of its own with signals, as ``letters run``
    has, installs it within the block. Elsewhere than in the main thread, and where somebody else takes SIGTERM, nothing changes.
    """
    came = signal.SIGINT
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not is_ours:
        yield lambda: came
        return

    def interrupt(*_: object) -> None:
        nonlocal came
        came = signal.SIGTERM
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, interrupt)
    interrupts = signal.getsignal(signal.SIGINT)
    # A shell starts what runs in the background with SIGINT ignored; then Ctrl-C does not reach us anyway.
    if interrupts is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, interrupts)
