"""The size budget: an issue is never clipped by a mail client, whatever its cards hold. Pure.

Gmail cuts a mail at about 102 kB of HTML, footer and unsubscribe link with it (R20, pain 29).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

from letters.errors import RenderError
from letters.model import PersonalLink

#: The most bytes that the HTML of one recipient may have.
LIMIT_BYTES = 100_000
#: A personal link is never longer: the site's address, a purpose and a signed token.
LONGEST_LINK = 500


class Detail(IntEnum):
    """How much of a card is shown; each step takes away more than the one before."""

    FULL = 0
    NO_INSIGHTS = 1
    NO_SUMMARY = 2
    LINE = 3
    #: Only counted, in "and 12 more" with a link to the issue's page, which has everything.
    LEFT_OUT = 4


def size_bytes(html: str) -> int:
    """The bytes of a rendering once its stand-ins are the longest personal links."""
    growth = sum(html.count(mark) * (LONGEST_LINK - len(mark)) for mark in PersonalLink)
    return len(html.encode()) + growth


def shorten(ranked: Sequence[str], steps: int) -> dict[str, Detail]:
    """The detail of each id after so many steps: the lowest-ranked first, and all of them a step before any the next."""
    count = len(ranked)
    if not count:
        return {}
    whole, rest = divmod(steps, count)
    return {
        each: Detail(min(whole + (position >= count - rest), Detail.LEFT_OUT))
        for position, each in enumerate(ranked)
    }


def fit(
    ranked: Sequence[str], render: Callable[[Mapping[str, Detail]], str], *, limit: int = LIMIT_BYTES
) -> tuple[dict[str, Detail], str]:
    """The most detail with which `render` stays within the limit, and what it rendered.

    Raises `RenderError` when even the frame alone is too large: then it is a template that has to shrink.
    """
    details = shorten(ranked, 0)
    html = render(details)
    if size_bytes(html) <= limit:
        return details, html
    low, high = 0, len(ranked) * Detail.LEFT_OUT
    fitting = (shorten(ranked, high), render(shorten(ranked, high)))
    if size_bytes(fitting[1]) > limit:
        raise RenderError(
            f"the mail has more than {limit} bytes with every card left out; make the templates smaller"
        )
    # Invariant: too large after `low` steps, small enough after `high`.
    while high - low > 1:
        middle = (low + high) // 2
        details = shorten(ranked, middle)
        html = render(details)
        if size_bytes(html) <= limit:
            high, fitting = middle, (details, html)
        else:
            low = middle
    return fitting
