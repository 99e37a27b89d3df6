"""Watching: sources go in, new and changed episodes come out, stored.

``fetch -> parse -> changes -> store``; `poll` says who is due. One source's failure never stops the others.
Beside that, `websub` says which subscriptions at hubs to have, and `keep_subscriptions` has them.
"""

from letters.watch.edge import watch
from letters.watch.subscriptions import SubscriptionsReport, keep_subscriptions
from letters.watch.values import WatchReport

__all__ = ["SubscriptionsReport", "WatchReport", "keep_subscriptions", "watch"]
