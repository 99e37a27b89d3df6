"""Records made of tags, such as ``v=DKIM1; k=rsa; p=MIIB`` (RFC 6376 section 3.2); pure."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class TagError(ValueError):
    """What cannot be read as a list of tags."""


def read_tags(text: str) -> dict[str, str]:
    """The tags of a record in their order. Raises `TagError`; a tag that is there twice makes a record invalid."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not _NAME.fullmatch(name):
            raise TagError(f'"{part.strip()[:60]}" is no tag=value')
        if name in tags:
            raise TagError(f'the tag "{name}" is there twice')
        tags[name] = value
    return tags
