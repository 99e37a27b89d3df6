"""What pairing takes and gives: episodes and cards as it needs them, and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from letters.errors import Problem
from letters.model import Card, Episode, Evidence, Pairing


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeToPair:
    """An episode, as far as pairing looks at it."""

    id: str
    #: What the episodes of one show have in common: a source's key, or the show's name.
    show: str
    #: All names of the show, now or formerly.
    names: tuple[str, ...]
    title: str
    #: The day it came out; None when the publisher did not say.
    published: date | None = None
    description: str = ""
    guid: str = ""
    #: Link, enclosures, and the guid where it is an address.
    addresses: tuple[str, ...] = ()
    season: int | None = None
    number: int | None = None

    @classmethod
    def from_episode(cls, episode: Episode, names: tuple[str, ...]) -> EpisodeToPair:
        return cls(
            id=episode.id,
            show=episode.source,
            names=tuple(name for name in dict.fromkeys((*names, episode.show)) if name),
            title=episode.title,
            published=episode.published.date() if episode.published else None,
            description=episode.description,
            guid=episode.guid,
            addresses=(episode.link, *(enclosure.url for enclosure in episode.enclosures)),
            season=episode.season,
            number=episode.number,
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> EpisodeToPair:
        """Raises ValueError that says which field is not as it should be."""
        show = _text(row, "show")
        return cls(
            id=_id(row, "episode_id"),
            show=show,
            names=(show,) if show else (),
            title=_text(row, "title", required=True),
            published=_day(row, "published"),
            description=_text(row, "description"),
            guid=_text(row, "guid"),
            addresses=(_text(row, "link"),),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardToPair:
    """A card, as far as pairing looks at it."""

    id: str
    title: str
    publisher: str = ""
    summary: str = ""
    topics: tuple[str, ...] = ()
    #: The day its editor gave it.
    date: date | None = None
    #: These bind the card to its episode outright: it waits until the episode comes.
    link: str = ""
    guid: str = ""
    #: Where the original was seen. Binds when an episode has the address, and says nothing when none has: it may be
    #: the video's, of which the feed knows nothing.
    seen_at: str = ""

    @classmethod
    def from_card(cls, card: Card) -> CardToPair:
        text = (card.summary, card.takeaway, card.insights.lead)
        return cls(
            id=card.id,
            title=card.title,
            publisher=card.credit.publisher,
            summary="\n".join(part for part in text if part),
            topics=card.topics,
            date=card.date,
            link=card.link,
            guid=card.guid,
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> CardToPair:
        """Raises ValueError that says which field is not as it should be."""
        return cls(
            id=_id(row, "card_id"),
            title=_text(row, "title", required=True),
            publisher=_text(row, "publisher"),
            summary=_text(row, "summary"),
            topics=_texts(row, "topics"),
            date=_day(row, "date"),
            link=_text(row, "link"),
            guid=_text(row, "guid"),
            seen_at=_text(row, "url"),
        )


@dataclass(frozen=True, slots=True)
class Considered:
    """An episode that was compared with a card: its share of what may be true of the card, and why."""

    episode_id: str
    probability: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Consideration:
    """A decision about a card, and all that it was compared with, the best first."""

    pairing: Pairing
    candidates: tuple[Considered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairReport:
    """How the cards stand after a pass; for files, how they were decided."""

    paired: int
    review: int
    none: int
    #: New episodes that waited for a card longer than `wait` and have none.
    overdue: int = 0
    problems: tuple[Problem, ...] = ()


def _text(row: Mapping[str, Any], field: str, *, required: bool = False) -> str:
    value = row.get(field)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise ValueError(f'"{field}" is {_shown(value)}, wanted a text')
    # JSON can spell half a character ("\\ud800"), which no file can hold.
    return value.encode(errors="replace").decode()


def _id(row: Mapping[str, Any], field: str) -> str:
    value = _text(row, field, required=True)
    if value != row[field]:
        raise ValueError(f'"{field}" is {ascii(row[field])[:60]}, which is not whole Unicode')
    return value


def _texts(row: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = row.get(field) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f'"{field}" is {_shown(value)}, wanted a list of texts')
    return tuple(value)


def _day(row: Mapping[str, Any], field: str) -> date | None:
    value = _text(row, field)
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise ValueError(f'"{field}" is {_shown(value)}, wanted a date such as "2026-03-01"') from None


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
