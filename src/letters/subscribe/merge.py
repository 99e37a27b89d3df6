"""What an imported row does to a subscriber; pure.

An import adds and fills in; it never brings back what somebody left, and never takes away what somebody has (pain 25).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from letters.model import Frequency, Subscriber, SubscriberStatus
from letters.subscribe.rows import Row

_UNSUBSCRIBED = SubscriberStatus.UNSUBSCRIBED


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The subscriber as they shall be, editions newly known as left, and what a person should know."""

    subscriber: Subscriber
    left: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    #: Somebody who unsubscribed and stays so, though the line says otherwise.
    stays_away: bool = False


def merge(row: Row, found: Subscriber | None, left_before: Collection[str]) -> Merged:
    """What the row makes of whom we know by its address, or of nobody."""
    if found is None:
        return _new(row)
    if found.status is _UNSUBSCRIBED:
        return _unsubscribed(row, found, left_before)
    if row.status is _UNSUBSCRIBED:
        gone = replace(found, status=_UNSUBSCRIBED, editions=())
        return Merged(subscriber=gone, left=_newly(row.left, left_before))
    back = sorted(set(row.editions) & set(left_before))
    left = set(left_before) | set(row.left)
    editions = (set(found.editions) | set(row.editions)) - left
    subscriber = replace(
        found,
        name=row.name or found.name,
        zone=row.zone or found.zone,
        language=row.language or found.language,
        topics=row.topics or found.topics,
        audiences=row.audiences or found.audiences,
        editions=tuple(sorted(editions)),
        frequency=found.frequency if row.frequency is None else row.frequency,
        titles_only=found.titles_only if row.titles_only is None else row.titles_only,
        paused_until=row.paused_until or found.paused_until,
    )
    faults = tuple(f'edition "{key}" was left by {found.email}, and is not brought back' for key in back)
    merged = _with_consent(subscriber, row)
    return Merged(
        subscriber=merged,
        left=_newly(row.left, left_before),
        faults=(*faults, *_doubts(merged)),
    )


def _new(row: Row) -> Merged:
    subscriber = Subscriber(
        email=row.email,
        name=row.name,
        zone=row.zone,
        language=row.language,
        topics=row.topics,
        audiences=row.audiences,
        editions=() if row.status is _UNSUBSCRIBED else row.editions,
        status=row.status,
        consent_at=row.consent_at,
        consent_source=row.consent_source,
        consent_wording=row.consent_wording,
        frequency=row.frequency or Frequency.EACH,
        titles_only=row.titles_only or False,
        paused_until=row.paused_until,
    )
    return Merged(subscriber=subscriber, left=row.left, faults=_doubts(subscriber))


def _unsubscribed(row: Row, found: Subscriber, left_before: Collection[str]) -> Merged:
    if row.status is _UNSUBSCRIBED:
        return Merged(subscriber=found, left=_newly(row.left, left_before))
    fault = f"{found.email} unsubscribed, and is not brought back"
    return Merged(subscriber=found, faults=(fault,), stays_away=True)


def _with_consent(subscriber: Subscriber, row: Row) -> Subscriber:
    """The consent that counts is the one we hold already, unless the row is the one that confirms."""
    confirms = subscriber.status is SubscriberStatus.PENDING and row.status is SubscriberStatus.CONFIRMED
    if confirms or subscriber.consent_at is None:
        return replace(
            subscriber,
            status=SubscriberStatus.CONFIRMED if confirms else subscriber.status,
            consent_at=row.consent_at or subscriber.consent_at,
            consent_source=row.consent_source or subscriber.consent_source,
            consent_wording=row.consent_wording or subscriber.consent_wording,
        )
    return replace(
        subscriber,
        consent_source=subscriber.consent_source or row.consent_source,
        consent_wording=subscriber.consent_wording or row.consent_wording,
    )


def _doubts(subscriber: Subscriber) -> tuple[str, ...]:
    doubts = []
    if subscriber.status is SubscriberStatus.CONFIRMED and subscriber.consent_at is None:
        doubts.append(f"{subscriber.email} is confirmed without consent_at; add the date of the consent")
    if subscriber.status is not _UNSUBSCRIBED and not subscriber.editions:
        doubts.append(
            f"{subscriber.email} receives no edition, so gets nothing; name one in the column editions"
        )
    return tuple(doubts)


def _newly(left: Collection[str], left_before: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(left) - set(left_before)))
