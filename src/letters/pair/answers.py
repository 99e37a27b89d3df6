"""What an operator says about pairs: together, not together, and taken back. Each is one transaction, recorded in a journal.

A pair that is confirmed is paired and ready at that moment. Feeds, pages and issues follow at the next pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from letters.errors import UsageError
from letters.pair.holding import hold
from letters.store import Store
from letters.store.answers import (
    Answer,
    Said,
    Standing,
    add_rejection,
    find_confirmation,
    issues_of,
    mark_undone,
    newest_answer,
    record_answer,
    set_confirmation,
    standing_of,
)
from letters.store.cards import StoredCard, find_card
from letters.store.issues import load_issue
from letters.store.listing import ListedEpisode, find_episode
from letters.store.pairings import delete_pairings, find_pairings, lock_pairs
from letters.store.settled import load_unheld, withdraw_entry
from letters.store.taking_back import restore_entries, restore_pairings, restore_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an answer did."""

    #: As the journal has it now; None when all was so already.
    answer: Answer | None
    card_title: str
    #: What it means, in sentences without a full stop.
    told: tuple[str, ...] = ()


def confirm(store: Store, card_id: str, episode_id: str, *, actor: str, now: datetime) -> Answered:
    """Say that a card and an episode belong together. Nothing automatic moves the pair from then on.

    A card that was published with another episode keeps its entry, with its id and address. An automatic pair that has the
    episode lets it go. Saying it again changes nothing. Raises `UsageError` if the card or the episode is not there, or if
    the episode is confirmed for another card.
    """
    with store.write() as c:
        lock_pairs(c)
        card, episode = _live_card(c, card_id), _visible_episode(c, episode_id)
        known = find_confirmation(c, card_id=card_id)
        if known is not None and known.episode_id == episode_id:
            hold(c, card_id, episode_id, now=now)
            told = f"it was confirmed already, by {known.actor}"
            return Answered(answer=None, card_title=card.card.title, told=(told,))
        told_of_other = _check_confirmed_for_nobody(c, episode, card_id)
        before = standing_of(c, card_id, [episode_id])
        said = Said(card_id=card_id, episode_id=episode_id, actor=actor, at=now)
        set_confirmation(c, said)
        loser = hold(c, card_id, episode_id, now=now)
        answer = record_answer(c, "confirm", card_id, [episode_id], actor=actor, at=now, before=before)
        told = _what_becomes_of_it(before, card_id, episode_id)
        lost = [f'the card "{_title_of(c, loser)}" lets the episode go'] if loser else []
    return Answered(
        answer=answer, card_title=card.card.title, told=(f'"{episode.title}": {told}', *lost, *told_of_other)
    )


def reject(store: Store, card_id: str, episode_ids: Sequence[str], *, actor: str, now: datetime) -> Answered:
    """Say that a card belongs to none of these episodes. They are never proposed for it again; others are.

    What the card held of them is let go: its confirmation, and its entry, which is retired where readers saw it. Saying it
    again changes nothing. Raises `UsageError` if the card or an episode is not known.
    """
    with store.write() as c:
        lock_pairs(c)
        card = _known_card(c, card_id)
        titles = {one: _known_episode(c, one).title for one in episode_ids}
        before = standing_of(c, card_id, episode_ids)
        new = [
            one
            for one in dict.fromkeys(episode_ids)
            if add_rejection(c, Said(card_id=card_id, episode_id=one, actor=actor, at=now))
        ]
        if not new:
            return Answered(answer=None, card_title=card.card.title, told=("it was rejected already",))
        held = next((one for one in before.entries if one.card_id == card_id), None)
        told = [f'not "{titles[one]}"' for one in new]
        if held is not None and held.episode_id in new:
            withdraw_entry(c, card_id, at=now)
            told.append("its entry is withdrawn")
        if any(one.pairing.episode_id in new for one in find_pairings(c, card_id)):
            delete_pairings(c, [card_id])
        answer = record_answer(c, "reject", card_id, new, actor=actor, at=now, before=before)
    return Answered(answer=answer, card_title=card.card.title, told=tuple(told))


def undo(store: Store, *, actor: str, now: datetime) -> Answered | None:
    """Take back the newest answer that stands, of whoever gave it; None when none is left.

    Confirmations and rejections are as they were before it. Entries are too, as far as nobody else has their episodes since.
    Raises `UsageError` when the card is in an issue since the answer: what was mailed cannot be taken back.
    """
    with store.write() as c:
        lock_pairs(c)
        answer = newest_answer(c)
        if answer is None:
            return None
        card = _known_card(c, answer.card_id)
        _check_not_mailed(c, answer, card)
        restore_words(c, answer)
        given_back = restore_entries(c, answer, at=now)
        restore_pairings(c, answer, given_back=given_back)
        spoken = {one.card_id: one.episode_id for one in answer.before.confirmations}
        for card_id, episode_id in load_unheld(c).items():
            if spoken.get(card_id) == episode_id:
                hold(c, card_id, episode_id, now=now)
        mark_undone(c, answer.id, actor=actor, at=now)
    return Answered(answer=answer, card_title=card.card.title)


def _what_becomes_of_it(before: Standing, card_id: str, episode_id: str) -> str:
    held = next((one for one in before.entries if one.card_id == card_id), None)
    if held is None:
        return "it is ready, and in the feeds with the next pass"
    if held.episode_id == episode_id:
        return "it was paired so, and is final now"
    return "its entry keeps its address, and has this episode now"


def _check_not_mailed(c: Connection, answer: Answer, card: StoredCard) -> None:
    since = [one for one in issues_of(c, answer.card_id) if one not in answer.before.issue_ids]
    if not since:
        return
    names = ", ".join(issue.name for issue in (load_issue(c, one) for one in since) if issue)
    raise UsageError(
        f'card "{card.card.title}": the answer "{answer.action}" cannot be taken back, for the card is in {names} since; '
        f'say what is right now with "letters pair confirm" or "letters pair reject"'
    )


def _check_confirmed_for_nobody(c: Connection, episode: ListedEpisode, card_id: str) -> list[str]:
    """Raises `UsageError` if another card that is there has the episode by confirmation; tells of one that is away."""
    other = find_confirmation(c, episode_id=episode.id)
    if other is None or other.card_id == card_id:
        return []
    card = _known_card(c, other.card_id)
    if card.retired_at is None:
        raise UsageError(
            f'episode "{episode.title}" is confirmed for the card "{card.card.title}"; '
            f'take that back first with "letters pair reject {card.card.address} {episode.id[:8]}"'
        )
    return [f'the retired card "{card.card.title}" loses its confirmation']


def _known_card(c: Connection, card_id: str) -> StoredCard:
    card = find_card(c, card_id)
    if card is None:
        raise UsageError(f'card "{card_id}" is not known; "letters cards list" names all')
    return card


def _live_card(c: Connection, card_id: str) -> StoredCard:
    card = _known_card(c, card_id)
    if card.retired_at is not None:
        raise UsageError(
            f'card "{card.card.title}" is retired, for its file is gone from cards/; put the file back first'
        )
    return card


def _known_episode(c: Connection, episode_id: str) -> ListedEpisode:
    episode = find_episode(c, episode_id)
    if episode is None:
        raise UsageError(f'episode "{episode_id}" is not known; "letters episodes list" names the newest')
    return episode


def _visible_episode(c: Connection, episode_id: str) -> ListedEpisode:
    episode = _known_episode(c, episode_id)
    if episode.removed_at is not None:
        how, verb = f"was removed by {episode.removed_by}", "restore"
    elif episode.quarantined_at is not None:
        how, verb = "is in quarantine", "release"
    else:
        return episode
    raise UsageError(
        f'episode "{episode.title}" {how}; bring it back first with "letters episodes {verb} {episode.id[:8]}"'
    )


def _title_of(c: Connection, card_id: str) -> str:
    card = find_card(c, card_id)
    return card.card.title if card else card_id
