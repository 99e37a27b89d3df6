"""Pairing: which card was written about which episode.

In come episodes and cards (`EpisodeToPair`, `CardToPair`), out comes a `letters.model.Pairing` for each card, with a
probability, the evidence in words, and a decision: paired, review or none. `match` thinks, `pair` applies it to the store,
`pair_files` to files of JSON Lines.
"""

from letters.pair.answers import Answered, confirm, reject, undo
from letters.pair.matching import match
from letters.pair.rows import pair_files
from letters.pair.run import pair
from letters.pair.values import CardToPair, EpisodeToPair, PairReport

__all__ = [
    "Answered",
    "CardToPair",
    "EpisodeToPair",
    "PairReport",
    "confirm",
    "match",
    "pair",
    "pair_files",
    "reject",
    "undo",
]
