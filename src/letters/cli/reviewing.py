"""A review as it goes on: which card is asked about, which candidate is shown, and what each key does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from letters.errors import UsageError
from letters.pair import Answered, Proposal, Question, confirm, reject, undo
from letters.store import Store

ACCEPT, NEXT, NONE_OF_THESE, SKIP, UNDO, QUIT = "a", "n", "x", "s", "u", "q"
#: Key and what it does, in the order in which they are offered.
KEYS = (
    (ACCEPT, "accept"),
    (NEXT, "next candidate"),
    (NONE_OF_THESE, "none of these"),
    (SKIP, "skip"),
    (UNDO, "undo"),
    (QUIT, "quit"),
)


@dataclass
class Review:
    """The questions, and how far a person has come with them. Each answer is in the store before the next is asked for."""

    store: Store
    questions: Sequence[Question]
    actor: str
    now: Callable[[], datetime]
    place: int = 0
    #: Which candidate of the card is shown, from 0.
    shown: int = 0
    #: What the last key did, to be told above the next question.
    told: str = ""
    answered: int = 0
    skipped: int = 0
    stopped: bool = False
    #: Episodes that were given to a card in this review.
    _given: dict[str, str] = field(default_factory=dict)

    @property
    def question(self) -> Question | None:
        """What is asked now; None at the end."""
        return self.questions[self.place] if not self.stopped and self.place < len(self.questions) else None

    @property
    def is_over(self) -> bool:
        """Whether no key is waited for: after the last answer that may be undone, one more is."""
        return self.stopped or (self.question is None and not self.answered)

    @property
    def proposals(self) -> list[Proposal]:
        """The candidates of the card that no other card was given meanwhile."""
        if self.question is None:
            return []
        card_id = self.question.card.id
        return [one for one in self.question.proposals if self._given.get(one.episode.id, card_id) == card_id]

    def press(self, key: str) -> None:
        """Do what a key says; another key does nothing but to be told."""
        if self.question is None and key.lower() != UNDO:
            self.stop()
            return
        acts = {
            ACCEPT: self._accept,
            NEXT: self._look_on,
            NONE_OF_THESE: self._reject,
            SKIP: self._skip,
            UNDO: self._undo,
            QUIT: self.stop,
        }
        act = acts.get(key.lower())
        if act is None:
            self.told = "No such key."
            return
        self.told = ""
        try:
            act()
        except UsageError as error:
            # Somebody else changed it meanwhile, or it was mailed: told, and asked on.
            self.told = f"{str(error)[:1].upper()}{str(error)[1:]}."
        self._pass_over_what_is_gone()

    def stop(self) -> None:
        self.stopped = True

    def _accept(self) -> None:
        proposal, question = self.proposals[self.shown], self.questions[self.place]
        done = confirm(self.store, question.card.id, proposal.episode.id, actor=self.actor, now=self.now())
        self._given[proposal.episode.id] = question.card.id
        self._count(done, f'Accepted: "{question.card.title}" with "{proposal.episode.title}".')

    def _look_on(self) -> None:
        count = len(self.proposals)
        self.shown = (self.shown + 1) % count
        if count == 1:
            self.told = "This is the only candidate."

    def _reject(self) -> None:
        question = self.questions[self.place]
        ids = [one.episode.id for one in self.proposals]
        done = reject(self.store, question.card.id, ids, actor=self.actor, now=self.now())
        self._count(
            done, f'None of these {len(ids)}: "{question.card.title}".' if len(ids) > 1 else "Not this one."
        )

    def _count(self, done: Answered, told: str) -> None:
        self.answered += done.answer is not None
        self.told = told
        self._go_on()

    def _skip(self) -> None:
        self.skipped += 1
        self._go_on()

    def _undo(self) -> None:
        done = undo(self.store, actor=self.actor, now=self.now())
        if done is None or done.answer is None:
            self.told = "No answer is left to take back."
            return
        answer = done.answer
        self.told = f'Taken back: "{done.card_title}".'
        for episode_id in answer.episode_ids:
            self._given.pop(episode_id, None)
        place = next((at for at, one in enumerate(self.questions) if one.card.id == answer.card_id), None)
        if place is None:
            self.told += " It was answered before this review, and is decided anew at the next pass."
            return
        self.answered = max(0, self.answered - 1)
        self.place, self.shown = place, 0

    def _go_on(self) -> None:
        self.place, self.shown = self.place + 1, 0

    def _pass_over_what_is_gone(self) -> None:
        while self.question is not None and not self.proposals:
            self.told += (
                f' "{self.question.card.title}" has no candidate left, and is decided anew at the next pass.'
            )
            self._go_on()
        self.shown = min(self.shown, max(0, len(self.proposals) - 1))
