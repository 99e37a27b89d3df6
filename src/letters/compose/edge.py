"""Where composing reads and writes: what is due is composed, rendered, and stored in one transaction."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from letters.compose.due import Missed, find_due, find_next, look_back
from letters.compose.issue import Press
from letters.compose.render import Renderer
from letters.compose.select import select
from letters.errors import LettersError, Problem, UsageError
from letters.model import (
    ComposedIssue,
    Edition,
    Entry,
    Issue,
    IssueState,
    Occurrence,
    Progress,
)
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.editions import first_read, load_first_read, load_look_back, lock_edition, record_look_back
from letters.store.entries import load_entries
from letters.store.issues import (
    add_issue,
    add_rendering,
    issue_entries,
    load_issues,
    newest_occurrence,
    next_number,
    occurrences_done,
    rendered_choices,
    unused_entries,
)
from letters.store.subscribers import choices_of

#: Why an occurrence with nothing to say has no issue.
NOTHING_NEW = "nothing new"

#: Another process takes a number between our look and our write at most as often as there are issues to compose.
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeReport:
    """What composing did: issues made, occurrences skipped (each with its reason), and what a person has to do."""

    composed: tuple[Issue, ...] = ()
    skipped: tuple[Issue, ...] = ()
    problems: tuple[Problem, ...] = ()


def compose(
    store: Store,
    settings: Settings,
    workspace: Workspace,
    *,
    now: datetime,
    edition: str | None = None,
    progress: Progress | None = None,
) -> ComposeReport:
    """Compose every issue that is due at `now`, of all editions or of one.

    An edition that cannot be composed is a problem of that edition alone; it stays due. Raises `UsageError` for an
    edition that is not configured.
    """
    editions = [_find_edition(settings, edition)] if edition is not None else list(settings.editions)
    composer = _Composer(store, settings, Renderer(workspace.templates), now)
    issues: list[Issue] = []
    problems: list[Problem] = []
    for done, each in enumerate(editions, start=1):
        try:
            issues += composer.compose(each)
        except LettersError as error:
            problems.append(Problem(where=f'edition "{each.key}"', what=str(error)))
        if progress:
            progress(done, len(editions))
    problems += _awaiting(store, {each.key for each in editions})
    return ComposeReport(
        composed=tuple(issue for issue in issues if issue.number is not None),
        skipped=tuple(issue for issue in issues if issue.number is None),
        problems=tuple(problems),
    )


def preview(
    store: Store, settings: Settings, workspace: Workspace, edition: str, *, now: datetime
) -> ComposedIssue:
    """What the edition's next issue would be as of `now`: the one that is due, else the next to come. Stores nothing.

    It has the full rendering and the public one. With nothing to say it has no entries, and its renderings are the short
    mail that says so, whatever the edition does then. Raises `UsageError` for an edition that is not configured.
    """
    found = _find_edition(settings, edition)
    composer = _Composer(store, settings, Renderer(workspace.templates), now)
    return composer.preview(found)


def complete_renderings(
    store: Store, settings: Settings, workspace: Workspace, issue: Issue
) -> tuple[Problem, ...]:
    """Render the issue for the choices that subscribers made since it was composed; the others stay as they are.

    Gives what stood in the way. An edition that is no longer configured has none of its issues completed.
    """
    edition = settings.edition(issue.edition)
    if issue.number is None or edition is None:
        return ()
    with store.read() as c:
        known = rendered_choices(c, issue.id)
        missing = [choice for choice in choices_of(c, edition.key) if choice.key not in known]
        entries = load_entries(c, ids=issue_entries(c, issue.id)) if missing else []
    press = Press(Renderer(workspace.templates), settings, edition, issue.occurrence, issue.number)
    problems: list[Problem] = []
    for choice in missing:
        try:
            rendering = press.render(entries, choice)
        except LettersError as error:
            problems.append(Problem(where=issue.name, what=f'choice "{choice.key}": {error}'))
            continue
        with store.write() as c:
            add_rendering(c, issue.id, rendering)
    return tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What is remembered of an edition."""

    first_read: datetime
    looks_back_to: datetime
    newest: datetime | None
    done: frozenset[tuple[date, int]]


@dataclass(frozen=True, slots=True)
class _Composer:
    """Composes issues of one store at one moment."""

    store: Store
    settings: Settings
    renderer: Renderer
    now: datetime

    def compose(self, edition: Edition) -> Iterator[Issue]:
        """Do what is due about one edition; gives each issue once it is stored."""
        with self.store.read() as c:
            past = _load_past(c, edition)
        if past is None:
            with self.store.write() as c:
                read_at = first_read(c, edition.key, now=self.now)
                record_look_back(c, edition.key, look_back(edition, first_read=read_at))
                past = _load_past(c, edition)
        assert past is not None, "it was recorded"
        due = find_due(edition, first_read=past.first_read, newest=past.newest, done=past.done, now=self.now)
        # Before the issue itself: once that is stored, nothing earlier is looked for.
        yield from self._store_missed(edition, due.missed)
        if due.occurrence:
            issue = self._compose_due(edition, due.occurrence, past)
            if issue:
                yield issue

    def preview(self, edition: Edition) -> ComposedIssue:
        with self.store.read() as c:
            past = _load_past(c, edition) or _Past(
                first_read=self.now,
                looks_back_to=look_back(edition, first_read=self.now),
                newest=None,
                done=frozenset(),
            )
            occurrence = find_next(
                edition, first_read=past.first_read, newest=past.newest, done=past.done, now=self.now
            )
            if occurrence is None:
                raise LettersError(f'edition "{edition.key}": "{edition.when}" does not happen again')
            entries = self._select(c, edition, occurrence, past)
            number = next_number(c, edition.key)
        return Press(self.renderer, self.settings, edition, occurrence, number).compose(entries, ())

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

    def _compose_due(self, edition: Edition, occurrence: Occurrence, past: _Past) -> Issue | None:
        """Render outside the transaction, then store all or nothing; None if another process was faster."""
        for _ in range(_TRIES):
            with self.store.read() as c:
                entries = self._select(c, edition, occurrence, past)
                number = next_number(c, edition.key)
                choices = choices_of(c, edition.key)
            if not entries and edition.empty == "skip":
                return self._store_skipped(edition, occurrence, NOTHING_NEW)
            press = Press(self.renderer, self.settings, edition, occurrence, number)
            composed = press.compose(entries, choices)
            with self.store.write() as c:
                lock_edition(c, edition.key)
                # The number stands in the mail. If it was taken meanwhile, so were entries: look again.
                if next_number(c, edition.key) == number:
                    return self._add(c, composed)
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
            entries=[entry.id for entry in composed.entries],
            renderings=composed.renderings,
        )

    def _select(self, c: Connection, edition: Edition, occurrence: Occurrence, past: _Past) -> list[Entry]:
        ready = unused_entries(c, edition.key, ready_from=past.looks_back_to, ready_before=occurrence.at)
        return select(
            load_entries(c, ids=ready),
            edition,
            ready_from=past.looks_back_to,
            ready_before=occurrence.at,
            news_within=self.settings.pair.news_within,
        )


def _load_past(c: Connection, edition: Edition) -> _Past | None:
    """None for an edition that was never read, or not yet composed."""
    read_at, looks_back_to = load_first_read(c, edition.key), load_look_back(c, edition.key)
    if read_at is None or looks_back_to is None:
        return None
    return _Past(
        first_read=read_at,
        looks_back_to=looks_back_to,
        newest=newest_occurrence(c, edition.key),
        done=occurrences_done(c, edition.key),
    )


def _awaiting(store: Store, editions: Collection[str]) -> list[Problem]:
    """Issues that wait for somebody, told at every pass until somebody decides (pain 14)."""
    with store.read() as c:
        issues = load_issues(c, states=[IssueState.AWAITING])
    return [
        Problem(
            where=issue.name,
            what=f'"{issue.subject}" awaits approval',
            remedy=f'send it with "letters approve {issue.name}", or drop it with "letters cancel {issue.name}"',
        )
        for issue in reversed(issues)
        if issue.edition in editions
    ]


def _find_edition(settings: Settings, key: str) -> Edition:
    found = settings.edition(key)
    if found is None:
        keys = [edition.key for edition in settings.editions]
        near = difflib.get_close_matches(key, keys, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"known are: {', '.join(keys) or 'none'}"
        raise UsageError(f'edition "{key}" is not in config/schedule.toml; {hint}')
    return found
