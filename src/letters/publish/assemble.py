"""From entries, issues and feeds to the values that every format is written from."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from letters.model import Audience, Entry, Feed, Issue, Topic
from letters.publish.addresses import FORMATS, Addresses
from letters.publish.cast import make_chapters, make_media, make_people, make_transcripts
from letters.publish.clean import clean_line, clean_text, language_tag, web_address
from letters.publish.content import (
    UNTITLED,
    Surroundings,
    original_of,
    related_references,
    say_verb,
    show_of,
    summarise,
    title_of,
    write_content,
)
from letters.publish.imprint import Imprint
from letters.publish.items import Category, Document, Item, Link, newest_change
from letters.store.feeds import StoredFeed

_NO_IMPRINT = Imprint()


def make_item(
    entry: Entry, around: Surroundings, *, publication: str, imprint: Imprint = _NO_IMPRINT
) -> Item:
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
        categories=_categories(entry.topics, entry.audiences, around.addresses),
        origin=Link(url=origin, title=show_of(entry) or say_verb(entry, around.wording)) if origin else None,
        related=_related(entry, around),
        media=make_media(episode),
        language=language_tag(card.language if card else episode.language),
        image=web_address(episode.image),
        duration=episode.duration,
        season=episode.season,
        number=episode.number,
        people=make_people(episode.people),
        transcripts=make_transcripts(episode.transcripts),
        chapters=make_chapters(episode.chapters),
        rights=imprint.rights,
        license=imprint.license,
    )


def _categories(
    topics: Iterable[Topic], audiences: Iterable[Audience], addresses: Addresses
) -> tuple[Category, ...]:
    """Topics and audiences in their schemes. One without a name that can be shown goes by its key."""
    return (
        *(_category(one, addresses.topics) for one in topics),
        *(_category(one, addresses.audiences) for one in audiences),
    )


def _category(noun: Topic | Audience, scheme: str) -> Category:
    return Category(key=noun.key, name=clean_line(noun.name) or noun.key, scheme=scheme)


def _related(entry: Entry, around: Surroundings) -> tuple[Link, ...]:
    """The related cards that have an address, each once; the others are only named, in the content."""
    references = related_references(entry.card, around) if entry.card else []
    links = {one.url: Link(url=one.url, title=one.name) for one in references if one.url}
    return tuple(links.values())


def make_issue_item(
    issue: Issue,
    *,
    guid: str,
    content_html: str,
    summary: str,
    addresses: Addresses,
    publication: str,
    language: str = "",
    imprint: Imprint = _NO_IMPRINT,
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
        language=language,
        rights=imprint.rights,
        license=imprint.license,
    )


def make_document(
    feed: Feed,
    stored: StoredFeed,
    items: Sequence[Item],
    *,
    addresses: Addresses,
    publication: str,
    language: str,
    imprint: Imprint = _NO_IMPRINT,
) -> Document:
    """A feed's own fields."""
    title = clean_line(feed.title) or publication
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
        categories=_categories(
            [feed.topic] if feed.topic else [], [feed.audience] if feed.audience else [], addresses
        ),
        hub=imprint.hub,
        rights=imprint.rights,
        license=imprint.license,
        icon=imprint.icon,
        image=imprint.image,
        podcast_category=imprint.podcast_category,
        locked=imprint.locked,
        owner=imprint.owner,
    )


def whole_seconds(moment: datetime) -> datetime:
    """UTC without fractions: a common reader misreads those."""
    return moment.astimezone(UTC).replace(microsecond=0)
