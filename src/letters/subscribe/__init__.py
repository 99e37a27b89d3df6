"""Subscribing: people come by import or by confirming, choose, and leave.

In come CSV files and what readers do on the pages behind their mails' links; out go stored subscribers, and reports by line. Nobody
who left comes back by an import, and whoever leaves gets no mail that was still waiting.
"""

from letters.subscribe.exporting import export_csv
from letters.subscribe.importing import ImportReport, import_csv
from letters.subscribe.preferences import (
    Preferences,
    confirm,
    read_preferences,
    unsubscribe,
    update_preferences,
)
from letters.subscribe.private_feeds import (
    has_private_feed,
    make_private_feed,
    replace_private_feed,
    stop_private_feed,
)

__all__ = [
    "ImportReport",
    "Preferences",
    "confirm",
    "export_csv",
    "has_private_feed",
    "import_csv",
    "make_private_feed",
    "read_preferences",
    "replace_private_feed",
    "stop_private_feed",
    "unsubscribe",
    "update_preferences",
]
