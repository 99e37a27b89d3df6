"""Which entries an issue takes, and which of them a reader's choice leaves. Pure.

"An issue takes every pair that was ready before its occurrence, fits the edition's filters, and was in no earlier issue
of that edition" (design, What goes where). It is never a window over dates of episodes, which loses what comes late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from letters.model import Choice, Edition, Entry
from letters.text import count_words


class Objection(StrEnum):
    """Why an issue does not take an entry, in words."""

    LATER = "was ready after the issue's hour; the next issue takes it"
    BEFORE = "was ready before the edition began to look"
    USED = "was in an earlier issue of this edition"
    OLD = "its episode was older than news_within when the pair was ready; it is published, not mailed"
    NO_CARD = "is an episode without a card, and the edition does not list them (uncarded = false)"
    TOPIC = "is on none of the edition's topics"
    AUDIENCE = "is for none of the edition's audiences"


def select(
    entries: Iterable[Entry],
    edition: Edition,
    *,
    ready_from: datetime,
    ready_before: datetime,
    used: Collection[str] = (),
    news_within: timedelta,
) -> list[Entry]:
    """The entries that the issue takes, in the order given."""
    return [
        entry
        for entry in entries
        if objection(
            entry,
            edition,
            ready_from=ready_from,
            ready_before=ready_before,
            used=used,
            news_within=news_within,
        )
        is None
    ]


def objection(
    entry: Entry,
    edition: Edition,
    *,
    ready_from: datetime,
    ready_before: datetime,
    used: Collection[str] = (),
    news_within: timedelta,
) -> Objection | None:
    """Why the issue does not take an entry; None when it does. Of several reasons the one that no setting mends."""
    reasons = (
        (Objection.USED, entry.id in used),
        (Objection.BEFORE, entry.ready_at < ready_from),
        (Objection.OLD, not is_news(entry, news_within)),
        (Objection.NO_CARD, entry.card is None and not edition.uncarded),
        # An episode without a card has no topics and no audiences, so it fits only an edition that asks for none.
        (Objection.TOPIC, not Choice(topics=frozenset(edition.topics)).lets_in(entry)),
        (Objection.AUDIENCE, not Choice(audiences=frozenset(edition.audiences)).lets_in(entry)),
        (Objection.LATER, entry.ready_at >= ready_before),
    )
    return next((reason for reason, holds in reasons if holds), None)


def is_news(entry: Entry, news_within: timedelta) -> bool:
    """Whether the episode was still young when its pair was ready: older ones are published, not mailed."""
    return entry.published >= entry.ready_at - news_within


def narrow(entries: Iterable[Entry], choice: Choice) -> list[Entry]:
    """What a reader's own choice leaves of an issue; an empty choice leaves everything."""
    return [entry for entry in entries if choice.lets_in(entry)]


def too_few(entries: Sequence[Entry], edition: Edition, *, waited: int) -> str:
    """Why the issue is put off, in words; empty when it is not.

    Cards count, episodes without one do not. `waited` is through how many occurrences the entry that is ready the longest
    was put off already: nothing waits for ever, least of all in the quiet months for which editions set `min_cards`.
    """
    if not entries or waited >= edition.min_cards_wait:
        return ""
    cards = sum(entry.card is not None for entry in entries)
    if cards >= edition.min_cards:
        return ""
    held = f"only {count_words(cards, 'card')}" if cards else "no card"
    return f"{held}, and min_cards is {edition.min_cards}; what there is goes into the next issue"
