"""Episodes and cards as a person looks for them: by source, by what became of them, by the beginning of an id, by title."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, not_, select

from letters.store.hidden import IS_HIDDEN, IS_QUARANTINED, IS_REMOVED
from letters.store.tables import card as _cards
from letters.store.tables import episode as _episode

_e, _card = _episode.c, _cards.c
_LISTED = (
    _e.id,
    _e.source,
    _e.title,
    _e.link,
    _e.published,
    _e.first_seen,
    _e.is_new,
    _e.quarantined_at,
    _e.removed_at,
    _e.removed_by,
)
_KINDS = {"quarantined": IS_QUARANTINED, "removed": IS_REMOVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEpisode:
    """What is told of an episode in a list."""

    id: str
    source: str
    title: str
    link: str
    #: None without a date.
    published: datetime | None
    first_seen: datetime
    is_new: bool
    quarantined_at: datetime | None
    removed_at: datetime | None
    #: Who removed it: a person, or "publisher"; says nothing without `removed_at`.
    removed_by: str

    @property
    def date(self) -> datetime:
        return self.published or self.first_seen


def list_episodes(
    c: Connection, *, source: str | None = None, kind: str | None = None, limit: int
) -> list[ListedEpisode]:
    """The newest episodes; of one source, or of one kind, "quarantined" or "removed"."""
    date = func.coalesce(_e.published, _e.first_seen)
    query = select(*_LISTED).order_by(date.desc(), _e.id)
    if source is not None:
        query = query.where(_e.source == source)
    if kind is not None:
        query = query.where(_KINDS[kind])
    return [ListedEpisode(**row._asdict()) for row in c.execute(query.limit(limit))]


def find_episode(c: Connection, episode_id: str) -> ListedEpisode | None:
    """The episode with this id; hidden ones too."""
    row = c.execute(select(*_LISTED).where(_e.id == episode_id)).first()
    return ListedEpisode(**row._asdict()) if row else None


def episode_titles(c: Connection) -> dict[str, str]:
    """By id, the titles of the episodes that are not hidden, the newest first."""
    date = func.coalesce(_e.published, _e.first_seen)
    rows = c.execute(select(_e.id, _e.title).where(not_(IS_HIDDEN)).order_by(date.desc(), _e.id))
    return {row.id: row.title for row in rows}


def card_titles(c: Connection) -> dict[str, str]:
    """By id, the titles of the cards that are not retired."""
    rows = c.execute(select(_card.id, _card.title).where(_card.retired_at.is_(None)).order_by(_card.id))
    return {row.id: row.title for row in rows}


def find_card_ids(c: Connection, beginning: str) -> list[str]:
    """The ids of the cards whose address begins so, at most two: enough to tell whether one is meant."""
    query = select(_card.id).where(_card.address.startswith(beginning, autoescape=True)).order_by(_card.id)
    return list(c.execute(query.limit(2)).scalars())


def find_ids(c: Connection, beginning: str) -> list[str]:
    """The ids that begin so, at most two: enough to tell whether one is meant."""
    query = select(_e.id).where(_e.id.startswith(beginning, autoescape=True)).order_by(_e.id)
    return list(c.execute(query.limit(2)).scalars())


def quarantined_ids(c: Connection, source: str) -> list[str]:
    """The ids of a source's episodes that are in quarantine."""
    return list(c.execute(select(_e.id).where(IS_QUARANTINED, _e.source == source).order_by(_e.id)).scalars())


def has_episodes(c: Connection, source: str) -> bool:
    """Whether anything is stored of a source."""
    return c.execute(select(_e.id).where(_e.source == source).limit(1)).first() is not None
