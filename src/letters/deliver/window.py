"""How long an issue may be under way; pure (R46)."""

from __future__ import annotations

from datetime import datetime

from letters.calendar import recipient_due
from letters.model import Edition, Occurrence

#: UTC-12, where a date's hour comes last.
_LATEST_ZONE = "Etc/GMT+12"


def window_end(edition: Edition, occurrence: Occurrence) -> datetime:
    """The moment after which nothing of the issue is sent any more: the edition's window after the last reader's hour."""
    return recipient_due(edition, occurrence, _LATEST_ZONE) + edition.window
