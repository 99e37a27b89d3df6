"""Labels: of a card, which episode it was written about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a card."""

    #: The card's id.
    id: str
    #: Ids of the episodes that are right; empty when there is none.
    right: frozenset[str]
    #: The show it is of, where the label says so.
    show: str = ""


def read_label(row: Mapping[str, Any]) -> Label:
    """Raises ValueError that says which field is not as it should be."""
    card_id, episode_id = row.get("card_id"), row.get("episode_id")
    also, show = row.get("also_right") or [], row.get("show") or ""
    if not isinstance(card_id, str) or not card_id:
        raise ValueError(f'"card_id" is {card_id!r}, wanted a text')
    if episode_id is not None and not isinstance(episode_id, str):
        raise ValueError(f'"episode_id" is {episode_id!r}, wanted a text or null')
    if not isinstance(also, list) or not all(isinstance(one, str) for one in also):
        raise ValueError(f'"also_right" is {also!r}, wanted a list of texts')
    if not isinstance(show, str):
        raise ValueError(f'"show" is {show!r}, wanted a text')
    return Label(card_id, frozenset(one for one in (episode_id, *also) if one), show)
