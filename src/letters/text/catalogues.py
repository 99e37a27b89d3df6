"""Gettext catalogues: what Letters itself says, in other languages than English.

A catalogue is a file ``catalogues/LANGUAGE.po`` beside the shipped templates or in a workspace's ``templates/``. It is
compiled in memory where it is first needed, so nobody has to run a step between editing and seeing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from letters.errors import RenderError
from letters.text.shipped import find_shipped

#: Where catalogues lie, in a folder of templates.
FOLDER = "catalogues"

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|(.?))", re.DOTALL)


def find_translations(language: str, overrides: Path | None = None) -> NullTranslations:
    """What is known in a language: a workspace's catalogue before the shipped one, "de-AT" before "de", English at last.

    Raises `RenderError` with the file and line of what is wrong in a catalogue.
    """
    places = [folder for folder in (overrides, find_shipped("templates")) if folder is not None]
    found = [
        _load(file, file.stat().st_mtime_ns)
        for name in _names(language)
        for place in places
        if (file := place / FOLDER / f"{name}.po").is_file()
    ]
    first, *others = [*found, NullTranslations()]
    for translations in others:
        first.add_fallback(translations)
    return first


def read_catalogue(file: Path) -> Catalog:
    """A catalogue, checked. Raises `RenderError` with file and line."""
    try:
        with file.open("rb") as lines:
            catalogue = read_po(lines, locale=file.stem.replace("-", "_"), abort_invalid=True)
    except PoFileError as error:
        raise RenderError(f"{file}:{error.lineno or 1}: is no gettext catalogue: {error.args[0]}") from error
    except ValueError as error:
        raise RenderError(f"{file}: is no gettext catalogue: {error}") from error
    except LookupError as error:
        raise RenderError(f'{file}: "{file.stem}" is no language that Babel knows: {error}') from error
    for message in catalogue:
        if message.id and (fault := fault_of(message)):
            raise RenderError(f"{file}:{message.lineno}: {fault}")
    return catalogue


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
