"""Which cards matter most: the lead, and who keeps detail when space is short. Pure, and stated in one place."""

from __future__ import annotations

from collections.abc import Iterable

from letters.model import Entry


def rank(entries: Iterable[Entry]) -> list[Entry]:
    """The entries, the most important first: those with a card, and of these the newest episode.

    Ids settle what is left, so that the same entries always come in the same order.
    """
    return sorted(entries, key=lambda entry: (entry.card is None, -entry.published.timestamp(), entry.id))
