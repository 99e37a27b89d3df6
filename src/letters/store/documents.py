"""What the last document of each source held, so that of the next one only the entries that are not known need reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, Insert, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.among import among, is_among
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
    rows = [
        {"source": source, "entries": to_json(documents[source]).decode()} for source in sorted(documents)
    ]
    c.execute(_saving(c.dialect.name), rows)


@cache
def _loading(dialect: str) -> Select[Any]:
    return select(_document.c.source, _document.c.entries).where(is_among(dialect, _document.c.source))


@cache
def _saving(dialect: str) -> Insert:
    inserting: sqlite.Insert | postgresql.Insert
    inserting = sqlite.insert(_document) if dialect == "sqlite" else postgresql.insert(_document)
    replaced = {"entries": inserting.excluded.entries}
    return inserting.on_conflict_do_update(index_elements=["source"], set_=replaced)
