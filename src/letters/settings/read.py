"""One TOML file: from disk to data with lines, and to its model."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from letters.errors import Problem
from letters.settings.lines import read_lines
from letters.settings.problems import File, explain
from letters.settings.types import Table

T = TypeVar("T", bound=Table)

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# Tables whose required keys are told one by one when the whole table is missing.
_REQUIRED_TABLES = {"letters.toml": ("site", "delivery")}


def read_file(folder: Path, name: str, draft: str | None = None) -> tuple[File | None, list[Problem]]:
    """A file's data; one that does not exist is empty. None, and what is wrong, for a file that is no TOML.

    A draft is read in place of the file.
    """
    where = f"config/{name}"
    try:
        content = (folder / name).read_bytes() if draft is None else draft.encode()
    except FileNotFoundError:
        content = b""
    except OSError as error:
        return None, [Problem(where=where, what=f"cannot be read: {(error.strerror or str(error)).lower()}")]
    try:
        # Editors on Windows begin files with a byte order mark.
        text = content.decode("utf-8-sig")
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, [
            Problem(where=where, line=line, what="is not UTF-8, as TOML has to be", remedy="save it as UTF-8")
        ]
    except tomllib.TOMLDecodeError as error:
        return None, [_explain_syntax(where, error, text)]
    except RecursionError:
        return None, [Problem(where=where, what="is nested too deeply to be read")]
    return File(name=name, data=_frozen(data), lines=read_lines(text)), []


def validate(file: File, model: type[T]) -> tuple[T | None, list[Problem]]:
    """The file as its model, or everything that is wrong with it."""
    data = {**{table: {} for table in _REQUIRED_TABLES.get(file.name, ())}, **file.data}
    try:
        return model.model_validate(data, strict=True), []
    except ValidationError as error:
        return None, explain(error, File(name=file.name, data=data, lines=file.lines))


def duplicate_keys(file: File) -> list[Problem]:
    """A key may name one source, topic, audience or edition only; both lines are told."""
    problems = []
    for table, items in file.data.items():
        first: dict[object, int] = {}
        for index, item in enumerate(items if isinstance(items, tuple) else ()):
            key = item.get("key") if isinstance(item, Mapping) else None
            if not isinstance(key, str):
                continue
            if key in first:
                line = file.lines.of((table, first[key], "key"))
                problems.append(
                    file.problem(
                        (table, index, "key"),
                        f"stands in line {line} already",
                        remedy="give one of the two another key",
                    )
                )
            first.setdefault(key, index)
    return problems


def _frozen(value: Any) -> Any:
    """TOML's lists as tuples: the models are frozen, and validated strictly."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _explain_syntax(where: str, error: tomllib.TOMLDecodeError, text: str) -> Problem:
    message = str(error)
    found = _POSITION.search(message)
    words = _POSITION.sub("", message)
    line = int(found[1]) if found and found[1] else max(1, text.rstrip().count("\n") + 1)
    return Problem(
        where=where, line=line, what=f"is no TOML: {words[:1].lower()}{words[1:]}", remedy=_remedy_for(words)
    )


def _remedy_for(words: str) -> str:
    hints = {
        "Invalid value": 'text stands in quotes, as in key = "text"',
        "Cannot overwrite": "a key stands in its table twice, remove one",
        "Cannot declare": "a table stands there twice; lists of tables are written [[like this]]",
        "Unterminated string": "close it with a quote",
        "Expected '='": "each line is key = value",
    }
    return next((hint for start, hint in hints.items() if words.startswith(start)), "")
