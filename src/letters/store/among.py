"""Texts as one parameter of a query, however many there are.

``IN (…)`` with a parameter for each is spelt anew for each number of them, which for a hundred takes longer than the
query does, and ends at 32,766.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, func, select


def is_among(dialect: str, column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the column is one of the texts that `among` gives to the query."""
    if dialect != "sqlite":
        return column == any_(bindparam("among", type_=ARRAY(Text())))
    listed: Any = func.json_each(bindparam("among", type_=Text())).table_valued("value")
    return column.in_(select(listed.c.value))


def among(dialect: str, texts: Collection[str]) -> dict[str, Any]:
    """The query's parameter."""
    return {"among": json.dumps(list(texts)) if dialect == "sqlite" else list(texts)}
