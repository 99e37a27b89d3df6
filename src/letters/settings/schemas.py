"""A JSON Schema per TOML file, so that editors complete and check."""

from __future__ import annotations

from typing import Any

from letters.settings.tables import FILES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """The schemas by the name of the file: ``letters.toml``, ``sources.toml``, ``topics.toml``, ``schedule.toml``."""
    return {name: {"$schema": _DIALECT, **model.model_json_schema()} for name, model in FILES.items()}


def schema_name(file: str) -> str:
    """``letters.schema.json`` for ``letters.toml``: what the first line of the file points to."""
    return f"{file.removesuffix('.toml')}.schema.json"
