"""A reader's own feed: made, given another address, stopped; each as often as it is asked for.

Whoever replaces or stops says which address they mean, by its serial: a form that is sent twice, or found again a day later in a
browser's history, does nothing to the address that came after.
"""

from __future__ import annotations

from datetime import datetime

from letters.model import SubscriberStatus
from letters.store import Store
from letters.store.private_feeds import (
    add_private_feed,
    delete_private_feed,
    find_private_feed,
    make_serial,
    replace_serial,
)
from letters.store.subscribers import find_by_uid


def has_private_feed(store: Store, uid: str) -> bool:
    with store.read() as c:
        return find_private_feed(c, uid) is not None


def make_private_feed(store: Store, uid: str, *, now: datetime) -> bool:
    """Give the reader a feed, unless they have one; whether they have one now.

    Somebody who has not confirmed gets none, for we do not know yet whose choices these are. Who left all newsletters may have
    one: nothing is sent for it.
    """
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is None:
            return False
        if find_private_feed(c, uid) is not None:
            return True
        if reader.status is SubscriberStatus.PENDING:
            return False
        add_private_feed(c, reader.id, make_serial(), now=now)
    return True


def replace_private_feed(store: Store, uid: str, serial: str, *, now: datetime) -> None:
    """Give the feed a new address; the one of this serial stops at once."""
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is not None:
            replace_serial(c, reader.id, serial, make_serial(), now=now)


def stop_private_feed(store: Store, uid: str, serial: str) -> None:
    """End the feed at the address of this serial."""
    with store.write() as c:
        reader = find_by_uid(c, uid)
        if reader is not None:
            delete_private_feed(c, reader.id, serial)
