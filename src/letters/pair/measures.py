"""The measures by which a card and an episode are compared: what each means, and which way it may count.

A measure that speaks for a pair can only ever raise its probability, one that speaks against can only lower it, whatever the
labelled cards say: on few shows, accidents would otherwise be learned as rules. `expected` is what the weight is taken to be
before any card is looked at, so that what the labelled cards hardly show (contradictions are rare) keeps its say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

#: A comparison's measures by name, and what they say in words: few of those that are measured are ever told.
Measured = tuple[dict[str, float], Callable[[], str]]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is known of a measure before it is fitted."""

    means: str
    counts: Literal["for", "against", "either"] = "for"
    expected: float = 0.0


MEASURES: Mapping[str, Measure] = {
    "beforehand": Measure("how seldom a candidate is the right one", "against"),
    "show: known": Measure("the card's show is known, and the episode is of it", expected=1.0),
    # titles
    "title: equal": Measure("equal without decoration"),
    "title: equal alone": Measure(
        "and nothing contradicts, while it does for all other episodes that have it"
    ),
    "title: nearly equal": Measure("long, and equal but for slips of the pen"),
    "title: cut off": Measure("one is marked as cut off, and the other begins with it"),
    "title: letters": Measure("likeness of their runs of three letters, 0 to 1"),
    "title: rarest word": Measure("how rare the rarest word is that both have"),
    "title: card's words missing": Measure(
        "how rare those of the card's words are that the episode's lacks", "against"
    ),
    "title: piece of another": Measure(
        "a piece of the card's title is one of another episode's", "against", -3.0
    ),
    "figures: same": Measure("the titles share a word with digits"),
    "figures: other": Measure("each title has words with digits that the other lacks", "against", -1.0),
    # summary and description; that one is known and says nothing of the other counts against
    "text: summary": Measure("the card has a summary", "against"),
    "text: description": Measure("the episode has a description", "against"),
    "text: both": Measure("both are known", "against"),
    "text: likeness": Measure("cosine of title and text with title and text, by rarity, 0 to 1"),
    "text: shared": Measure("share of the shorter text's words, by rarity, that the other has"),
    "text: shared words": Measure("how rare the words are that both texts have"),
    "text: title told": Measure("share of the episode's title, by rarity, that card and summary tell"),
    "text: title told words": Measure(
        "how rare the words of the episode's title are that card and summary tell"
    ),
    "text: title's subject": Measure(
        "how rare, and how often told, the word of the episode's title is that the card tells most"
    ),
    "names: episode's missing": Measure(
        "names in the episode's title of which the card says nothing", "against"
    ),
    "names: card's missing": Measure("names in the card's title that are not in the episode's", "against"),
    # what tells siblings apart
    "number: same": Measure("both have the same episode number"),
    "number: other": Measure("they have different episode numbers", "against", -6.0),
    "number: only card": Measure("only the card has a number", "against", -2.0),
    "number: only episode": Measure("only the episode has a number", "against"),
    "part: other": Measure("they are different parts", "against", -6.0),
    "part: one side": Measure("only one of them is a part", "against", -2.5),
    "year: other": Measure("the titles name different years", "against", -3.0),
    "kind: one side": Measure("only one is a trailer, a clip, a re-run or the like", "against", -2.5),
    # time
    "date: same": Measure("the card's day is the episode's"),
    "date: weeks apart": Measure("between four days and six weeks apart", "against"),
    "date: months apart": Measure("further apart", "against"),
    "language: other": Measure("the titles are in different languages, which share hardly a word", "either"),
}
