"""How fast, and how much a day: what a relay, or a limit of it, may be given at a moment; pure.

The rate is a token bucket in the form of the generic cell rate algorithm (ITU-T I.371, annex A): all there is to remember is one
moment, `Meter.free_at`, at which the bucket will be full again. It lives in the database, so that all workers share it and
a restart does not refill it (R43).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one meter allows. `meter` is the name under which it is remembered."""

    meter: str
    #: Between two messages, in the long run; None: as fast as it goes.
    spacing: timedelta | None = None
    #: Messages a day (UTC); None: any number.
    daily_cap: int | None = None
    #: Messages on the first day of use, the second and so on; `daily_cap` holds from then on (R44).
    warm_up: tuple[int, ...] = ()

    @property
    def burst(self) -> int:
        """How many may go at once: those of one second, one at least."""
        return 1 if self.spacing is None else max(1, _SECOND // self.spacing)

    def cap(self, days_before: int) -> int | None:
        """How many may go on the day that so many days of use came before."""
        if days_before < len(self.warm_up):
            planned = self.warm_up[days_before]
            return planned if self.daily_cap is None else min(planned, self.daily_cap)
        return self.daily_cap


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What was given under a limit so far."""

    free_at: datetime | None = None
    #: Messages of today, and on how many earlier days there were any.
    today: int = 0
    days_before: int = 0


def room(limit: Limit, meter: Meter, *, now: datetime) -> int | None:
    """How many messages may go now; None: any number."""
    found = [left for left in (_left_today(limit, meter), _tokens(limit, meter, now)) if left is not None]
    return max(0, min(found)) if found else None


def spend(limit: Limit, meter: Meter, given: int, *, now: datetime) -> Meter:
    """The meter once so many messages were given."""
    free_at = meter.free_at
    if limit.spacing is not None and given:
        free_at = max(free_at or now, now) + given * limit.spacing
    return replace(meter, free_at=free_at, today=meter.today + given)


def next_at(limit: Limit, meter: Meter, *, now: datetime) -> datetime:
    """When the next message may go: `now` or later."""
    if (left := _left_today(limit, meter)) is not None and left <= 0:
        return next_day(now)
    if limit.spacing is None or meter.free_at is None:
        return now
    return max(now, meter.free_at - (limit.burst - 1) * limit.spacing)


def is_full(limit: Limit, meter: Meter) -> bool:
    """Whether the day's number is reached, so that the rest waits for tomorrow."""
    left = _left_today(limit, meter)
    return left is not None and left <= 0


def next_day(now: datetime) -> datetime:
    """The beginning of the next day, in UTC."""
    return datetime.combine(now.astimezone(UTC).date() + _DAY, time(), UTC)


def day_of(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _left_today(limit: Limit, meter: Meter) -> int | None:
    cap = limit.cap(meter.days_before)
    return None if cap is None else cap - meter.today


def _tokens(limit: Limit, meter: Meter, now: datetime) -> int | None:
    if limit.spacing is None:
        return None
    free_at = max(meter.free_at or now, now)
    return (now + limit.burst * limit.spacing - free_at) // limit.spacing


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A relay as sharing sees it: its weight, its own limit, and those of some destinations."""

    name: str
    weight: int = 1
    limit: Limit
    #: By domain, in lower-case A-labels.
    limits: Mapping[str, Limit] = field(default_factory=dict)

    def meters(self) -> list[Limit]:
        """All limits, each once."""
        return list({one.meter: one for one in (self.limit, *self.limits.values())}.values())


@dataclass(kw_only=True)
class Sharing:
    """Who takes which messages of a batch, and which have to wait."""

    #: Places in the batch, by relay.
    given: dict[str, list[int]] = field(default_factory=dict)
    #: Places in the batch, and until when.
    waiting: list[tuple[int, datetime]] = field(default_factory=list)
    #: The meters as they are afterwards.
    meters: dict[str, Meter] = field(default_factory=dict)
    #: Limits of which the day's number is reached.
    full: set[str] = field(default_factory=set)


def share(
    domains: Sequence[str],
    routes: Sequence[Route],
    meters: Mapping[str, Meter],
    *,
    now: datetime,
    earlier: Mapping[str, int],
    queues: dict[str, datetime],
) -> Sharing:
    """Share messages, given by their domains, among relays by weight, as far as the limits have room.

    `earlier`: what each relay was given before, so that small batches add up to the weights. `queues`: until when messages that
    wait for a limit are spread already; it is brought up to date.
    """
    done = Sharing(meters=dict(meters))
    shares = {route.name: earlier.get(route.name, 0) for route in routes}
    for place, domain in enumerate(domains):
        fits = [route for route in routes if _has_room(route, domain, done.meters, now)]
        if not fits:
            done.waiting.append((place, _turn(domain, routes, done, now, queues)))
            continue
        route = min(fits, key=lambda one: shares[one.name] / one.weight)
        shares[route.name] += 1
        done.given.setdefault(route.name, []).append(place)
        for limit in _limits(route, domain):
            done.meters[limit.meter] = spend(limit, done.meters.get(limit.meter, Meter()), 1, now=now)
    return done


def _limits(route: Route, domain: str) -> list[Limit]:
    own = route.limits.get(domain)
    return [route.limit] if own is None else [route.limit, own]


def _has_room(route: Route, domain: str, meters: Mapping[str, Meter], now: datetime) -> bool:
    rooms = [room(limit, meters.get(limit.meter, Meter()), now=now) for limit in _limits(route, domain)]
    return all(left is None or left > 0 for left in rooms)


def _turn(
    domain: str, routes: Sequence[Route], done: Sharing, now: datetime, queues: dict[str, datetime]
) -> datetime:
    """When a message that finds no room is looked at again.

    Each gets a turn of its own, or all of them would come back at once; turns of one second are taken together.
    """
    turns: list[tuple[datetime, Limit]] = []
    for route in routes:
        limits = _limits(route, domain)
        done.full.update(one.meter for one in limits if is_full(one, done.meters.get(one.meter, Meter())))
        turns.append(
            max(
                ((next_at(one, done.meters.get(one.meter, Meter()), now=now), one) for one in limits),
                key=lambda turn: turn[0],
            )
        )
    at, limit = min(turns, key=lambda turn: turn[0])
    if at < next_day(now) and limit.spacing is not None:
        at = max(at, queues.get(limit.meter, at))
        queues[limit.meter] = at + limit.spacing
    return at.replace(microsecond=0) + _SECOND if at.microsecond else at
