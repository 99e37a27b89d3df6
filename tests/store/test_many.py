"""One statement for many rows, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, insert, select, update

from letters.store import Store
from letters.store.many import Many
from letters.store.sources import SourceState, load_states, save_states
from letters.store.tables import passes, source_state

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_HINTS = {"ttl": "PT1H", "self_url": "https://a.example/“feed”"}


def _inserting(store: Store) -> Many:
    statement = insert(passes).values(at=bindparam("at"), command=bindparam("command"))
    return Many(statement, ("at", "command"), store.engine.dialect)


def test_rows_are_written_as_their_columns_spell_them(store: Store) -> None:
    with store.write() as c:
        _inserting(store).run(c, [(_NOW, "watch"), (_NOW, "“watch”")])
    with store.read() as c:
        found = c.execute(select(passes.c.at, passes.c.command).order_by(passes.c.id)).all()
    assert [tuple(row) for row in found] == [(_NOW, "watch"), (_NOW, "“watch”")]


def test_row_may_give_more_than_the_statement_takes_and_in_another_order(store: Store) -> None:
    changing = update(source_state).where(source_state.c.source == bindparam("b_source"))
    statement = changing.values(hints=bindparam("hints"), last_look_at=bindparam("last_look_at"))
    many = Many(statement, ("b_source", "url", "last_look_at", "hints"), store.engine.dialect)
    a, b = SourceState(source="a", url="http://a"), SourceState(source="b", url="http://b", hints=_HINTS)
    with store.write() as c:
        save_states(c, [a, b])
        many.run(c, [("a", "http://not-taken", _NOW, _HINTS), ("b", "http://not-taken", None, None)])
    with store.read() as c:
        found = load_states(c)
    assert found == {"a": a._replace(last_look_at=_NOW, hints=_HINTS), "b": b._replace(hints=None)}


def test_no_rows_are_no_statement(store: Store) -> None:
    with store.read() as c:
        _inserting(store).run(c, [])
        assert c.execute(select(passes.c.id)).all() == []


def test_naive_time_is_refused_on_its_way_in(store: Store) -> None:
    with store.write() as c, pytest.raises(TypeError, match="naive time"):
        _inserting(store).run(c, [(datetime(2026, 3, 2), "watch")])  # noqa: DTZ001
