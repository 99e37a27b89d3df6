"""Learning the coefficients from labelled cards; how they come out on shows that took no part is measured, not assumed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from letters.errors import Problem, UsageError
from letters.files import replace_file
from letters.model import Progress
from letters.pair.candidates import Library
from letters.pair.coefficients import Coefficients, Trust, logit, write_coefficients
from letters.pair.comparisons import measure
from letters.pair.hands import find_hand
from letters.pair.labels import Label, read_label
from letters.pair.measures import MEASURES, Measure
from letters.pair.regression import Case, Option, Prior, fit_choices
from letters.pair.rows import read_rows
from letters.pair.sharing import Candidate, Field
from letters.pair.values import CardToPair, EpisodeToPair

#: How firmly a weight is held near what is expected of it; so chosen by cross-validation over shows (decision 051).
_FIRMNESS = 0.4
#: How seldom a candidate is right is known from many, and is not to be held back.
_FIRMNESS_BEFOREHAND = 0.05
#: A show with so many times the cards of another counts that to this power more: one show's ways must not become the rule.
_SHOW_POWER = 0.6
#: Among shows split in so many parts, each part is judged by what the others taught, to see how far sums are to be trusted.
_PARTS = 5
#: Fewer cards teach nothing but themselves.
_LEAST_CARDS = 50
_NAMES = tuple(MEASURES)
_PLACES = {name: at for at, name in enumerate(_NAMES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCard:
    """A card of which it is known what it was written about, with the candidates it was compared with."""

    card_id: str
    show: str
    label: Label
    #: By episode, the measures that are not zero.
    candidates: Mapping[str, Mapping[str, float]]
    #: Whose hand it is by, as far as its form tells.
    hand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitReport:
    """What was fitted, and on what."""

    coefficients: Coefficients
    #: Cards that have an episode, and of those the ones that were compared with it.
    with_episode: int
    compared: int
    problems: tuple[Problem, ...] = ()


def fit_files(
    episodes: Path, cards: Path, truth: Path, out: Path, *, today: date, progress: Progress | None = None
) -> FitReport:
    """Learn the coefficients from files of JSON Lines, and write them to `out` (`letters.pair.coefficients`).

    `truth` has one object per card: ``{"card_id", "episode_id" (or null), "also_right" (other right ids), "show"}``. Lines that
    cannot be read, and cards without a label, are left out and told. Raises `UsageError` when a file cannot be opened or
    too little is left.
    """
    problems: list[Problem] = []
    read_episodes = read_rows(episodes, EpisodeToPair.from_row, problems)
    read_cards = read_rows(cards, CardToPair.from_row, problems)
    labels = {label.id: label for label in read_rows(truth, read_label, problems)}
    unlabelled = [card.id for card in read_cards if card.id not in labels]
    if unlabelled:
        what = f'{len(unlabelled)} cards have no label, the first is "{unlabelled[0]}"'
        problems.append(Problem(where=str(truth), what=what, remedy="they were left out"))
    labelled = compare_labelled(read_episodes, read_cards, labels, progress=progress)
    if len(labelled) < _LEAST_CARDS:
        raise UsageError(
            f'"{truth}" labels {len(labelled)} of the cards, wanted at least {_LEAST_CARDS}; add labelled cards'
        )
    coefficients = fit(labelled, episodes=len(read_episodes), today=today)
    try:
        replace_file(out, write_coefficients(coefficients))
    except OSError as error:
        raise UsageError(
            f'"{out}" cannot be written: {error.strerror}; name a file in a folder that exists'
        ) from error
    having = [one for one in labelled if one.label.right]
    return FitReport(
        coefficients=coefficients,
        with_episode=len(having),
        compared=sum(not one.label.right.isdisjoint(one.candidates) for one in having),
        problems=tuple(problems),
    )


def compare_labelled(
    episodes: Sequence[EpisodeToPair],
    cards: Sequence[CardToPair],
    labels: Mapping[str, Label],
    *,
    progress: Progress | None = None,
) -> list[LabelledCard]:
    """The labelled cards with their candidates' measures, in the order of their ids."""
    shows = {episode.id: episode.show for episode in episodes}
    library = Library(episodes)
    found = []
    read = library.read_cards(sorted(cards, key=lambda card: card.id))
    for done, (card, shows_of_card) in enumerate(read, start=1):
        label = labels.get(card.card.id)
        if label is not None:
            shelf = library.shelf(shows_of_card)
            right_shows = sorted(shows[one] for one in label.right if one in shows)
            measured = {one.episode.id: measure(card, one, shelf) for one in shelf.closest(card)}
            show = label.show or (right_shows[0] if right_shows else card.card.publisher)
            found.append(
                LabelledCard(
                    card_id=card.card.id,
                    show=show,
                    label=label,
                    candidates=measured,
                    hand=find_hand(card, shelf),
                )
            )
        if progress and (done % 100 == 0 or done == len(read)):
            progress(done, len(read))
    return sorted(found, key=lambda one: one.card_id)


def fit(cards: Sequence[LabelledCard], *, episodes: int, today: date) -> Coefficients:
    """The coefficients under which the labels are likeliest. How far sums are to be trusted is seen on shows held back."""
    weights = _fit_weights(cards, None)
    # Each card is judged by weights that no card of its show had a part in.
    scored: list[Candidate] = []
    for part in split_shows(cards, _PARTS):
        others = _fit_weights([one for one in cards if one.show not in part], weights)
        scored += [one for card in cards if card.show in part for one in _score(card, others)]
    right = {card.card_id: card.label.right for card in cards}
    single = _one_card_each(cards)
    return Coefficients(
        fitted=today,
        cards=len(cards),
        episodes=episodes,
        shows=len({card.show for card in cards}),
        weights={name: round(weight, 3) + 0.0 for name, weight in zip(_NAMES, weights, strict=True)},
        one_to_one=_fit_trust([one for one in scored if one.card_id in single], right, many=False),
        many=_fit_trust(scored, right, many=True),
    )


def split_shows(cards: Iterable[LabelledCard], parts: int, *, turn: int = 0) -> list[frozenset[str]]:
    """The shows in parts with about as many cards each; `turn` gives other splits of the same kind."""
    counts = Counter(card.show for card in cards)
    ordered = sorted(counts, key=lambda show: (-counts[show], show))
    if turn:
        # Neighbours in size change places.
        ordered.sort(key=lambda show: (-round(math.log2(counts[show]) + turn / 2), _number_of(show, turn)))
    found: list[set[str]] = [set() for _ in range(parts)]
    sizes = [0] * parts
    for show in ordered:
        at = sizes.index(min(sizes))
        found[at].add(show)
        sizes[at] += counts[show]
    return [frozenset(one) for one in found if one]


def _number_of(show: str, turn: int) -> int:
    """A number that differs between shows and turns, and is the same in each run."""
    number = turn
    for character in show:
        number = (number * 1_000_003 + ord(character)) % 2_147_483_647
    return number


def _fit_weights(cards: Sequence[LabelledCard], start: Sequence[float] | None) -> list[float]:
    counts = Counter(card.show for card in cards)
    shares = {show: count ** (_SHOW_POWER - 1) for show, count in counts.items()}
    usual = sum(shares[card.show] for card in cards) / max(1, len(cards))
    cases = [
        Case(
            [
                Option(
                    [(_PLACES[name], value) for name, value in measures.items()],
                    episode_id in card.label.right,
                )
                for episode_id, measures in card.candidates.items()
            ],
            shares[card.show] / usual,
        )
        for card in cards
    ]
    return fit_choices(cases, [_prior(name, one) for name, one in MEASURES.items()], start)


def _prior(name: str, one: Measure) -> Prior:
    return Prior(
        expected=one.expected,
        firmness=_FIRMNESS_BEFOREHAND if name == "beforehand" else _FIRMNESS,
        least=0.0 if one.counts == "for" else -math.inf,
        most=0.0 if one.counts == "against" else math.inf,
    )


def _score(card: LabelledCard, weights: Sequence[float]) -> list[Candidate]:
    return [
        Candidate(
            card.card_id,
            episode_id,
            math.fsum(weights[_PLACES[name]] * value for name, value in measures.items()),
            hand=card.hand,
        )
        for episode_id, measures in card.candidates.items()
    ]


def _one_card_each(cards: Sequence[LabelledCard]) -> frozenset[str]:
    """Ids of cards such that no episode has two of them: those that have no episode, and of the others the first."""
    first = {min(card.label.right): card.card_id for card in reversed(cards) if card.label.right}
    return frozenset(first.values()) | {card.card_id for card in cards if not card.label.right}


def _fit_trust(scored: Sequence[Candidate], right: Mapping[str, frozenset[str]], *, many: bool) -> Trust:
    """The line that turns the logit of a best candidate's share into that of how often such ones were right."""
    field = Field(scored, many=many)
    cases = []
    for card_id in field.cards():
        best = field.best(card_id)
        if best is not None:
            measures = [(0, 1.0), (1, logit(field.share(best)))]
            cases.append(Case([Option(measures, best.episode_id in right[card_id])]))
    base, slope = fit_choices(cases, [Prior(firmness=0.01), Prior(expected=1.0, least=0.1)])
    return Trust(round(base, 3), round(slope, 3))
