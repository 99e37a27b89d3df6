"""An issue's mail as a page of the site: what a page's head says, and the way to its neighbours below it.

The stored rendering is what was composed and approved; its look stays as it is, and everything here is put in beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_HEAD_ENDS = re.compile(r"</head\s*>", re.IGNORECASE)
_BODY_BEGINS = re.compile(r"<body[\s>]", re.IGNORECASE)
_BODY_ENDS = re.compile(r"</body\s*>", re.IGNORECASE)
_HTML_ENDS = re.compile(r"</html\s*>", re.IGNORECASE)
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)
# Comments for Outlook may hold anything; one that is never closed hides all that follows.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


class _Place(NamedTuple):
    start: int
    end: int


def as_page(html: str, *, head: str, foot: str) -> str:
    """The rendering with `head` at the end of its head, and `foot` at the end of its body.

    A template of the workspace's own may leave either tag out, as HTML allows; then each goes where it is read the same way.
    """
    places = _outside_comments(html)
    before = places(_HEAD_ENDS) or places(_BODY_BEGINS)
    doctype = _DOCTYPE.match(html)
    head_at = before[0].start if before else (doctype.end() if doctype else 0)
    after = places(_BODY_ENDS) or places(_HTML_ENDS)
    foot_at = max(after[-1].start if after else len(html), head_at)
    return f"{html[:head_at]}{head}{html[head_at:foot_at]}{foot}{html[foot_at:]}"


def _outside_comments(html: str) -> Callable[[re.Pattern[str]], list[_Place]]:
    hidden = [_Place(*found.span()) for found in _COMMENT.finditer(html)]

    def places(pattern: re.Pattern[str]) -> list[_Place]:
        found = (_Place(*one.span()) for one in pattern.finditer(html))
        return [one for one in found if not any(part.start <= one.start < part.end for part in hidden)]

    return places
