"""The size budget: an issue is never clipped by a mail client, whatever its cards hold. Pure.

Gmail cuts a mail at about 102 kB of HTML, footer and unsubscribe link with it (R20, pain 29).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

from letters.errors import RenderError
from letters.model import PersonalLink

#: The most bytes that the HTML of one recipient may have.
LIMIT_BYTES = 100_000
#: A personal link is never longer: the site's address, a purpose and a signed token.
LONGEST_LINK = 500

# Guesses that are no good are followed by halving, which is never worse than so many renderings more.
_GUESSES_AT_MOST = 6
# A mail that is expected to be too large by more than this is not rendered whole first.
_DOUBT_BYTES = 2_000


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


def shorten(
    ranked: Sequence[str], steps: int, start: Mapping[str, Detail] | None = None
) -> dict[str, Detail]:
    """The detail of each id after so many steps: the lowest-ranked first, and all of them a step before any the next.

    What has less detail than that from the `start` keeps what it has.
    """
    count = len(ranked)
    if not count:
        return {}
    whole, rest = divmod(steps, count)
    least = start or {}
    return {
        each: max(
            least.get(each, Detail.FULL),
            Detail(min(whole + (position >= count - rest), Detail.LEFT_OUT)),
        )
        for position, each in enumerate(ranked)
    }


def fit(
    ranked: Sequence[str],
    render: Callable[[Mapping[str, Detail]], str],
    *,
    start: Mapping[str, Detail] | None = None,
    saves: Callable[[str, Detail], int] | None = None,
    expected: int | None = None,
    differs: Callable[[Mapping[str, Detail]], int | None] | None = None,
    limit: int = LIMIT_BYTES,
) -> tuple[dict[str, Detail], str]:
    """The most detail with which `render` stays within the limit, and what it rendered.

    `saves` guesses how many bytes an entry loses by the step to a detail, `expected` how many there are of the whole; a good
    guess spares renderings, a bad one costs some, and the result is the same. `differs` adds up by how many bytes a detail
    would differ from what `render` made last, or says None where only rendering tells; what is returned was measured whatever
    it says. Raises `RenderError` when even the frame alone is too large: then it is a template that has to shrink.
    """
    whole = shorten(ranked, 0, start)
    is_assumed = expected is not None and expected > limit + _DOUBT_BYTES
    size, html = (expected or 0, "") if is_assumed else _measure(render(whole))
    if size <= limit:
        return whole, html
    search = _Search(_saved(ranked, start or {}, saves or (lambda _each, _detail: 1)), size, limit)
    rendered: tuple[int, int, str] | None = None if is_assumed else (0, size, html)
    while (steps := search.next()) is not None:
        details = shorten(ranked, steps, start)
        difference = differs(details) if differs and rendered else None
        if difference is not None and rendered:
            search.tell(steps, rendered[1] + difference)
        else:
            size, html = _measure(render(details))
            rendered = steps, size, html
            search.tell(steps, size)
    if is_assumed and search.found <= 1:
        # That nothing had to go was never looked at.
        size, html = _measure(render(whole))
        if size <= limit:
            return whole, html
        rendered = 0, size, html
    if not search.is_found:
        raise RenderError(
            f"the mail has more than {limit} bytes with every card left out; make the templates smaller"
        )
    details = shorten(ranked, search.found, start)
    if rendered is None or rendered[0] != search.found:
        size, html = _measure(render(details))
    else:
        _, size, html = rendered
    if size > limit:
        # A template of the workspace's own that makes more of a card than its piece: then each guess is rendered.
        return fit(ranked, render, start=start, saves=saves, limit=limit)
    return details, html


def _measure(html: str) -> tuple[int, str]:
    return size_bytes(html), html


def _saved(
    ranked: Sequence[str], start: Mapping[str, Detail], saves: Callable[[str, Detail], int]
) -> list[int]:
    """How many bytes are probably saved after each number of steps, from none to all."""
    saved = [0]
    for detail in list(Detail)[1:]:
        for each in reversed(ranked):
            nothing = start.get(each, Detail.FULL) >= detail
            saved.append(saved[-1] + (0 if nothing else saves(each, detail)))
    return saved


class _Search:
    """For the fewest steps that are enough: where the guess says they are, then nearer by what was measured.

    Invariant: too large after `low` steps; small enough after `high`, or `high` is one more than there are.
    """

    def __init__(self, saved: Sequence[int], size: int, limit: int) -> None:
        self._saved, self._limit = saved, limit
        self._low, self._high = 0, len(saved)
        self._first = size
        # A measured point, and how many bytes a guessed one is worth by what was measured.
        self._known, self._scale = (0, size), 1.0
        self._tries = 0

    @property
    def found(self) -> int:
        """The fewest steps that are known to be enough."""
        return self._high

    @property
    def is_found(self) -> bool:
        """Whether any number of steps is enough."""
        return self._high < len(self._saved)

    def next(self) -> int | None:
        """The number of steps to try; None when it is found."""
        if self._high - self._low <= 1:
            return None
        self._tries += 1
        if self._tries > _GUESSES_AT_MOST:
            return (self._low + self._high) // 2
        steps, size = self._known
        wanted = self._saved[steps] + (size - self._limit) / self._scale
        return min(max(bisect_left(self._saved, wanted), self._low + 1), self._high - 1)

    def tell(self, steps: int, size: int) -> None:
        """Take what was measured."""
        if size <= self._limit:
            self._high = steps
        else:
            self._low = steps
        if self._saved[steps] and size < self._first:
            self._scale = (self._first - size) / self._saved[steps]
        self._known = (steps, size)
