"""Returns: what came back."""

import sqlalchemy as sa
from alembic import op

from letters.store.tables import UTCDateTime

revision = "0015"
down_revision = "0014"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "returned",
        sa.Column("id", _ID, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("delivery_id", _ID),
        sa.Column("issue_id", _ID),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_returned_delivery_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_returned_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned")),
        sa.UniqueConstraint("event", "part", name=op.f("uq_returned_event_part")),
    )
    op.create_index("ix_returned_digest", "returned", ["digest"])
    op.create_index("ix_returned_delivery_id", "returned", ["delivery_id"])
    op.create_index("ix_returned_issue_id_kind", "returned", ["issue_id", "kind"])
    op.create_index("ix_returned_at", "returned", ["at"])
