"""An issue's mail as an entry of a feed: the words and links of its public rendering, without a mail's furniture."""

from __future__ import annotations

import re

from lxml import etree
from lxml import html as lxml_html

from letters.publish.clean import clean_text
from letters.text import sanitise

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LAYOUT = {"body", "center", "div", "html", "table", "tbody", "td", "th", "tr"}
_BLOCKS = _LAYOUT | {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}


def issue_content(html: str, *, base_url: str) -> str:
    """The mail's HTML as an article: hidden parts gone, layout tables dissolved, sanitised, its links absolute."""
    try:
        root = lxml_html.document_fromstring(clean_text(html))
    except etree.ParserError:  # nothing in it
        return ""
    for hidden in root.xpath("//head | //comment() | //*[@style]"):
        if not isinstance(hidden.tag, str) or hidden.tag == "head" or _HIDDEN.search(hidden.get("style", "")):
            hidden.drop_tree()
    # From the innermost, so that a cell is judged by what its own cells have become.
    for element in reversed(list(root.iter(*_LAYOUT))):
        _dissolve(element)
    cleaned = sanitise(lxml_html.tostring(root, encoding="unicode"), base_url=base_url)
    return re.sub(r"\s*\n\s*", "\n", cleaned).strip()


def _dissolve(element: lxml_html.HtmlElement) -> None:
    """A box with text of its own becomes a paragraph; one that only arranges others goes."""
    if any(isinstance(child.tag, str) and child.tag in _BLOCKS for child in element.iterdescendants()):
        has_text = False
    else:
        has_text = bool(element.text_content().strip())
    if has_text:
        element.tag = "p"
        element.attrib.clear()
    elif element.getparent() is not None:
        element.drop_tag()
