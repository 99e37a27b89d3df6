"""What Letters remembers: SQLAlchemy tables on SQLite or PostgreSQL, one module of queries per noun.

In come values of `letters.model`, out come values of `letters.model`. A query function takes the connection of a
transaction that the caller opened with `Store.read` or `Store.write`, so that the caller decides what belongs together.
"""

from letters.store.engine import Store, StoreOutdatedError

__all__ = ["Store", "StoreOutdatedError"]
