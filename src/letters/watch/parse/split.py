"""A document cut into its head and its entries by their tags, unread.

Most of a feed is the same at each look. Where an entry begins and ends can be told without parsing when the document is
regular, and then only what changed needs to be read. Everything here is linear in the document's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: Stands in the head where entries were; one for each run of them.
MARKER = "letters-entries"
_MARK = f"<?{MARKER}?>"

_TOKEN = re.compile(r"<(?:!\[CDATA\[|!--|!|\?|(/?)(item|entry)(?=[\s/>]))")
# Possessive: what was matched is never tried another way, so no tag costs more than its length.
_REST_OF_TAG = re.compile(r"""(?:[^<>"'/]++|/(?!>)|"[^"<]*+"|'[^'<]*+')*+>""")
_ENDS = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>"}


@dataclass(frozen=True, slots=True)
class Pieces:
    """The text of a document in pieces."""

    #: The document with a processing instruction of the target `MARKER` for each run of entries.
    head: str
    entries: tuple[str, ...]

    def with_entries(self, entries: Iterable[str]) -> str:
        """The document with these entries in place of all."""
        before, _mark, after = self.head.partition(_MARK)
        return "".join([before, *entries, after.replace(_MARK, "")])


def split(text: str) -> Pieces | None:
    """The document in pieces; None unless entries of one kind stand one after the other, each opened and closed.

    The text begins at its root element. Tags in CDATA sections, comments and processing instructions count as words. A
    document with a declaration (``<!DOCTYPE``) or an entry without content is not regular.
    """
    head: list[str] = []
    entries: list[str] = []
    at = after = 0
    opened, kind = -1, ""
    while (token := _TOKEN.search(text, at)) is not None:
        closing, name = token.groups()
        if name is None:
            at = _skipped(text, token)
        elif closing:
            at = text.find(">", token.end()) + 1
            if opened < 0 or name != kind or not at or text[token.end() : at - 1].strip():
                return None
            entries.append(text[opened:at])
            opened, after = -1, at
        else:
            rest = _REST_OF_TAG.match(text, token.end())
            if rest is None or opened >= 0 or (kind and name != kind):
                return None
            opened, kind, at = token.start(), name, rest.end()
            gap = text[after:opened]
            if not entries or (not gap.isspace() and gap):
                head += [gap, _MARK]
        if not at:
            return None
    return None if opened >= 0 else Pieces("".join([*head, text[after:]]), tuple(entries))


def _skipped(text: str, token: re.Match[str]) -> int:
    """Where that ends in which no tag is one; 0 where it does not end."""
    ending = _ENDS.get(token[0])
    end = text.find(ending, token.end()) if ending is not None else -1
    return end + len(ending) if ending is not None and end >= 0 else 0
