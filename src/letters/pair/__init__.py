"""Pairing: which card was written about which episode.

In come episodes and cards (`EpisodeToPair`, `CardToPair`), out comes a `letters.model.Pairing` for each card, with a
probability, the evidence in words, and a decision: paired, review or none. `match` thinks, `pair` applies it to the store,
`pair_files` to files of JSON Lines. `review_queue` gives what a person is asked, `confirm`, `reject` and `undo` take the
answers; `explain` and `verdict` say why a card is paired as it is.
"""

from letters.pair.answers import Answered, confirm, reject, undo
from letters.pair.explain import Candidate, Explanation, explain
from letters.pair.lookup import find_named_card, find_named_episode
from letters.pair.matching import match
from letters.pair.review import Proposal, Question, review_queue
from letters.pair.rows import pair_files
from letters.pair.run import pair
from letters.pair.standing import Standing
from letters.pair.values import CardToPair, EpisodeToPair, PairReport
from letters.pair.verdict import verdict

__all__ = [
    "Answered",
    "Candidate",
    "CardToPair",
    "EpisodeToPair",
    "Explanation",
    "PairReport",
    "Proposal",
    "Question",
    "Standing",
    "confirm",
    "explain",
    "find_named_card",
    "find_named_episode",
    "match",
    "pair",
    "pair_files",
    "reject",
    "review_queue",
    "undo",
    "verdict",
]
