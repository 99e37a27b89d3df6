"""Foreign titles, texts and addresses as plain, storable ones."""

from __future__ import annotations

import html
import re
from urllib.parse import quote, urljoin, urlsplit

from letters.text import one_line, plain_text, strip_controls
from letters.watch.parse.markup import text_of_markup

_LONGEST_LINE = 1_000
_LONGEST_TEXT = 100_000
_LONGEST_URL = 4_000

# Elements that publishers put into titles; anything else between < and > is taken for words ("Vec<T>", "a < b").
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|cite|code|del|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|mark|nobr|ol|p|pre|q|"
    r"s|samp|small|span|strike|strong|sub|sup|tt|u|ul|var|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br|hr|p|div|li|h[1-6])\b[^<>]*>|</(?:p|div|li|h[1-6])>", re.IGNORECASE)
# Not less than what feedparser takes for HTML.
_LOOKS_LIKE_HTML = re.compile(
    r"</[a-z][a-z0-9]*\s*>|<(?:br|p|img|hr|a\s)[^<>]*>|&(?:#\w+|[a-z]\w+);", re.IGNORECASE
)
# Nearly every address of a feed; reading it, joining it and quoting it changes nothing about it.
_PLAIN_URL = re.compile(
    r"https?://[A-Za-z0-9.-]*[A-Za-z0-9](?::[0-9]{1,5})?(?:/[A-Za-z0-9._~!$&'()*+,:=@%/-]*)?"
    r"(?:\?[A-Za-z0-9._~!$&'()*+,:;=@%/?-]+)?(?:#[A-Za-z0-9._~!$&'()*+,:;=@%/?-]+)?"
)
# BCP 47.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def storable(value: object) -> str:
    """Any text without what cannot be stored; other values as nothing."""
    if not isinstance(value, str):
        return ""
    # What prints holds nothing to strip, and asking is forty times as fast as stripping.
    return value if value.isprintable() else strip_controls(value)


def line(value: object, *, longest: int = _LONGEST_LINE) -> str:
    """One line of text, cut if it is absurdly long."""
    if isinstance(value, str) and value.isprintable():
        # What prints holds no white space but blanks, and no controls.
        return (" ".join(value.split()) if "  " in value else value.strip())[:longest].rstrip()
    return one_line(value)[:longest].rstrip() if isinstance(value, str) else ""


def title_text(value: object, *, is_html: bool) -> str:
    """A title as words. Of HTML, tags are dropped and entities decoded exactly once.

    What was escaped twice keeps one escape: decoding until nothing changes would turn a title about ``&lt;b&gt;`` into
    markup.
    """
    text = storable(value)
    if is_html and ("<" in text or "&" in text):
        text = html.unescape(_TAG.sub("", _BREAK.sub(" ", text)))
    return line(text)


def body_text(value: str, *, is_html: bool) -> str:
    """A description as plain text with its paragraphs kept."""
    text = value[: 4 * _LONGEST_TEXT]
    if is_html:
        quick = text_of_markup(text)
        text = plain_text(text) if quick is None else quick
    else:
        text = _with_single_gaps(storable(text))
    return text.strip()[:_LONGEST_TEXT].rstrip()


def _with_single_gaps(text: str) -> str:
    """The text with blank lines single and no blanks at the ends of lines."""
    lines: list[str] = []
    for one in text.splitlines():
        stripped = one.rstrip()
        if stripped or (lines and lines[-1]):
            lines.append(stripped)
    return "\n".join(lines)


def looks_like_html(value: str) -> bool:
    """Whether a text of unstated kind holds markup or entities."""
    return ("<" in value or "&" in value) and _LOOKS_LIKE_HTML.search(value) is not None


def web_url(value: object, *, base: str) -> str:
    """An absolute http or https address; empty for anything else (``javascript:``, ``mailto:``, rubbish)."""
    text = storable(value).strip()
    if not text or len(text) > _LONGEST_URL:
        return ""
    if _PLAIN_URL.fullmatch(text):
        return text
    try:
        joined = urljoin(base, text)
        parts = urlsplit(joined)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    # Blanks and quotes would end the address wherever it is printed; all else stays as the publisher wrote it.
    quoted = quote(joined, safe="!#$%&'()*+,/:;=?@[]~", encoding="utf-8") if usable else ""
    # Asked again: each character may have become three or more.
    return quoted if len(quoted) <= _LONGEST_URL else ""


def guid_text(value: object) -> str:
    """A guid, byte for byte but for surrounding blanks; a number counts as its digits (JSON Feed 1.1, ``id``)."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return storable(value).strip()


def whole_number(value: object) -> int | None:
    """A season's or episode's number; None for anything but a small whole one."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 6 else None


def language_tag(value: object) -> str:
    """A language as BCP 47 writes it; empty for rubbish."""
    text = storable(value).strip().replace("_", "-")
    return text if _LANGUAGE.fullmatch(text) else ""
