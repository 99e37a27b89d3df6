"""Delivering: what relays were given and when they may be given more; rows that wait, in the order in which they are due."""

import sqlalchemy as sa
from alembic import op

from letters.store.tables import UTCDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "pace",
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("free_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("meter", name=op.f("pk_pace")),
    )
    op.create_table(
        "pace_day",
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("meter", "day", name=op.f("pk_pace_day")),
    )
    op.add_column(
        "delivery", sa.Column("unknowns", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    delivery = sa.table("delivery", sa.column("issue_id"), sa.column("due_at"))
    issue = sa.table("issue", sa.column("id"), sa.column("frozen_at"), sa.column("occurs_at"))
    since = sa.select(sa.func.coalesce(issue.c.frozen_at, issue.c.occurs_at)).where(
        issue.c.id == delivery.c.issue_id
    )
    op.execute(sa.update(delivery).where(delivery.c.due_at.is_(None)).values(due_at=since.scalar_subquery()))
    waits = sa.text("state IN ('pending', 'deferred', 'unknown')")
    op.create_index(
        "ix_delivery_waits",
        "delivery",
        ["issue_id", "due_at", "id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
