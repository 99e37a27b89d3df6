"""One statement for many rows, at the driver's own cost.

SQLAlchemy makes a dictionary of each row and another of what it is spelt as, which for a row of five values takes twice as
long as writing it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update


class Many:
    """An INSERT or UPDATE as the driver takes it. Made once for a database, run as often as one likes."""

    def __init__(self, statement: Insert | Update, names: Sequence[str], dialect: Dialect) -> None:
        """`names` are the statement's parameters, in the order in which each row gives them; rows may give more than it has.

        Columns with a default of SQLAlchemy's own have to be among them.
        """
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        # The driver goes by places, each of which is a name's, or by the names.
        self._by_place = compiled.positiontup is not None
        self._names = compiled.positiontup or [name for name in names if name in compiled.binds]
        self._order = [names.index(name) for name in self._names]
        self._spelling = [
            compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in self._names
        ]

    def run(self, c: Connection, rows: Iterable[Sequence[Any]]) -> None:
        """Write all rows, if there are any."""
        columns = list(zip(*rows, strict=True))
        if not columns:
            return
        given = (columns[place] for place in self._order)
        spelt = [
            values if spell is None else _spelt(values, spell)
            for spell, values in zip(self._spelling, given, strict=True)
        ]
        written: list[Any] = list(zip(*spelt, strict=True))
        if not self._by_place:
            written = [dict(zip(self._names, row, strict=True)) for row in written]
        c.exec_driver_sql(self._sql, written)


def _spelt(values: Iterable[Any], spell: Callable[[Any], Any]) -> Iterator[Any]:
    # Rows that are written together mostly have one and the same time, and to spell it costs more than the rest of a row.
    last, as_spelt = object(), None
    for value in values:
        if value is not last:
            last, as_spelt = value, spell(value)
        yield as_spelt
