"""A process that reads documents for `letters.watch.readers`, so that one that takes too long can be ended.

Started by `letters.processes.start`; jobs come over its socket, and results go back.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from multiprocessing.connection import Connection

from letters.errors import UnreadableFeedError
from letters.watch.parse import parse_feed
from letters.watch.values import ReadingBroke, ReadingJob, ReadingResult

#: Of address space: twice what feedparser needs for the worst document of 20 MB that is one.
_MEMORY_BYTES = 1_000_000_000


def read(job: ReadingJob) -> ReadingResult:
    """What a document holds, or why it cannot be read; never an exception."""
    try:
        parsed = parse_feed(
            job.body,
            url=job.url,
            content_type=job.content_type,
            source=job.source,
            now=job.now,
            known=job.known,
        )
    except UnreadableFeedError as error:
        return error
    except MemoryError:
        return UnreadableFeedError("too large or too entangled to be read in the memory there is")
    except Exception as error:  # noqa: BLE001 - a surprise in one document is told and never stops the others
        return ReadingBroke(f"{type(error).__name__}: {str(error)[:200]}")
    assert parsed is not None, "only a quick reading may decline"
    return parsed


def main(descriptor: int) -> None:
    """Read what is sent until the other end closes."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with Connection(descriptor) as connection, contextlib.suppress(EOFError, OSError):
        while True:
            connection.send(read(connection.recv()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
