"""Reading CSS as far as a proof needs it: which declarations and rules there are, never what they mean. Pure.

Mails carry little CSS, all of it written by templates. Whatever comes in, something comes out: what is broken is read as
CSS Syntax Level 3 says, up to where the next declaration or block ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What may hold braces, colons and semicolons without meaning them. A string ends with its line (section 4.3.5).
_OPAQUE = re.compile(
    r"""/\*.*?(?:\*/|\Z) | <!-- | -->
      | (?P<string> "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? )
      | (?P<url> url\( \s* [^"')]* \) )""",
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)
_IMPORTANT = re.compile(r"!\s*important\s*$", re.IGNORECASE)
_NAME = re.compile(r"-?-?[a-zA-Z_][\w-]*")
_END = re.compile(r"[{};]")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A property and its value; strings and addresses in the value are emptied."""

    name: str
    value: str
    is_important: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A block: the selectors before it, or the whole at-rule; what is declared right in it; the at-rules around it."""

    prelude: str
    declarations: tuple[Declaration, ...]
    within: tuple[str, ...] = ()

    @property
    def is_at_rule(self) -> bool:
        return self.prelude.startswith("@")


def read_declarations(text: str) -> tuple[Declaration, ...]:
    """The declarations of a ``style`` attribute or of one block."""
    parts = (_read_declaration(part) for part in _hide(text).split(";"))
    return tuple(part for part in parts if part)


def read_sheet(text: str) -> Iterator[Rule]:
    """The rules of a style sheet, each at-rule before what is in it. One without a block (``@import``) declares nothing."""
    yield from _Reader(_hide(text)).rules(())


def _hide(text: str) -> str:
    def hide(found: re.Match[str]) -> str:
        if found["string"]:
            return '""'
        return "url()" if found["url"] else " "

    return _OPAQUE.sub(hide, text)


def _read_declaration(text: str) -> Declaration | None:
    name, colon, value = text.partition(":")
    name = name.strip().lower()
    if not colon or not _NAME.fullmatch(name):
        return None
    bare = _IMPORTANT.sub("", value.strip())
    return Declaration(name, " ".join(bare.split()), bare != value.strip())


class _Reader:
    """Reads a sheet from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def rules(self, within: tuple[str, ...]) -> Iterator[Rule]:
        """The rules up to the brace that closes this block."""
        while (head := self._next()) is not None:
            prelude, end = head
            if end == "{":
                yield from self._block(prelude, within)
            elif prelude.startswith("@"):
                yield Rule(prelude, (), within)
            if end == "}" and within:
                return

    def _block(self, prelude: str, within: tuple[str, ...]) -> Iterator[Rule]:
        if prelude.startswith("@") and not prelude.lower().startswith(("@font-face", "@page")):
            yield Rule(prelude, (), within)
            yield from self.rules((*within, prelude))
            return
        declarations = []
        while (part := self._next()) is not None:
            text, end = part
            if end == "{":
                # A block in a block: what it holds is nobody's declaration.
                self._skip_block()
                continue
            if (declaration := _read_declaration(text)) is not None:
                declarations.append(declaration)
            if end == "}":
                break
        yield Rule(prelude, tuple(declarations), within)

    def _skip_block(self) -> None:
        depth = 1
        while depth and (part := self._next()) is not None:
            depth += {"{": 1, "}": -1}.get(part[1], 0)

    def _next(self) -> tuple[str, str] | None:
        """The text up to the next brace or semicolon, and which of them it was; None at the end."""
        if self._at >= len(self._text):
            return None
        found = _END.search(self._text, self._at)
        start, end = self._at, found.start() if found else len(self._text)
        self._at = end + 1
        text = " ".join(self._text[start:end].split())
        return (text, found[0] if found else "") if text or found else None
