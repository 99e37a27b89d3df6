"""Views to finished mails: Jinja2 to MJML to HTML with its styles inlined, and a text part made by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import css_inline
import mjml

from letters.compose.pieces import Piece, Placing, Setter, Shelf, note
from letters.compose.view import IssueView
from letters.compose.words import cut
from letters.compose.wrap import fill
from letters.errors import RenderError
from letters.model import MARK_HOST
from letters.text import Wordings, find_shipped, make_environment, one_line, render, render_line

CARD_TEMPLATE = "email/card.mjml"
STYLE_TEMPLATE = "email/inline.css"
SUBJECT_TEMPLATE = "text/subject.txt"

_ALONE = '<mjml><mj-body css-class="page"><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>'
_BEGIN, _END = f"{MARK_HOST}/begin;", f"{MARK_HOST}/end;"

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


@dataclass(frozen=True, slots=True)
class SetPage:
    """An HTML part, and its pieces, by which the size of others is told without rendering them."""

    view: IssueView
    html: str
    _placing: Placing
    _setter: Setter

    def grows(self, other: IssueView) -> int | None:
        """By how many bytes it would grow if it showed the same cards as in this view, of the same choice.

        None when only rendering tells: where a card becomes a line, or goes, the frame changes too.
        """
        ours, theirs = self.view.cards, other.cards
        if len(ours) != len(theirs):
            return None
        instead = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
        if any(card.is_line or then.is_line or card.url != then.url for card, then in instead):
            return None
        return self._placing.grows(instead, self._setter)


class Renderer:
    """The templates of one workspace, loaded once. Every error is a `RenderError` that names template and line."""

    def __init__(self, overrides: Path | None) -> None:
        self._overrides = overrides
        self._environment = make_environment(overrides)
        self.wordings = Wordings(overrides)
        self._environment.filters["fill"] = fill
        self._environment.globals["note"] = note
        self._shelf, self._frames = Shelf(), Shelf()

    def markup(self, view: IssueView) -> str:
        """The HTML part as MJML, with its cards. All text of the view is escaped on the way in."""
        placing = Placing(self._shelf, object())
        markup = self._frame(view, placing)
        placing.set_pieces(lambda pieces: [piece.markup for piece in pieces])
        return _squeeze(placing.fill_in(markup))

    def html(self, view: IssueView) -> str:
        """The HTML part, styles inlined: a frame, and in it pieces that are set once for all choices."""
        return self.set(view).html

    def set(self, view: IssueView) -> SetPage:
        """The same, with what it was put together from."""
        fonts = choose_fonts(view.language, view.direction)
        css = render(self._environment, STYLE_TEMPLATE, issue=view, fonts=fonts)
        placing = Placing(self._shelf, ("html", css, *_same(view)))
        markup, runs = placing.frame(self._frame(view, placing))
        frame = self._frames.get((css, markup))
        if frame is None:
            frame = _inline(_set(markup, html_template(view.look)), css)
            self._frames.put((css, markup), frame)
        setter = partial(self._set_pieces, css=css)
        placing.set_pieces(setter)
        return SetPage(view, placing.fill(frame, runs), placing, setter)

    def _frame(self, view: IssueView, placing: Placing) -> str:
        fonts = choose_fonts(view.language, view.direction)
        values = {"issue": view, "fonts": fonts, "place": placing.place, "say": placing.say}
        return _squeeze(render(self._environment, html_template(view.look), **values))

    def _set_pieces(self, pieces: Sequence[Piece], css: str) -> list[str]:
        """In one document of their own, so that MRML and the inliner do to them what they would do in the issue's."""
        try:
            markup = _squeeze("".join(f"{_BEGIN}\n{piece.markup}\n{_END}" for piece in pieces))
            found = _inline(_set(_ALONE.format(markup), CARD_TEMPLATE), css).split(_BEGIN)[1:]
            if len(found) != len(pieces):
                raise RenderError(f"{CARD_TEMPLATE}: what it rendered is not whole")
        except RenderError:
            if len(pieces) > 1:
                # One of them is to blame, and is found when each is alone.
                return [self._set_pieces([piece], css)[0] for piece in pieces]
            raise RenderError(self._blame(pieces[0])) from None
        return [each.partition(_END)[0].strip() for each in found]

    def _blame(self, piece: Piece) -> str:
        place = find_macro(piece.macro, self._overrides)
        of = f" of {piece.about}" if piece.about else ""
        return (
            f'{place}: what "{piece.macro}" makes{of} is no MJML: an element that is not closed, a bare "<", '
            f"or an attribute without quotes: {cut(one_line(piece.markup), 120)}"
        )

    def text(self, view: IssueView) -> str:
        """The text part: at most 72 columns but for addresses, one blank line at a time."""
        placing = Placing(self._shelf, ("text", *_same(view)))
        text = render(self._environment, f"text/{view.look}.txt", issue=view, place=placing.place)
        placing.set_pieces(lambda pieces: [piece.markup for piece in pieces])
        text = "\n".join(map(str.rstrip, placing.fill_in(text).split("\n")))
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"

    def subject(self, template: str, **values: object) -> str:
        """One line of text from an edition's own template, or from the shipped one; no line break can get in."""
        if template:
            return render_line(template, **values)
        return one_line(render(self._environment, SUBJECT_TEMPLATE, **values))


def html_template(look: str) -> str:
    return f"email/{look}.mjml"


def _same(view: IssueView) -> tuple[object, ...]:
    """What is the same in all renderings of an issue: a piece may depend on it, and on nothing else."""
    return (view.look, view.site, view.edition, view.number, view.date, view.language, view.is_mail)


def find_macro(name: str, overrides: Path | None) -> str:
    """File and line of a macro of the mails' templates."""
    for folder in (overrides, find_shipped("templates")):
        for file in sorted(folder.glob("email/*.mjml")) if folder else ():
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
                if re.search(rf"macro\s+{re.escape(name)}\s*\(", line):
                    return f"{file}:{number}"
    return CARD_TEMPLATE


def _set(markup: str, template: str) -> str:
    """MJML to HTML."""
    try:
        html: str = mjml.mjml2html(markup, fonts={})
    except ValueError as error:
        raise RenderError(f"{template}: what it rendered is no MJML: {error}") from error
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
