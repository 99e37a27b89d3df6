"""Publishing: what changed since the tree was written, what feeds hold now, and the pages of their history."""

import sqlalchemy as sa
from alembic import op

from letters.store.marking import triggers
from letters.store.tables import UTCDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "unpublished",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_unpublished")),
    )
    op.create_table(
        "tree_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tree_state")),
    )
    op.create_table(
        "mention",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_mention_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "title", name=op.f("pk_mention")),
    )
    op.create_index("ix_mention_title", "mention", ["title"])
    op.add_column("entry", sa.Column("title", sa.Text()))
    op.create_index("ix_entry_title", "entry", ["title"])
    # Topics and audiences are no longer among what a reader should look again for: the digests of before mean
    # something else, and an entry's first digest leaves its date.
    op.execute(sa.text("UPDATE entry SET digest = NULL"))
    for table in ("topic", "audience"):
        op.add_column(table, sa.Column("withdrawn_at", UTCDateTime()))
    op.add_column("feed", sa.Column("held", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("feed", sa.Column("newest_at", UTCDateTime()))
    op.add_column("feed", sa.Column("pages", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("feed_entry", sa.Column("present", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("feed_entry", sa.Column("shown_at", UTCDateTime()))
    op.add_column("feed_entry", sa.Column("page", sa.Integer()))
    op.execute(sa.text("UPDATE feed_entry SET shown_at = joined_at"))
    op.create_index("ix_feed_entry_entry_id", "feed_entry", ["entry_id"])
    op.create_index("ix_feed_entry_feed_page", "feed_entry", ["feed", "page"])
    op.create_index("ix_feed_entry_feed_shown_at", "feed_entry", ["feed", "shown_at"])
    op.add_column("issue", sa.Column("page", sa.Integer()))
    for statement in triggers(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", "\\:")))
