"""What the last document of each source held, so that of the next one only the entries that are not known need reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, Dialect, Select, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.among import among, is_among
from letters.store.many import Many
from letters.store.tables import source_document as _document


def load_documents(c: Connection, sources: Collection[str]) -> dict[str, dict[str, str]]:
    """By source: fingerprint of each entry that can be known again -> identity of the episode it became."""
    if not sources:
        return {}
    found = c.execute(_loading(c.dialect.name), among(c.dialect.name, sources))
    return {source: from_json(entries) for source, entries in found}


def save_documents(c: Connection, documents: Mapping[str, Mapping[str, str]]) -> None:
    """Insert or replace what these sources' documents held."""
    if not documents:
        return
    # In one order everywhere: two processes that save the same sources must not wait for each other in a circle.
    rows = [(source, to_json(documents[source]).decode()) for source in sorted(documents)]
    _saving(c.dialect).run(c, rows)


@cache
def _loading(dialect: str) -> Select[Any]:
    return select(_document.c.source, _document.c.entries).where(is_among(dialect, _document.c.source))


@lru_cache(maxsize=16)
def _saving(dialect: Dialect) -> Many:
    inserting: sqlite.Insert | postgresql.Insert
    inserting = sqlite.insert(_document) if dialect.name == "sqlite" else postgresql.insert(_document)
    given = inserting.values(source=bindparam("source"), entries=bindparam("entries"))
    replaced = {"entries": given.excluded.entries}
    return Many(
        given.on_conflict_do_update(index_elements=["source"], set_=replaced), ("source", "entries"), dialect
    )
