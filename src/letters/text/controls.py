"""Characters that text may not hold."""

from __future__ import annotations

import re

# XML 1.0 (section 2.2) carries tab, line feed, carriage return and the rest of Unicode without C0, surrogates, U+FFFE and
# U+FFFF. DEL, C1 and the other noncharacters it merely discourages; nobody sees them, and some readers refuse them.
_SEPARATORS = re.compile("[\x0b\x0c\x1c-\x1f\x85]")
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)


# The same in UTF-8, as far as it is quickly told: what is one byte, and C1 controls.
_UNWANTED_BYTES = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
_C1_BYTES = re.compile(rb"\xc2[\x80-\x9f]")


def strip_controls(text: str) -> str:
    """The text without what XML 1.0 cannot carry: NUL, C0 and C1 controls, lone surrogates, noncharacters.

    Tab, line feed and carriage return stay. A control that separates words (vertical tab, form feed, information separators,
    NEL) leaves a space.
    """
    return text if _is_clean(text) else _UNWANTED.sub("", _SEPARATORS.sub(" ", text))


def _is_clean(text: str) -> bool:
    """Whether there is surely nothing to strip: asked of the bytes, since the patterns take ten times as long to say so."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    if len(data.translate(None, _UNWANTED_BYTES)) != len(data):
        return False
    if data.isascii():
        return True
    begins_c1 = b"\xc2" in data and _C1_BYTES.search(data)
    return not (begins_c1 or b"\xef\xb7" in data or b"\xbf\xbe" in data or b"\xbf\xbf" in data)


def one_line(text: str) -> str:
    """The text on one line: no controls, and every run of white space, line breaks of any kind among them, one space."""
    return " ".join(strip_controls(text).split())
