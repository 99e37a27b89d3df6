"""Foreign HTML: made harmless, or turned to plain text. Whatever comes in, something usable comes out."""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import Final
from urllib.parse import urlsplit

import html_text
import nh3

from letters.text.controls import strip_controls

#: Characters of input that are looked at; what follows is cut off. The longest show notes we met have a tenth of this.
LIMIT: Final = 500_000

_TAGS = {
    *("a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "dd", "del", "dfn", "div", "dl", "dt"),
    *("em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol"),
    *("p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr"),
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"lang"},
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_DIRECTIONS = {"dir": {"ltr", "rtl", "auto"}}
# Their text is no text for readers; of all other elements that are not allowed, the text stays.
_WITHOUT_CONTENT = {
    *("applet", "audio", "canvas", "embed", "head", "iframe", "math", "noembed", "noframes", "noscript", "object"),
    *("script", "select", "style", "svg", "template", "textarea", "title", "video", "xmp"),
}  # fmt: skip

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)")
_WHOLE_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>?")
# The parser needs quadratic time for elements that stay open (70 s for 100,000 <div>), and libxml2 loses text below 256.
_DEPTH = 200
# Void elements, and those that a sibling closes: they do not add up.
_NOT_NESTING = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"),
    *("p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "rt", "rp"),
}  # fmt: skip
_PASSES = 5

# What nh3 writes: attributes in double quotes, with < and > escaped in them.
_WRITTEN_TAG = re.compile(r'<(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?: [a-z-]+="[^"]*")*)>')
_WRITTEN_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_VOID = {"br", "hr", "img", "wbr"}
_PRE_START = re.compile(r"(<pre[^>]*>)\n+")

_ELEMENT = re.compile(
    r"<(?:!--|!doctype|\?xml|/?(?:"
    + "|".join(sorted(_TAGS | _WITHOUT_CONTENT | {"html", "body", "article", "section", "center", "font"}))
    + r")(?:[\s/>]|$))",
    re.IGNORECASE,
)
_NOT_IN_URLS = re.compile(r'[<>"\\^`{|}]')
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def sanitise(source: str, *, base_url: str = "") -> str:
    """Foreign HTML as a harmless fragment of article elements; sanitising it again changes nothing.

    Links lead to http, https or mailto, bear ``rel="noopener nofollow"``, and are resolved against `base_url`; without one, relative
    ones lose their address. Styles, scripts, handlers, forms, media and images of one pixel go. The fragment is well-formed as HTML
    and as XML, so it can stand in a page, in MJML and in Atom. Input beyond `LIMIT` characters is cut off; markup nested
    deeper than any article is kept as text only.
    """
    source = strip_controls(source[:LIMIT])
    if _is_too_deep(source):
        return html.escape(_drop_tags(source), quote=False)
    cleaner = _cleaner(base_url)
    # A tree that was parsed from broken markup may read differently once written out; soon it reads the same.
    for _ in range(_PASSES):
        cleaned = _finish(strip_controls(cleaner.clean(source)))
        if cleaned == source:
            return cleaned
        source = cleaned
    return (
        source if _finish(cleaner.clean(source)) == source else html.escape(_drop_tags(source), quote=False)
    )


def plain_text(source: str, *, limit: int = LIMIT) -> str:
    """The text of an HTML fragment: paragraphs apart by a blank line, entities decoded once, no markup.

    Text without any HTML element (``a < b``, ``AT&T``, ``List<String>``) comes out as it is, with entities decoded and its line breaks.
    At most `limit` characters, cut at a word with an ellipsis.
    """
    source = strip_controls(source[:LIMIT])
    if not _ELEMENT.search(source):
        text = _decode(source)
    elif _is_too_deep(source):
        text = _drop_tags(source)
    else:
        # nh3 first: lxml is slow on many attributes, and what is no text is dropped by one rule.
        text = html_text.extract_text(_TEXT_CLEANER.clean(source))
    return _cut(strip_controls(text).replace("\xa0", " ").strip(), limit)


def safe_url(url: str | None) -> str:
    """The address if it is a whole http, https or mailto one; else nothing.

    Its scheme comes out in small letters, and what no address may hold but browsers forgive (RFC 3986, section 2) is escaped, so that
    it can stand between quotes and angle brackets.
    """
    url = (url or "").strip()
    if any(character.isspace() for character in url) or url != strip_controls(url):
        return ""
    try:
        parts = urlsplit(url)
        hostname = parts.hostname
    except ValueError:
        return ""
    if _NOT_IN_URLS.search(parts.netloc):
        return ""
    whole = hostname if parts.scheme in {"http", "https"} else parts.scheme == "mailto" and "@" in parts.path
    rest = _NOT_IN_URLS.sub(lambda match: f"%{ord(match[0]):02X}", url[len(parts.scheme) :])
    return f"{parts.scheme}{rest}" if whole else ""


def _cleaner(base_url: str) -> nh3.Cleaner:
    base = safe_url(base_url)
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=_WITHOUT_CONTENT,
        attributes=_ATTRIBUTES,
        tag_attribute_values=dict.fromkeys(_TAGS, _DIRECTIONS),
        attribute_filter=_filter_attribute,
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", base) if base.startswith("http") else "deny",
        link_rel="noopener nofollow",
    )


# Inline elements go, with nothing in their place, as in a browser: html-text would put "un <b>believ</b> able" apart.
_BLOCKS = {
    *("blockquote", "br", "caption", "dd", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "li", "ol", "p", "pre", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
}  # fmt: skip
_TEXT_CLEANER = nh3.Cleaner(tags=_BLOCKS, clean_content_tags=_WITHOUT_CONTENT, attributes={}, link_rel=None)


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src") and value.lstrip().lower().startswith("mailto:"):
        return None
    return value


def _is_too_deep(source: str) -> bool:
    """Whether more elements stay open than any article needs; counted without a parser, since that is what must be spared."""
    depth, open_tags = 0, Counter[str]()
    for closing, name in _TAG.findall(source):
        tag = name.lower()
        if tag in _NOT_NESTING:
            continue
        if not closing:
            open_tags[tag] += 1
            depth += 1
        elif open_tags[tag]:
            open_tags[tag] -= 1
            depth -= 1
        if depth > _DEPTH:
            return True
    return False


def _finish(cleaned: str) -> str:
    """What nh3 wrote, as XML too: void elements closed, no named entity but XML's own; images without a picture dropped."""
    cleaned = _PRE_START.sub(r"\1", cleaned)
    return _WRITTEN_TAG.sub(_finish_tag, cleaned).replace("&nbsp;", "\xa0")


def _finish_tag(match: re.Match[str]) -> str:
    name, attributes = match["name"], match["attributes"]
    if name == "img" and not _is_picture(dict(_WRITTEN_ATTRIBUTE.findall(attributes))):
        return ""
    return f"<{name}{attributes} />" if name in _VOID else match[0]


def _is_picture(attributes: dict[str, str]) -> bool:
    # A picture of one pixel counts readers.
    sizes = (attributes.get(side, "").strip().removesuffix("px") for side in ("width", "height"))
    return bool(attributes.get("src")) and not any(size in {"0", "1"} for size in sizes)


def _drop_tags(source: str) -> str:
    return _decode(" ".join(_WHOLE_TAG.sub(" ", source).split()))


def _decode(text: str) -> str:
    # Only entities with their semicolon: "?a=1&copy=2" is an address, not a sign.
    return strip_controls(_ENTITY.sub(lambda match: html.unescape(match[0]), text))


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    words = head.rsplit(maxsplit=1)
    whole = text[limit - 1].isspace() or head[-1:].isspace() or len(words) < 2
    return (head if whole else words[0]).rstrip() + "…"
