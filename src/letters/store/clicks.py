"""Counted links and their clicks, by issue, link and day; by whom is nowhere.

`give_places` makes an issue's list, `find_counted` answers where a place leads, `add_click` counts, `count_clicks` tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.tables import click_count, counted_link, issue


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLink:
    """Where a counted link leads, and when its issue began to leave."""

    url: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClicks:
    """The clicks on one link of an issue."""

    place: int
    url: str
    days: dict[date, int]

    @property
    def total(self) -> int:
        return sum(self.days.values())


def give_places(c: Connection, issue_id: int, urls: Iterable[str]) -> dict[str, int]:
    """The place of each address in the issue's list, from 1; those that are not in it yet come at its end, for good."""
    # Whoever makes places for the same issue at the same time waits here.
    c.execute(select(issue.c.id).where(issue.c.id == issue_id).with_for_update())
    query = select(counted_link.c.url, counted_link.c.place).where(counted_link.c.issue_id == issue_id)
    known = {row.url: row.place for row in c.execute(query)}
    new = [url for url in dict.fromkeys(urls) if url not in known]
    taken = max(known.values(), default=0)
    rows = [{"issue_id": issue_id, "place": place, "url": url} for place, url in enumerate(new, taken + 1)]
    if rows:
        c.execute(counted_link.insert(), rows)
    return known | {row["url"]: row["place"] for row in rows}


def find_counted(c: Connection, issue_id: int, place: int) -> CountedLink | None:
    """Where the place leads."""
    query = (
        select(counted_link.c.url, issue.c.frozen_at)
        .join(issue, issue.c.id == counted_link.c.issue_id)
        .where(counted_link.c.issue_id == issue_id, counted_link.c.place == place)
    )
    row = c.execute(query).one_or_none()
    return None if row is None else CountedLink(url=row.url, sent_at=row.frozen_at)


def add_click(c: Connection, issue_id: int, place: int, *, day: date) -> None:
    """Count one more."""
    dialect: Any = postgresql if c.dialect.name == "postgresql" else sqlite
    one = dialect.insert(click_count).values(issue_id=issue_id, place=place, day=day, clicks=1)
    c.execute(
        one.on_conflict_do_update(
            index_elements=["issue_id", "place", "day"], set_={"clicks": click_count.c.clicks + 1}
        )
    )


def count_clicks(c: Connection, issue_id: int) -> list[LinkClicks]:
    """The clicks on all links of an issue, in the order in which the links stand in it."""
    links = c.execute(
        select(counted_link.c.place, counted_link.c.url)
        .where(counted_link.c.issue_id == issue_id)
        .order_by(counted_link.c.place)
    ).all()
    days: dict[int, dict[date, int]] = {}
    query = select(click_count).where(click_count.c.issue_id == issue_id).order_by(click_count.c.day)
    for row in c.execute(query):
        days.setdefault(row.place, {})[row.day] = row.clicks
    return [LinkClicks(place=row.place, url=row.url, days=days.get(row.place, {})) for row in links]
