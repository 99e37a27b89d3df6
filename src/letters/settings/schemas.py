"""A JSON Schema per TOML file, so that editors complete and check."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from letters.settings.tables import FILES
from letters.settings.values import format_duration

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """The schemas by the name of the file: ``letters.toml``, ``sources.toml``, ``topics.toml``, ``schedule.toml``."""
    return {
        name: {"$schema": _DIALECT, **model.model_json_schema(schema_generator=_Schemas)}
        for name, model in FILES.items()
    }


def schema_name(file: str) -> str:
    """``letters.schema.json`` for ``letters.toml``: what the first line of the file points to."""
    return f"{file.removesuffix('.toml')}.schema.json"


class _Schemas(GenerateJsonSchema):
    """Shows the defaults of durations as TOML writes them, not as ISO 8601."""

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)
