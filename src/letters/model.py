"""The nouns. Frozen values that every room of the house speaks in; nothing here does anything.

All times are aware and in UTC. All keys match ``[a-z0-9]+(-[a-z0-9]+)*``. Text is plain unless the name
ends in ``_html``; HTML that came from outside is foreign until `letters.text` has sanitised it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

#: What long work calls as it goes, with (done, total); the command line draws it.
Progress = Callable[[int, int], None]

# Inside `Card` the word names its field, and pydantic reads annotations with the class's own names.
_Date = date

# --- what we watch ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed we watch, as configured in ``sources.toml``."""

    key: str
    url: str
    #: The show as a card's credit names it; empty: the feed's own title.
    show: str = ""
    #: Other names of the show, now or formerly.
    names: tuple[str, ...] = ()
    #: How many of the newest entries found at the first look count as new.
    backfill: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """The media file of an episode (RSS 2.0 ``enclosure``)."""

    url: str
    type: str = ""
    #: None when the publisher left it out.
    length_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who takes part (``podcast:person``, ``author``)."""

    name: str
    role: str = "host"
    url: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A transcript of an episode (``podcast:transcript``)."""

    url: str
    type: str
    language: str = ""
    rel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapters:
    """The chapters of an episode (``podcast:chapters``)."""

    url: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One entry of a source.

    What the parser reads has an empty `id`; the store mints one from the source's key and `identity`.
    """

    id: str = ""
    source: str
    #: What makes this the same entry at the next look: guid, else enclosure, else link (R64).
    identity: str
    guid: str = ""
    link: str = ""
    title: str = ""
    #: None when the publisher gave no date that can be read; the store then shows when we first saw it.
    published: datetime | None = None
    updated: datetime | None = None
    #: Plain text, made from the longest text the entry carries.
    description: str = ""
    duration: timedelta | None = None
    season: int | None = None
    number: int | None = None
    image: str = ""
    language: str = ""
    people: tuple[Person, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    chapters: Chapters | None = None
    #: The show's name as shown to readers: the source's `show`, else the feed's title.
    show: str = ""
    first_seen: datetime | None = None
    #: Found after the first look at its source, or within the source's `backfill`.
    is_new: bool = False


# --- what editors write ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a card is about. `declared` in ``topics.toml``, else only named in cards."""

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    declared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a card is best for. `declared` in ``topics.toml``, else only named in cards."""

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    declared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Insights:
    """A card's key insights: a lead line and two short lists."""

    lead: str = ""
    principles: tuple[str, ...] = ()
    in_practice: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lead or self.principles or self.in_practice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Who curated the card and who published the original."""

    curator: str = ""
    publisher: str = ""
    #: The word the credit line uses for the original: article, video, episode, podcast.
    medium: str = "article"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedCard:
    """One item of a card's "Related on NAME" section."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of a card whose heading we do not know; kept word for word."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an editor wrote about one episode.

    A card fresh from its file has an empty `address`, and an `id` only if its front matter gives one;
    `letters.cards` fills in both. Paragraphs of `summary` and `takeaway` are separated by a blank line.
    """

    id: str = ""
    #: CARD in the published addresses ``cards/CARD/``; stored at first sight, never changed.
    address: str = ""
    title: str
    summary: str = ""
    takeaway: str = ""
    insights: Insights = Insights()
    #: As written; the vocabulary turns them into `Topic` and `Audience`.
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    related_on: str = ""
    related: tuple[RelatedCard, ...] = ()
    credit: Credit = Credit()
    sections: tuple[Section, ...] = ()
    #: Binds the card to its episode outright, when given.
    link: str = ""
    guid: str = ""
    language: str = ""
    date: _Date | None = None
    #: How much the editor wants it seen in issues: from -9 to 9, among cards that are otherwise equal.
    weight: int = 0
    #: Leads the issue it is in, before all that is not pinned.
    pinned: bool = False


# --- pairing ---------------------------------------------------------------------------------------------


class Decision(StrEnum):
    """What pairing decided about a card."""

    PAIRED = "paired"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason for or against a pairing, in words, with its weight (positive: for)."""

    comparison: str
    weight: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What pairing decided about one card. In review, `episode_id` is the best candidate."""

    card_id: str
    episode_id: str | None
    decision: Decision
    probability: float
    evidence: tuple[Evidence, ...] = ()


# --- publishing ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A ready pair: what feeds list and issues choose from.

    `card` is None for an episode that is published without one.
    """

    #: A UUID that never changes: the card's id, or the episode's when it came first. ``urn:uuid:ID`` in feeds.
    id: str
    #: ADDRESS in ``cards/ADDRESS/``, stored, never changed.
    address: str
    card: Card | None
    episode: Episode
    topics: tuple[Topic, ...] = ()
    audiences: tuple[Audience, ...] = ()
    #: The pass at which the pair was decided.
    ready_at: datetime
    #: The pass at which what a reader sees last changed.
    updated_at: datetime

    @property
    def title(self) -> str:
        return self.card.title if self.card else self.episode.title

    @property
    def published(self) -> datetime:
        """The episode's date; when it has none, the time we first saw it."""
        return self.episode.published or self.episode.first_seen or self.ready_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A published selection of entries: all, a topic, an audience, a topic for an audience, or an edition's issues."""

    #: Its place in the tree without the ending: ``all``, ``topics/TOPIC``, ``audiences/AUDIENCE``, ``topics/TOPIC/AUDIENCE``, ``editions/EDITION``.
    path: str
    title: str
    description: str
    topic: Topic | None = None
    audience: Audience | None = None


# --- newsletters -----------------------------------------------------------------------------------------

#: `Edition.zone` of an edition that is delivered at each reader's own hour.
RECIPIENT_ZONE = "recipient"


class GroupBy(StrEnum):
    TOPIC = "topic"
    AUDIENCE = "audience"
    AUDIENCE_TOPIC = "audience-topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A newsletter as configured in ``schedule.toml``: who gets what, when."""

    key: str
    title: str
    #: Five-field cron expression, in `zone`.
    when: str
    zone: str = "UTC"
    #: Keys; cards for any of these (empty: all).
    audiences: tuple[str, ...] = ()
    #: Keys; and on any of these (empty: all).
    topics: tuple[str, ...] = ()
    group_by: GroupBy = GroupBy.TOPIC
    empty: str = "skip"
    approval: str = "auto"
    catch_up: str = "latest"
    grace: timedelta = timedelta(hours=12)
    #: From its hour on (the last reader's), how long the issue may be under way.
    window: timedelta = timedelta(days=5)
    uncarded: bool = False
    #: With fewer cards than this the issue is put off, and what it would have had goes into the next one.
    min_cards: int = 0
    #: So many occurrences the longest-waiting card is put off at most.
    min_cards_wait: int = 3
    #: So many are shown with their texts, the rest as lines; 0: all.
    max_cards: int = 0
    #: Jinja2 templates of the subject, of what inboxes show after it, and of the sender's name; empty: the shipped
    #: subject, the lead card's takeaway, the name in ``[delivery] from``.
    subject: str = ""
    preheader: str = ""
    from_name: str = ""
    language: str = ""
    #: "digest", "brief" or "single": how its mails look.
    look: str = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One time at which an edition is due. Unique per edition by (`local_date`, `slot`)."""

    at: datetime
    local_date: date
    #: The n-th time of that local date, from 0.
    slot: int = 0


class IssueState(StrEnum):
    """`AWAITING` approval, `APPROVED` to be sent, `HELD` by an operator, `SENT`, `CANCELLED`, `SKIPPED` (nothing to say, or too late)."""

    AWAITING = "awaiting"
    APPROVED = "approved"
    HELD = "held"
    SENT = "sent"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What some subscribers want of an issue, or of a private feed: keys of topics and audiences, which narrow it; empty narrows nothing.

    Subscribers with the same choice share one rendering.
    """

    topics: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    #: A line for each card, without its texts.
    titles_only: bool = False
    #: Of an issue: with what was in the edition's issues after the one of this number, which these readers did not get.
    since: int | None = None

    def gathered_since(self, number: int) -> Choice:
        """The same choice, with what was in the issues after that number."""
        return replace(self, since=number)

    def lets_in(self, entry: Entry) -> bool:
        """Whether an entry is on any of the topics, and for any of the audiences; none given: on and for all."""
        on_topic = not self.topics or any(topic.key in self.topics for topic in entry.topics)
        for_audience = not self.audiences or any(one.key in self.audiences for one in entry.audiences)
        return on_topic and for_audience

    @property
    def key(self) -> str:
        """Readable, stable, and the same for equal choices: ``topics=a,b;audiences=c;titles;since=12``; empty for everything."""
        parts = [
            f"{name}={','.join(sorted(keys))}"
            for name, keys in (("topics", self.topics), ("audiences", self.audiences))
            if keys
        ]
        if self.titles_only:
            parts.append("titles")
        if self.since is not None:
            parts.append(f"since={self.since}")
        return ";".join(parts)


#: `Rendering.choice` of the rendering for everybody's eyes: the full issue without personal links; never mailed.
PUBLIC = "public"


#: Nobody's host (RFC 2606), which no foreign text keeps: what stands for something else begins with it.
MARK_HOST = "letters.invalid"


class PersonalLink(StrEnum):
    """Stand-ins that a rendering carries where a recipient's own address goes.

    They are whole, harmless URLs (RFC 2606 keeps ``.invalid`` free), so that MJML, the inliner and the sanitiser
    leave them alone, and ASCII of one line, so that they can be found in encoded bytes.
    """

    PREFERENCES = "https://letters.invalid/personal/preferences"
    UNSUBSCRIBE = "https://letters.invalid/personal/unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """An issue as one choice sees it. `html` and `text` carry `PersonalLink` marks."""

    choice: str
    subject: str
    preheader: str
    html: str
    text: str
    #: Ids of the entries in it, in reading order. None left: the choice has nothing to read, and `html` is empty.
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One dated number of an edition, as stored."""

    id: int
    edition: str
    occurrence: Occurrence
    #: Counts composed issues from 1; None when skipped.
    number: int | None
    state: IssueState
    #: The subject of the full rendering.
    subject: str = ""
    #: Why it was skipped, held or cancelled; in words.
    reason: str = ""
    composed_at: datetime | None = None

    @property
    def name(self) -> str:
        """EDITION/NUMBER, as the command line and the addresses name it."""
        return f"{self.edition}/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedIssue:
    """What composing hands on: the issue's dates, the entries it takes, and how it looks without anybody's choice.

    `renderings` holds the full one (choice ``""``) first, then `PUBLIC`. Those of choices are made one by one and stored.
    """

    edition: Edition
    occurrence: Occurrence
    number: int
    entries: tuple[Entry, ...]
    renderings: tuple[Rendering, ...] = field(default=())


# --- subscribers and deliveries --------------------------------------------------------------------------


class SubscriberStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class Frequency(StrEnum):
    """How often a subscriber wants mail: `EACH` issue, or at most one of an edition in a calendar week or month, with all that came since."""

    EACH = "each"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Somebody who asked for mail. `id` is 0 until stored."""

    id: int = 0
    #: Random, URL-safe, stable; what signed links and Message-IDs are made of.
    uid: str = ""
    email: str
    name: str = ""
    #: IANA time zone; empty: the site's.
    zone: str = ""
    language: str = ""
    #: Keys that narrow what this subscriber gets; empty narrows nothing.
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    #: Wants lines instead of texts.
    titles_only: bool = False
    frequency: Frequency = Frequency.EACH
    #: The first local date on which mail may come again; None: no pause.
    paused_until: _Date | None = None
    #: Keys of the editions received; empty: none.
    editions: tuple[str, ...] = ()
    status: SubscriberStatus = SubscriberStatus.PENDING
    consent_at: datetime | None = None
    #: Where it was given: a page, a file, a form on paper.
    consent_source: str = ""
    #: The words that were shown to whoever gave it.
    consent_wording: str = ""

    @property
    def choice(self) -> Choice:
        return Choice(
            topics=frozenset(self.topics),
            audiences=frozenset(self.audiences),
            titles_only=self.titles_only,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMail:
    """A mail to one person that answers their own doing, such as one to confirm a sign-up; whole but for its headers."""

    #: With its angle brackets; the same at each try.
    message_id: str
    email: str
    name: str = ""
    subject: str
    text: str
    html: str


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeEnd:
    """How the sending of a `NoticeMail` ended: `SENT`, `DEFERRED` to a later try, or `FAILED` for good."""

    state: DeliveryState
    reason: str = ""
    #: The way out is shut for all others, too.
    is_shut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One issue to one subscriber."""

    id: int
    issue_id: int
    subscriber_id: int
    state: DeliveryState
    message_id: str
    choice: str = ""
    #: Why it was dropped, deferred or failed; the relay's answer where there was one.
    reason: str = ""
    attempts: int = 0
    #: Not before this moment (the recipient's own hour, or a later try).
    due_at: datetime | None = None
    sent_at: datetime | None = None


class ReturnKind(StrEnum):
    """What came back says of a message, or of its reader."""

    #: No such mailbox: for good.
    HARD = "hard"
    #: Not this time.
    SOFT = "soft"
    #: Refused for what it is or who we are: says nothing of the reader (R33).
    POLICY = "policy"
    CONTENT = "content"
    #: Still under way, which is no bounce.
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    #: Out of office, receipts (R23).
    AUTO_REPLY = "auto-reply"
    #: A report that names no message of ours, or a mail that is none.
    OTHER = "other"
