"""Issues, what is in them, how they look to each choice, and who decided about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from letters.model import Entry, Issue, IssueState, Occurrence, Rendering
from letters.store.codec import dump, load
from letters.store.editions import insert_if_absent
from letters.store.entries import load_entries
from letters.store.tables import entry, issue, issue_entry, issue_event, rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEvent:
    """Somebody approved, held or cancelled an issue."""

    issue_id: int
    action: str
    actor: str
    at: datetime


def find_issue(c: Connection, edition: str, number: int) -> Issue | None:
    """The issue EDITION/NUMBER."""
    return _one(c, select(issue).where(issue.c.edition == edition, issue.c.number == number))


def find_occurrence(c: Connection, edition: str, local_date: date, slot: int) -> Issue | None:
    """The issue, composed or skipped, of the edition's occurrence on that local date."""
    return _one(
        c,
        select(issue).where(
            issue.c.edition == edition, issue.c.local_date == local_date, issue.c.slot == slot
        ),
    )


def newest_occurrence(c: Connection, edition: str) -> datetime | None:
    """The moment of the edition's newest occurrence that was composed or skipped."""
    moment: datetime | None = c.scalar(select(func.max(issue.c.occurs_at)).where(issue.c.edition == edition))
    return moment


def occurrences_done(c: Connection, edition: str) -> frozenset[tuple[date, int]]:
    """Local date and slot of every occurrence of the edition that was composed or skipped."""
    query = select(issue.c.local_date, issue.c.slot).where(issue.c.edition == edition)
    return frozenset((row.local_date, row.slot) for row in c.execute(query))


def skipped_after(c: Connection, edition: str, moment: datetime) -> int:
    """How many occurrences of the edition after the moment were skipped."""
    query = select(func.count()).where(
        issue.c.edition == edition, issue.c.number.is_(None), issue.c.occurs_at > moment
    )
    return c.scalar(query.select_from(issue)) or 0


def load_issue(c: Connection, issue_id: int) -> Issue | None:
    """The issue with this id."""
    return _one(c, select(issue).where(issue.c.id == issue_id))


def load_issues(
    c: Connection, *, edition: str | None = None, states: Collection[IssueState] | None = None
) -> list[Issue]:
    """Issues, skipped ones among them, the newest occurrence first; of one edition or in some states only."""
    query = select(issue).order_by(issue.c.occurs_at.desc(), issue.c.edition, issue.c.id.desc())
    if edition is not None:
        query = query.where(issue.c.edition == edition)
    if states is not None:
        query = query.where(issue.c.state.in_([state.value for state in states]))
    return [_issue(row) for row in c.execute(query)]


def load_issue_pages(c: Connection, edition: str) -> dict[int, int]:
    """By issue, the full page of its edition's history on which it stands; those on none are left out."""
    query = select(issue.c.id, issue.c.page).where(issue.c.edition == edition, issue.c.page.is_not(None))
    return {row.id: row.page for row in c.execute(query)}


def set_issue_page(c: Connection, issue_ids: Collection[int], page: int) -> None:
    """Put issues on a full page of their edition's history, for good."""
    c.execute(update(issue).where(issue.c.id.in_(issue_ids)).values(page=page))


def next_number(c: Connection, edition: str) -> int:
    """The number that the edition's next composed issue takes. Only binding under `editions.lock_edition`."""
    newest: int | None = c.scalar(select(func.max(issue.c.number)).where(issue.c.edition == edition))
    return (newest or 0) + 1


def add_issue(
    c: Connection,
    *,
    edition: str,
    occurrence: Occurrence,
    number: int | None,
    state: IssueState,
    subject: str = "",
    reason: str = "",
    composed_at: datetime | None = None,
    entries: Sequence[Entry] = (),
    renderings: Iterable[Rendering] = (),
) -> Issue | None:
    """Add an issue with all that belongs to it; a skipped one has no number, entries or renderings.

    The entries are kept as they are now, whatever becomes of their cards.

    None, and nothing is added, when the edition's local date and slot are taken: it was done already. Another issue
    with the same number, or an entry that was in an earlier issue, raises IntegrityError.
    """
    added = insert_if_absent(
        c,
        issue,
        {
            "edition": edition,
            "local_date": occurrence.local_date,
            "slot": occurrence.slot,
            "occurs_at": occurrence.at,
            "number": number,
            "state": state.value,
            "subject": subject,
            "reason": reason,
            "composed_at": composed_at,
        },
        keys=("edition", "local_date", "slot"),
    )
    if not added:
        return None
    result = find_occurrence(c, edition, occurrence.local_date, occurrence.slot)
    assert result is not None, "it was just inserted"
    if entries:
        c.execute(
            insert(issue_entry),
            [
                {
                    "edition": edition,
                    "entry_id": each.id,
                    "issue_id": result.id,
                    "position": position,
                    "composed": dump(each),
                }
                for position, each in enumerate(entries)
            ],
        )
    for each in renderings:
        add_rendering(c, result.id, each)
    return result


def composed_entries(c: Connection, issue_id: int) -> list[Entry]:
    """The entries of an issue as it was composed of them, in reading order."""
    query = (
        select(issue_entry.c.entry_id, issue_entry.c.composed)
        .where(issue_entry.c.issue_id == issue_id)
        .order_by(issue_entry.c.position)
    )
    rows = c.execute(query).all()
    # Issues of before this was kept have their entries as they are today.
    missing = load_entries(c, ids=[row.entry_id for row in rows if row.composed is None])
    found = {one.id: one for one in missing} | {
        row.entry_id: load(Entry, row.composed) for row in rows if row.composed is not None
    }
    return [found[row.entry_id] for row in rows if row.entry_id in found]


def unused_entries(c: Connection, edition: str, *, ready_from: datetime, ready_before: datetime) -> list[str]:
    """Ids of the entries that were ready in that time and in no issue of the edition; retired ones are left out."""
    used = (
        select(issue_entry.c.entry_id)
        .where(issue_entry.c.edition == edition, issue_entry.c.entry_id == entry.c.id)
        .exists()
    )
    query = select(entry.c.id).where(
        entry.c.ready_at >= ready_from,
        entry.c.ready_at < ready_before,
        entry.c.retired_at.is_(None),
        ~used,
    )
    return list(c.scalars(query.order_by(entry.c.ready_at, entry.c.id)))


def add_rendering(c: Connection, issue_id: int, value: Rendering) -> bool:
    """Store how a choice sees the issue. What is stored is final: False, and no change, if the choice has one."""
    return insert_if_absent(
        c,
        rendering,
        {
            "issue_id": issue_id,
            "choice": value.choice,
            "subject": value.subject,
            "preheader": value.preheader,
            "html": value.html,
            "text": value.text,
            "entries": list(value.entries),
        },
        keys=("issue_id", "choice"),
    )


def load_rendering(c: Connection, issue_id: int, choice: str) -> Rendering | None:
    """How a choice (`Choice.key`, or `PUBLIC`) sees the issue; None while nobody has asked for it."""
    row = c.execute(
        select(rendering).where(rendering.c.issue_id == issue_id, rendering.c.choice == choice)
    ).one_or_none()
    return _rendering(row) if row else None


def load_renderings(c: Connection, issue_id: int) -> dict[str, Rendering]:
    """Every stored rendering of the issue by its choice; whole mails, so not for many issues at once."""
    query = select(rendering).where(rendering.c.issue_id == issue_id).order_by(rendering.c.choice)
    return {row.choice: _rendering(row) for row in c.execute(query)}


def rendered_choices(c: Connection, issue_id: int) -> frozenset[str]:
    """The choices that have a rendering of the issue."""
    return frozenset(c.scalars(select(rendering.c.choice).where(rendering.c.issue_id == issue_id)))


def set_state(
    c: Connection,
    issue_id: int,
    state: IssueState,
    *,
    reason: str = "",
    expected: Collection[IssueState] | None = None,
) -> bool:
    """Put the issue into a state, and say why. With `expected`, only from one of those states; False if it was in another."""
    change = update(issue).where(issue.c.id == issue_id).values(state=state.value, reason=reason)
    if expected is not None:
        change = change.where(issue.c.state.in_([each.value for each in expected]))
    return c.execute(change).rowcount == 1


def record_event(c: Connection, issue_id: int, action: str, actor: str, at: datetime) -> None:
    """Remember who approved, held or cancelled an issue, and when."""
    c.execute(insert(issue_event).values(issue_id=issue_id, action=action, actor=actor, at=at))


def load_events(c: Connection, issue_id: int) -> list[IssueEvent]:
    """What was decided about the issue, oldest first."""
    query = select(issue_event).where(issue_event.c.issue_id == issue_id).order_by(issue_event.c.id)
    return [
        IssueEvent(issue_id=row.issue_id, action=row.action, actor=row.actor, at=row.at)
        for row in c.execute(query)
    ]


def _one(c: Connection, query: Select[Any]) -> Issue | None:
    row = c.execute(query).one_or_none()
    return _issue(row) if row else None


def _issue(row: Row[Any]) -> Issue:
    return Issue(
        id=row.id,
        edition=row.edition,
        occurrence=Occurrence(at=row.occurs_at, local_date=row.local_date, slot=row.slot),
        number=row.number,
        state=IssueState(row.state),
        subject=row.subject,
        reason=row.reason,
        composed_at=row.composed_at,
    )


def _rendering(row: Row[Any]) -> Rendering:
    return Rendering(
        choice=row.choice,
        subject=row.subject,
        preheader=row.preheader,
        html=row.html,
        text=row.text,
        entries=tuple(row.entries),
    )
