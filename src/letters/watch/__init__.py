"""Watching: sources go in, new and changed episodes come out, stored.

``fetch -> parse -> changes -> store``; `poll` says who is due. One source's failure never stops the others.
"""

from typing import TYPE_CHECKING, Any

from letters.watch.values import WatchReport

if TYPE_CHECKING:
    from letters.watch.edge import watch

__all__ = ["WatchReport", "watch"]


def __getattr__(name: str) -> Any:
    # Not imported above: the processes that only read documents would start three times as slowly for it.
    if name == "watch":
        from letters.watch.edge import watch  # noqa: PLC0415

        return watch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
