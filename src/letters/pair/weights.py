"""How much each measure counts, and where decisions are cut: the only numbers that were chosen on data.

The weights are logits. They were fitted on 22 November 2026 to 1,579 cards and 2,475 episodes of 37 shows, by maximum
likelihood of the right episode (or none) among each card's candidates with an L2 penalty of 1, then rounded. A number, part or year that
contradicts was too rare there to be learned fully, and was made heavier by hand: it outweighs equal titles (decision 051).
"""

from __future__ import annotations

from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {
    "beforehand": -4.6,
    "show: same": 1.0,
    # titles
    "title equal": 1.1,
    "title equal: alone": 1.2,
    "title alike": 1.3,
    "title cut off": 1.7,
    "title cut off: long": 0.5,
    "title nearly equal": 1.3,
    "title inside": 0.8,
    "shared words": 0.9,
    "card's words": 1.7,
    "episode's words": 0.2,
    "rare words": 1.1,
    # summary and description; that one is known and says nothing of the other counts against
    "text: known": -0.8,
    "text: shared": 4.8,
    "text: summary known": -0.7,
    "text: episode's title": 5.7,
    "text: description known": -1.4,
    "text: card's title": 1.7,
    # what tells siblings apart
    "number: same": 1.6,
    "number: other": -4.0,
    "number: only card": -1.9,
    "number: only episode": -0.7,
    "part: same": 0.5,
    "part: other": -4.5,
    "part: one side": -2.2,
    "year: same": 0.7,
    "year: other": -1.5,
    "kind: same": 0.3,
    "kind: one side": -0.3,
    "series: same": 0.3,
    "series: other": -0.3,
    # time
    "date: same": 4.5,
    "date: a day apart": 0.0,
    "date: days apart": -0.2,
    "date: weeks apart": -1.4,
    "date: months apart": -1.6,
    # A translated title shares hardly a word: that is then no sign against.
    "language: other": 2.9,
}

#: From this probability on, a card is paired without anybody looking.
PAIRED_FROM = 0.9
#: A person is asked when it is this probable that one of the candidates is right,
REVIEW_FROM = 0.35
#: and the best of them is at least this probable.
REVIEW_BEST_FROM = 0.15
