"""``letters deliver EDITION/NUMBER --explain``: who got an issue, who did not, and why; as a table, as JSON, or as CSV (R47)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from letters.cli.face import Face
from letters.deliver import named_issue
from letters.errors import UsageError
from letters.model import DeliveryState
from letters.pipeline import House
from letters.store.deliveries import count_states
from letters.store.explaining import Explained, count_reasons, explained
from letters.subscribe.rows import guard_cell
from letters.text import one_line

_COLUMNS = ("email", "name", "state", "reason", "attempts", "due_at", "sent_at", "message_id")
#: So many who did not get it are listed; --csv and --json have everybody.
_SHOWN = 20


def explain_deliveries(face: Face, house: House, name: str, file: Path | None) -> NoReturn:
    """Tell of an issue's deliveries, and write them to a file if one is named; ends the command."""
    with house.store.read() as c:
        issue = named_issue(c, name)
        states = count_states(c, issue.id)
        if file is not None:
            _write(file, explained(c, issue.id))
        if face.as_json:
            people = [] if file is not None else [_as_json(one) for one in explained(c, issue.id)]
            data: dict[str, Any] = {
                "issue": name,
                "state": issue.state.value,
                "deliveries": {state.value: states.get(state, 0) for state in DeliveryState},
            }
            face.finish(data | ({"file": str(file)} if file is not None else {"people": people}))
        face.out.print(f"{name} is {issue.state.value}{f': {issue.reason}' if issue.reason else ''}")
        rows = [(state.value, f"{found:,}") for state, found in sorted(states.items())]
        face.print_table(("=state", ">people"), rows, empty="nobody has been addressed yet")
        _print_reasons(face, count_reasons(c, issue.id))
        if file is None:
            _print_people(face, name, explained(c, issue.id))
    if file is not None:
        face.out.print(f"\nEverybody is in {file}")
    face.finish({})


def _print_reasons(face: Face, reasons: list[tuple[DeliveryState, str, int]]) -> None:
    rows = [(state.value, f"{found:,}", one_line(reason)) for state, reason, found in reasons if reason]
    if rows:
        face.out.print("\nWhy it did not arrive, or not yet:")
        face.print_table(("=state", ">people", "why"), rows, empty="")


def _print_people(face: Face, name: str, people: Iterable[Explained]) -> None:
    rows: list[tuple[str, str, str]] = []
    more = 0
    for one in people:
        if one.state is DeliveryState.SENT:
            continue
        if len(rows) < _SHOWN:
            state = one.state.value if one.state is not None else "not addressed"
            rows.append((one_line(one.email), state, one_line(one.reason)))
        else:
            more += 1
    if rows:
        face.out.print()
        face.print_table(("who has not got it", "=state", "why"), rows, empty="")
    if more:
        face.out.print(f"and {more:,} more; all of them: letters deliver {name} --explain --csv FILE")


def _write(file: Path, people: Iterable[Explained]) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(_COLUMNS)
            for one in people:
                values = _as_json(one)
                writer.writerow([guard_cell(str(values[name] or "")) for name in _COLUMNS])
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"{file}: cannot be written: {why}; name a file in a folder that exists") from error


def _as_json(one: Explained) -> dict[str, Any]:
    return {
        "email": one.email,
        "name": one.name,
        "state": one.state.value if one.state is not None else None,
        "reason": one.reason,
        "attempts": one.attempts,
        "due_at": one.due_at.isoformat() if one.due_at else None,
        "sent_at": one.sent_at.isoformat() if one.sent_at else None,
        "message_id": one.message_id,
    }
