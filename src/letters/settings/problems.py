"""What pydantic found wrong with a file, as problems in our words: where, what was found, what was wanted, what mends it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from letters.errors import Problem
from letters.settings.lines import Lines, Path
from letters.settings.tables import FILES
from letters.settings.types import Table

_SECRET = re.compile(
    r"(?:.*[_-])?(?:password|passwd|passphrase|secret|token|api_?key|private_?key|secret_?key)s?",
    re.IGNORECASE,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WANTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": 'a list such as ["a", "b"]',
}


@dataclass(frozen=True, kw_only=True)
class File:
    """One TOML file as it was read."""

    #: ``schedule.toml``.
    name: str
    data: Mapping[str, Any]
    lines: Lines

    @property
    def where(self) -> str:
        return f"config/{self.name}"

    def problem(self, path: Path, what: str, *, remedy: str = "") -> Problem:
        """A problem of the value at a path: ``("edition", 0, "when")``; the text is about the value."""
        place, key = self._place(path)
        head = f"{place}: {key}" if place and key else place or key
        return Problem(
            where=self.where, line=self.lines.of(path), what=f"{head} {what}".strip(), remedy=remedy
        )

    def _place(self, path: Path) -> tuple[str, str]:
        """The table as people call it (``edition "weekly"``, ``[delivery.smtp]``), and the key in it."""
        if len(path) > 1 and isinstance(path[1], int):
            return self._name_of_item(str(path[0]), path[1]), _key(path[2:])
        if len(path) > 3 and isinstance(path[2], int):
            return f"[[{path[0]}.{path[1]}]] number {path[2] + 1}", _key(path[3:])
        tables: list[str] = []
        value: Any = self.data
        for part in path[:-1]:
            value = value.get(part) if isinstance(value, Mapping) else None
            if not (isinstance(part, str) and isinstance(value, Mapping)):
                break
            tables.append(part)
        return f"[{'.'.join(tables)}]" if tables else "", _key(path[len(tables) :])

    def _name_of_item(self, table: str, index: int) -> str:
        items = self.data.get(table)
        item = items[index] if isinstance(items, tuple) and index < len(items) else None
        key = item.get("key") if isinstance(item, Mapping) else None
        return f'{table} "{key}"' if isinstance(key, str) and key else f"{table} number {index + 1}"


def explain(error: ValidationError, file: File) -> list[Problem]:
    """Every error of a file as a problem."""
    return [_explain(detail, file) for detail in error.errors(include_url=False)]


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant; empty when none is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean "topic"?``; empty when nothing is near."""
    found = nearest(word, known)
    return f'did you mean "{found}"?' if found else ""


def _explain(detail: ErrorDetails, file: File) -> Problem:
    path: Path = detail["loc"]
    kind = detail["type"]
    if kind == "missing":
        return file.problem(path, "is missing", remedy=f"add {_example(file, path)}")
    if kind == "extra_forbidden":
        return _explain_unknown(file, path)
    if kind == "value_error":
        what, _, remedy = str(detail["ctx"]["error"]).partition("; ")
        return file.problem(path, what, remedy=remedy)
    if kind == "literal_error":
        return _explain_choice(detail, file, path)
    return file.problem(path, f"is {_shown(detail['input'])}, wanted {_wanted(detail)}")


def _explain_unknown(file: File, path: Path) -> Problem:
    key = str(path[-1])
    if _SECRET.fullmatch(key):
        return file.problem(
            path, "is a secret, and secrets never stand in TOML", remedy=_place_for_secret(path)
        )
    known = _fields(FILES[file.name], path[:-1])
    return file.problem(
        path,
        f"is no {'table' if len(path) == 1 else 'key'} that is known here",
        remedy=_home_of(key, path) or did_you_mean(key, known) or f"known are {_listed(known)}",
    )


def _home_of(key: str, path: Path) -> str:
    """Where a key belongs that is right, but stands in the wrong table or file."""
    for name, model in FILES.items():
        for table, field in model.model_fields.items():
            if len(path) == 1 and table == key:
                is_list = bool(get_args(field.annotation))
                return f"it belongs in config/{name}, as {f'[[{table}]]' if is_list else f'[{table}]'}"
    homes = [
        table
        for table, field in FILES["letters.toml"].model_fields.items()
        if path[0] in FILES["letters.toml"].model_fields and key in _fields(FILES["letters.toml"], (table,))
    ]
    return f"it belongs in [{homes[0]}]" if len(homes) == 1 and len(path) > 1 else ""


def _place_for_secret(path: Path) -> str:
    if "imap" in path or "returns" in path:
        return "put it into LETTERS_IMAP_PASSWORD, or into a file that password_file in [returns.imap] names"
    if "smtp" in path or "delivery" in path:
        return "put it into LETTERS_SMTP_PASSWORD, or into a file that password_file in [delivery.smtp] names"
    if "store" in path:
        return "put the whole address into LETTERS_DATABASE_URL"
    return "put the key of links into LETTERS_SECRET or var/secret.key, the relay's password into LETTERS_SMTP_PASSWORD"


def _explain_choice(detail: ErrorDetails, file: File, path: Path) -> Problem:
    expected = str(detail["ctx"]["expected"])
    remedy = did_you_mean(str(detail["input"]), re.findall(r"'([^']*)'", expected))
    wanted = expected.replace("'", '"')
    return file.problem(path, f"is {_shown(detail['input'])}, wanted {wanted}", remedy=remedy)


def _wanted(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if detail["type"] == "greater_than_equal":
        return f"{context['ge']} or more"
    if detail["type"] == "less_than_equal":
        return f"{context['le']} or less"
    if detail["type"] == "string_too_short":
        return "text"
    path = detail["loc"]
    if detail["type"] == "tuple_type" and len(path) == 1:
        return f"tables under [[{path[0]}]]"
    if detail["type"] in {"model_type", "model_attributes_type", "dict_type"}:
        return (
            f"tables under [[{path[0]}]]"
            if len(path) > 1 and isinstance(path[1], int)
            else f"a table [{path[-1]}]"
        )
    return _WANTED.get(detail["type"], detail["msg"])


def _shown(value: object) -> str:
    """A value as it was found, short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:60]}…"' if len(value) > 60 else f'"{value}"' if value else "empty"
    kinds = {tuple: "a list", dict: "a table", date: "a date", time: "a time"}
    return next((words for kind, words in kinds.items() if isinstance(value, kind)), repr(value))


def _key(path: Path) -> str:
    """The end of a path: ``topics``, ``topics, item 2``."""
    words = [
        f"item {part + 1}" if isinstance(part, int) else part if _BARE.fullmatch(part) else ascii(part)
        for part in path
    ]
    return ", ".join(words)


def _example(file: File, path: Path) -> str:
    field = _fields(FILES[file.name], path[:-1]).get(str(path[-1]))
    examples = field.examples if field is not None else None
    return f'{path[-1]} = "{examples[0]}"' if examples else str(path[-1])


def _fields(model: type[Table], path: Path) -> dict[str, Any]:
    """The keys that a table knows, by the names they have in TOML."""
    current: Any = model
    for part in path:
        if isinstance(part, int):
            continue
        fields = _by_alias(current)
        if part not in fields:
            return {}
        annotation = fields[part].annotation
        current = next(iter(get_args(annotation)), annotation)
        if not (isinstance(current, type) and issubclass(current, BaseModel)):
            return {}
    return _by_alias(current)


def _by_alias(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
