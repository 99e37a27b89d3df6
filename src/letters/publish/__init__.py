"""Publish: ready pairs in, the published tree out: RSS, Atom and JSON feeds, OPML and pages.

What comes in are the entries and public issues of the store. What goes out is on disk, in the workspace's tree; the store
learns which feeds exist, which entries joined them when, and since when readers see an entry as it is. Before that,
`complete_enclosures` asks servers for what publishers left out of their media files. Private feeds are no part of the tree: a
`PrivatePress` makes their documents when a reader asks for one.
"""

from letters.publish.addresses import FORMATS
from letters.publish.announcing import AnnounceReport, announce
from letters.publish.asking import EnclosuresReport, complete_enclosures
from letters.publish.edge import PublishReport, publish
from letters.publish.private import PrivatePress, SharedDocument

__all__ = [
    "FORMATS",
    "AnnounceReport",
    "EnclosuresReport",
    "PrivatePress",
    "PublishReport",
    "SharedDocument",
    "announce",
    "complete_enclosures",
    "publish",
]
