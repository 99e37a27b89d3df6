"""What the store knows that pairing has to know, read at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from letters.model import Card, Episode
from letters.pair.decide import Thresholds
from letters.pair.inputs import Inputs
from letters.pair.values import CardToPair, EpisodeToPair
from letters.settings import Settings
from letters.store.answers import load_rejections
from letters.store.cards import load_cards
from letters.store.episodes import load_episodes
from letters.store.pairings import load_feed_titles
from letters.store.settled import load_settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All episodes and cards that may be paired, and what was said about them already."""

    episodes: Sequence[Episode]
    cards: Sequence[Card]
    #: Pairs that stay, by card id.
    settled: Mapping[str, str]
    #: Card and episode of each pair that must not be proposed.
    rejected: frozenset[tuple[str, str]]
    #: By source, all that its show is or was called.
    names: Mapping[str, tuple[str, ...]]
    thresholds: Thresholds

    def inputs(self) -> Inputs:
        """As far as pairing looks at it."""
        return Inputs(
            episodes=[
                EpisodeToPair.from_episode(one, self.names.get(one.source, ())) for one in self.episodes
            ],
            cards=[CardToPair.from_card(card) for card in self.cards],
            settled=self.settled,
            rejected=self.rejected,
            thresholds=self.thresholds,
        )


def read_known(c: Connection, settings: Settings) -> Known:
    """Read it; cards that are retired and episodes that are hidden are left out."""
    cards = [stored.card for stored in load_cards(c)]
    live = {card.id for card in cards}
    return Known(
        episodes=load_episodes(c),
        cards=cards,
        settled={card_id: one for card_id, one in load_settled(c).items() if card_id in live},
        rejected=load_rejected(c),
        names=_names(settings, load_feed_titles(c)),
        thresholds=Thresholds(paired_from=settings.pair.paired_from, review_from=settings.pair.review_from),
    )


def load_rejected(c: Connection) -> frozenset[tuple[str, str]]:
    """Card and episode of each rejection."""
    return frozenset((one.card_id, one.episode_id) for one in load_rejections(c))


def _names(settings: Settings, feed_titles: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    configured = {source.key: (source.show, *source.names) for source in settings.sources}
    keys = configured.keys() | feed_titles.keys()
    return {key: (*configured.get(key, ()), feed_titles.get(key, "")) for key in keys}
