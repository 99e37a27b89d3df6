"""Where composing reads and writes: what is due is composed, rendered, and stored in one transaction.

The renderings of choices are stored after it, some at a time: an issue needs them only when its audience is frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from letters.compose.due import Missed, find_due, find_next
from letters.compose.explain import Explanation, explain_issue
from letters.compose.issue import Press
from letters.compose.past import (
    Past,
    begin_past,
    count_waited,
    imagine_past,
    load_candidates,
    load_past,
    select_ready,
)
from letters.compose.render import Renderer
from letters.compose.select import too_few
from letters.errors import LettersError, Problem
from letters.model import Choice, ComposedIssue, Edition, Entry, Issue, IssueState, Occurrence, Rendering
from letters.settings import Settings
from letters.store import Store
from letters.store.editions import lock_edition
from letters.store.issues import add_issue, add_rendering, next_number
from letters.store.subscribers import choices_of

#: Why an occurrence with nothing to say has no issue.
NOTHING_NEW = "nothing new"

#: Another process takes a number between our look and our write at most as often as there are issues to compose.
_TRIES = 5

#: Renderings in one transaction, and in memory: some megabytes.
_RENDERINGS_AT_ONCE = 25


@dataclass(frozen=True)
class Composer:
    """Composes issues of one store at one moment."""

    store: Store
    settings: Settings
    renderer: Renderer
    now: datetime
    #: Choices that could not be rendered.
    problems: list[Problem] = field(default_factory=list)

    def compose(self, edition: Edition) -> Iterator[Issue]:
        """Do what is due about one edition; gives each issue once it is stored."""
        past = begin_past(self.store, edition, now=self.now)
        due = find_due(edition, first_read=past.first_read, newest=past.newest, done=past.done, now=self.now)
        # Before the issue itself: once that is stored, nothing earlier is looked for.
        yield from self._store_missed(edition, due.missed)
        if due.occurrence:
            issue = self._compose_due(edition, due.occurrence, past)
            if issue:
                yield issue

    def preview(self, edition: Edition, choice: Choice) -> ComposedIssue:
        with self.store.read() as c:
            past = load_past(c, edition) or imagine_past(edition, now=self.now)
            occurrence = self._next(edition, past)
            entries = select_ready(c, self.settings, edition, occurrence, past)
            number = next_number(c, edition.key)
        return self._press(edition, occurrence, number).compose(entries, choice)

    def explain(self, edition: Edition, choice: Choice) -> Explanation:
        with self.store.read() as c:
            past = load_past(c, edition) or imagine_past(edition, now=self.now)
            occurrence = self._next(edition, past)
            entries = select_ready(c, self.settings, edition, occurrence, past)
            waited = count_waited(c, edition, entries)
            number = next_number(c, edition.key)
            candidates = load_candidates(
                c, edition, past, ready_before=max(self.now, occurrence.at) + timedelta(microseconds=1)
            )
        press = self._press(edition, occurrence, number)
        return explain_issue(
            press,
            entries,
            candidates,
            choice,
            ready_from=past.looks_back_to,
            since=past.newest or past.looks_back_to,
            put_off=too_few(entries, edition, waited=waited),
        )

    def _next(self, edition: Edition, past: Past) -> Occurrence:
        occurrence = find_next(
            edition, first_read=past.first_read, newest=past.newest, done=past.done, now=self.now
        )
        if occurrence is None:
            raise LettersError(f'edition "{edition.key}": "{edition.when}" does not happen again')
        return occurrence

    def _press(self, edition: Edition, occurrence: Occurrence, number: int) -> Press:
        return Press(self.renderer, self.settings, edition, occurrence, number)

    def _store_missed(self, edition: Edition, missed: Iterable[Missed]) -> list[Issue]:
        stored = []
        for each in missed:
            issue = self._store_skipped(edition, each.occurrence, each.reason)
            if issue:
                stored.append(issue)
        return stored

    def _store_skipped(self, edition: Edition, occurrence: Occurrence, reason: str) -> Issue | None:
        with self.store.write() as c:
            return add_issue(
                c,
                edition=edition.key,
                occurrence=occurrence,
                number=None,
                state=IssueState.SKIPPED,
                reason=reason,
                composed_at=self.now,
            )

    def _compose_due(self, edition: Edition, occurrence: Occurrence, past: Past) -> Issue | None:
        """Render outside the transaction, then store all or nothing; None if another process was faster."""
        for _ in range(_TRIES):
            with self.store.read() as c:
                entries = select_ready(c, self.settings, edition, occurrence, past)
                waited = count_waited(c, edition, entries)
                number = next_number(c, edition.key)
                choices = choices_of(c, edition.key)
            if not entries and edition.empty == "skip":
                return self._store_skipped(edition, occurrence, NOTHING_NEW)
            if put_off := too_few(entries, edition, waited=waited):
                return self._store_skipped(edition, occurrence, put_off)
            press = self._press(edition, occurrence, number)
            composed = press.compose(entries)
            with self.store.write() as c:
                lock_edition(c, edition.key)
                # The number stands in the mail. If it was taken meanwhile, so were entries: look again.
                taken = next_number(c, edition.key) != number
                issue = None if taken else self._add(c, composed)
            if issue:
                self.problems.extend(store_choices(self.store, press, issue, entries, choices))
            if not taken:
                return issue
        raise LettersError(f"numbers were taken by other processes {_TRIES} times; run again")

    def _add(self, c: Connection, composed: ComposedIssue) -> Issue | None:
        manual = composed.edition.approval == "manual"
        return add_issue(
            c,
            edition=composed.edition.key,
            occurrence=composed.occurrence,
            number=composed.number,
            state=IssueState.AWAITING if manual else IssueState.APPROVED,
            subject=composed.renderings[0].subject,
            composed_at=self.now,
            entries=composed.entries,
            renderings=composed.renderings,
        )


def store_choices(
    store: Store, press: Press, issue: Issue, entries: Sequence[Entry], choices: Iterable[Choice]
) -> tuple[Problem, ...]:
    """Render and store the issue for these choices, some at a time: no more than those are in memory.

    What a kill leaves out is made up for by the next pass, before anything is delivered.
    """
    problems: list[Problem] = []
    rendered: list[Rendering] = []

    def flush() -> None:
        if rendered:
            with store.write() as c:
                for rendering in rendered:
                    add_rendering(c, issue.id, rendering)
        rendered.clear()

    for choice in choices:
        try:
            rendered.append(press.render(entries, choice))
        except LettersError as error:
            problems.append(Problem(where=issue.name, what=f'choice "{choice.key}": {error}'))
        if len(rendered) >= _RENDERINGS_AT_ONCE:
            flush()
    flush()
    return tuple(problems)
