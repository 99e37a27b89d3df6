"""Views to finished mails: Jinja2 to MJML to HTML with its styles inlined, and a text part made by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

import css_inline
import mjml

from letters.compose.view import CardView, IssueView
from letters.compose.wrap import fill
from letters.errors import RenderError
from letters.model import MARK_HOST
from letters.text import Wordings, make_environment, one_line, render, render_line

HTML_TEMPLATE = "email/issue.mjml"
STYLE_TEMPLATE = "email/inline.css"
TEXT_TEMPLATE = "text/issue.txt"
SUBJECT_TEMPLATE = "text/subject.txt"

#: The macro that shows a card below a heading.
Macro = Callable[[CardView, str], object]

# Where a piece goes. Foreign text is free of this host (`letters.compose.words.clean_text`), so it cannot ask for one.
_MARK = f"{MARK_HOST}/piece/"
_PLACED = re.compile(rf"{re.escape(_MARK)}(\d+);\n?")
_ALONE = '<mjml><mj-body css-class="page"><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>'
# Some megabytes: the cards of an issue in each detail and below each heading.
_PIECES_AT_MOST = 2_000

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
        self.wordings = Wordings(overrides)
        self._environment.filters["fill"] = fill
        # Least recently used first.
        self._pieces: dict[Hashable, str] = {}

    def markup(self, view: IssueView) -> str:
        """The HTML part as MJML, with its cards. All text of the view is escaped on the way in."""
        return self._markup(view, lambda macro, card, heading: macro(card, heading))

    def html(self, view: IssueView) -> str:
        """The HTML part, styles inlined: the frame, and in it cards that are set once for all choices."""
        fonts = choose_fonts(view.language, view.direction)
        css = render(self._environment, STYLE_TEMPLATE, issue=view, fonts=fonts)
        pieces: list[str] = []

        def place(macro: Macro, card: CardView, heading: str) -> str:
            pieces.append(self._piece(macro, card, heading, view=view, css=css))
            return f"{_MARK}{len(pieces) - 1};"

        html = _inline(_set(self._markup(view, place)), css).replace(f"\n{_MARK}", _MARK)
        return _PLACED.sub(lambda found: pieces[int(found[1])], html)

    def _markup(self, view: IssueView, place: Callable[[Macro, CardView, str], object]) -> str:
        fonts = choose_fonts(view.language, view.direction)
        return _squeeze(render(self._environment, HTML_TEMPLATE, issue=view, fonts=fonts, place=place))

    def _piece(self, macro: Macro, card: CardView, heading: str, *, view: IssueView, css: str) -> str:
        """A card's finished HTML. It may depend on what is the same in all renderings of an issue, and on nothing else."""
        same = (view.site, view.edition, view.number, view.date, view.language, view.is_mail)
        key = (css, same, card, heading)
        piece = self._pieces.pop(key, None)
        if piece is None:
            begin, end = f"{_MARK}begin;", f"{_MARK}end;"
            # In a document of its own, so that MRML and the inliner do to it what they would do in the issue's.
            markup = _squeeze(_ALONE.format(begin + str(macro(card, heading)) + end))
            piece = _inline(_set(markup), css).partition(begin)[2].partition(end)[0].strip()
            if len(self._pieces) >= _PIECES_AT_MOST:
                del self._pieces[next(iter(self._pieces))]
        self._pieces[key] = piece
        return piece

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


def _set(markup: str) -> str:
    """MJML to HTML."""
    try:
        html: str = mjml.mjml2html(markup, fonts={})
    except ValueError as error:
        raise RenderError(f"{HTML_TEMPLATE}: what it rendered is no MJML: {error}") from error
    return html


def _inline(html: str, css: str) -> str:
    """The page with these rules written into its elements."""
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
