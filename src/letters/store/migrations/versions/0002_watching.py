"""Watching: rhythm, moves and history of a source, its last document's entries, quarantine and tombstones, WebSub."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from letters.store.tables import UTCDateTime

revision = "0002"
down_revision = "0001"

_JSON_OR_NULL = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("moved_url", sa.Text(), nullable=False, server_default=""),
        sa.Column("moving_url", sa.Text(), nullable=False, server_default=""),
        sa.Column("moving_since", UTCDateTime()),
        sa.Column("moving_answers", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("hints", _JSON_OR_NULL),
        sa.Column("rhythm", _JSON_OR_NULL),
        sa.Column("failing_since", UTCDateTime()),
        sa.Column("history", sa.Text(), nullable=False, server_default=""),
        sa.Column("looks", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("source_state", column)
    op.create_table(
        "source_document",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_document")),
    )
    op.create_table(
        "push_subscription",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", UTCDateTime()),
        sa.Column("lease_ends_at", UTCDateTime()),
        sa.Column("next_request_at", UTCDateTime()),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_push_at", UTCDateTime()),
        sa.Column("last_error", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("token", name=op.f("uq_push_subscription_token")),
    )
    op.create_table(
        "pushed_document",
        sa.Column("id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushed_document")),
        sa.UniqueConstraint("source", "digest", name=op.f("uq_pushed_document_source_digest")),
    )
    op.add_column("episode", sa.Column("quarantined_at", UTCDateTime()))
    op.add_column("episode", sa.Column("removed_at", UTCDateTime()))
    op.add_column("episode", sa.Column("removed_by", sa.Text(), nullable=False, server_default=""))
    op.drop_index("ix_episode_published", "episode")
    op.create_index("ix_episode_source_published", "episode", ["source", "published"])
    is_hidden = sa.text("quarantined_at IS NOT NULL OR removed_at IS NOT NULL")
    op.create_index(
        "ix_episode_hidden", "episode", ["source"], sqlite_where=is_hidden, postgresql_where=is_hidden
    )
