"""Subscribing: sign-ups, mails that confirm, other addresses, how often, and pauses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from letters.store.tables import UTCDateTime

revision = "0014"
down_revision = "0010"

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("consent_wording", sa.Text(), nullable=False, server_default=""))
    op.add_column("subscriber", sa.Column("frequency", sa.Text(), nullable=False, server_default="each"))
    op.add_column("subscriber", sa.Column("paused_until", sa.Date()))
    op.create_table(
        "suppression",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_suppression")),
    )
    op.create_table(
        "sign_up",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("editions", _JSON, nullable=False),
        sa.Column("topics", _JSON, nullable=False),
        sa.Column("audiences", _JSON, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_sign_up")),
        sa.UniqueConstraint("email_key", name=op.f("uq_sign_up_email_key")),
    )
    op.create_index("ix_sign_up_asked_at", "sign_up", ["asked_at"])
    op.create_table(
        "address_change",
        sa.Column("subscriber_id", _ID, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("old_serial", sa.Text(), nullable=False),
        sa.Column("new_serial", sa.Text(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("old_agreed_at", UTCDateTime()),
        sa.Column("new_agreed_at", UTCDateTime()),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_address_change_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_address_change")),
    )
    op.create_table(
        "notice",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notice_message_id")),
    )
    op.create_index("ix_notice_email_key_made_at", "notice", ["email_key", "made_at"])
    op.create_index("ix_notice_made_at", "notice", ["made_at"])
    op.create_index("ix_notice_state_due_at", "notice", ["state", "due_at"])
