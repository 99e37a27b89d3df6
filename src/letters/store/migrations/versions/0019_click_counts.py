"""Counted links of issues, and how often each was followed on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "counted_link",
        sa.Column("issue_id", _ID, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_counted_link_issue_id")),
        sa.PrimaryKeyConstraint("issue_id", "place", name=op.f("pk_counted_link")),
        sa.UniqueConstraint("issue_id", "url", name=op.f("uq_counted_link_issue_id_url")),
    )
    op.create_table(
        "click_count",
        sa.Column("issue_id", _ID, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_click_count_issue_id")),
        sa.PrimaryKeyConstraint("issue_id", "place", "day", name=op.f("pk_click_count")),
    )
