"""The text of simple markup, without a parser: what show notes are nearly always made of.

`letters.text.plain_text` is the rule; this gives the same text or none. It takes markup whose tags are few, known, closed
one by one and nested as they should be, so that HTML's rules for mending have nothing to do.
"""

from __future__ import annotations

import html
import re
from typing import Final

from letters.text import strip_controls

_LONGEST: Final = 50_000
_DEEPEST: Final = 50

_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "cite",
        "code",
        "del",
        "em",
        "font",
        "i",
        "ins",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "var",
    ]
)
_LISTS = frozenset({"ul", "ol"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Apart from what surrounds them by a blank line, as in html-text.
_APART = frozenset({"p", "pre", "blockquote", "figure"}) | _HEADINGS | _LISTS
#: On a line of their own.
_LINES = frozenset({"div", "figcaption", "li"})
#: Blocks that end a paragraph, and leave no trace in the text.
_SEAMLESS = frozenset({"article", "section"})
#: Within these begins no other block: HTML would end them.
_CLOSED = frozenset({"p", "pre"}) | _HEADINGS
_GAPS = dict.fromkeys(_APART, 2) | dict.fromkeys(_LINES, 1)
_VOID = frozenset({"br", "hr", "img", "wbr"})

# Possessive, so that no tag costs more than its length.
_TAG = re.compile(
    r"""<(/?)([A-Za-z][A-Za-z0-9]*+)((?:\s++[A-Za-z_:][A-Za-z0-9_:.-]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>=`/]++))?+)*+)\s*+(/?)>"""
)
# What a reference may mean without HTML's rules for wrong ones.
_NUMERIC = re.compile(r"&#(?:([0-9]{1,7})|[xX]([0-9A-Fa-f]{1,6}))(?![0-9A-Fa-f])")


def text_of_markup(source: str) -> str | None:
    """The text of an HTML fragment, as `letters.text.plain_text` gives it; None where that is not certain."""
    if len(source) > _LONGEST or strip_controls(source) != source:
        return None
    if "<" not in source:
        return source.replace("\xa0", " ").strip() if "&" not in source else None
    return _Layout().read(source)


class _Layout:
    """Lays out one fragment; every method says whether the fragment is still simple."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._text: list[str] = []
        self._open: list[str] = []
        # After the start nothing needs to be set apart.
        self._gap = 2
        self._has_elements = self._has_bare_text = self._has_lines = False

    def read(self, source: str) -> str | None:
        at = 0
        for tag in _TAG.finditer(source):
            if not self._add(source[at : tag.start()]) or not self._take(*tag.groups()):
                return None
            at = tag.end()
        if self._open or not self._add(source[at:]) or not self._break(0):
            return None
        # Text outside all elements is a paragraph, but whether it is set apart from a line is for html-text to say.
        if not self._has_elements or (self._has_bare_text and self._has_lines):
            return None
        return "".join(self._lines).strip()

    def _add(self, text: str) -> bool:
        if not text:
            return True
        if "<" in text or ("&" in text and not _has_plain_references(text)):
            return False
        self._text.append(text)
        return True

    def _take(self, closing: str, tag: str, _attributes: str, slash: str) -> bool:
        name = tag.lower()
        if name in _VOID:
            self._has_elements = True
            return not closing and (name in {"img", "wbr"} or self._void(name))
        if slash:
            return False
        if closing:
            return bool(self._open) and self._open.pop() == name and self._close(name)
        return len(self._open) < _DEEPEST and self._start(name)

    def _void(self, name: str) -> bool:
        self._has_lines |= name == "hr"
        return (name == "br" or "p" not in self._open) and self._break(1)

    def _start(self, name: str) -> bool:
        self._has_elements = True
        if name in _INLINE:
            simple = name not in self._open
        else:
            # In a list stands nothing but its items.
            in_list = bool(self._open) and self._open[-1] in _LISTS
            simple = in_list == (name == "li") and _CLOSED.isdisjoint(self._open) and self._start_block(name)
        self._open.append(name)
        return simple

    def _start_block(self, name: str) -> bool:
        if name in _SEAMLESS:
            return True
        self._has_lines |= name in _LINES and name != "li"
        return name in _GAPS and self._break(_GAPS[name])

    def _close(self, name: str) -> bool:
        return name not in _GAPS or self._break(_GAPS[name], closing=name)

    def _break(self, gap: int, *, closing: str = "") -> bool:
        """End the text so far, with as many line breaks after it as are not there yet."""
        if not self._end_text(closing):
            return False
        if gap > self._gap:
            self._lines.append("\n" * (gap - self._gap))
            self._gap = gap
        return True

    def _end_text(self, closing: str) -> bool:
        text = "".join(self._text)
        self._text.clear()
        words = " ".join((html.unescape(text) if "&" in text else text).split())
        if not words:
            return True
        parent = closing or next((name for name in reversed(self._open) if name in _GAPS), "")
        if parent in _LISTS or strip_controls(words) != words:
            return False
        self._has_bare_text |= not parent
        self._lines.append(words)
        self._gap = 0
        return True


def _has_plain_references(text: str) -> bool:
    for decimal, hexadecimal in _NUMERIC.findall(text):
        number = int(decimal) if decimal else int(hexadecimal, 16)
        if not (
            0xA0 <= number < 0xD800
            or 0xE000 <= number < 0xFDD0
            or 0x10000 <= number < 0x1FFFE
            or 32 <= number < 127
        ):
            return False
    return text.count("&#") == len(_NUMERIC.findall(text))
