"""Gettext catalogues: what Letters itself says, in other languages than English.

A catalogue is a file ``catalogues/LANGUAGE.po`` beside the shipped templates or in a workspace's ``templates/``. It is
compiled in memory where it is first needed, so nobody has to run a step between editing and seeing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations, c2py
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from letters.errors import Problem, RenderError
from letters.text.shipped import find_shipped


class CatalogueError(RenderError):
    """A catalogue cannot be used."""

    def __init__(self, file: Path, line: int | None, what: str) -> None:
        super().__init__(file, line, what)
        self.file, self.line, self.what = file, line, what

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"


#: Where catalogues lie, in a folder of templates.
FOLDER = "catalogues"

_LINE = re.compile(rb'(?:msg\w+(?:\[\d+\])?\s*)?"(?:[^"\\]|\\.)*"')
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|(.?))", re.DOTALL)


def find_translations(language: str, overrides: Path | None = None) -> NullTranslations:
    """What is known in a language: a workspace's catalogue before the shipped one, "de-AT" before "de", English at last.

    Raises `CatalogueError` with the file and line of what is wrong in one.
    """
    found = [_load(file, file.stat().st_mtime_ns) for file in _files(language, overrides)]
    first, *others = [*found, NullTranslations()]
    for translations in others:
        first.add_fallback(translations)
    return first


def has_catalogue(language: str, overrides: Path | None = None) -> bool:
    """Whether there is a catalogue for a language, of a workspace's own or shipped; it is not read."""
    return bool(_files(language, overrides))


def check_catalogues(workspace: Path, templates: Path) -> list[Problem]:
    """Everything that is wrong in a workspace's catalogues, with file and line."""
    problems = []
    for file in sorted((templates / FOLDER).glob("*.po")):
        try:
            errors = _faults(file, _parse(file))
        except CatalogueError as error:
            errors = [error]
        where = str(file.relative_to(workspace) if file.is_relative_to(workspace) else file)
        problems += [Problem(where=where, line=error.line, what=error.what) for error in errors]
    return problems


def read_catalogue(file: Path) -> Catalog:
    """A catalogue, checked. Raises `CatalogueError` with file and line."""
    catalogue = _parse(file)
    for fault in _faults(file, catalogue):
        raise fault
    return catalogue


def _parse(file: Path) -> Catalog:
    _check_quotes(file)
    try:
        with file.open("rb") as lines:
            catalogue = read_po(lines, locale=file.stem.replace("-", "_"), abort_invalid=True)
    except PoFileError as error:
        raise CatalogueError(
            file, (error.lineno or 0) + 1, f"is no gettext catalogue: {error.args[0]}"
        ) from error
    except ValueError as error:
        raise CatalogueError(file, None, f"is no gettext catalogue: {error}") from error
    except LookupError as error:
        what = f'"{file.stem}" is no language that Babel knows: {error}'
        raise CatalogueError(file, None, what) from error
    try:
        c2py(catalogue.plural_expr)
    except ValueError as error:
        what = f'its Plural-Forms have "{catalogue.plural_expr}", which is no rule of plurals: {error}'
        raise CatalogueError(file, None, what) from error
    return catalogue


def _check_quotes(file: Path) -> None:
    """Babel takes the first and last character of a text for its quotes, whatever they are."""
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        text = line.strip()
        if text and not text.startswith(b"#") and not _LINE.fullmatch(text):
            shown = text.decode("utf-8", "replace")[:80]
            what = (
                f"is no gettext catalogue: {shown!r} is neither a comment nor a keyword with a text in quotes"
            )
            raise CatalogueError(file, number, what)


def _faults(file: Path, catalogue: Catalog) -> list[CatalogueError]:
    found = ((message.lineno, fault_of(message)) for message in catalogue if message.id)
    return [CatalogueError(file, line, fault) for line, fault in found if fault]


def fault_of(message: Message) -> str:
    """What is wrong with the placeholders of a translation; empty when it fits its message, or is still to be written.

    A placeholder that nobody fills would break a mail or page at the moment it is made. A translation may leave one out
    (a singular that says "one" needs no number).
    """
    known = {name for text in _texts(message.id) for name, _ in _PLACEHOLDER.findall(text) if name}
    for text in _texts(message.string):
        for name, other in _PLACEHOLDER.findall(text):
            if other != "%" and not name:
                return f'"{text}" has a "%" that begins no placeholder; write "%%" for the sign itself'
            if name and name not in known:
                wanted = ", ".join(f'"%({one})s"' for one in sorted(known)) or "none"
                return f'"{text}" has the placeholder "%({name})s"; its message has {wanted}'
    return ""


def _texts(value: str | Sequence[str] | None) -> list[str]:
    """The forms of a message or translation that are written."""
    return [text for text in ([value] if isinstance(value, str) else value or ()) if text]


def _files(language: str, overrides: Path | None) -> list[Path]:
    """The catalogues that speak for a language, the nearest first."""
    places = [folder for folder in (overrides, find_shipped("templates")) if folder is not None]
    files = (place / FOLDER / f"{name}.po" for name in _names(language) for place in places)
    return [file for file in files if file.is_file()]


def _names(language: str) -> list[str]:
    """The names of files for a BCP 47 tag, the nearest first."""
    parts = language.replace("_", "-").split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _load(file: Path, changed: int) -> NullTranslations:
    """A fresh object each time, because fallbacks are added to it; its bytes are compiled once for each state of the file."""
    return GNUTranslations(BytesIO(_compile(file, changed)))


@cache
def _compile(file: Path, _changed: int) -> bytes:
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(file))
    return compiled.getvalue()
