"""Which feeds exist, who belongs to them, and who joins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from letters.model import Audience, Edition, Entry, Feed, Topic
from letters.publish.clean import clean_line
from letters.publish.content import digest_entry
from letters.publish.gone import Gone
from letters.text import Wording

ALL = "all"

_ENGLISH = Wording()
#: Parts of the list of all feeds, in their order.
GROUPS = ("", "Topics", "Audiences", "Topics for an audience", "Newsletters")

Undeclared = Literal["feed", "tag"]


@dataclass(frozen=True, slots=True)
class Names:
    """What feeds are named after, by key."""

    topics: Mapping[str, Topic]
    audiences: Mapping[str, Audience]
    editions: Mapping[str, Edition]
    gone: Gone = field(default_factory=Gone)

    def edition_title(self, key: str) -> str:
        """An edition's title; of one that left the settings, its key."""
        edition = self.editions.get(key)
        return clean_line(edition.title) if edition else key

    def linked(self, *, undeclared: Undeclared) -> frozenset[str]:
        """Paths of the feeds of topics and audiences that have one."""
        nouns = (("topics", self.topics.values()), ("audiences", self.audiences.values()))
        return frozenset(
            f"{kind}/{one.key}"
            for kind, ones in nouns
            for one in ones
            if one.declared or undeclared == "feed"
        )


def paths_of(entry: Entry, *, undeclared: Undeclared) -> list[str]:
    """The feeds an entry belongs to now. With "tag", what is only named in cards has none."""
    topics = [one.key for one in entry.topics if one.declared or undeclared == "feed"]
    audiences = [one.key for one in entry.audiences if one.declared or undeclared == "feed"]
    return [
        ALL,
        *(f"topics/{topic}" for topic in topics),
        *(f"audiences/{audience}" for audience in audiences),
        *(f"topics/{topic}/{audience}" for topic in topics for audience in audiences),
    ]


def edition_path(key: str) -> str:
    return f"editions/{key}"


@dataclass(slots=True)
class Moves:
    """Who joins, leaves and comes back to which feeds."""

    #: By path, the ids of those that join, the newest last.
    joining: dict[str, list[str]] = field(default_factory=dict)
    #: As pairs of path and id.
    leaving: list[tuple[str, str]] = field(default_factory=list)
    returning: list[tuple[str, str]] = field(default_factory=list)


def plan_moves(
    entries: Iterable[Entry],
    retired: Iterable[str],
    memberships: Mapping[str, Mapping[str, bool]],
    *,
    undeclared: Undeclared,
) -> Moves:
    """What of the memberships of these entries has to change; `memberships` says by id and path who is in a feed now.

    They join by readiness, then by the episode's date.
    """
    moves = Moves()
    for entry in sorted(entries, key=lambda one: (one.ready_at, one.published, one.id)):
        wanted, known = paths_of(entry, undeclared=undeclared), memberships.get(entry.id, {})
        for path in wanted:
            if path not in known:
                moves.joining.setdefault(path, []).append(entry.id)
            elif not known[path]:
                moves.returning.append((path, entry.id))
        gone = {path for path, present in known.items() if present}.difference(wanted)
        moves.leaving += [(path, entry.id) for path in sorted(gone)]
    for entry_id in retired:
        known = memberships.get(entry_id, {})
        moves.leaving += [(path, entry_id) for path, present in known.items() if present]
    return moves


def plan_updates(
    entries: Iterable[Entry], digests: Mapping[str, str | None], *, now: datetime
) -> dict[str, tuple[str, datetime]]:
    """By id, the digest and the date of entries of which a reader sees something new.

    An entry's first digest leaves its date, the moment it was ready: publishing for the first time is no change.
    """
    changes = {}
    for entry in entries:
        digest, before = digest_entry(entry), digests.get(entry.id)
        if digest != before:
            changes[entry.id] = (digest, entry.updated_at if before is None else now)
    return changes


def describe(path: str, names: Names, *, publication: str, about: str, wording: Wording = _ENGLISH) -> Feed:
    """A feed's title and description, from its path. `about` is the publication's own sentence."""
    kind, _, rest = path.partition("/")
    first, _, second = rest.partition("/")
    if kind == "editions":
        return _describe_edition(
            path, names.editions.get(first), first, publication=publication, wording=wording
        )
    topic = names.topics.get(first, Topic(key=first, name=first)) if kind == "topics" else None
    who = second if kind == "topics" else first
    audience = names.audiences.get(who, Audience(key=who, name=who)) if who and kind != ALL else None
    return Feed(
        path=path,
        title=_title(topic, audience, publication=publication, wording=wording),
        description=_description(topic, audience, publication=publication, about=about, wording=wording),
        topic=topic,
        audience=audience,
    )


def _title(topic: Topic | None, audience: Audience | None, *, publication: str, wording: Wording) -> str:
    if topic:
        publication = f"{publication}: {clean_line(topic.name)}"
    if not audience:
        return publication
    return wording.gettext("%(what)s for %(audience)s", what=publication, audience=clean_line(audience.name))


def _description(
    topic: Topic | None, audience: Audience | None, *, publication: str, about: str, wording: Wording
) -> str:
    gettext = wording.gettext
    on, reader = (clean_line(one.name) if one else "" for one in (topic, audience))
    if topic and audience:
        return gettext(
            "Summaries and takeaways on %(topic)s that are best for %(audience)s.", topic=on, audience=reader
        )
    if topic:
        return gettext("Summaries and takeaways on %(topics)s, each with its episode.", topics=on)
    if audience:
        return gettext("Summaries and takeaways that are best for %(audience)s.", audience=reader)
    return about or gettext(
        "Summaries and takeaways, each with its episode, by %(publication)s.", publication=publication
    )


def _describe_edition(
    path: str, edition: Edition | None, key: str, *, publication: str, wording: Wording
) -> Feed:
    title = clean_line(edition.title) if edition else key
    return Feed(
        path=path,
        title=f"{publication}: {title}",
        description=wording.gettext("The issues of the newsletter %(edition)s.", edition=title),
    )


def topic_name(feed: Feed) -> str:
    return clean_line(feed.topic.name) if feed.topic else ""


def audience_name(feed: Feed) -> str:
    return clean_line(feed.audience.name) if feed.audience else ""


def heading_of(feed: Feed, wording: Wording = _ENGLISH) -> str:
    """What a feed is called where the publication is clear."""
    if feed.path == ALL:
        return wording.gettext("Everything")
    topic, audience = topic_name(feed), audience_name(feed)
    if topic and audience:
        return wording.gettext("%(what)s for %(audience)s", what=topic, audience=audience)
    return topic or audience or feed.title.partition(": ")[2] or feed.title


def group_of(feed: Feed) -> str:
    """Which of the `GROUPS` it stands in, in the list of all feeds; none for everything."""
    if feed.path == ALL:
        return ""
    if feed.path.startswith("editions/"):
        return "Newsletters"
    if feed.topic and feed.audience:
        return "Topics for an audience"
    return "Topics" if feed.topic else "Audiences"


def group_heading(group: str, wording: Wording) -> str:
    """What one of the `GROUPS` is called."""
    headings = {
        "Topics": wording.gettext("Topics"),
        "Audiences": wording.gettext("Audiences"),
        "Topics for an audience": wording.gettext("Topics for an audience"),
        "Newsletters": wording.gettext("Newsletters"),
    }
    return headings.get(group, "")
