"""Text: foreign HTML in, harmless HTML or plain text out; names in, keys out; templates in, rendered text out. Pure."""

from letters.text.catalogues import check_catalogues
from letters.text.controls import one_line, strip_controls
from letters.text.html import plain_text, safe_url, sanitise
from letters.text.keys import KEY, make_key, slug
from letters.text.shipped import NotShippedError, find_shipped
from letters.text.templates import check_line, make_environment, render, render_line
from letters.text.wording import Wording, Wordings
from letters.text.words import count_words, date_words, duration_words, paragraphs

__all__ = [
    "KEY",
    "NotShippedError",
    "Wording",
    "Wordings",
    "check_catalogues",
    "check_line",
    "count_words",
    "date_words",
    "duration_words",
    "find_shipped",
    "make_environment",
    "make_key",
    "one_line",
    "paragraphs",
    "plain_text",
    "render",
    "render_line",
    "safe_url",
    "sanitise",
    "slug",
    "strip_controls",
]
