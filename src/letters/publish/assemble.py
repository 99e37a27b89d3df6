"""From entries, issues and feeds to the values that every format is written from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from letters.model import Entry, Episode, Feed, Issue
from letters.publish.addresses import FORMATS, Addresses
from letters.publish.clean import clean_line, clean_text, language_tag, web_address
from letters.publish.content import (
    UNTITLED,
    Surroundings,
    original_of,
    show_of,
    summarise,
    title_of,
    verb_of,
    write_content,
)
from letters.publish.items import Category, Document, Item, Media, Origin, newest_change
from letters.publish.media import media_type
from letters.store.feeds import StoredFeed


def make_item(entry: Entry, around: Surroundings, *, publication: str) -> Item:
    """An entry as every format shows it. `publication` is the author where no curator is known."""
    episode, card = entry.episode, entry.card
    origin = original_of(entry)
    return Item(
        id=f"urn:uuid:{entry.id}",
        title=title_of(entry),
        url=around.addresses.card(entry.address),
        content_html=write_content(entry, around),
        summary=summarise(entry),
        published=whole_seconds(entry.published),
        updated=whole_seconds(entry.updated_at),
        author=(clean_line(card.credit.curator) if card else "") or publication,
        categories=_categories(entry, around.addresses),
        origin=Origin(url=origin, title=show_of(entry) or verb_of(entry)) if origin else None,
        media=_media(episode),
        language=language_tag(card.language if card else episode.language),
        image=web_address(episode.image),
        duration=episode.duration,
        season=episode.season,
        number=episode.number,
        people=tuple(one for one in episode.people if clean_line(one.name)),
        transcripts=tuple(one for one in episode.transcripts if web_address(one.url)),
        chapters=episode.chapters if episode.chapters and web_address(episode.chapters.url) else None,
    )


def _categories(entry: Entry, addresses: Addresses) -> tuple[Category, ...]:
    topics = (Category(key=t.key, name=clean_line(t.name), scheme=addresses.topics) for t in entry.topics)
    audiences = (
        Category(key=a.key, name=clean_line(a.name), scheme=addresses.audiences) for a in entry.audiences
    )
    return (*topics, *audiences)


def _media(episode: Episode) -> Media | None:
    for one in episode.enclosures:
        if url := web_address(one.url):
            return Media(
                url=url,
                type=media_type(one),
                length_bytes=max(one.length_bytes or 0, 0),
            )
    return None


def make_issue_item(
    issue: Issue,
    *,
    guid: str,
    content_html: str,
    summary: str,
    addresses: Addresses,
    publication: str,
) -> Item:
    """An issue as an entry of its edition's feed; `guid` is that feed's, and the namespace of its issues' ids."""
    assert issue.number is not None, "only composed issues are published, and those have a number"
    occurrence = issue.occurrence
    name = f"{occurrence.local_date.isoformat()}/{occurrence.slot}"
    at = whole_seconds(occurrence.at)
    return Item(
        id=f"urn:uuid:{uuid.uuid5(uuid.UUID(guid), name)}",
        title=clean_line(issue.subject) or UNTITLED,
        url=addresses.issue(issue.edition, issue.number),
        content_html=content_html,
        summary=clean_text(summary),
        published=at,
        updated=max(at, whole_seconds(issue.composed_at or at)),
        author=publication,
    )


def make_document(
    feed: Feed,
    stored: StoredFeed,
    items: Sequence[Item],
    *,
    addresses: Addresses,
    publication: str,
    language: str,
) -> Document:
    """A feed's own fields."""
    title = clean_line(feed.title)
    return Document(
        title=title,
        description=clean_line(feed.description) or title,
        page=addresses.page(feed.path),
        addresses={form: addresses.document(feed.path, form) for form in FORMATS},
        guid=stored.guid,
        author=publication,
        language=language,
        updated=newest_change(items, otherwise=whole_seconds(stored.since)),
        has_media=any(item.media for item in items),
    )


def whole_seconds(moment: datetime) -> datetime:
    """UTC without fractions: a common reader misreads those."""
    return moment.astimezone(UTC).replace(microsecond=0)
