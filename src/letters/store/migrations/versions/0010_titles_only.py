"""Composing: subscribers who want lines instead of texts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "subscriber", sa.Column("titles_only", sa.Boolean(), nullable=False, server_default=sa.false())
    )
