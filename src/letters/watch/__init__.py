"""Watching: sources go in, new and changed episodes come out, stored.

``fetch -> parse -> changes -> store``; `poll` says who is due. One source's failure never stops the others.
"""

from letters.watch.edge import watch
from letters.watch.values import WatchReport

__all__ = ["WatchReport", "watch"]
