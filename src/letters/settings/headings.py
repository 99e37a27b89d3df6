"""Folders of sources: headings in ``sources.toml``, comments to TOML and to every other reader.

``## News / Europe`` says that the sources below it, up to the next heading, lie in the folder Europe of the folder News;
``## /`` ends all folders.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

from letters.settings.lines import read_lines
from letters.text import one_line

#: The names of a folder and of those around it, from the outside in; empty: no folder.
Folder = tuple[str, ...]

_SEPARATOR = " / "
_HEADING = re.compile(r"[ \t]*##[ \t]+(\S.*)")
# A slash between blanks would be a separator: in a name it takes a backslash, one more for each that it has.
_LONE_SLASH = re.compile(r"(?<!\S)(\\*)/(?!\S)")
_MARKED_SLASH = re.compile(r"(?<!\S)\\(\\*)/(?!\S)")


def heading(folder: Folder) -> str:
    """The line that begins a folder."""
    names = [_LONE_SLASH.sub(r"\\\1/", one_line(name)) for name in folder]
    return f"## {_SEPARATOR.join(names) or '/'}"


def read_heading(line: str) -> Folder | None:
    """The folder that a line begins; None for any other line."""
    found = _HEADING.match(line)
    if found is None:
        return None
    text = found[1].strip()
    if text == "/":
        return ()
    names = (_MARKED_SLASH.sub(r"\1/", name.strip()) for name in text.split(_SEPARATOR))
    return tuple(name for name in names if name)


def read_folders(text: str) -> list[Folder]:
    """The folder of each source, in the order of the file. For a file that `load_settings` accepts."""
    lines = read_lines(text)
    starts, folders = [0], [Folder()]
    for number, line in enumerate(text.split("\n"), 1):
        found = read_heading(line)
        if found is not None:
            starts.append(number)
            folders.append(found)
    count = len(tomllib.loads(text).get("source", ()))
    places = (lines.of(("source", index)) or 0 for index in range(count))
    return [folders[bisect_right(starts, place) - 1] for place in places]


def last_folder(text: str) -> Folder:
    """The folder that a source written at the end of the file would lie in."""
    found = (read_heading(line) for line in reversed(text.split("\n")))
    return next((folder for folder in found if folder is not None), ())
