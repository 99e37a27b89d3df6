"""A source's last 30 days at a glance. Pure.

The text that is remembered is the newest day and a mark for it and each of the 29 days before it, newest first:
``2026-03-02 1.0x``. Days are days in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

#: How many days are remembered.
DAYS = 30
#: More new entries in a day than this are shown as this many.
MOST_NEW = 9

# A day's mark: not looked at; only failed looks; so many new entries; and the same where some looks failed besides.
_UNSEEN, _FAILED = ".", "x"
_WELL, _MIXED = "0123456789", "abcdefghij"
_HISTORY = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}}) ([.x0-9a-j]{{{DAYS}}})")

# What the picture shows of a day with so many new entries. Without colour, and told apart in any terminal's font.
_BARS = "-▁▃▃▅▅▅▅▇▇"


def record(history: str, *, now: datetime, new: int, failed: bool) -> str:
    """The history with one more look in it. A look from before the 30 days changes nothing; nonsense starts afresh."""
    today = now.astimezone(UTC).date()
    newest, marks = _read(history) or (today, _UNSEEN * DAYS)
    if today > newest:
        marks, newest = _shifted(marks, (today - newest).days), today
    place = (newest - today).days
    if place < DAYS:
        marks = marks[:place] + _mark(marks[place], new=new, failed=failed) + marks[place + 1 :]
    return f"{newest.isoformat()} {marks}"


def picture(history: str, *, now: datetime) -> str:
    """The 30 days up to now as 30 characters, oldest first.

    ``·`` not looked at, ``-`` looked at and nothing new, ``▁▃▅▇`` by the number of new entries (1, 2, 4, 8 or more),
    ``×`` every look failed.
    """
    return "".join(_sign(mark) for mark in reversed(_marks(history, now=now)))


def days(history: str, *, now: datetime) -> list[dict[str, Any]]:
    """The same 30 days, oldest first: `day` as ISO 8601, `looked`, `failed` (any look did), `new` (at most 9)."""
    today = now.astimezone(UTC).date()
    return [
        {
            "day": (today - timedelta(days=ago)).isoformat(),
            "looked": mark != _UNSEEN,
            "failed": mark == _FAILED or mark in _MIXED,
            "new": _number(mark),
        }
        for ago, mark in reversed(list(enumerate(_marks(history, now=now))))
    ]


def _read(history: str) -> tuple[date, str] | None:
    found = _HISTORY.fullmatch(history)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[1]), found[2]
    except ValueError:
        return None


def _marks(history: str, *, now: datetime) -> str:
    """The marks of the 30 days up to now, newest first."""
    today = now.astimezone(UTC).date()
    newest, marks = _read(history) or (today, _UNSEEN * DAYS)
    return _shifted(marks, (today - newest).days)


def _shifted(marks: str, ahead: int) -> str:
    """The marks as seen so many days later; or earlier, when a pass was given an earlier clock."""
    if ahead >= 0:
        return (_UNSEEN * min(ahead, DAYS) + marks)[:DAYS]
    return (marks[-ahead:] + _UNSEEN * DAYS)[:DAYS]


def _mark(mark: str, *, new: int, failed: bool) -> str:
    number = min(_number(mark) + new, MOST_NEW)
    if failed and mark in {_UNSEEN, _FAILED}:
        return _FAILED
    if failed or mark == _FAILED or mark in _MIXED:
        return _MIXED[number]
    return _WELL[number]


def _number(mark: str) -> int:
    return max(_WELL.find(mark), _MIXED.find(mark), 0)


def _sign(mark: str) -> str:
    if mark == _UNSEEN:
        return "·"
    return "×" if mark == _FAILED else _BARS[_number(mark)]
