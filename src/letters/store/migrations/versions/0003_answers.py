"""Pairing: what operators confirmed and rejected, and the journal of their answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from letters.store.tables import UTCDateTime

revision = "0003"
down_revision = "0002"

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "confirmation",
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_confirmation_card_id")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_confirmation_episode_id")),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_confirmation")),
        sa.UniqueConstraint("episode_id", name=op.f("uq_confirmation_episode_id")),
    )
    op.create_table(
        "rejection",
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_rejection_card_id")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_rejection_episode_id")),
        sa.PrimaryKeyConstraint("card_id", "episode_id", name=op.f("pk_rejection")),
    )
    op.create_table(
        "answer",
        sa.Column("id", _ID, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("episode_ids", _JSON, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("before", _JSON, nullable=False),
        sa.Column("undone_at", UTCDateTime()),
        sa.Column("undone_by", sa.Text()),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_answer_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    op.create_index("ix_answer_card_id", "answer", ["card_id"])
