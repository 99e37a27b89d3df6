"""The garbage collector, while something makes many objects that live to its end."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: So many new objects are looked through together; what is looked at, or sent, makes some hundred.
_YOUNG_OBJECTS = 100_000

_lock = threading.Lock()
_usual: tuple[int, int, int] = gc.get_threshold()
_inside = 0


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Let the garbage collector leave alone what is there already, and look for garbage a little later.

    Each full collection would walk the whole program, which takes a tenth to a third of the time of a pass. Several threads may be
    inside; the last to leave puts things back.
    """
    global _inside, _usual  # noqa: PLW0603 - the collector is one for the whole program
    with _lock:
        _inside += 1
        if _inside == 1:
            _usual = gc.get_threshold()
            gc.freeze()
            gc.set_threshold(_YOUNG_OBJECTS, *_usual[1:])
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                gc.set_threshold(*_usual)
                gc.unfreeze()
