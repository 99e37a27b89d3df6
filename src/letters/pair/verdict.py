"""A decision about a card in sentences: what it is, who or what made it, and what would change it."""

from __future__ import annotations

from letters.model import Decision, Pairing
from letters.pair.explain import Explanation
from letters.store.answers import Said
from letters.store.settled import EntryOfCard
from letters.text import date_words


def verdict(about: Explanation, *, language: str = "en") -> list[str]:
    """The decision, then what else is to be known about it; sentences without a full stop."""
    if about.retired_at is not None:
        gone = date_words(about.retired_at, language=language)
        return [f"Retired on {gone}, for its file is gone from cards/", *_of_waiting(about, language)]
    if about.confirmed is not None and not about.is_hidden:
        return [
            f"Paired with {_words_of(about, about.confirmed, language)}",
            "Nothing automatic changes this",
        ]
    if about.entry is not None and about.entry.episode_id is not None:
        return [*_of_entry(about, about.entry, language), *_of_waiting(about, language)]
    told = _of_thought(about, about.thought) if about.thought is not None else []
    if about.decided is None and about.thought is not None and about.thought.decision is not Decision.PAIRED:
        told.append("That is as of now; the next pass decides")
    return [*told, *_of_waiting(about, language)]


def _of_entry(about: Explanation, entry: EntryOfCard, language: str) -> list[str]:
    ready = date_words(entry.ready_at, language=language)
    sure = f" at {about.decided.pairing.probability:.2f}" if about.decided else ""
    fate = (
        "It was published, so only an operator changes it"
        if entry.is_published
        else "It was not published yet, so a pass may still decide otherwise"
    )
    return [f"Paired with {_title(about, entry.episode_id)} automatically{sure}, ready on {ready}", fate]


def _of_waiting(about: Explanation, language: str) -> list[str]:
    """A confirmation that does not count now, for its card or its episode is away."""
    if about.confirmed is None:
        return []
    pair = _words_of(about, about.confirmed, language)
    if about.retired_at is not None:
        return [f"When the file comes back, the card is paired again with {pair}"]
    return [f"Its episode is kept from readers; when it comes back, the card is paired again with {pair}"]


def _of_thought(about: Explanation, thought: Pairing) -> list[str]:
    if thought.decision is Decision.PAIRED:
        return [f"The next pass pairs it with {_title(about, thought.episode_id)}"]
    if thought.decision is Decision.REVIEW:
        return [
            f"For review: the likeliest is {_title(about, thought.episode_id)} at {thought.probability:.2f}",
            f"Pairs are made without asking from {about.thresholds.paired_from:.2f} on; ask with: letters pair review",
        ]
    waits = [one.words for one in thought.evidence if one.words.startswith("waits for")]
    free = [one for one in about.candidates if not one.rejected and not one.held_by]
    if waits:
        return [f"Without an episode: it {waits[0]}"]
    if not free:
        return ["Without an episode: no free one is anything like it"]
    asked = f"A person is asked from {about.thresholds.review_from:.2f} on"
    likeliest = f'"{free[0].episode.title}" at {free[0].probability:.2f}'
    return [f"Without an episode: the likeliest is {likeliest}", asked]


def _words_of(about: Explanation, said: Said, language: str) -> str:
    day = date_words(said.at, language=language)
    return f"{_title(about, said.episode_id)}, confirmed by {said.actor} on {day}"


def _title(about: Explanation, episode_id: str | None) -> str:
    return f'"{about.titles.get(episode_id or "", episode_id)}"'
