"""Values that stand in all formats: addresses, dates, types, languages, HTML."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from feed_validator.report import Report

_CHARACTERS = r"(?:[!$&'()*+,./0-9:;=?@A-Z_a-z~-]|%[0-9A-Fa-f]{2})"
_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?://\[[0-9A-Fa-f:.]+\](?=[:/?#]|$))?{_CHARACTERS}*(?:#{_CHARACTERS}*)?"
)
_UUID = re.compile("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf'{_TOKEN}/{_TOKEN}(\s*;\s*{_TOKEN}=({_TOKEN}|"[^"]*"))*')
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_RFC822 = re.compile(rf"({'|'.join(_DAYS)}), \d{{2}} [A-Z][a-z]{{2}} \d{{4}} \d\d:\d\d:\d\d [+-]\d{{4}}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d+|#x[0-9a-fA-F]+);")
_BAD_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff]")
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

_VOID = {"br", "hr", "img", "wbr"}
_HARMLESS = {
    *("a", "abbr", "b", "bdi", "bdo", "blockquote", "caption", "cite", "code", "dd", "del", "dfn", "div", "dl"),
    *("dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "i", "ins", "kbd", "li", "mark"),
    *("ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "table"),
    *("tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", *_VOID),
}  # fmt: skip


def check_text(text: str, where: str, report: Report) -> None:
    """Plain text, as a reader shows it."""
    report.check(not _BAD_CHARACTER.search(text), "character", where, ascii(text))
    report.check(not _REFERENCE.search(text), "escaped-twice", where, text)


def check_uri(text: str | None, where: str, report: Report, *, web: bool = False) -> None:
    """An absolute address; with `web` one of http or https."""
    if not text:
        report.add("missing", where, text)
        return
    kept = _URI.fullmatch(text)
    scheme, _, rest = text.partition(":")
    if kept and (web or scheme.lower() in {"http", "https"}):
        kept = scheme.lower() in {"http", "https"} and rest.startswith("//") and urlsplit(text).hostname
    elif text.lower().startswith("urn:uuid:"):
        kept = _UUID.fullmatch(text)
    report.check(kept, "address", where, text)


def check_type(text: str | None, where: str, report: Report) -> None:
    report.check(_MEDIA_TYPE.fullmatch(text or ""), "media-type", where, text)


def check_language(text: str | None, where: str, report: Report) -> None:
    report.check(_LANGUAGE.fullmatch(text or ""), "language", where, text)


def check_number(text: str | None, where: str, report: Report) -> None:
    report.check((text or "").isascii() and (text or "").isdigit(), "number", where, text)


def check_rss_date(text: str, where: str, report: Report) -> None:
    if not _RFC822.fullmatch(text):
        report.add("rss-date", where, text)
        return
    try:
        moment = datetime.strptime(text.partition(", ")[2], "%d %b %Y %H:%M:%S %z")
    except ValueError:
        report.add("rss-date", where, text)
        return
    report.check(_DAYS[moment.weekday()] == text[:3], "rss-date", where, text)
    report.check(moment >= _EARLIEST, "plausible-date", where, text)


def check_atom_date(text: object, where: str, report: Report) -> None:
    try:
        moment = datetime.fromisoformat(str(text)) if _RFC3339.fullmatch(str(text)) else None
    except ValueError:
        moment = None
    if moment is None:
        report.add("atom-date", where, text)
        return
    report.check(moment >= _EARLIEST, "plausible-date", where, text)


def check_html(html: str, where: str, report: Report) -> None:
    """HTML, as it is put into a reader's page."""
    report.check(not _BAD_CHARACTER.search(html), "character", where, ascii(html))
    parser = _Html(where, report)
    parser.feed(html)
    parser.close()
    report.check(not parser.open, "html-nesting", where, f"never closed: {parser.open}")


class _Html(HTMLParser):
    """Follows elements as they open and close."""

    def __init__(self, where: str, report: Report) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self._where, self._report = where, report

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._report.check(tag in _HARMLESS, "html-harmless", self._where, tag)
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            acts = name.startswith("on") or name in {"style", "srcdoc", "formaction"}
            self._report.check(not acts, "html-harmless", self._where, name)
            if name in {"href", "src", "cite", "poster", "srcset"}:
                found = f"{name}={value}"
                scheme = (value or "").partition(":")[0].lower()
                self._report.check(urlsplit(value or "").scheme, "html-absolute", self._where, found)
                kept = scheme in {"http", "https", "mailto"} or not urlsplit(value or "").scheme
                self._report.check(kept, "html-harmless", self._where, found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # To HTML, the slash of <p/> means nothing: the element stays open.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self._report.add("html-nesting", self._where, f"</{tag}> within {self.open}")

    def handle_data(self, data: str) -> None:
        self._report.check(not _REFERENCE.search(data), "escaped-twice", self._where, data)

    def handle_comment(self, data: str) -> None:
        self._report.add("html-harmless", self._where, f"<!--{data}-->")
