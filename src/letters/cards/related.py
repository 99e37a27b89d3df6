"""Items of a "Related on NAME" section: a title, a Markdown link, or ``title - address``."""

from __future__ import annotations

import re

from letters.model import RelatedCard

_LINK = re.compile(r"\[(?P<title>(?:\\.|[^\\\[\]])*)\]\((?:<(?P<angled>[^<>]*)>|(?P<bare>[^\s()<>]*))\)")
_TRAILING = re.compile(r"(?P<title>\S.*?)\s*(?:[-–—:|]\s+|\s)[(<]?(?P<url>https?://[^\s()<>]+)[)>]?")
_BARE = re.compile(r"<?(?P<url>https?://[^\s<>]+)>?")
_ESCAPED = re.compile(r"\\([\[\]\\])")
_TO_ESCAPE = re.compile(r"([\[\]\\])")


def parse_related(text: str) -> RelatedCard:
    """One item, its bullet taken off. What holds no address is a title."""
    text = text.strip()
    if found := _LINK.fullmatch(text):
        return RelatedCard(
            title=_ESCAPED.sub(r"\1", found["title"]).strip(), url=found["angled"] or found["bare"] or ""
        )
    if found := _BARE.fullmatch(text):
        return RelatedCard(title=found["url"], url=found["url"])
    if found := _TRAILING.fullmatch(text):
        return RelatedCard(title=found["title"], url=found["url"])
    return RelatedCard(title=text)


def write_related(related: RelatedCard) -> str:
    """The item that `parse_related` reads as this card: its title where that is enough, else a Markdown link."""
    if parse_related(related.title) == related:
        return related.title
    url = f"<{related.url}>" if re.search(r"[()]", related.url) else related.url
    title = _TO_ESCAPE.sub(r"\\\1", related.title)
    return f"[{title}]({url})"
