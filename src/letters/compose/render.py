"""Views to finished mails: Jinja2 to MJML to HTML with its styles inlined, and a text part made by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import css_inline
import mjml

from letters.compose.view import IssueView
from letters.compose.wrap import fill
from letters.errors import RenderError
from letters.text import make_environment, one_line, render, render_line

HTML_TEMPLATE = "email/issue.mjml"
STYLE_TEMPLATE = "email/inline.css"
TEXT_TEMPLATE = "text/issue.txt"
SUBJECT_TEMPLATE = "text/subject.txt"

_SANS = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
_SERIF = "Georgia, 'Times New Roman', serif"
# Scripts that have no letter-spaced capitals and no serif to match ours: the system's own letters serve best.
_OWN_LETTERS = frozenset({"ar", "dv", "fa", "he", "ja", "ko", "ps", "sd", "ug", "ur", "yi", "zh"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """The type of one issue."""

    text: str
    title: str
    spacing: str
    align: str


def choose_fonts(language: str, direction: str) -> Fonts:
    """Serif titles and spaced captions where the script has them."""
    own = language.lower().split("-")[0] in _OWN_LETTERS
    return Fonts(
        text=_SANS,
        title=_SANS if own else _SERIF,
        spacing="0" if own else ".08em",
        align="right" if direction == "rtl" else "left",
    )


class Renderer:
    """The templates of one workspace, loaded once. Every error is a `RenderError` that names template and line."""

    def __init__(self, overrides: Path | None) -> None:
        self._environment = make_environment(overrides)
        self._environment.filters["fill"] = fill

    def markup(self, view: IssueView) -> str:
        """The HTML part as MJML. All text of the view is escaped on the way in."""
        fonts = choose_fonts(view.language, view.direction)
        return _squeeze(render(self._environment, HTML_TEMPLATE, issue=view, fonts=fonts))

    def html(self, view: IssueView) -> str:
        """The HTML part, styles inlined."""
        fonts = choose_fonts(view.language, view.direction)
        try:
            html: str = mjml.mjml2html(self.markup(view), fonts={})
        except ValueError as error:
            raise RenderError(f"{HTML_TEMPLATE}: what it rendered is no MJML: {error}") from error
        return self._inline(html, render(self._environment, STYLE_TEMPLATE, issue=view, fonts=fonts))

    def text(self, view: IssueView) -> str:
        """The text part: at most 72 columns but for addresses, one blank line at a time."""
        text = render(self._environment, TEXT_TEMPLATE, issue=view)
        lines = "\n".join(line.rstrip() for line in text.split("\n"))
        return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"

    def subject(self, template: str, **values: object) -> str:
        """One line of text from an edition's own template, or from the shipped one; no line break can get in."""
        if template:
            return render_line(template, **values)
        return one_line(render(self._environment, SUBJECT_TEMPLATE, **values))

    @staticmethod
    def _inline(html: str, css: str) -> str:
        inliner = css_inline.CSSInliner(
            # The document's own sheets are the enhancement and stay sheets; only ours goes into the elements.
            inline_style_tags=False,
            keep_style_tags=True,
            load_remote_stylesheets=False,
            extra_css=css,
        )
        try:
            return inliner.inline(html)
        except css_inline.InlineError as error:
            raise RenderError(f"{STYLE_TEMPLATE}: {error}") from error


def _squeeze(markup: str) -> str:
    """Markup without indentation and blank lines, which would otherwise be paid for in every mail."""
    return "\n".join(stripped for line in markup.splitlines() if (stripped := line.strip()))
