"""What relays were given, so that all workers keep to one pace and a restart forgets none of it (`letters.deliver.pace`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.store.tables import pace, pace_day


def lock_meters(
    c: Connection, meters: Collection[str], *, day: date
) -> dict[str, tuple[datetime | None, int, int]]:
    """Of each meter: when it is free again, how many messages it was given on the day, and on how many days before.

    Nobody else sees or changes them until the transaction ends.
    """
    if not meters:
        return {}
    names = sorted(meters)
    made = _insert(c, pace).values([{"meter": name, "free_at": None} for name in names])
    c.execute(made.on_conflict_do_nothing(index_elements=["meter"]))
    # In one order, so that two who lock several never wait for each other.
    locked = (
        select(pace.c.meter, pace.c.free_at)
        .where(pace.c.meter.in_(names))
        .order_by(pace.c.meter)
        .with_for_update()
    )
    free = {row.meter: row.free_at for row in c.execute(locked)}
    used = select(
        pace_day.c.meter,
        func.coalesce(func.sum(pace_day.c.given).filter(pace_day.c.day == day), 0).label("today"),
        func.count().filter(pace_day.c.day < day, pace_day.c.given > 0).label("before"),
    ).where(pace_day.c.meter.in_(names))
    days = {
        row.meter: (int(row.today), int(row.before)) for row in c.execute(used.group_by(pace_day.c.meter))
    }
    return {name: (free_at, *days.get(name, (0, 0))) for name, free_at in free.items()}


def save_meter(c: Connection, meter: str, *, free_at: datetime | None, day: date, given: int) -> None:
    """Write down when a meter is free again, and that it was given so many messages more on the day."""
    c.execute(update(pace).where(pace.c.meter == meter).values(free_at=free_at))
    count(c, meter, day=day, given=given)


def count(c: Connection, meter: str, *, day: date, given: int) -> None:
    """Count messages of a day; a negative number takes back what was not handed over after all."""
    row = _insert(c, pace_day).values(meter=meter, day=day, given=given)
    c.execute(
        row.on_conflict_do_update(
            index_elements=["meter", "day"], set_={"given": pace_day.c.given + row.excluded.given}
        )
    )


def _insert(c: Connection, table: Any) -> Any:
    return sqlite.insert(table) if c.dialect.name == "sqlite" else postgresql.insert(table)
