"""Messages from pieces, pure: a rendering is encoded once, with holes; for each recipient bytes are joined.

Building a message with the standard library costs milliseconds for each recipient, joining costs microseconds. A hole in a
quoted-printable body stands between two soft line breaks (RFC 2045 section 6.7 (5)), which a reader removes, so that what is put
in is exact whatever stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from letters.deliver.encode import SOFT_BREAK, quoted_printable
from letters.model import PersonalLink

_MARKS = re.compile("|".join(re.escape(mark.value) for mark in PersonalLink))


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in a template, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """Bytes with holes."""

    parts: tuple[bytes | Hole, ...]

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The bytes with each hole filled. Raises KeyError if a value is missing."""
        return b"".join([part if isinstance(part, bytes) else values[part.name] for part in self.parts])

    def merged(self) -> Template:
        """The same with neighbouring bytes made one."""
        parts: list[bytes | Hole] = []
        for part in self.parts:
            if isinstance(part, bytes) and parts and isinstance(parts[-1], bytes):
                parts[-1] += part
            else:
                parts.append(part)
        return Template(tuple(parts))

    def __add__(self, other: Template) -> Template:
        return Template(self.parts + other.parts)


def literal(data: bytes) -> Template:
    """A template without a hole."""
    return Template((data,))


def hole(name: str) -> Template:
    """A template that is nothing but a hole."""
    return Template((Hole(name),))


def body_template(text: str, *, prefix: str) -> Template:
    """A text with `PersonalLink` marks as a quoted-printable template; its holes are `prefix` and the link's name.

    What is filled in must come from `body_value`.
    """
    parts: list[bytes | Hole] = []
    position = 0
    for match in _MARKS.finditer(text):
        parts += [quoted_printable(text[position : match.start()]) + SOFT_BREAK]
        parts += [Hole(prefix + PersonalLink(match.group()).name), SOFT_BREAK]
        position = match.end()
    return Template((*parts, quoted_printable(text[position:])))


def body_value(value: str) -> bytes:
    """A value in the form that fills a hole of `body_template`."""
    return quoted_printable(value)
