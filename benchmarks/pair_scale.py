"""How pairing's time and memory grow with the number of episodes and cards, beside rapidfuzz over all pairs.

    python benchmarks/pair_scale.py [--episodes 10000 50000 200000] [--beside 2000]
    python benchmarks/pair_scale.py --instant

Made-up shows of some hundred episodes each, and cards for half of the episodes: titles as the feed has them, retold titles
with a summary, numbers, parts, and cards whose episode is not there. Each size runs in a process of its own. Printed are
seconds of one core, the peak of memory, and what was decided, so that a fast answer that is wrong is seen. Then, on a size
where all pairs can be compared (``--beside`` episodes), rapidfuzz's ``extractOne`` over all titles beside ours, and its
``cdist`` where numpy is installed, which Letters does without. ``--instant`` is `pair_instant`: one new episode at a time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from rapidfuzz import fuzz, process

from letters.pair import CardToPair, EpisodeToPair, match

_DAY_ONE = date(2015, 1, 1)
#: Words of the made-up language: as many as a newspaper uses, the common ones far more often than the rare ones.
_WORDS = 60_000
_A_SHOW = 150
_LETTERS = "bcdfghjklmnprstvz"
_VOWELS = "aeiou"


@dataclass(frozen=True)
class Made:
    """Episodes, cards, and the episode of each card that has one."""

    episodes: list[EpisodeToPair]
    cards: list[CardToPair]
    truth: dict[str, str]


class Language:
    """Words by Zipf's law, as texts have them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._words = [self._word(rank) for rank in range(_WORDS)]
        self._shares = [1 / (rank + 3) for rank in range(_WORDS)]
        total, self._cumulated = 0.0, []
        for share in self._shares:
            total += share
            self._cumulated.append(total)

    def words(self, number: int) -> list[str]:
        return self._random.choices(self._words, cum_weights=self._cumulated, k=number)

    def rare(self, number: int) -> list[str]:
        """Words of which few texts have any, as names are."""
        return [self._words[self._random.randrange(3_000, _WORDS)] for _ in range(number)]

    def _word(self, rank: int) -> str:
        syllables = 1 if rank < 80 else 2 if rank < 4_000 else 3
        return "".join(self._random.choice(_LETTERS) + self._random.choice(_VOWELS) for _ in range(syllables))


def make(episodes: int, *, seed: int = 1) -> Made:
    """As many episodes, and cards for half of them; one card in five has no episode."""
    language, chance = Language(seed), random.Random(seed + 1)
    made = Made([], [], {})
    for number in range(episodes):
        show, place = divmod(number, _A_SHOW)
        name = f"The {' '.join(Language.words(language, 1) + language.rare(1)).title()} Hour {show}"
        if place == 0:
            shown = name
        guest = " ".join(language.rare(2)).title()
        subject = " ".join([*language.words(4), *language.rare(1)])
        text = " ".join(language.words(60) + language.rare(6))
        episode = EpisodeToPair(
            id=f"e{number}",
            show=f"s{show}",
            names=(shown,),
            title=f"#{place + 1} {guest}: {subject}" if show % 3 else f"{subject} | {shown}",
            published=_DAY_ONE + timedelta(days=7 * place),
            description=f"{guest} on {subject}. {text}.",
            number=place + 1,
        )
        made.episodes.append(episode)
        if number % 2:
            continue
        card = _card(number, episode, shown, guest, subject, text, language, chance)
        made.cards.append(card)
        if not card.id.startswith("none"):
            made.truth[card.id] = episode.id
    return made


def _card(
    number: int,
    episode: EpisodeToPair,
    show: str,
    guest: str,
    subject: str,
    text: str,
    language: Language,
    chance: random.Random,
) -> CardToPair:
    kind = chance.randrange(10)
    told = text.split()
    summary = " ".join([*language.words(25), *chance.sample(told, 18), guest])
    if kind < 2:
        other = " ".join([*language.words(4), *language.rare(2)])
        return CardToPair(
            id=f"none{number}", title=other, publisher=show, summary=" ".join(language.words(40))
        )
    if kind < 5:
        title = episode.title
    elif kind < 8:
        words = subject.split()
        title = " ".join([*language.words(3), *words[-2:], "with", guest])
    else:
        title = subject
    return CardToPair(id=f"c{number}", title=title, publisher=show, summary=summary)


def run(episodes: int) -> dict[str, float]:
    """One size, in this process."""
    made = make(episodes)
    before, start = getrusage(RUSAGE_SELF).ru_maxrss, time.process_time()
    pairings = match(made.episodes, made.cards)
    seconds = time.process_time() - start
    paired = [one for one in pairings if one.decision.value == "paired"]
    return {
        "episodes": episodes,
        "cards": len(made.cards),
        "seconds": seconds,
        "before": before / 1024,
        "peak": getrusage(RUSAGE_SELF).ru_maxrss / 1024,
        "paired": len(paired),
        "right": sum(made.truth.get(one.card_id) == one.episode_id for one in paired),
        "review": sum(one.decision.value == "review" for one in pairings),
        "with": len(made.truth),
    }


def beside(episodes: int) -> Iterator[tuple[str, float]]:
    """Seconds of CPU for all of it: ours, and each card's title beside every episode's."""
    made = make(episodes)
    titles, wanted = [one.title for one in made.episodes], [one.title for one in made.cards]
    works: dict[str, Callable[[], object]] = {
        "letters, all of it": lambda: match(made.episodes, made.cards),
        "rapidfuzz extractOne, token_set_ratio": lambda: [
            process.extractOne(one, titles, scorer=fuzz.token_set_ratio) for one in wanted
        ],
    }
    if importlib.util.find_spec("numpy"):
        works["rapidfuzz cdist, token_set_ratio"] = lambda: process.cdist(
            wanted, titles, scorer=fuzz.token_set_ratio, workers=1
        )
    for name, work in works.items():
        start = time.process_time()
        work()
        yield name, time.process_time() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--episodes", type=int, nargs="*", default=[10_000, 50_000, 200_000])
    parser.add_argument("--beside", type=int, default=2_000)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument(
        "--instant", action="store_true", help="one new episode against 100,000 waiting cards"
    )
    asked = parser.parse_args()
    if asked.instant:
        instant = Path(__file__).with_name("pair_instant.py")
        return subprocess.run([sys.executable, instant], check=False).returncode
    if asked.one:
        print(json.dumps(run(asked.one)))
        return 0
    print(
        f"{'episodes':>9}{'cards':>9}{'CPU s':>9}{'ms/card':>9}{'peak MB':>9}{'paired':>9}{'right':>9}{'review':>8}"
    )
    for episodes in asked.episodes:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(episodes)], check=True, stdout=subprocess.PIPE, text=True
        )
        one = json.loads(done.stdout)
        print(
            f"{one['episodes']:>9,}{one['cards']:>9,}{one['seconds']:>9.1f}{1000 * one['seconds'] / one['cards']:>9.2f}"
            f"{one['peak']:>9,.0f}{one['paired']:>9,}{one['right']:>9,}{one['review']:>8,}",
            flush=True,
        )
    if asked.beside:
        print(f"\nAll pairs of {asked.beside:,} episodes and {asked.beside // 2:,} cards, CPU seconds:")
        for name, seconds in beside(asked.beside):
            print(f"  {name:45}{seconds:8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
