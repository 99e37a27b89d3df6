"""Triggers that mark what has to be published again.

Cards, episodes, entries and issues are written by several rooms, and by hands on the database. Whoever writes, a mark in
`unpublished` is part of the same transaction; a room that forgot one would leave an old document standing for ever. The mark is
a new one each time, so that publishing takes away only those whose change it has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from letters.model import PUBLIC


class _Marking(NamedTuple):
    table: str
    #: "INSERT", "DELETE" or "UPDATE".
    event: str
    #: What is marked: its kind, and a query for its keys; ``{row}`` is the row that changed.
    kind: str
    keys: str
    #: The columns that count; all, when there are none.
    columns: tuple[str, ...] = ()
    #: What else has to hold of the row.
    only: str = ""


_OF_CARD = "SELECT id AS key FROM entry WHERE card_id = {row}.%s"
_OF_EPISODE = "SELECT id AS key FROM entry WHERE episode_id = {row}.id"
_ENTRY = "SELECT {row}.id AS key"
_ISSUE = "SELECT CAST({row}.id AS TEXT) AS key"
_OF_RENDERING = "SELECT CAST({row}.issue_id AS TEXT) AS key"
_IS_PUBLIC = f"{{row}}.choice = '{PUBLIC}'"

_MARKINGS = (
    _Marking("entry", "INSERT", "entry", _ENTRY),
    _Marking(
        "entry",
        "UPDATE",
        "entry",
        _ENTRY,
        columns=("address", "card_id", "episode_id", "ready_at", "retired_at"),
    ),
    _Marking("card", "UPDATE", "entry", _OF_CARD % "id", columns=("data",)),
    *(
        _Marking(table, event, "entry", _OF_CARD % "card_id")
        for table in ("card_topic", "card_audience")
        for event in ("INSERT", "UPDATE", "DELETE")
    ),
    _Marking("episode", "UPDATE", "entry", _OF_EPISODE, columns=("data", "published", "first_seen")),
    _Marking("issue", "INSERT", "issue", _ISSUE),
    _Marking("issue", "UPDATE", "issue", _ISSUE, columns=("state", "number", "subject", "composed_at")),
    _Marking("rendering", "INSERT", "issue", _OF_RENDERING, only=_IS_PUBLIC),
    _Marking("rendering", "UPDATE", "issue", _OF_RENDERING, only=_IS_PUBLIC),
)

_MARK = """
INSERT INTO unpublished (kind, key, mark)
SELECT '{kind}', marked.key, {random} FROM ({keys}) AS marked WHERE true
ON CONFLICT (kind, key) DO UPDATE SET mark = excluded.mark;
"""


def triggers(dialect: str) -> Iterator[str]:
    """The statements that make them, for "sqlite" or "postgresql"."""
    for one in _MARKINGS:
        yield from _on_sqlite(one) if dialect == "sqlite" else _on_postgresql(one)


def _name(one: _Marking) -> str:
    return f"mark_unpublished_{one.table}_{one.event.lower()}"


def _row(one: _Marking) -> str:
    return "OLD" if one.event == "DELETE" else "NEW"


def _event(one: _Marking) -> str:
    return f"{one.event} OF {', '.join(one.columns)}" if one.columns else one.event


def _condition(one: _Marking, differs: str) -> str:
    """Only where one of the columns is another one now: an update may write what was there before."""
    changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in one.columns)
    parts = [f"({changed})" if changed else "", one.only.format(row=_row(one))]
    return " AND ".join(filter(None, parts))


def _on_sqlite(one: _Marking) -> Iterator[str]:
    condition = _condition(one, "IS NOT")
    when = f"WHEN {condition}" if condition else ""
    yield f"""
CREATE TRIGGER {_name(one)} AFTER {_event(one)} ON {one.table} {when}
BEGIN {_mark(one, "hex(randomblob(8))")} END"""


def _on_postgresql(one: _Marking) -> Iterator[str]:
    condition = _condition(one, "IS DISTINCT FROM")
    when = f"WHEN ({condition})" if condition else ""
    body = _mark(one, "gen_random_uuid()::text")
    yield f"""
CREATE FUNCTION {_name(one)}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"""
    yield f"""
CREATE TRIGGER {_name(one)} AFTER {_event(one)} ON {one.table} FOR EACH ROW {when}
EXECUTE FUNCTION {_name(one)}()"""


def _mark(one: _Marking, random: str) -> str:
    return _MARK.format(kind=one.kind, keys=one.keys.format(row=_row(one)), random=random)
