"""Dates as publishers write them, by the stated rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from watching import NOW, item, rss

from letters.model import Source
from letters.watch.parse import parse_feed
from letters.watch.parse.dates import believable, parse_date

EIGHT = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)

#: What is written after "Mon, 05 Jan 2026 08:00:00 ", and its hours from UTC.
ZONES = {
    "GMT": 0, "UT": 0, "Z": 0, "+0000": 0, "-0000": 0, "": 0, "XYZ": 0,
    "EST": -5, "EDT": -4, "CST": -6, "PST": -8, "PDT": -7, "PT": -8, "ET": -5,
    "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "(MEZ)": 1, "cet": 1, "BST": 1, "MSK": 3, "IST": 5.5, "JST": 9, "KST": 9,
    "AEDT": 11, "NZST": 12, "NST": -3.5, "BRT": -3,
    "+0100": 1, "+01:00": 1, "GMT+0100": 1, "GMT-05:00": -5,
}  # fmt: skip


def published(written: str) -> datetime | None:
    """What a document gives that feedparser reads."""
    parsed = parse_feed(
        rss(item(1, pubDate=written)).encode(),
        url="https://show.example/feed",
        content_type="",
        source=Source(key="show", url="https://show.example/feed"),
        now=NOW,
    )
    return parsed.entries[0].published


@pytest.mark.parametrize("zone", ZONES)
def test_zone_goes_by_its_offset_or_by_its_name_in_every_kind_of_document(zone: str) -> None:
    written = f"Mon, 05 Jan 2026 08:00:00 {zone}".strip()
    expected = EIGHT - ZONES[zone] * HOUR
    assert parse_date(written) == expected
    assert published(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # Korean, as two blog hosts write it; in Korea's zone.
        ("2004년 05월 28일  01:31:15", datetime(2004, 5, 27, 16, 31, 15, tzinfo=UTC)),
        ("2004-05-25 오후 11:23:17", datetime(2004, 5, 25, 14, 23, 17, tzinfo=UTC)),
        # Hungarian, with and without letters beyond ASCII.
        ("2004-július-13T9:15-05:00", datetime(2004, 7, 13, 14, 15, tzinfo=UTC)),
        ("2004-augusztus-13T9:15-05:00", datetime(2004, 8, 13, 14, 15, tzinfo=UTC)),
        # Greek.
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", datetime(2004, 7, 11, 17, tzinfo=UTC)),
        ("2026-01-05 08:00:00 CET", EIGHT - HOUR),
        ("2026-01-05T08:00:00z", EIGHT),
        ("Sun Jan  4 16:29:06 2004", datetime(2004, 1, 4, 16, 29, 6, tzinfo=UTC)),
    ],
)
def test_dates_in_other_languages_and_forms_are_read_alike_in_every_kind_of_document(
    written: str, expected: datetime
) -> None:
    assert parse_date(written) == expected
    assert published(written) == expected


@pytest.mark.parametrize("written", ["soon", "", "MEZ", "99 Foo 2026 25:61:00 CET", None, 7])
def test_what_is_no_date_is_none(written: object) -> None:
    assert parse_date(written) is None


@pytest.mark.parametrize(
    ("date", "is_kept"),
    [
        (datetime(1989, 12, 31, tzinfo=UTC), False),
        (datetime(1990, 1, 1, tzinfo=UTC), True),
        (NOW + timedelta(days=1), True),
        (NOW + timedelta(days=1, seconds=1), False),
    ],
)
def test_date_that_cannot_be_true_counts_as_none(date: datetime, is_kept: bool) -> None:
    assert (believable(date, now=NOW) is not None) == is_kept
