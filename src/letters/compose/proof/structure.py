"""What people who do not see a mail as it was drawn need of it: headings in order, words for pictures, a language. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from letters.errors import Problem

#: Gmail reads so much of style sheets, and no more.
SHEETS_BYTES = 16_384
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: No mail client runs or opens them, and filters take them for an attack.
_DANGEROUS = ("script", "iframe", "frame", "embed", "applet", "object", "form")


def check_structure(tree: Any) -> list[Problem]:
    """What is wrong with a parsed mail's language, headings, pictures and tables (R21)."""
    found = [
        *_check_page(tree),
        *_check_headings(tree),
        *(problem for image in tree.iter("img") for problem in _check_image(image)),
        *_check_tables(tree),
        *_check_sheets(tree),
        *_check_dangerous(tree),
    ]
    return [Problem(where="html", what=what, remedy=remedy) for what, remedy in found]


_Complaint = tuple[str, str]


def _check_page(tree: Any) -> Iterator[_Complaint]:
    if not (tree.get("lang") or "").strip():
        yield "the page names no language", 'add lang="…" to its html element'
    if not (tree.findtext(".//title") or "").strip():
        yield "the page has no title", "screen readers say it first; add one to its head"


def _check_headings(tree: Any) -> Iterator[_Complaint]:
    headings = [(int(one.tag[1]), _say(one)) for one in tree.iter(*_HEADINGS)]
    firsts = sum(level == 1 for level, _ in headings)
    if firsts != 1:
        yield f"{firsts} headings of the first level, wanted one", "let the edition's title be the only h1"
    before = 0
    for level, words in headings:
        if not words:
            yield f"an h{level} without words", "leave it out, or give it some"
        if level > before + 1:
            after = f"follows an h{before}" if before else "is the first heading"
            yield f'"{words}" is an h{level} and {after}', f"make it an h{before + 1}"
        before = level


def _check_image(image: Any) -> Iterator[_Complaint]:
    source = (image.get("src") or "").strip()
    name = f'the picture "{source[:80]}"' if source else "a picture without src"
    if image.get("alt") is None:
        yield f"{name} has no alt", 'say in alt what it shows; alt="" if it is mere ornament'
    missing = [side for side in ("width", "height") if not (image.get(side) or "").strip()]
    if missing:
        yield f"{name} has no {' and no '.join(missing)}", "without its size the mail jumps when it is loaded"
    if not source.lower().startswith(("https://", "cid:", "data:")):
        yield f"{name} is not loaded by https", "give its whole address, with https"
    if {"0", "1"} & {(image.get(side) or "").strip().removesuffix("px") for side in ("width", "height")}:
        yield f"{name} has a side of one pixel, as those have that count readers", "leave it out"


def _check_tables(tree: Any) -> Iterator[_Complaint]:
    without = sum(
        (table.get("role") or "").lower() not in {"presentation", "none"} and table.find(".//th") is None
        for table in tree.iter("table")
    )
    if without:
        tables = "a table" if without == 1 else f"{without} tables"
        yield (
            f'{tables} for layout without role="presentation"',
            "screen readers count its rows; add the role",
        )


def _check_sheets(tree: Any) -> Iterator[_Complaint]:
    sheets = list(tree.iter("style"))
    size = sum(len((sheet.text or "").encode()) for sheet in sheets)
    if size > SHEETS_BYTES:
        yield (
            f"style sheets of {size:,} bytes: Gmail drops what is beyond {SHEETS_BYTES:,}",
            "make them smaller",
        )
    if any(ancestor.tag == "body" for sheet in sheets for ancestor in sheet.iterancestors()):
        yield "a style sheet in the body: Gmail reads those in the head only", "put it into the head"


def _check_dangerous(tree: Any) -> Iterator[_Complaint]:
    for tag in _DANGEROUS:
        if tree.find(f".//{tag}") is not None:
            yield f"a {tag} element: clients drop it, and filters distrust the mail", "leave it out"
    for link in tree.iter("link"):
        if "stylesheet" in (link.get("rel") or "").lower():
            yield f'a style sheet from elsewhere: "{link.get("href")}"', "put its rules into the mail"


def _say(element: Any) -> str:
    return " ".join(element.text_content().split())[:80]
