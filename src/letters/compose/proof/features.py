"""Which features of HTML and CSS a mail uses, by their keys in the table of facts. Pure.

A name of CSS that has no row of its own is looked for under the shorter ones that it begins with, as ``margin-left`` under
``margin``; one that has none there either is reported as unknown to the table, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from letters.compose.proof.css import Declaration, Rule, read_declarations, read_sheet


@dataclass(frozen=True, slots=True)
class Use:
    """A feature that a mail uses: where first, and whether only in style sheets, without which the mail must do anyway."""

    key: str
    where: str
    is_in_sheet: bool


# Properties that every client knows and nobody tests, and those that only some client of old reads.
_PLAIN_PROPERTIES = {"color", "supported-color-schemes"}
_PREFIXED = re.compile(r"(?:-(?:webkit|moz|ms|o)-|mso-)")
_PROPERTIES = {
    **dict.fromkeys(("left", "right", "top", "bottom"), "left-right-top-bottom"),
    **dict.fromkeys(("column-gap", "row-gap"), "gap"),
    **dict.fromkeys(
        ("column-rule", "column-width", "column-fill", "column-span"), "column-layout-properties"
    ),
    **dict.fromkeys(("flex", "flex-grow", "flex-shrink", "flex-basis", "order"), "display-flex"),
    **dict.fromkeys(("grid", "grid-area", "grid-column", "grid-row"), "grid-template"),
    **dict.fromkeys(("margin-inline", "margin-block"), "margin-inline-block"),
    **dict.fromkeys(("padding-inline", "padding-block"), "padding-inline-block"),
    **dict.fromkeys(("border-inline", "border-block"), "border-inline-block"),
    **dict.fromkeys(("margin-inline-start", "margin-inline-end"), "margin-inline-start-end"),
    **dict.fromkeys(("margin-block-start", "margin-block-end"), "margin-block-start-end"),
    **dict.fromkeys(("padding-inline-start", "padding-inline-end"), "padding-inline-start-end"),
    **dict.fromkeys(("padding-block-start", "padding-block-end"), "padding-block-start-end"),
    **dict.fromkeys(("inline-size", "block-size"), "block-inline-size"),
    **dict.fromkeys(
        (f"border-{side}-{end}-radius" for side in ("top", "bottom") for end in ("left", "right")),
        "border-radius",
    ),
    **dict.fromkeys(
        (f"border-{block}-{inline}-radius" for block in ("start", "end") for inline in ("start", "end")),
        "border-radius-logical",
    ),
    "columns": "column-count",
    "mask": "mask-image",
}
_FUNCTIONS = {
    "calc": "unit-calc", "var": "variables", "clamp": "function-clamp", "max": "function-max", "min": "function-min",
    "light-dark": "function-light-dark", "rgb": "rgb", "rgba": "rgba",
    **dict.fromkeys(("lab", "lch", "oklab", "oklch", "color", "color-mix", "hwb"), "modern-color"),
    **{f"{before}{kind}-gradient": f"{kind}-gradient" for kind in ("linear", "radial", "conic") for before in ("", "repeating-")},
}  # fmt: skip
_UNITS = {"ch", "cm", "em", "ex", "in", "mm", "pc", "pt", "px", "rem", "vh", "vmax", "vmin", "vw"}
_NUMBER = re.compile(r"(?<![\w#-])[+-]?(?:\d+\.?\d*|\.\d+)([a-zA-Z]+|%)")
_CALL = re.compile(r"(?<![\w-])(-?[a-zA-Z][\w-]*)\(")
_MEDIA_FEATURES = {
    "prefers-color-scheme": "at-media-prefers-color-scheme",
    "prefers-reduced-motion": "at-media-prefers-reduced-motion",
    "device-pixel-ratio": "at-media-device-pixel-ratio",
    "orientation": "at-media-orientation",
    "hover": "at-media-hover",
}
_PSEUDO = re.compile(r"(::?)([a-z-]+)")
# Before CSS 3 these were written with one colon.
_OLD_ELEMENTS = {"before", "after", "first-letter", "first-line"}
_ELEMENTS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "h1-h6"),
    **dict.fromkeys(("ul", "ol", "li", "dl", "dt", "dd"), "lists"),
    **dict.fromkeys(("map", "area"), "image-maps"),
    **dict.fromkeys(
        ("article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark", "nav"),
        "semantics",
    ),
    **dict.fromkeys(("section", "summary", "time"), "semantics"),
}
# Their meaning is an attribute's, or nobody could do without them.
_PLAIN_ELEMENTS = {
    *("a", "b", "br", "button", "center", "cite", "em", "font", "head", "html", "i", "input", "kbd", "meta", "q", "s", "samp"),
    *("source", "sub", "sup", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "u", "var", "caption", "col", "colgroup"),
    *("bdo", "ins", "label", "option", "param", "script", "iframe", "embed", "applet", "noscript", "frame", "frameset"),
}  # fmt: skip
_ATTRIBUTES = {
    **{name: name for name in ("align", "background", "cellpadding", "cellspacing", "dir", "height", "hidden", "lang")},
    **{name: name for name in ("required", "role", "srcset", "target", "valign", "width")},
    **{name: name for name in ("aria-describedby", "aria-hidden", "aria-label", "aria-labelledby", "aria-live")},
    "loading": "loading-attribute",
}  # fmt: skip
_PICTURES = {"jpeg": "jpg", "tif": "tiff"}


def features_of(tree: Any, known: Collection[str]) -> tuple[list[Use], list[str]]:
    """What a parsed mail uses, each feature once, those in its elements first; and the names that the table lacks.

    A feature that stands both in an element and in a sheet counts as the element's.
    """
    unknown: dict[str, None] = {}

    def keys(names: Iterable[str]) -> Iterator[str]:
        for name in names:
            if key := _known_key(name, known):
                yield key
            else:
                unknown.setdefault(name.partition("-")[2])

    uses: dict[str, Use] = {}
    for element in tree.iter():
        if isinstance(element.tag, str):
            for key in keys(_of_element(element)):
                uses.setdefault(key, Use(key, f"<{element.tag}>", is_in_sheet=False))
    for sheet in tree.iter("style"):
        for rule in read_sheet(sheet.text or ""):
            for key in keys(_of_rule(rule)):
                uses.setdefault(key, Use(key, rule.prelude, is_in_sheet=True))
    return list(uses.values()), list(unknown)


def _known_key(name: str, known: Collection[str]) -> str:
    """The row of a name: its own, or that of the longest name it begins with."""
    while name.count("-") and name not in known:
        name = name.rpartition("-")[0] if name.startswith("css-") else ""
    return name if name in known else ""


def _of_element(element: Any) -> Iterator[str]:
    tag = element.tag.lower()
    if tag not in _PLAIN_ELEMENTS:
        yield f"html-{_ELEMENTS.get(tag, tag)}"
    for name, value in element.attrib.items():
        if name.lower() in _ATTRIBUTES:
            yield f"html-{_ATTRIBUTES[name.lower()]}"
        elif name.lower() == "style":
            for declaration in read_declarations(value):
                yield from _of_declaration(declaration)
    yield from _of_meaning(tag, element)


def _of_meaning(tag: str, element: Any) -> Iterator[str]:
    """Features that are an attribute's value."""
    if tag == "a":
        href = (element.get("href") or "").strip().lower()
        if href.startswith("mailto:"):
            yield "html-mailto-links"
        elif href.startswith("#"):
            yield "html-anchor-links"
    elif tag == "img":
        yield from _of_picture(element.get("src") or "")
    elif tag == "input":
        yield f"html-input-{(element.get('type') or 'text').lower()}"
    elif tag == "meta" and (element.get("name") or "").lower() == "color-scheme":
        yield "html-meta-color-scheme"


def _of_picture(address: str) -> Iterator[str]:
    if address.lower().startswith("data:"):
        yield "image-base64"
        return
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    ending = path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""
    # An address need not say what it leads to.
    if ending in {"apng", "avif", "bmp", "gif", "jpeg", "jpg", "png", "svg", "tif", "tiff", "webp"}:
        yield f"image-{_PICTURES.get(ending, ending)}"


def _of_rule(rule: Rule) -> Iterator[str]:
    if rule.is_at_rule:
        yield from _of_at_rule(rule.prelude)
    elif not any(around.lower().startswith("@keyframes") for around in rule.within):
        yield from _of_selectors(rule.prelude)
    for declaration in rule.declarations:
        yield from _of_declaration(declaration)


def _of_at_rule(prelude: str) -> Iterator[str]:
    name = prelude.partition(" ")[0].partition("(")[0].lower().lstrip("@")
    if name in {"charset", "page", "namespace"}:
        return
    yield f"css-at-{name}"
    if name == "media":
        for word, key in _MEDIA_FEATURES.items():
            if word in prelude.lower():
                yield f"css-{key}"


def _of_selectors(selectors: str) -> Iterator[str]:
    if "," in selectors:
        yield "css-selector-grouping"
    bare = re.sub(r"\[[^\]]*\]", "[]", selectors)
    if "[]" in bare:
        yield "css-selector-attribute"
    for colons, name in _PSEUDO.findall(bare.lower()):
        if name != "root":
            kind = "element" if len(colons) == 2 or name in _OLD_ELEMENTS else "class"
            yield f"css-pseudo-{kind}-{name}"
    bare = re.sub(r"::?[a-z-]+(?:\([^)]*\))?", "", bare)
    for sign, key in (
        ("*", "universal"),
        (">", "child"),
        ("+", "adjacent-sibling"),
        ("~", "general-sibling"),
    ):
        if sign in bare:
            yield f"css-selector-{key}"
    for selector in bare.split(","):
        parts = re.sub(r"\s*[>+~]\s*", ">", selector.strip()).replace("[]", "")
        for sign, key in ((r"\.[\w-]", "class"), (r"#[\w-]", "id"), (r"(?:^|[ >])[a-zA-Z]", "type")):
            if re.search(sign, parts):
                yield f"css-selector-{key}"
        if " " in parts:
            yield "css-selector-descendant"
        if re.search(r"\.[\w-]+\.[\w-]", parts):
            yield "css-selector-chaining"


def _of_declaration(declaration: Declaration) -> Iterator[str]:
    name, value = declaration.name, declaration.value.lower()
    if name.startswith("--"):
        yield "css-variables"
    elif _PREFIXED.match(name):
        return
    elif name not in _PLAIN_PROPERTIES:
        yield f"css-{_PROPERTIES.get(name, name)}"
    if declaration.is_important:
        yield "css-important"
    if name == "display" and (kind := re.search(r"flex|grid|none", value)):
        yield f"css-display-{kind[0]}"
    if name == "font-family" and "system-ui" in value:
        # The key has a slip of the pen, and is the key nevertheless.
        yield "css-sytem-ui"
    if value == "initial":
        yield "css-unit-initial"
    for call in _CALL.findall(value):
        if call in _FUNCTIONS:
            yield f"css-{_FUNCTIONS[call]}"
    for unit in _NUMBER.findall(value):
        if unit == "%":
            yield "css-unit-percent"
        elif unit in _UNITS:
            yield f"css-unit-{unit}"
