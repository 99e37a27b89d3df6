"""In which languages a text may be written, told by its script and its smallest words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from letters.pair.wording import SPACELESS_RUN, word_set

#: Small words of languages that titles come in, as `fold` leaves them, without those that are also English words or
#: parts of names. Not a guess at all languages: a text that has none of
#: these words may be in any.
_SMALL_WORDS = {
    "en": word_set(
        "the of and to in for is how why what with on are from that this your you it at by an be we who will when"
    ),
    "nl": word_set("de het een van en dat voor niet zijn hoe wat waarom naar uit zich nog je wie bij"),
    "de": word_set("der die das und ein eine einen von mit fur nicht ist wie warum im dem zu auf wer uber"),
    "fr": word_set("le la les des du de et une pour avec est dans qui que sur pas comment pourquoi aux"),
    "es": word_set("el la los las de del una para con es en que como lo por"),
    "it": word_set("il lo la gli le di del della una con che non nel alla sono perche"),
    "pt": word_set("de da dos das uma para por com que nao como em"),
}
#: A script without spaces is a language of its own here.
SPACELESS = "spaceless"


def languages(words: Iterable[str]) -> frozenset[str]:
    """The languages whose small words the text has most of; empty when it has none."""
    counts: Counter[str] = Counter()
    for word in words:
        if SPACELESS_RUN.match(word):
            return frozenset({SPACELESS})
        for language, small in _SMALL_WORDS.items():
            counts[language] += word in small
    most = max(counts.values(), default=0)
    return frozenset(language for language, count in counts.items() if count == most and most)
