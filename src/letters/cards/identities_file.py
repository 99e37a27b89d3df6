"""``cards/.identities.toml``: path, content, id and address of each card, versioned with the cards.

It rebuilds a lost database with the same ids and addresses, and carries them to another machine. Letters writes it after
the database; either may be behind the other, and the next pass makes them agree.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from letters.cards.wording import tidy_id
from letters.errors import CardError, Problem
from letters.files import replace_file

NAME = ".identities.toml"
_HEAD = """\
# Who is who among the cards, written by Letters. Keep it with them, under version control: it gives a new
# database the same ids and addresses. A card without a path is retired.
"""
_REMEDY = "mend it, restore it from version control, or delete it: what the database knows is written anew"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Remembered:
    """One card in the identities file. Retired ones have no path."""

    path: str = ""
    id: str
    digest: str
    address: str


def read_identities(file: Path, *, where: str) -> list[Remembered]:
    """What the file says; nothing if there is none. Raises `CardError` when it cannot be read whole."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        return [_read(one) for one in data.get("card", [])]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
        raise CardError([Problem(what=f"not readable: {error}", where=where, remedy=_REMEDY)]) from error


def write_identities(file: Path, cards: Iterable[Remembered]) -> bool:
    """Write the file whole, if it says anything else now; returns whether it did."""
    tables = [_write(one) for one in sorted(cards)]
    return replace_file(file, "\n".join([_HEAD, *tables]))


def _read(table: Any) -> Remembered:
    card_id = tidy_id(str(table["id"])) if isinstance(table, dict) and "id" in table else None
    if card_id is None:
        raise ValueError(f"a [[card]] without an id that is a UUID: {table}")
    texts = {name: table.get(name, "") for name in ("path", "digest", "address")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError(f"card {card_id}: path, digest and address are texts")
    return Remembered(id=card_id, **texts)


def _write(one: Remembered) -> str:
    fields = {"path": one.path, "digest": one.digest, "id": one.id, "address": one.address}
    lines = [f"{name} = {_quote(text)}" for name, text in fields.items() if text]
    return "\n".join(["[[card]]", *lines, ""])


def _quote(text: str) -> str:
    # JSON's strings are TOML's basic strings, but for DEL (TOML 1.0, "String").
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
