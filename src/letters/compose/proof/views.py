"""A mail as different people see it: on a desk, on a phone, in the dark, without pictures, as text. Pure.

Each view is a page that looks the same in any browser, whether that prefers light or dark: what a client would do to the
mail is done to it beforehand.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from letters.model import PersonalLink, Rendering

DESK_WIDTH, PHONE_WIDTH = 800, 390

_PREFERS_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_PREFERS_LIGHT = re.compile(r"\(\s*prefers-color-scheme\s*:\s*light\s*\)", re.IGNORECASE)
_STYLE = re.compile(r"<style\b.*?</style\s*>", re.IGNORECASE | re.DOTALL)
_IMG = re.compile(r"""<img\b((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE)
_SOURCE = re.compile(r"""\s(?:src|srcset)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_BACKGROUND = re.compile(r"""\sbackground\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_ADDRESS = re.compile(r"""url\(\s*[^)]*\)""", re.IGNORECASE)
_HEAD_ENDS = re.compile(r"</head\s*>", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+")

_SCHEME = "<style>:root {{ color-scheme: {} !important; }}</style>"
# Media features that are always true, and never; they may stand wherever others stand.
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"
# What clients that turn colours round do, near enough: lightness is mirrored, hues stay, pictures are left alone.
_INVERTED = (
    "<style>html { background: #fff; filter: invert(1) hue-rotate(180deg); }"
    " img { filter: invert(1) hue-rotate(180deg); }</style>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One way to see the mail: ``NAME.html`` in the folder, and ``NAME.png`` where pictures can be taken."""

    name: str
    title: str
    #: Of the window, in CSS pixels.
    width: int
    page: str


def views_of(mail: Rendering, public: Rendering) -> tuple[View, ...]:
    """The views of a mail, and the page that everybody sees "in the browser"."""
    mail_page = _without_personal_links(mail.html)
    page = lightened(mail_page)
    return (
        View(name="desktop", title="On a desk", width=DESK_WIDTH, page=page),
        View(name="phone", title="On a phone", width=PHONE_WIDTH, page=page),
        View(name="dark", title="In the dark", width=DESK_WIDTH, page=darkened(mail_page)),
        View(
            name="inverted", title="Colours turned round by the client", width=DESK_WIDTH, page=inverted(page)
        ),
        View(name="images-off", title="Without pictures", width=DESK_WIDTH, page=without_images(page)),
        View(name="styles-off", title="Without style sheets", width=PHONE_WIDTH, page=without_sheets(page)),
        View(name="text", title="As text", width=DESK_WIDTH, page=text_page(mail.subject, mail.text)),
        View(
            name="page", title="In the browser, for everybody", width=DESK_WIDTH, page=lightened(public.html)
        ),
    )


def lightened(page: str) -> str:
    """The page as a client shows it that asks for the light look."""
    page = _PREFERS_LIGHT.sub(_ALWAYS, _PREFERS_DARK.sub(_NEVER, page))
    return _into_head(page, _SCHEME.format("light"))


def darkened(page: str) -> str:
    """The page as a client shows it that asks for the dark look."""
    page = _PREFERS_LIGHT.sub(_NEVER, _PREFERS_DARK.sub(_ALWAYS, page))
    return _into_head(page, _SCHEME.format("dark"))


def inverted(page: str) -> str:
    """The page as a client shows it that has no dark look to ask for and turns light colours round."""
    return _into_head(page, _INVERTED)


def without_images(page: str) -> str:
    """The page as it is before anybody allows pictures: their words and places, nothing loaded."""
    page = _IMG.sub(lambda found: f'<img src="data:,"{_SOURCE.sub("", found[1])}>', page)
    return _ADDRESS.sub("url(data:,)", _BACKGROUND.sub("", page))


def without_sheets(page: str) -> str:
    """The page as a client shows it that drops style sheets, which leaves what stands in the elements."""
    return _STYLE.sub("", page)


def text_page(title: str, text: str) -> str:
    """The text part as programs for text show it; its addresses can be followed."""
    words = html.escape(_without_personal_links(text), quote=False)
    linked = _WEB_ADDRESS.sub(lambda found: f'<a href="{html.escape(found[0])}">{found[0]}</a>', words)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>:root { color-scheme: light; } pre { margin: 24px; font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; }"
        f"</style></head><body><pre>{linked}</pre></body></html>\n"
    )


def _without_personal_links(content: str) -> str:
    """A preview is nobody's mail: what is personal leads nowhere."""
    for link in PersonalLink:
        content = content.replace(link.value, f"#{link.name.lower()}")
    return content


def _into_head(page: str, markup: str) -> str:
    found = _HEAD_ENDS.search(page)
    at = found.start() if found else 0
    return f"{page[:at]}{markup}{page[at:]}"
