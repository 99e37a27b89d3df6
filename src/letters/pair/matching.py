"""The whole of pairing as one pure function: episodes and cards in, a decision about each card out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from letters.model import Decision, Evidence, Pairing, Progress
from letters.pair.coefficients import Coefficients, logit, shipped_coefficients
from letters.pair.decide import Decided, Thresholds, decide
from letters.pair.search import Search
from letters.pair.values import CardToPair, Consideration, EpisodeToPair

_NOTHING_SETTLED: Mapping[str, str] = {}
_NOTHING_REJECTED: frozenset[tuple[str, str]] = frozenset()
_NOTHING_SHOWN: Mapping[str, Collection[str]] = {}
_THRESHOLDS = Thresholds()
#: A smaller change of the logit is not worth a line of evidence.
_TELLING = 0.05


def match(
    episodes: Sequence[EpisodeToPair],
    cards: Sequence[CardToPair],
    *,
    many: bool = False,
    settled: Mapping[str, str] = _NOTHING_SETTLED,
    rejected: Collection[tuple[str, str]] = _NOTHING_REJECTED,
    thresholds: Thresholds = _THRESHOLDS,
    coefficients: Coefficients | None = None,
    progress: Progress | None = None,
) -> list[Pairing]:
    """Decide about each card that is not settled, in the order of `cards`.

    `settled` gives episodes by card id: pairs that stay as they are. Their cards and episodes are only read, to know what
    is rare and what is decoration, so that settling what was decided changes nothing about the rest. `rejected` gives pairs,
    card id and episode id, that are never proposed. With `many`, an episode may have several cards. `coefficients` are
    those that come with Letters, unless others are given. Ids must be unique.
    """
    coefficients = coefficients or shipped_coefficients()
    search = Search(
        episodes,
        cards,
        many=many,
        settled=settled,
        rejected=rejected,
        shown=_NOTHING_SHOWN,
        coefficients=coefficients,
    )
    decided = decide(search.candidates(progress), many=many, coefficients=coefficients, thresholds=thresholds)
    titles = {episode.id: episode.title for episode in episodes}
    open_ids = (card_id for card_id in search.order() if card_id not in settled)
    told = tell(open_ids, search, decided, titles)
    return [told[card.id] for card in cards if card.id in told]


def consider(
    episodes: Sequence[EpisodeToPair],
    cards: Sequence[CardToPair],
    *,
    of: Mapping[str, Collection[str]] | None = None,
    settled: Mapping[str, str] = _NOTHING_SETTLED,
    rejected: Collection[tuple[str, str]] = _NOTHING_REJECTED,
    thresholds: Thresholds = _THRESHOLDS,
    progress: Progress | None = None,
) -> list[Consideration]:
    """What `match` decides about some cards, with all their candidates; about those in review when `of` is None.

    `of` gives by card id the episodes that are shown in any case. Of its cards, episodes that others hold or that were
    rejected are shown too. None of these has a say in what is decided.
    """
    coefficients = shipped_coefficients()
    search = Search(
        episodes,
        cards,
        many=False,
        settled=settled,
        rejected=rejected,
        shown=of or _NOTHING_SHOWN,
        coefficients=coefficients,
    )
    decided = decide(
        search.candidates(progress), many=False, coefficients=coefficients, thresholds=thresholds
    )
    titles = {episode.id: episode.title for episode in episodes}
    wanted = [
        card_id for card_id in search.order() if card_id not in settled and (of is None or card_id in of)
    ]
    told = {
        card_id: Consideration(pairing, search.considered(card_id))
        for card_id, pairing in tell(wanted, search, decided, titles).items()
        if of is not None or pairing.decision is Decision.REVIEW
    }
    return [told[card.id] for card in cards if card.id in told]


def tell(
    card_ids: Iterable[str], search: Search, decided: Mapping[str, Decided], titles: Mapping[str, str]
) -> dict[str, Pairing]:
    """The decisions about some cards, with their reasons."""
    return {card_id: _pairing(card_id, search, decided.get(card_id), titles) for card_id in card_ids}


def _pairing(card_id: str, search: Search, decided: Decided | None, titles: Mapping[str, str]) -> Pairing:
    binding = search.binding(card_id)
    if binding and not binding.choice:
        return binding.pairing
    told = list(binding.pairing.evidence) if binding else []
    if decided is None or decided.best is None:
        told.append(
            Evidence(comparison="candidates", weight=0.0, words="no free episode is anything like it")
        )
        return Pairing(
            card_id=card_id,
            episode_id=None,
            decision=Decision.NONE,
            probability=0.0,
            evidence=tuple(told),
        )
    best = decided.best
    if decided.decision is Decision.NONE:
        words = f'the likeliest was "{titles[best.episode_id]}"'
        told.append(Evidence(comparison="candidates", weight=0.0, words=words))
    told += search.evidence(card_id, best.episode_id)
    told += _rivals(decided, titles)
    return Pairing(
        card_id=card_id,
        episode_id=None if decided.decision is Decision.NONE else best.episode_id,
        decision=decided.decision,
        probability=round(decided.probability, 4),
        evidence=tuple(told),
    )


def _rivals(decided: Decided, titles: Mapping[str, str]) -> list[Evidence]:
    """What the other candidates took from the best one, and what experience makes of the sum."""
    if decided.best is None:
        return []
    told = []
    lost = logit(decided.share) - decided.best.score
    if lost <= -_TELLING:
        if decided.contested or decided.next_best is None:
            hand = f" {decided.best.hand}" if decided.best.hand else ""
            words = f"another card{hand} fits the episode too"
        else:
            words = f'the next best is "{titles[decided.next_best.episode_id]}"'
        told.append(Evidence(comparison="rivals", weight=round(lost, 3), words=words))
    else:
        lost = 0.0
    corrected = logit(decided.probability) - decided.best.score - lost
    if abs(corrected) >= _TELLING:
        words = f"of sums like this one, {decided.probability:.0%} were right among the labelled cards"
        told.append(Evidence(comparison="experience", weight=round(corrected, 3), words=words))
    return told
