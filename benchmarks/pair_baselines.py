"""What `benchmarks/pair.py` measures Letters against, each in the plainest form that does it justice."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from rapidfuzz import fuzz

from pair_figures import Answer, Material, figures

Best = Mapping[str, tuple[str | None, float]]


def baselines(material: Material) -> dict[str, dict[str, Answer]]:
    token_set = nearest(material, fuzz.token_set_ratio)
    cosine = nearest_by_letters(material)
    return {
        "exact normalised title": exact(material),
        **best_cut("token_set_ratio in the show", material, token_set, [one * 2 for one in range(30, 51)]),
        **best_cut(
            "TF-IDF of letters, cosine, over all", material, cosine, [one / 50 for one in range(10, 50)]
        ),
    }


def exact(material: Material) -> dict[str, Answer]:
    """The one episode with the same title, without case and punctuation."""
    by_title: dict[str, list[str]] = defaultdict(list)
    for episode in material.episodes:
        by_title[plain(episode["title"])].append(episode["episode_id"])
    found = {}
    for card in material.cards:
        same = by_title.get(plain(card["title"]), [])
        found[card["card_id"]] = Answer(same[0], "paired") if len(same) == 1 else Answer(None, "none")
    return found


def best_cut(
    name: str, material: Material, best: Best, cuts: Sequence[float]
) -> dict[str, dict[str, Answer]]:
    """The most similar episode, from the cut on that gives the best F1 on these very cards."""

    def cut_at(cut: float) -> dict[str, Answer]:
        return {
            card: Answer(episode, "paired") if likeness >= cut else Answer(None, "none")
            for card, (episode, likeness) in best.items()
        }

    cut = max(cuts, key=lambda cut: figures(material, cut_at(cut)).f1)
    return {f"{name} >= {cut:g}": cut_at(cut)}


def nearest(material: Material, ratio: Callable[[str, str], float]) -> Best:
    """The most similar title of the card's show; of all where no show has the publisher's name."""
    by_show: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for episode in material.episodes:
        by_show[show_key(episode["show"])].append((episode["episode_id"], plain(episode["title"])))
    everything = [one for some in by_show.values() for one in some]
    found = {}
    for card in material.cards:
        title = plain(card["title"])
        among = by_show.get(show_key(card["publisher"]), everything)
        rated = ((episode_id, ratio(title, other)) for episode_id, other in among)
        found[card["card_id"]] = max(rated, key=lambda pair: pair[1], default=(None, 0.0))
    return found


def nearest_by_letters(material: Material) -> Best:
    """The episode of any show whose title has the most similar runs of two to four letters, the rare ones counting more."""
    titles = [letters(plain(episode["title"])) for episode in material.episodes]
    having = Counter(run for title in titles for run in title)
    rarity = {run: math.log((1 + len(titles)) / (1 + count)) + 1 for run, count in having.items()}
    by_run: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, title in enumerate(titles):
        for run, weight in unit(title, rarity):
            by_run[run].append((place, weight))
    found: dict[str, tuple[str | None, float]] = {}
    for card in material.cards:
        scores: dict[int, float] = defaultdict(float)
        for run, weight in unit(letters(plain(card["title"])), rarity):
            for place, other in by_run[run]:
                scores[place] += weight * other
        place = max(scores, key=lambda at: (scores[at], -at), default=None)
        found[card["card_id"]] = (
            (None, 0.0) if place is None else (material.episodes[place]["episode_id"], scores[place])
        )
    return found


def letters(title: str) -> Counter[str]:
    spaced = f" {title} "
    return Counter(spaced[at : at + length] for length in (2, 3, 4) for at in range(len(spaced) - length + 1))


def unit(title: Counter[str], rarity: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    weights = {run: count * rarity[run] for run, count in title.items() if run in rarity}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return ((run, weight / length) for run, weight in weights.items())


def plain(text: str) -> str:
    return " ".join("".join(one if one.isalnum() else " " for one in text.casefold()).split())


def show_key(name: str) -> str:
    return "".join(word for word in plain(name).split() if word not in {"the", "podcast", "show", "video"})
