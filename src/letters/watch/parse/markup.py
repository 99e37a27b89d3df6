"""The text of simple markup, without a parser: what show notes are nearly always made of.

`letters.text.plain_text` is the rule; this gives the same text, or none. It takes markup whose tags are few, known, closed
one by one and nested as they should be, so that HTML's rules for mending have nothing to do.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

from letters.text import strip_controls

_LONGEST: Final = 50_000
_DEEPEST: Final = 50

_INLINE = frozenset({
    *("a", "abbr", "b", "cite", "code", "del", "em", "font", "i", "ins", "mark", "q", "s", "small", "span", "strong"),
    *("sub", "sup", "u", "var"),
})  # fmt: skip
# Of no height and no words.
_NOTHING = frozenset({"img", "wbr"})
_LISTS = frozenset({"ul", "ol"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: How many line breaks are around a block, as in html-text: a blank line, a line of its own, none.
_GAPS = {
    **dict.fromkeys({"p", "pre", "blockquote", "figure"} | _HEADINGS | _LISTS, 2),
    **dict.fromkeys(("div", "figcaption", "li", "br", "hr"), 1),
    **dict.fromkeys(("article", "section"), 0),
}
#: Within these begins no other block: HTML would end them.
_CLOSED = frozenset({"p", "pre"}) | _HEADINGS

# Possessive, so that no tag costs more than its length.
_TAG = re.compile(
    r"""<(/?)([A-Za-z][A-Za-z0-9]*+)"""
    r"""(?:\s++[A-Za-z_:][A-Za-z0-9_:.-]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>=`/]++))?+)*+\s*+(/?)>"""
)
_NUMERIC = re.compile(r"&#(?:([0-9]{1,7})|[xX]([0-9A-Fa-f]{1,6}))(?![0-9A-Fa-f])")


def text_of_markup(source: str) -> str | None:
    """The text of an HTML fragment, as `letters.text.plain_text` gives it; None where that is not certain."""
    if len(source) > _LONGEST:
        return None
    if "<" not in source:
        return strip_controls(source).replace("\xa0", " ").strip() if "&" not in source else None
    # Text, and then by turns: "/" or nothing, the tag's name, "/" or nothing, and text again.
    parts = _TAG.split(source)
    if not _are_plain(parts[::4]):
        return None
    parts[::4] = [_unescaped(text) if "&" in text else text for text in parts[::4]]
    text = _Layout().text(parts[0], zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True))
    return text if text is not None and strip_controls(text) == text else None


def _unescaped(text: str) -> str:
    ampersands = text.count("&")
    return text.replace("&amp;", "&") if text.count("&amp;") == ampersands else html.unescape(text)


def _are_plain(texts: Iterable[str]) -> bool:
    """Whether no text holds the beginning of a tag, or a reference that HTML has special rules for."""
    joined = "\n".join(texts)
    if "<" in joined:
        return False
    references = _NUMERIC.findall(joined) if "&#" in joined else []
    numbers = (int(decimal) if decimal else int(digits, 16) for decimal, digits in references)
    return joined.count("&#") == len(references) and all(map(_is_plain_character, numbers))


def _is_plain_character(number: int) -> bool:
    return (
        0x20 <= number < 0x7F
        or 0xA0 <= number < 0xD800
        or 0xE000 <= number < 0xFDD0
        or 0x10000 <= number < 0x1FFFE
    )


class _Layout:
    """Lays out one fragment."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._open: list[str] = []
        # After the beginning nothing needs to be set apart.
        self._gap = 2
        self._has_blocks = self._has_bare_text = self._has_lines = False

    def text(self, start: str, tags: Iterable[tuple[str, str, str, str]]) -> str | None:
        """The text of a fragment cut at its tags; None where they are not nested as they should be."""
        run, opened, is_known = [start], self._open, False
        for closing, tag, slash, text in tags:
            name = tag.lower()
            if name in _INLINE:
                if slash or not (_pop(opened, name) if closing else name not in opened):
                    return None
                if not closing:
                    opened.append(name)
            elif name not in _NOTHING:
                if not self._take_block(name, closing, slash, "".join(run)):
                    return None
                run.clear()
            elif closing:
                return None
            is_known = True
            run.append(text)
        # Text outside all blocks is a paragraph, but how it is set apart from mere lines is for html-text to say.
        if (
            opened
            or not is_known
            or not self._add("".join(run), "")
            or (self._has_bare_text and self._has_lines)
        ):
            return None
        return "".join(self._words).strip()

    def _take_block(self, name: str, closing: str, slash: str, text: str) -> bool:
        gap = _GAPS.get(name)
        if gap is None or len(self._open) > _DEEPEST:
            return False
        is_void = name in {"br", "hr"}
        if closing:
            if is_void or not _pop(self._open, name) or not self._add(text, name if gap else self._block()):
                return False
        else:
            if not self._add(text, self._block()) or (slash and not is_void) or not self._may_start(name):
                return False
            if not is_void:
                self._open.append(name)
        if not gap and not self._gap:
            # Words up to the edge of a block that sets nothing apart: whether a blank parts them is for html-text to say.
            return False
        if gap > self._gap:
            self._words.append("\n" * (gap - self._gap))
            self._gap = gap
        return True

    def _may_start(self, name: str) -> bool:
        # In a list stands nothing but its items.
        in_list = bool(self._open) and self._open[-1] in _LISTS
        self._has_lines |= name in {"div", "figcaption", "hr"}
        return name == "br" or (in_list == (name == "li") and _CLOSED.isdisjoint(self._open))

    def _block(self) -> str:
        """The block that text stands in here; none outside all."""
        return next((name for name in reversed(self._open) if _GAPS.get(name)), "")

    def _add(self, text: str, block: str) -> bool:
        words = " ".join(text.split())
        if words:
            if block in _LISTS:
                return False
            self._has_bare_text |= not block
            self._words.append(words)
            self._gap = 0
        return True


def _pop(opened: list[str], name: str) -> bool:
    return bool(opened) and opened.pop() == name
