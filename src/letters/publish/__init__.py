"""Publish: ready pairs in, the published tree out: RSS, Atom and JSON feeds, OPML and pages.

What comes in are the entries and public issues of the store. What goes out is on disk, in the workspace's tree; the store
learns which feeds exist, which entries joined them when, and since when readers see an entry as it is.
"""

from letters.publish.announcing import AnnounceReport, announce
from letters.publish.edge import PublishReport, publish

__all__ = ["AnnounceReport", "PublishReport", "announce", "publish"]
