"""The tables. Everything that must survive a crash is a row; every row that must exist once has a constraint that says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    or_,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, UTC on both sides.

    SQLite keeps no zone, so what goes in is turned to UTC there and what comes out is marked as UTC. A naive time is a
    mistake of ours and is refused.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        # Not by `process_bind_param`: with SQLAlchemy's own spelling of times behind it, that takes five times as long,
        # and times are a third of all that is written when nothing changed.
        return _spelt if dialect.name == "sqlite" else _checked

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        return _read if dialect.name == "sqlite" else _in_utc


def _checked(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise TypeError(f"naive time {value!r}: times in the store are aware")
    return value


def _spelt(value: datetime | None) -> str | None:
    """As SQLAlchemy spells times for SQLite: ``2026-03-02 09:00:00.000000``, which sorts as text."""
    value = _checked(value)
    return None if value is None else value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


_JSON = JSON().with_variant(JSONB(), "postgresql")
_JSON_OR_NULL = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
# SQLite gives only INTEGER PRIMARY KEY a number of its own.
_ID = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: One row per pass or single verb; the newest `at` is what an earlier `--now` is compared with.
passes = Table(
    "pass",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("at", UTCDateTime, nullable=False),
    Column("command", Text, nullable=False),
)

#: What we remember of a source between looks. Rows outlive the source's place in the configuration.
source_state = Table(
    "source_state",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("feed_title", Text, nullable=False, default=""),
    Column("first_look_at", UTCDateTime),
    Column("last_look_at", UTCDateTime),
    Column("next_look_at", UTCDateTime),
    # Validators are sent back byte for byte (R59).
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_digest", Text),
    Column("failures", Integer, nullable=False, default=0),
    Column("last_status", Integer),
    Column("last_error", Text, nullable=False, default=""),
    Column("retry_after_until", UTCDateTime),
    # 410: not asked again until its address changes (R61).
    Column("gone_at", UTCDateTime),
    # Where it is asked since its permanent redirects agreed for long enough (R60); empty: at `url`.
    Column("moved_url", Text, nullable=False, server_default=""),
    # Where permanent redirects lead now, since when, and how many answers in a row said so (R60).
    Column("moving_url", Text, nullable=False, server_default=""),
    Column("moving_since", UTCDateTime),
    Column("moving_answers", Integer, nullable=False, server_default="0"),
    # What its last document says about when to look again, where it lives and who announces it; null: nothing.
    Column("hints", _JSON_OR_NULL),
    # Its own rhythm: its newest times of publication; null: not known yet.
    Column("rhythm", _JSON_OR_NULL),
    # The first of the failed looks in a row; null: the last look succeeded.
    Column("failing_since", UTCDateTime),
    # Its last 30 days at a glance: the newest day, then a mark per day.
    Column("history", Text, nullable=False, server_default=""),
    # Counts its looks, so that two processes that looked at the same time do not overwrite each other.
    Column("looks", Integer, nullable=False, server_default="0"),
)

#: Which entries the last document of a source held, so that only the others of the next one need reading.
source_document = Table(
    "source_document",
    metadata,
    Column("source", Text, primary_key=True),
    # JSON, an object: fingerprint of an entry as it stood in the document -> identity of the episode it became.
    Column("entries", Text, nullable=False),
)

#: A subscription to a source's hub (WebSub); one per source.
push_subscription = Table(
    "push_subscription",
    metadata,
    Column("source", Text, primary_key=True),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    # The unguessable part of the callback's address (WebSub section 4), and the secret of its signatures (section 7).
    Column("token", Text, nullable=False, unique=True),
    # The whole address that the hub was told; it holds the token, and where the site was reachable then.
    Column("callback", Text, nullable=False),
    Column("secret", Text, nullable=False),
    # "requested", "verified", "denied", "ended": see `letters.store.pushes`.
    Column("state", Text, nullable=False),
    Column("requested_at", UTCDateTime),
    Column("lease_ends_at", UTCDateTime),
    Column("next_request_at", UTCDateTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_push_at", UTCDateTime),
    Column("last_error", Text, nullable=False, server_default=""),
)
#: Documents that hubs pushed, until a pass has read them.
pushed_document = Table(
    "pushed_document",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("source", Text, nullable=False),
    Column("received_at", UTCDateTime, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("source", "digest"),
)

episode = Table(
    "episode",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("guid", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("published", UTCDateTime),
    Column("first_seen", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("is_new", Boolean, nullable=False),
    # Of its words: dates apart, two looks that give the same digest found nothing changed.
    Column("digest", Text, nullable=False, default=""),
    # The whole `Episode`.
    Column("data", _JSON, nullable=False),
    # Set while nobody knows whether it is a known episode under another identity (R64).
    Column("quarantined_at", UTCDateTime),
    # A tombstone: deleted by its publisher (RFC 6721) or by an operator; it does not come back (R65).
    Column("removed_at", UTCDateTime),
    Column("removed_by", Text, nullable=False, server_default=""),
    UniqueConstraint("source", "identity"),
    # The newest of a source is found without looking at the others.
    Index("ix_episode_source_published", "source", "published"),
)
#: What servers said of media files whose publishers left length or type out; one row per address, asked once.
enclosure = Table(
    "enclosure",
    metadata,
    Column("url", Text, primary_key=True),
    # Null and empty where the server does not say either.
    Column("length_bytes", BigInteger),
    Column("type", Text, nullable=False, server_default=""),
    # Null while it waits for the first request.
    Column("asked_at", UTCDateTime),
    # Requests in a row that came to nothing; 0 once there was an answer.
    Column("failures", Integer, nullable=False, server_default="0"),
    # An entry that shows it, and when it was noted: counts up.
    Column("entry_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Index("ix_enclosure_failures_asked_at", "failures", "asked_at"),
)
# Few, and asked for at each look: see `letters.store.hidden`.
_is_hidden = or_(episode.c.quarantined_at.is_not(None), episode.c.removed_at.is_not(None))
Index("ix_episode_hidden", episode.c.source, sqlite_where=_is_hidden, postgresql_where=_is_hidden)

card = Table(
    "card",
    metadata,
    Column("id", Text, primary_key=True),
    # Relative to cards/; null once retired, so that another file may take the path.
    Column("path", Text, unique=True),
    Column("digest", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("address", Text, nullable=False, unique=True),
    Column("first_read_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("retired_at", UTCDateTime),
    # The whole `Card`.
    Column("data", _JSON, nullable=False),
)

#: Topics and audiences, declared or only named in cards; a key once made stays (design: "it is stored").
topic = Table(
    "topic",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("declared", Boolean, nullable=False),
    Column("first_named_at", UTCDateTime, nullable=False),
    # Since when it is declared no more, though it was.
    Column("withdrawn_at", UTCDateTime),
)
audience = Table(
    "audience",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("declared", Boolean, nullable=False),
    Column("first_named_at", UTCDateTime, nullable=False),
    # Since when it is declared no more, though it was.
    Column("withdrawn_at", UTCDateTime),
)
card_topic = Table(
    "card_topic",
    metadata,
    Column("card_id", ForeignKey("card.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", ForeignKey("topic.key"), primary_key=True),
    Column("position", Integer, nullable=False),
    Index("ix_card_topic_topic", "topic"),
)
card_audience = Table(
    "card_audience",
    metadata,
    Column("card_id", ForeignKey("card.id", ondelete="CASCADE"), primary_key=True),
    Column("audience", ForeignKey("audience.key"), primary_key=True),
    Column("position", Integer, nullable=False),
    Index("ix_card_audience_audience", "audience"),
)

#: One pairing per card and per episode; in review the episode is the best candidate.
pairing = Table(
    "pairing",
    metadata,
    Column("card_id", ForeignKey("card.id"), primary_key=True),
    Column("episode_id", ForeignKey("episode.id"), unique=True),
    Column("decision", Text, nullable=False),
    Column("probability", Float, nullable=False),
    Column("evidence", _JSON, nullable=False),
    Column("decided_at", UTCDateTime, nullable=False),
)

#: At most one row: what the pairings were last decided on, and came to, as one digest (`letters.pair.inputs`).
pairing_seal = Table(
    "pairing_seal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
)

#: What an operator said is so: at most one episode per card, and one card per episode. It counts while its card is there and
#: its episode is not hidden, and waits otherwise.
confirmation = Table(
    "confirmation",
    metadata,
    Column("card_id", ForeignKey("card.id"), primary_key=True),
    Column("episode_id", ForeignKey("episode.id"), nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)
#: What an operator said is not so: this card and this episode are never proposed again.
rejection = Table(
    "rejection",
    metadata,
    Column("card_id", ForeignKey("card.id"), primary_key=True),
    Column("episode_id", ForeignKey("episode.id"), primary_key=True),
    Column("actor", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)
#: The journal of answers: who said what and when, and what stood before, so that it can be taken back.
answer = Table(
    "answer",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("action", Text, nullable=False),
    Column("card_id", ForeignKey("card.id"), nullable=False),
    # JSON, a list: a card may be said to belong to none of several.
    Column("episode_ids", _JSON, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    # A `letters.store.answers.Standing`.
    Column("before", _JSON, nullable=False),
    Column("undone_at", UTCDateTime),
    Column("undone_by", Text),
    Index("ix_answer_card_id", "card_id"),
)

#: A ready pair and its published identity. `card_id` is null for an episode published without a card; both are null or
#: stale once retired.
entry = Table(
    "entry",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    Column("card_id", ForeignKey("card.id"), unique=True),
    Column("episode_id", ForeignKey("episode.id"), unique=True),
    Column("ready_at", UTCDateTime, nullable=False),
    Column("updated_at", UTCDateTime, nullable=False),
    # Of what a reader sees, and the title as it was published; null until then.
    Column("digest", Text),
    Column("title", Text),
    Column("retired_at", UTCDateTime),
    Index("ix_entry_ready_at", "ready_at"),
    Index("ix_entry_title", "title"),
)
#: Titles that a published card names as related: it links to the entry of that title, as soon as there is one.
mention = Table(
    "mention",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("title", Text, primary_key=True),
    Index("ix_mention_title", "title"),
)

#: Which others an entry's page lists as similar (`letters.publish.similar`).
similar = Table(
    "similar",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("other_id", ForeignKey("entry.id"), nullable=False),
    Column("score", Integer, nullable=False),
    Index("ix_similar_other_id", "other_id"),
)
#: The heaviest words of each entry, by which similar ones are found without looking at the others.
similar_word = Table(
    "similar_word",
    metadata,
    Column("word", Text, primary_key=True),
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("weight", Integer, nullable=False),
    Index("ix_similar_word_entry_id", "entry_id"),
)
#: In how many entries a word stood when that was counted last; words of one entry only have no row.
word_frequency = Table(
    "word_frequency",
    metadata,
    Column("word", Text, primary_key=True),
    Column("entries", Integer, nullable=False),
)
#: The one row says by which rules, and of how many entries, frequencies were counted last, and how many entries changed since.
similar_state = Table(
    "similar_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("rules", Integer, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
)

#: Feeds that exist for ever once their first entry joined.
feed = Table(
    "feed",
    metadata,
    Column("path", Text, primary_key=True),
    Column("since", UTCDateTime, nullable=False),
    # Made from the first address and kept when the site moves: Atom's feed id, `podcast:guid` (R49, R56).
    Column("guid", Text, nullable=False),
    # How many entries it holds now, and the date of the newest among those that its document shows.
    Column("held", Integer, nullable=False, server_default="0"),
    Column("newest_at", UTCDateTime),
    # How many pages of its history are full (RFC 5005 section 4).
    Column("pages", Integer, nullable=False, server_default="0"),
)
#: Which entries a feed holds or held, in the order in which they joined.
feed_entry = Table(
    "feed_entry",
    metadata,
    Column("feed", ForeignKey("feed.path"), primary_key=True),
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("joined_at", UTCDateTime, nullable=False),
    Column("position", Integer, nullable=False),
    # Whether the feed holds it now; the row of one that left is kept for when it comes back.
    Column("present", Boolean, nullable=False, server_default=true()),
    # When the feed's readers last had reason to see it: it joined, or was edited.
    Column("shown_at", UTCDateTime),
    # The full page of the feed's history on which it stands; null while there is none.
    Column("page", Integer),
    UniqueConstraint("feed", "position"),
    Index("ix_feed_entry_entry_id", "entry_id"),
    Index("ix_feed_entry_feed_page", "feed", "page"),
    Index("ix_feed_entry_feed_shown_at", "feed", "shown_at"),
)

#: What has to be published again, by kind ("entry", "issue"): written by the triggers of `letters.store.marking`.
unpublished = Table(
    "unpublished",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    # Another one each time.
    Column("mark", Text, nullable=False),
)
#: What hubs are told of (WebSub): a feed's document, as it is and as the hub knows it; the path is that in the tree.
announcement = Table(
    "announcement",
    metadata,
    Column("path", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("announced", Text, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("next_at", UTCDateTime),
    Column("last_error", Text, nullable=False, server_default=""),
)
#: The one row says what the published tree must bear if it is to be what this database remembers.
tree_state = Table(
    "tree_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),
)

edition_state = Table(
    "edition_state",
    metadata,
    Column("edition", Text, primary_key=True),
    # Nothing before the first occurrence after this moment is ever due.
    Column("first_read_at", UTCDateTime, nullable=False),
    # Entries that were ready before this are never in an issue: one interval before the first occurrence, by the schedule
    # that held then. Null until the edition was first composed.
    Column("looks_back_to", UTCDateTime),
)

issue = Table(
    "issue",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("edition", Text, nullable=False),
    Column("local_date", Date, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("occurs_at", UTCDateTime, nullable=False),
    Column("number", Integer),
    Column("state", Text, nullable=False),
    Column("subject", Text, nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("composed_at", UTCDateTime),
    Column("frozen_at", UTCDateTime),
    # The full page of its edition's history on which it stands; null while there is none.
    Column("page", Integer),
    UniqueConstraint("edition", "local_date", "slot"),
    UniqueConstraint("edition", "number"),
)
#: Which issue of an edition an entry was in: at most one.
issue_entry = Table(
    "issue_entry",
    metadata,
    Column("edition", Text, primary_key=True),
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("issue_id", ForeignKey("issue.id"), nullable=False),
    Column("position", Integer, nullable=False),
    # The entry as the issue was composed of it, for what is rendered later; none in issues of before this was kept.
    Column("composed", _JSON),
    Index("ix_issue_entry_issue_id", "issue_id"),
)
#: An issue's final content, once per distinct choice.
rendering = Table(
    "rendering",
    metadata,
    Column("issue_id", ForeignKey("issue.id"), primary_key=True),
    Column("choice", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("entries", _JSON, nullable=False),
)
#: Who approved, held or cancelled an issue, and when.
issue_event = Table(
    "issue_event",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("issue_id", ForeignKey("issue.id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Index("ix_issue_event_issue_id", "issue_id"),
)
#: The links of an issue whose clicks are counted; a place, once given, stays.
counted_link = Table(
    "counted_link",
    metadata,
    Column("issue_id", ForeignKey("issue.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    UniqueConstraint("issue_id", "url"),
)
#: How often each was followed on a day (UTC); by whom is nowhere.
click_count = Table(
    "click_count",
    metadata,
    Column("issue_id", ForeignKey("issue.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("clicks", Integer, nullable=False),
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("uid", Text, nullable=False, unique=True),
    # As given; `email_key` is its normalised form.
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, default=""),
    Column("zone", Text, nullable=False, default=""),
    Column("language", Text, nullable=False, default=""),
    Column("topics", _JSON, nullable=False),
    Column("audiences", _JSON, nullable=False),
    Column("titles_only", Boolean, nullable=False, server_default=false()),
    Column("status", Text, nullable=False),
    Column("consent_at", UTCDateTime),
    Column("consent_source", Text, nullable=False, default=""),
    Column("consent_wording", Text, nullable=False, server_default=""),
    # A `Frequency`, and the first local date on which mail may come again.
    Column("frequency", Text, nullable=False, server_default="each"),
    Column("paused_until", Date),
    Column("created_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)
#: Which editions a subscriber receives. A row that ended is kept: it says that leaving was wanted.
subscription = Table(
    "subscription",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("edition", Text, primary_key=True),
    Column("since", UTCDateTime, nullable=False),
    Column("ended_at", UTCDateTime),
    Index("ix_subscription_edition", "edition"),
)

#: Addresses that get no mail, by a digest that outlives whoever had the address (`letters.store.suppression`).
suppression = Table(
    "suppression",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", UTCDateTime, nullable=False),
)
#: What an operator took off that list: one row each time, kept for good.
lifted = Table(
    "lifted",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Index("ix_lifted_digest", "digest"),
)
#: Who asked for mail and has not confirmed: at most one row per address, which goes when it is confirmed or too old. Nobody in it
#: is a subscriber yet, or more of one than they were.
sign_up = Table(
    "sign_up",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("editions", _JSON, nullable=False),
    Column("topics", _JSON, nullable=False),
    Column("audiences", _JSON, nullable=False),
    # Of the consent: where it was asked for, and by which words.
    Column("place", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("asked_at", UTCDateTime, nullable=False),
    Index("ix_sign_up_asked_at", "asked_at"),
)
#: Another address that a subscriber asked for: it counts once somebody at either address has agreed.
address_change = Table(
    "address_change",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("email", Text, nullable=False),
    # Random, one per end: what the links in the two mails are made of.
    Column("old_serial", Text, nullable=False),
    Column("new_serial", Text, nullable=False),
    Column("asked_at", UTCDateTime, nullable=False),
    Column("old_agreed_at", UTCDateTime),
    Column("new_agreed_at", UTCDateTime),
)
#: Mails that answer somebody's own doing: to confirm, to change an address. One row per mail, made before it is sent, and kept for
#: a while after, since it says how often an address was written to.
notice = Table(
    "notice",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", Text, nullable=False),
    # Of a sign-up or a subscriber, by kind; and which of the links that they were given.
    Column("uid", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("made_at", UTCDateTime, nullable=False),
    # Not to be sent before; while somebody sends it, when it may be taken for left.
    Column("due_at", UTCDateTime, nullable=False),
    Column("sent_at", UTCDateTime),
    Index("ix_notice_email_key_made_at", "email_key", "made_at"),
    Index("ix_notice_state_due_at", "state", "due_at"),
    Index("ix_notice_made_at", "made_at"),
)

#: Who has a private feed. Its address is signed, and never stored: only the part by which it can be replaced is.
private_feed = Table(
    "private_feed",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("serial", Text, nullable=False),
    Column("made_at", UTCDateTime, nullable=False),
)

#: The states of rows that may be tried (again), spelt out: neither database uses a partial index where they are parameters. As a
#: list in parentheses they would be a table, which SQLite makes anew for every row that is written.
waits = text("(state = 'pending' OR state = 'deferred' OR state = 'unknown')")
_held = text("owner IS NOT NULL")
#: The ledger: one row per issue and subscriber.
delivery = Table(
    "delivery",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("issue_id", ForeignKey("issue.id"), nullable=False),
    Column("subscriber_id", ForeignKey("subscriber.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("choice", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    # Claims; and how many of them left nobody knowing whether the message was taken.
    Column("attempts", Integer, nullable=False, default=0),
    Column("unknowns", Integer, nullable=False, server_default=text("0")),
    Column("due_at", UTCDateTime),
    Column("owner", Text),
    Column("claimed_at", UTCDateTime),
    Column("sent_at", UTCDateTime),
    UniqueConstraint("issue_id", "subscriber_id"),
    Index("ix_delivery_issue_id_state", "issue_id", "state"),
    Index("ix_delivery_owner", "owner", sqlite_where=_held, postgresql_where=_held),
    Index("ix_delivery_subscriber_id", "subscriber_id"),
    Index("ix_delivery_waits", "issue_id", "due_at", "id", sqlite_where=waits, postgresql_where=waits),
)
#: When a relay, or a limit of a relay, may be given its next message (`letters.deliver.pace`).
pace = Table(
    "pace",
    metadata,
    Column("meter", Text, primary_key=True),
    Column("free_at", UTCDateTime),
)
#: How many messages it was given on a day, in UTC.
pace_day = Table(
    "pace_day",
    metadata,
    Column("meter", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("given", Integer, nullable=False),
)

#: What came back: one row per recipient that a report names. Told twice it is one row still.
returned = Table(
    "returned",
    metadata,
    Column("id", _ID, primary_key=True),
    # The mail's digest or the provider's own name of the event, and which of its recipients.
    Column("event", Text, nullable=False),
    Column("part", Integer, nullable=False),
    # A `letters.model.ReturnKind`.
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("delivery_id", ForeignKey("delivery.id", ondelete="SET NULL")),
    Column("issue_id", ForeignKey("issue.id")),
    # Of `letters.store.suppression`; empty where nobody was found.
    Column("digest", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    UniqueConstraint("event", "part"),
    Index("ix_returned_digest", "digest"),
    Index("ix_returned_delivery_id", "delivery_id"),
    Index("ix_returned_issue_id_kind", "issue_id", "kind"),
    Index("ix_returned_at", "at"),
)
