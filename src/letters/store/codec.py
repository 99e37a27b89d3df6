"""Values of `letters.model` as JSON columns, and back."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(value: object) -> Any:
    """The value as JSON types: times as ISO 8601, tuples as lists, durations as ISO 8601 durations."""
    kind: Any = type(value)
    return _adapter(kind).serializer.to_python(value, mode="json")


def load(kind: type[T], data: Any) -> T:
    """The value that `dump` wrote. Unknown fields are ignored, so that older code reads newer rows."""
    key: Any = kind
    value: T = _adapter(key).validator.validate_python(data)
    return value
