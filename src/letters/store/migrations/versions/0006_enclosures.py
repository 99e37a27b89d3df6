"""Publishing: what servers said of media files whose publishers left length or type out."""

import sqlalchemy as sa
from alembic import op

from letters.store.tables import UTCDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "enclosure",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("length_bytes", sa.BigInteger()),
        sa.Column("type", sa.Text(), nullable=False, server_default=""),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_enclosure")),
    )
