"""The commands of composing, on a store: compose what is due, preview, explain, complete what was composed."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from letters.compose.composer import Composer, store_choices
from letters.compose.explain import Explanation
from letters.compose.issue import Press
from letters.compose.render import Renderer
from letters.errors import LettersError, Problem, UsageError
from letters.model import Choice, ComposedIssue, Edition, Issue, IssueState, Progress
from letters.settings import Settings, Workspace
from letters.store import Store
from letters.store.entries import load_entries
from letters.store.gathering import entries_between, gathered_choices
from letters.store.issues import composed_entries, load_issues, rendered_choices
from letters.store.subscribers import choices_of

# Higher than any issue's number.
_NONE_BETWEEN = 2**31 - 1


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
    composer = Composer(store, settings, Renderer(workspace.templates), now)
    issues: list[Issue] = []
    problems: list[Problem] = []
    for done, each in enumerate(editions, start=1):
        try:
            issues += composer.compose(each)
        except LettersError as error:
            problems.append(Problem(where=f'edition "{each.key}"', what=str(error)))
        if progress:
            progress(done, len(editions))
    problems += [*composer.problems, *_awaiting(store, {each.key for each in editions})]
    return ComposeReport(
        composed=tuple(issue for issue in issues if issue.number is not None),
        skipped=tuple(issue for issue in issues if issue.number is None),
        problems=tuple(problems),
    )


def preview(
    store: Store,
    settings: Settings,
    workspace: Workspace,
    edition: str,
    *,
    now: datetime,
    choice: Choice | None = None,
) -> ComposedIssue:
    """What the edition's next issue would be as of `now`: the one that is due, else the next to come. Stores nothing.

    It has the full rendering, or that of a choice, and the public one. With nothing to say it has no entries, and its
    renderings are the short mail that says so, whatever the edition does then; with nothing for the choice, the choice's
    rendering is empty. Raises `UsageError` for an edition that is not configured.
    """
    found = _find_edition(settings, edition)
    composer = Composer(store, settings, Renderer(workspace.templates), now)
    return composer.preview(found, choice or Choice())


def explain(
    store: Store,
    settings: Settings,
    workspace: Workspace,
    edition: str,
    *,
    now: datetime,
    choice: Choice | None = None,
) -> Explanation:
    """How the issue that `preview` shows comes about, for everybody or for a choice. Stores nothing.

    Raises `UsageError` for an edition that is not configured.
    """
    found = _find_edition(settings, edition)
    composer = Composer(store, settings, Renderer(workspace.templates), now)
    return composer.explain(found, choice or Choice())


def complete_renderings(
    store: Store, settings: Settings, workspace: Workspace, issue: Issue
) -> tuple[Problem, ...]:
    """Render the issue for the choices that subscribers made since it was composed, and for those who do not want each issue with
    what was kept for them; the others stay as they are. It is rendered of what it was composed of: a card that was corrected
    since is not another one for some of its readers.

    Gives what stood in the way. An edition that is no longer configured has none of its issues completed.
    """
    edition = settings.edition(issue.edition)
    if issue.number is None or edition is None:
        return ()
    on = issue.occurrence.local_date
    with store.read() as c:
        known = rendered_choices(c, issue.id)
        wanted = [*choices_of(c, edition.key), *gathered_choices(c, edition.key, number=issue.number, on=on)]
        missing = [choice for choice in wanted if choice.key not in known]
    press = Press(Renderer(workspace.templates), settings, edition, issue.occurrence, issue.number)
    problems: list[Problem] = []
    # Those since the same issue take the same entries.
    for since, choices in groupby(sorted(missing, key=_since), key=_since):
        with store.read() as c:
            kept = entries_between(c, edition.key, after=since, before=issue.number)
            entries = [*load_entries(c, ids=kept), *composed_entries(c, issue.id)]
        problems += store_choices(store, press, issue, entries, choices)
    return tuple(problems)


def _since(choice: Choice) -> int:
    """After which issue the choice takes entries; for most there is none between that and theirs."""
    return _NONE_BETWEEN if choice.since is None else choice.since


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
