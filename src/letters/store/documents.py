"""What the last document of each source held, so that of the next one only the entries that are not known need reading."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache

from sqlalchemy import Connection, Insert, select
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.tables import source_document as _document


def load_documents(c: Connection, sources: Collection[str]) -> dict[str, dict[str, str]]:
    """By source: fingerprint of each entry that can be known again -> identity of the episode it became."""
    if not sources:
        return {}
    query = select(_document.c.source, _document.c.entries).where(_document.c.source.in_(sorted(sources)))
    return {source: json.loads(entries) for source, entries in c.execute(query)}


def save_documents(c: Connection, documents: Mapping[str, Mapping[str, str]]) -> None:
    """Insert or replace what these sources' documents held."""
    if not documents:
        return
    # In one order everywhere: two processes that save the same sources must not wait for each other in a circle.
    rows = [
        {"source": source, "entries": json.dumps(documents[source], separators=(",", ":"))}
        for source in sorted(documents)
    ]
    c.execute(_saving(c.dialect.name), rows)


@cache
def _saving(dialect: str) -> Insert:
    inserting: sqlite.Insert | postgresql.Insert
    inserting = sqlite.insert(_document) if dialect == "sqlite" else postgresql.insert(_document)
    replaced = {"entries": inserting.excluded.entries}
    return inserting.on_conflict_do_update(index_elements=["source"], set_=replaced)
