"""Watching: sources go in, new and changed episodes come out, stored.

``fetch -> parse -> changes -> store``; `poll` says who is due. One source's failure never stops the others.
Beside that, `websub` says which subscriptions at hubs to have, and `keep_subscriptions` has them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from letters.watch.values import WatchReport

if TYPE_CHECKING:
    from letters.watch.edge import watch
    from letters.watch.subscriptions import SubscriptionsReport, keep_subscriptions

__all__ = ["SubscriptionsReport", "WatchReport", "keep_subscriptions", "watch"]

_HOMES = {
    "watch": "letters.watch.edge",
    "keep_subscriptions": "letters.watch.subscriptions",
    "SubscriptionsReport": "letters.watch.subscriptions",
}


def __getattr__(name: str) -> Any:
    # Imported when first asked for: the processes that only read documents would start three times as slowly otherwise.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
