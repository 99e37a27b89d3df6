"""Processes of this program that work for another one of its: between them is a socket, and nothing else is shared."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from multiprocessing.connection import Connection


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start(module: str) -> tuple[subprocess.Popen[bytes], Connection]:
    """Run a module of ours, ``python -m MODULE FILE_DESCRIPTOR``; gives the process and our end of the socket that it is handed.

    What is sent over the socket is pickled: both ends are this program, and only they hold it. It comes to its end when either of them dies.
    Raises OSError.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", module, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            # Ctrl-C goes to every process of the terminal's group, and ours are told by us.
            process_group=0,
        )
        return process, Connection(ours.detach())
