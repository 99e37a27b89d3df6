"""A pair that an operator confirmed takes what is its own: the episode, and an entry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from letters.model import Decision, Evidence, Pairing
from letters.store.pairings import take_pairing
from letters.store.settled import settle

_CONFIRMED = Evidence(comparison="operator", weight=0.0, words="an operator confirmed this pair")


def hold(c: Connection, card_id: str, episode_id: str, *, now: datetime) -> str | None:
    """Make a confirmed pair paired, and ready; returns the id of the card that let the episode go, if one did.

    Nothing is changed where it is so already.
    """
    loser = settle(c, card_id, episode_id, at=now)
    pairing = Pairing(
        card_id=card_id,
        episode_id=episode_id,
        decision=Decision.PAIRED,
        probability=1.0,
        evidence=(_CONFIRMED,),
    )
    take_pairing(c, pairing, at=now)
    return loser
