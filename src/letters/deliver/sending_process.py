"""A process that sends an issue beside others, for `letters.deliver.colleagues`.

Started by `letters.processes.start`. Over its socket comes an errand, and at last the word to stop, or the end; back go numbers of messages
that came to an end, and what it did.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection

from letters.deliver.answers import one_line
from letters.deliver.colleagues import Done, Errand
from letters.deliver.edge import Deliverer, ticking
from letters.garbage import rarely_collected
from letters.store import Store
from letters.store.issues import load_issue

_TELL_EVERY_SECONDS = 0.2


class Teller:
    """Tells how many messages came to an end since it told last."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._done = self._told = 0
        self._told_at = time.monotonic()

    def __call__(self, done: int, _total: int) -> None:
        self._done = done
        if time.monotonic() - self._told_at >= _TELL_EVERY_SECONDS:
            self.tell()

    def tell(self) -> None:
        """Tell of those that were not told yet."""
        # Nobody to tell it to means that we are to stop, which is heard elsewhere.
        with suppress(OSError):
            self._connection.send(self._done - self._told)
        self._told, self._told_at = self._done, time.monotonic()


def send_issue(errand: Errand, connection: Connection, stop: threading.Event) -> Done:
    """Deliver what is due of the errand's issue until none is left, or until `stop` is set."""
    store = Store(errand.store_url)
    teller = Teller(connection)
    deliverer = Deliverer(
        store=store,
        settings=errand.settings,
        workspace=errand.workspace,
        now=errand.now,
        clock=ticking(errand.at),
        stop=stop,
        progress=teller,
    )
    try:
        with store.read() as c:
            issue = load_issue(c, errand.issue_id)
        with rarely_collected():
            stopped = deliverer.assist(issue) if issue is not None else None
    except Exception as error:  # noqa: BLE001 - told by who started us; what we held is settled as a dead one's
        return Done(deliverer.tally, failure=f"{type(error).__name__}: {one_line(str(error))}")
    finally:
        teller.tell()
        store.close()
    return Done(deliverer.tally, stopped)


def listen(connection: Connection, stop: threading.Event) -> None:
    """Wait for the word to stop, or for the death of who started us."""
    with suppress(EOFError, OSError):
        connection.recv()
    stop.set()


def main(descriptor: int) -> None:
    """Do the errand that comes over the socket, and say at last what it came to."""
    stop = threading.Event()
    # A service manager that stops us means each of our processes.
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with Connection(descriptor) as connection, suppress(EOFError):
        errand: Errand = connection.recv()
        threading.Thread(target=listen, args=(connection, stop), daemon=True).start()
        done = send_issue(errand, connection, stop)
        with suppress(OSError):
            connection.send(done)


if __name__ == "__main__":
    main(int(sys.argv[1]))
